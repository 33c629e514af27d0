//! Everything of this workspace that other steps start or load, built at once: a single set of features means that what all of
//! it stands on, wasmtime above all, is compiled once.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use anyhow::Context as _;

use crate::step::{self, Show};
use crate::tools;

/// What hosts and plugins consist of.
pub(crate) const PRODUCT: &[&str] = &[
    "--workspace",
    "--exclude",
    "xtask",
    "--exclude",
    "crossplug-typescript",
    "--exclude",
    "crossplug-idl",
    "--all-features",
    "--locked",
];

/// The rest: what their tools and tests need asks for features that nobody has who depends on crossplug, and nothing of it
/// needs wasmtime.
pub(crate) const APART: &[&str] = &[
    "--package",
    "xtask",
    "--package",
    "crossplug-typescript",
    "--package",
    "crossplug-idl",
    "--all-features",
    "--locked",
];

/// What cargo is asked once for each, with what is said of it.
pub(crate) const FAMILIES: [(&str, &[&str]); 2] = [("", PRODUCT), (", tools", APART)];

/// Programs, libraries and the subjects of the Rust SDK, under `target/debug`. A second call in one run does nothing.
///
/// # Errors
/// Something does not build.
pub(crate) fn build() -> anyhow::Result<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if !*done {
        // Examples have the features of tests, too.
        let all = ["--lib", "--bins", "--example", "subject"];
        step::run(
            "programs and libraries",
            &mut some(PRODUCT, &all),
            Show::OnFailure,
        )?;
        *done = true;
    }
    Ok(())
}

/// What a test needs of them, or of their tools, named as cargo names it (`--bin NAME`, `--example NAME`). Whatever asks
/// for it, and with whatever in its environment: what was built for the rest is not built again.
///
/// # Errors
/// There is no such thing, or it does not build.
pub(crate) fn build_some(of_tools: bool, targets: &[String]) -> anyhow::Result<()> {
    let packages = if of_tools { APART } else { PRODUCT };
    let status = some(packages, targets).arg("--quiet").status()?;
    anyhow::ensure!(status.success(), "cargo build ended with {status}");
    Ok(())
}

fn some(packages: &[&str], targets: &[impl AsRef<OsStr>]) -> std::process::Command {
    let mut cargo = tools::cargo();
    cargo.arg("build").args(packages).args(targets);
    cargo
}

/// The program `crossplug`.
pub(crate) fn crossplug(root: &Path) -> PathBuf {
    root.join("target/debug")
        .join(format!("crossplug{}", std::env::consts::EXE_SUFFIX))
}

/// Copies what was built at `place` under `target/debug` to where it is looked for.
///
/// # Errors
/// It is not there, or the place cannot be written.
pub(crate) fn lay(root: &Path, place: &Path, to: &Path) -> anyhow::Result<()> {
    let built = root.join("target/debug").join(place);
    // Beside, then renamed: whoever has the old one loaded keeps it.
    let beside = to.with_extension("part");
    fs::copy(&built, &beside).with_context(|| format!("no {}", built.display()))?;
    fs::rename(beside, to)?;
    Ok(())
}

/// A folder with the tool of wasm-bindgen, which is part of this package. Its crate must not have the tool's name, or the compiler
/// takes it for what modules are made with.
///
/// # Errors
/// It does not build.
pub(crate) fn wasm_bindgen(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join("target/xtask/bin");
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        let mut cargo = tools::cargo();
        cargo.args([
            "build",
            "--locked",
            "--package",
            "xtask",
            "--bin",
            "bindgen",
        ]);
        step::run("wasm-bindgen", &mut cargo, Show::OnFailure)?;
        fs::create_dir_all(&folder)?;
        let [built, called] = ["bindgen", "wasm-bindgen"]
            .map(|name| format!("{name}{}", std::env::consts::EXE_SUFFIX));
        lay(root, Path::new(&built), &folder.join(called))?;
        let _ = DONE.set(());
    }
    Ok(folder)
}
