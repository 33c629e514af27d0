//! `cargo xtask bench`: builds the bench and its peers for speed and runs it; and rehearses it, for tests.

use std::path::Path;

use crate::step::{self, Show};
use crate::tools::{self, node, python};
use crate::{programs, test};

/// Runs `crossplug-bench`; its table is on standard output.
///
/// # Errors
/// A peer cannot be built, or the bench fails.
pub(crate) fn run(root: &Path, quick: bool, json: bool) -> anyhow::Result<()> {
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
    let mut command = bench(root, "release")?;
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

/// Runs it as it was built for the tests: that it measures is shown, and what it measures then is nobody's figure.
///
/// # Errors
/// It fails.
pub(crate) fn rehearse(root: &Path) -> test::Outcome {
    programs::build()?;
    let mut command = bench(root, "debug")?;
    command.arg("--quick");
    step::run("bench, rehearsed", &mut command, Show::OnFailure)?;
    Ok(test::Counts::checks(1))
}

fn bench(root: &Path, profile: &str) -> anyhow::Result<std::process::Command> {
    node::build(root)?;
    let python = python::interpreter(root)?;
    let program = root.join("target").join(profile).join("crossplug-bench");
    let mut command = std::process::Command::new(program);
    command
        .current_dir(root)
        .env("PATH", python::path_with(root)?)
        .arg("--python")
        .arg(python);
    Ok(command)
}
