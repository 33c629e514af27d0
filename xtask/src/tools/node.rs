//! The npm workspace: `npm ci` once, and the TypeScript package built.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::step::{self, Show};

/// Installs what `package-lock.json` names, unless that was done for the same lock file.
///
/// # Errors
/// No Node of at least 20, no npm, or npm fails.
pub(crate) fn install(root: &Path) -> anyhow::Result<()> {
    check()?;
    let inputs = [
        root.join("package.json"),
        root.join("package-lock.json"),
        root.join("bindings/typescript/package.json"),
    ];
    if !root.join("node_modules").is_dir() {
        step::forget("npm")?;
    }
    step::unless_done("npm", &inputs, || {
        // Nobody's program runs because it is installed; what koffi's would look for, npm brings as a package.
        step::run(
            "npm ci",
            Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
            Show::OnFailure,
        )?;
        Ok(())
    })
}

/// Builds `bindings/typescript` into its `dist`, unless no source changed.
///
/// # Errors
/// As [`install`], or the compiler refuses.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    install(root)?;
    super::web::build(root)?;
    let package = root.join("bindings/typescript");
    let mut inputs: Vec<PathBuf> =
        step::files_below(&package, &[".ts", "package.json", "tsconfig.json"])?;
    inputs.extend(step::files_below(
        &package,
        &[".browser.json", ".host.json", ".src.json"],
    )?);
    inputs.extend(step::files_below(root, &["tsconfig.base.json"])?);
    if !package.join("dist").is_dir() {
        step::forget("typescript")?;
    }
    step::unless_done("typescript", &inputs, || {
        step::run(
            "npm run build",
            Command::new("npm").args(["run", "--silent", "build"]),
            Show::OnFailure,
        )?;
        Ok(())
    })
}

/// Node and npm are here and new enough.
///
/// # Errors
/// They are not.
pub(crate) fn check() -> anyhow::Result<()> {
    match super::version_of("node", "--version") {
        Some(version) if super::numbers(&version).is_some_and(|version| version >= (20, 0)) => {}
        Some(version) => bail!("Node is {version}; crossplug needs 20 or newer"),
        None => bail!("no `node` on the PATH; install Node 20 or newer"),
    }
    if super::version_of("npm", "--version").is_none() {
        bail!("no `npm` on the PATH; it comes with Node");
    }
    Ok(())
}

/// A program that an npm package brought.
pub(crate) fn tool(root: &Path, name: &str) -> Command {
    Command::new(root.join("node_modules/.bin").join(name))
}
