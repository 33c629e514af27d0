//! The tools that make components: pinned, and installed once, where no project of the user's is touched. Knows registries by
//! their ordinary clients alone.
//!
//! They lie in the folder that `CROSSPLUG_TOOLS` names, else in the user's folder for caches.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{tool, wrong};
use crate::exit::{Exit, Failure};
use crate::talk;

/// Packages of npm. `componentize-qjs` puts QuickJS and a program into a component of 1 MB without WASI: a twelfth of what
/// the one on StarlingMonkey makes, in a seventeenth of the time; it has no stable line yet, hence the exact version.
/// `esbuild` makes one file of a program, and turns `async` into promises that the host drives; what it prints is no API.
const NPM: [&str; 2] = ["componentize-qjs@0.4.5", "esbuild@0.28.1"];
/// Package of PyPI. It carries its own CPython; what it generates changes between versions.
const PYPI: &str = "componentize-py==0.25.1";

/// The folder with `node_modules/.bin`, installed where it is missing.
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
    Ok(folder)
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
    let part = folder.with_extension(format!("{}.part", std::process::id()));
    std::fs::create_dir_all(&part).map_err(|error| wrong(&part, &error))?;
    let done = work(&part).and_then(|()| {
        match std::fs::rename(&part, folder) {
            // Somebody else was faster.
            Err(_) if folder.is_dir() => Ok(()),
            renamed => renamed.map_err(|error| wrong(folder, &error)),
        }
    });
    // Gone, or of no use.
    let _ = std::fs::remove_dir_all(&part);
    done
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
