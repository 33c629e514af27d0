//! The steps of `cargo xtask test`.

use std::path::Path;
use std::process::Command;

use super::{Counts, Outcome, Step, suites};
use crate::step::{self, Show};
use crate::tools::{self, browser, node, python, wasm, zig};
use crate::{
    codegen, components, demo, examples, guests, interop, natives, packages, pingpong, programs,
    reference, strangers, tidy,
};

/// In the order in which they run.
pub(super) const ALL: &[Step] = &[
    Step {
        name: "rust format",
        needs: None,
        run: rust_format,
    },
    Step {
        name: "codegen",
        needs: None,
        run: |root| codegen::run(root, true).map(|()| Counts::checks(1)),
    },
    Step {
        name: "tidy",
        needs: None,
        run: |root| tidy::run(root).map(|()| Counts::checks(1)),
    },
    Step {
        name: "rust lints",
        needs: None,
        run: rust_lints,
    },
    Step {
        name: "rust build",
        needs: None,
        run: rust_build,
    },
    Step {
        name: "python setup",
        needs: Some(has_python),
        run: |root| python::interpreter(root).map(|_| Counts::default()),
    },
    Step {
        name: "typescript setup",
        needs: Some(node::check),
        run: |root| node::build(root).map(|()| Counts::default()),
    },
    Step {
        name: "wasm guests",
        needs: None,
        run: |root| guests::build(root).map(|()| Counts::default()),
    },
    Step {
        name: "wasm components",
        needs: Some(has_all),
        run: |root| components::build(root).map(|()| Counts::default()),
    },
    Step {
        name: "module in AssemblyScript",
        needs: Some(node::check),
        run: |root| strangers::agent(root).map(|()| Counts::default()),
    },
    Step {
        name: "modules in C and Zig",
        needs: Some(zig::check),
        run: |root| strangers::shout(root).map(|()| Counts::default()),
    },
    Step {
        name: "native libraries",
        needs: None,
        run: |root| natives::build(root).map(|()| Counts::default()),
    },
    Step {
        name: "python format, lints and types",
        needs: Some(has_python),
        run: python_lints,
    },
    Step {
        name: "python tests",
        needs: Some(has_python),
        run: python_tests,
    },
    Step {
        name: "typescript format and lints",
        needs: Some(node::check),
        run: typescript_lints,
    },
    Step {
        name: "browser",
        needs: Some(browser::check),
        run: |_| Ok(Counts::default()),
    },
    Step {
        name: "typescript tests",
        needs: Some(node::check),
        run: typescript_tests,
    },
    Step {
        name: "examples",
        needs: Some(has_all),
        run: examples_tests,
    },
    Step {
        name: "rust tests",
        needs: Some(has_all),
        run: suites::run,
    },
    Step {
        name: "interop",
        needs: Some(has_all),
        run: |root| interop::run(root, &interop::Wish::default(), interop::Shown::Checked),
    },
    Step {
        name: "packages",
        needs: Some(has_all),
        run: packages::test,
    },
    Step {
        name: "reference pages, rust",
        needs: None,
        run: reference::rust,
    },
    Step {
        name: "reference pages, python",
        needs: Some(has_python),
        run: reference::python,
    },
    Step {
        name: "reference pages, typescript",
        needs: Some(node::check),
        run: reference::typescript,
    },
    Step {
        name: "wasm32",
        needs: None,
        run: wasm_builds,
    },
    Step {
        name: "demo",
        needs: Some(has_all),
        run: |root| demo::run(root, None, false).map(|()| Counts::checks(1)),
    },
    Step {
        name: "bench",
        needs: Some(has_all),
        run: pingpong::rehearse,
    },
];

fn has_python() -> anyhow::Result<()> {
    python::system().map(|_| ())
}

fn has_all() -> anyhow::Result<()> {
    has_python()?;
    node::check()
}

