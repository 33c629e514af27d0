//! A virtual environment under `target/venv` with the package `crossplug` and the tools that test it.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::debian;
use crate::programs;
use crate::step::{self, Show};

const VENV: &str = "target/venv";
/// What maturin would put beside the package's sources; it would build it with features of its own, and wasmtime with it.
const NATIVE: &str = "bindings/python/src/crossplug/_native.abi3.so";

/// The interpreter of the virtual environment, made on first use.
///
/// # Errors
/// No Python of at least 3.10, or pip cannot install what `pyproject.toml` asks for.
pub(crate) fn interpreter(root: &Path) -> anyhow::Result<PathBuf> {
    let python = root.join(VENV).join("bin/python");
    step::unless_done("venv", &[root.join("pyproject.toml")], || {
        let system = system()?;
        if !python.exists() {
            let make = || {
                let mut command = Command::new(&system);
                command.args(["-m", "venv", VENV]);
                step::run("virtual environment", &mut command, Show::OnFailure)
            };
            // Debian keeps the module `ensurepip`, which `venv` needs, in a package of its own.
            if make().is_err() && debian::may_install() {
                debian::install(&["python3-venv"])?;
                make()?;
            }
        }
        // Dependency groups (PEP 735) need pip 25.1; the one that a Python brings may be older.
        let mut newer = Command::new(&python);
        newer.args(["-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1"]);
        step::run("pip upgrade", &mut newer, Show::OnFailure)?;
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "install", "--quiet", "--group", "dev"]);
        step::run("pip install", &mut command, Show::OnFailure)?;
        Ok(())
    })?;
    package(root, &python)?;
    Ok(python)
}

/// Installs the package as it lies in the tree, with its native module built beside it, where one of its sources changed.
fn package(root: &Path, python: &Path) -> anyhow::Result<()> {
    let mut inputs = vec![root.join("pyproject.toml"), root.join("Cargo.lock")];
    for folder in [
        "crates/protocol",
        "crates/policy",
        "crates/host",
        "bindings/python/native",
    ] {
        let folder = root.join(folder);
        inputs.push(folder.join("Cargo.toml"));
        inputs.extend(step::files_below(&folder.join("src"), &[".rs"])?);
    }
    if !root.join(NATIVE).exists() {
        step::forget("python-native")?;
    }
    step::unless_done("python-native", &inputs, || {
        programs::build()?;
        let built = format!("{DLL_PREFIX}crossplug_native");
        let built = Path::new(&built).with_extension(DLL_EXTENSION);
        programs::lay(root, &built, &root.join(NATIVE))?;
        // What an editable install is: the interpreter looks for modules in the tree, too.
        let mut asked = Command::new(python);
        asked.args([
            "-c",
            "import sysconfig; print(sysconfig.get_path('purelib'))",
        ]);
        let packages = step::run("site-packages", &mut asked, Show::OnFailure)?;
        let sources = root.join("bindings/python/src");
        std::fs::write(
            Path::new(packages.trim()).join("crossplug.pth"),
            format!("{}\n", sources.display()),
        )?;
        Ok(())
    })
}

/// The folder of the environment's programs.
pub(crate) fn bin(root: &Path) -> PathBuf {
    root.join(VENV).join("bin")
}

/// A PATH on which `python3` means the environment's.
///
/// # Errors
/// The PATH holds what cannot stand in one.
pub(crate) fn path_with(root: &Path) -> anyhow::Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(
        std::iter::once(bin(root)).chain(std::env::split_paths(&path)),
    )?)
}

/// The Python that makes the environment: `CROSSPLUG_PYTHON`, `python3` or `python`.
///
/// # Errors
/// None is there, or it is too old.
pub(crate) fn system() -> anyhow::Result<String> {
    let named = std::env::var("CROSSPLUG_PYTHON").ok();
    for program in named.as_deref().into_iter().chain(["python3", "python"]) {
        let Some(version) = super::version_of(program, "--version") else {
            continue;
        };
        if super::numbers(&version).is_some_and(|version| version >= (3, 10)) {
            return Ok(program.to_owned());
        }
        if named.is_some() {
            bail!("CROSSPLUG_PYTHON is {version}; crossplug needs 3.10 or newer");
        }
    }
    bail!("no Python of at least 3.10 on the PATH; install one or name it in CROSSPLUG_PYTHON")
}
