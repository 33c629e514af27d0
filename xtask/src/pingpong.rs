//! `cargo xtask bench`: builds the bench and its peers for speed and runs it.

use std::path::Path;

use crate::step::{self, Show};
use crate::tools::{self, node, python};

/// Runs `crossplug-bench`; its table is on standard output.
///
/// # Errors
/// A peer cannot be built, or the bench fails.
pub(crate) fn run(root: &Path, quick: bool, json: bool) -> anyhow::Result<()> {
    node::build(root)?;
    let python = python::interpreter(root)?;
    let mut build = tools::cargo();
    build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "crossplug-bench",
    ]);
    build.args([
        "--package",
        "crossplug-plugin",
        "--example",
        "subject",
        "--bins",
    ]);
    step::run("bench, built for speed", &mut build, Show::OnFailure)?;
    let mut command = std::process::Command::new(root.join("target/release/crossplug-bench"));
    command
        .current_dir(root)
        .env("PATH", python::path_with(root)?)
        .arg("--python")
        .arg(python);
    if quick {
        command.arg("--quick");
    }
    if json {
        command.arg("--json");
    }
    let status = command.status()?;
    anyhow::ensure!(status.success(), "the bench ended with {status}");
    Ok(())
}
