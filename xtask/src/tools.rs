//! Finds and prepares the tools of the three languages. What a fresh machine lacks is made under `target/`.

pub(crate) mod browser;
pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod wasm;
pub(crate) mod web;
pub(crate) mod zig;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// The root of the workspace.
///
/// # Errors
/// xtask was not started by cargo from its workspace.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("start xtask with `cargo xtask`")?;
    let root = Path::new(&here)
        .parent()
        .context("xtask has no parent folder")?;
    Ok(root.to_owned())
}

/// True where a missing tool is a failure and packages may be installed.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI")
        .is_some_and(|value| value != "false" && value != "0" && !value.is_empty())
}

/// A cargo that has forgotten the one that started xtask, and builds into `target/` wherever its user's goes: programs and
/// tests of other languages look there.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for name in [
        "CARGO",
        "RUSTC",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_MANIFEST_DIR",
        "CARGO_PKG_NAME",
    ] {
        command.env_remove(name);
    }
    if let Ok(root) = root() {
        command.env("CARGO_TARGET_DIR", root.join("target"));
    }
    command
}

/// The first line that a program says of its version.
pub(crate) fn version_of(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The first two numbers of a version in `text`: `Python 3.11.7` gives (3, 11).
pub(crate) fn numbers(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut parts = text.get(start..)?.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