fn rust_format(_: &Path) -> Outcome {
    step::run(
        "cargo fmt",
        tools::cargo().args(["fmt", "--all", "--check"]),
        Show::OnFailure,
    )?;
    Ok(Counts::checks(1))
}

fn rust_lints(_: &Path) -> Outcome {
    for (name, packages) in programs::FAMILIES {
        let mut command = tools::cargo();
        command.arg("clippy").args(packages);
        command.args(["--all-targets", "--", "-D", "warnings"]);
        step::run(
            &format!("cargo clippy{name}"),
            &mut command,
            Show::OnFailure,
        )?;
    }
    Ok(Counts::checks(1))
}

/// The tests of the other languages start programs of this one.
fn rust_build(_: &Path) -> Outcome {
    programs::build()?;
    for (name, packages) in programs::FAMILIES {
        let mut command = tools::cargo();
        command.args(["test", "--no-run"]).args(packages);
        step::run(
            &format!("cargo test --no-run{name}"),
            &mut command,
            Show::OnFailure,
        )?;
    }
    Ok(Counts::default())
}

/// Invariant 1: what only thinks runs anywhere, so it builds where there is no operating system.
fn wasm_builds(_: &Path) -> Outcome {
    let wasm = wasm::find()?;
    eprintln!("   with {}", wasm.found);
    let mut command = wasm.cargo();
    command.args(["build", "--locked", "--target", "wasm32-unknown-unknown"]);
    // As guests are built, which stand on one of them.
    command.args([
        "--release",
        "--package",
        "crossplug-protocol",
        "--package",
        "crossplug-policy",
    ]);
    step::run(
        "protocol and policy for wasm32",
        &mut command,
        Show::OnFailure,
    )?;
    Ok(Counts::checks(1))
}

fn python_lints(root: &Path) -> Outcome {
    let python = python::interpreter(root)?;
    let targets = ["bindings/python", "examples"];
    let mut format = Command::new(&python);
    format
        .args(["-m", "ruff", "format", "--check"])
        .args(targets);
    step::run("ruff format", &mut format, Show::OnFailure)?;
    let mut lint = Command::new(&python);
    lint.args(["-m", "ruff", "check"]).args(targets);
    step::run("ruff check", &mut lint, Show::OnFailure)?;
    let mut package = Command::new(&python);
    package.args(["-m", "mypy"]);
    step::run("mypy", &mut package, Show::OnFailure)?;
    for scenario in examples::SCENARIOS {
        // From its own folder, as its author would: the modules of two examples have the same names.
        let folder = root.join("examples").join(scenario);
        let mut example = Command::new(&python);
        example.args([
            "-m",
            "mypy",
            "--config-file",
            "../../pyproject.toml",
            "--cache-dir",
        ]);
        example.arg(root.join("target/mypy").join(scenario));
        for file in step::files_below(&folder, &[".py"])? {
            // What is generated is checked by being imported.
            example.args(file.file_name().filter(|_| file.parent() == Some(&folder)));
        }
        example.current_dir(&folder);
        step::run(
            &format!("mypy, example {scenario}"),
            &mut example,
            Show::OnFailure,
        )?;
    }
    Ok(Counts::checks(3 + examples::SCENARIOS.len() as u64))
}

fn python_tests(root: &Path) -> Outcome {
    let python = python::interpreter(root)?;
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-s", "bindings/python/tests"]);
    Ok(Counts::read(&step::run(
        "pytest",
        &mut command,
        Show::Always,
    )?))
}

fn typescript_lints(root: &Path) -> Outcome {
    node::install(root)?;
    step::run(
        "npm run check",
        Command::new("npm").args(["run", "--silent", "check"]),
        Show::OnFailure,
    )?;
    Ok(Counts::checks(1))
}

fn typescript_tests(root: &Path) -> Outcome {
    node::build(root)?;
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "test"]);
    Ok(Counts::read(&step::run(
        "npm test",
        &mut command,
        Show::Always,
    )?))
}

fn examples_tests(root: &Path) -> Outcome {
    examples::build(root)?;
    examples::test(root)
}
