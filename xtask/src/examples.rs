//! Builds the examples of every language and lays each plugin out as a folder that a host can load:
//! `target/plugins/<scenario>-<language>/` with its `plugin.json`.

mod readme;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::programs;
use crate::step::{self, Show};
use crate::test::{Counts, Outcome};
use crate::tools::{node, python};

/// The scenarios under `examples/`.
pub(crate) const SCENARIOS: [&str; 2] = ["agent", "textstats"];

/// The languages of each, with the ending of their files.
pub(crate) const LANGUAGES: [(&str, &str); 3] =
    [("rust", "rs"), ("python", "py"), ("typescript", "ts")];

/// The folder of a built plugin.
pub(crate) fn folder(root: &Path, scenario: &str, language: &str) -> PathBuf {
    root.join("target/plugins")
        .join(format!("{scenario}-{language}"))
}

/// The host program of a scenario.
pub(crate) fn host(root: &Path, scenario: &str) -> PathBuf {
    root.join("target/debug").join(format!(
        "example-{scenario}-host{}",
        std::env::consts::EXE_SUFFIX
    ))
}

/// Builds every plugin and host of the examples.
///
/// # Errors
/// A toolchain is missing, or something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    python::interpreter(root)?;
    node::build(root)?;
    programs::build()?;
    let inputs = step::files_below(&root.join("examples"), &[".ts", "tsconfig.json"])?;
    step::unless_done("examples-typescript", &inputs, || {
        let mut tsc = node::tool(root, "tsc");
        tsc.args(["-p", "examples/tsconfig.json"]);
        step::run("examples in TypeScript", &mut tsc, Show::OnFailure).map(|_| ())
    })?;
    for scenario in SCENARIOS {
        for (language, ending) in LANGUAGES {
            lay_out(root, scenario, language, ending)
                .with_context(|| format!("example {scenario} in {language}"))?;
        }
    }
    Ok(())
}

/// Puts what a plugin consists of into its folder, anew.
fn lay_out(root: &Path, scenario: &str, language: &str, ending: &str) -> anyhow::Result<()> {
    let source = root.join("examples").join(scenario);
    let target = folder(root, scenario, language);
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    fs::create_dir_all(&target)?;
    fs::copy(
        source.join(format!("plugin.{ending}.json")),
        target.join("plugin.json"),
    )?;
    match language {
        "rust" => {
            let built = root.join("target/debug").join(format!(
                "example-{scenario}-plugin{}",
                std::env::consts::EXE_SUFFIX
            ));
            fs::copy(
                built,
                target.join(format!("plugin{}", std::env::consts::EXE_SUFFIX)),
            )?;
        }
        "python" => copy_tree(&source, &target, ".py")?,
        _ => copy_tree(&root.join("target/examples").join(scenario), &target, ".js")?,
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path, ending: &str) -> anyhow::Result<()> {
    for file in step::files_below(from, &[ending])? {
        let target = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().context("a file lies in a folder")?)?;
        fs::copy(&file, &target)?;
    }
    Ok(())
}

/// Runs the tests that the examples' authors wrote with the test kits, and the code of the README.
///
/// # Errors
/// A test fails.
pub(crate) fn test(root: &Path) -> Outcome {
    let mut counts = Counts::default();
    let python = python::interpreter(root)?;
    for scenario in SCENARIOS {
        let mut pytest = Command::new(&python);
        pytest
            .args(["-m", "pytest", "-q"])
            .arg(format!("examples/{scenario}"));
        counts.add(Counts::read(&step::run(
            &format!("pytest, example {scenario}"),
            &mut pytest,
            Show::Always,
        )?));
    }
    let mut node = Command::new("node");
    // Hosts in TypeScript start plugins in Python.
    node.arg("--test").env("PATH", python::path_with(root)?);
    for scenario in SCENARIOS {
        node.arg(format!("target/examples/{scenario}/"));
    }
    counts.add(Counts::read(&step::run(
        "node --test, examples",
        &mut node,
        Show::Always,
    )?));
    counts.add(readme::test(root)?);
    Ok(counts)
}
