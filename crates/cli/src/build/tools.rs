//! The tools that make components: pinned, and installed once, where no project of the user's is touched. Knows registries by
//! their ordinary clients alone.
//!
//! They lie in the folder that `CROSSPLUG_TOOLS` names, else in the user's folder for caches.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{tool, wrong};
use crate::exit::{Exit, Failure};
use crate::talk;

/// Packages of npm. `componentize-qjs` puts QuickJS and a program into a component of 1 MB without WASI: a twelfth of what
/// the one on StarlingMonkey makes, in a seventeenth of the time; it has no stable line yet, hence the exact version.
/// `esbuild` makes one file of a program, and turns `async` into promises that the host drives; what it prints is no API.
const NPM: [&str; 2] = ["componentize-qjs@0.4.5", "esbuild@0.28.1"];
/// Package of PyPI. It carries its own CPython; what it generates changes between versions.
const PYPI: &str = "componentize-py==0.25.1";
/// The version of wasm-bindgen that the SDK's crate names, and of which its tool has to be.
const WASM_BINDGEN: &str = "0.2.130";

/// The folder of the programs that npm brings, installed where they are missing.
///
/// # Errors
/// There is no npm, or it fails.
pub(super) fn npm() -> Result<PathBuf, Failure> {
    let folder = folder()?.join(format!("npm-{}", NPM.join("-")));
    once(&folder, &NPM.join(", "), |part| {
        // So that npm takes no folder above for the project.
        std::fs::write(part.join("package.json"), "{\"private\": true}\n")
            .map_err(|error| wrong(part, &error))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm.args(["--save-exact", "--loglevel", "error"]).args(NPM);
        tool("npm install", npm.current_dir(part)).map(drop)
    })?;
    Ok(folder.join("node_modules/.bin"))
}

/// Makes one file of a program.
///
/// # Errors
/// As [`npm`].
pub(super) fn esbuild() -> Result<Command, Failure> {
    Ok(Command::new(npm()?.join("esbuild")))
}

/// The folder with the Python package, installed where it is missing.
///
/// # Errors
/// There is no pip, or it fails.
pub(super) fn pypi(python: &str) -> Result<PathBuf, Failure> {
    let folder = folder()?.join(format!("pypi-{PYPI}"));
    once(&folder, PYPI, |part| {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]);
        tool("pip install", pip.arg(part).arg(PYPI)).map(drop)
    })?;
    Ok(folder)
}

/// The tool of wasm-bindgen: the one on the PATH where it has the SDK's version, else one that is installed once.
///
/// # Errors
/// There is no cargo, or it fails.
pub(super) fn wasm_bindgen() -> Result<Command, Failure> {
    let asked = Command::new("wasm-bindgen").arg("--version").output();
    let is_right = |ran: &Output| {
        let said = String::from_utf8_lossy(&ran.stdout);
        said.split_whitespace().nth(1) == Some(WASM_BINDGEN)
    };
    if asked.is_ok_and(|ran| is_right(&ran)) {
        return Ok(Command::new("wasm-bindgen"));
    }
    let what = format!("wasm-bindgen-cli {WASM_BINDGEN}");
    let folder = folder()?.join(what.replace(' ', "-"));
    once(&folder, &what, |part| {
        let mut install = cargo();
        install.args(["install", "wasm-bindgen-cli", "--version", WASM_BINDGEN]);
        install.args(["--locked", "--quiet", "--root"]).arg(part);
        // It is none of the plugin's own.
        install.env_remove("CARGO_TARGET_DIR").current_dir(part);
        tool("cargo install", &mut install).map(drop)
    })?;
    Ok(Command::new(folder.join("bin/wasm-bindgen")))
}

/// The user's cargo.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Makes a folder by work that is done beside it, so that nobody sees half of it.
fn once(
    folder: &Path,
    what: &str,
    work: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if folder.is_dir() {
        return Ok(());
    }
    talk::line(&format!("installing {what} into {}", folder.display()));
    let parent = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|error| wrong(parent, &error))?;
    let part = tempfile::tempdir_in(parent).map_err(|error| wrong(parent, &error))?;
    work(part.path())?;
    match std::fs::rename(part.path(), folder) {
        // Somebody else was faster.
        Err(_) if folder.is_dir() => Ok(()),
        renamed => renamed.map_err(|error| wrong(folder, &error)),
    }
}

fn folder() -> Result<PathBuf, Failure> {
    let named = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    named("CROSSPLUG_TOOLS")
        .or_else(|| Some(caches?.join("crossplug").join("tools")))
        .ok_or_else(|| {
            Failure::new(
                Exit::Unavailable,
                "there is no folder for tools: set CROSSPLUG_TOOLS to one, as a whole path",
            )
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::WASM_BINDGEN;

    #[test]
    fn the_tool_is_of_the_version_that_modules_are_compiled_with() {
        let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
        let workspace = std::fs::read_to_string(workspace).unwrap();
        let pinned = format!("wasm-bindgen = \"={WASM_BINDGEN}\"");
        assert!(workspace.contains(&pinned), "{pinned}");
    }
}
