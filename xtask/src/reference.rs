//! The reference pages: of Rust crates by rustdoc, of the Python package by pdoc, of the npm package by TypeDoc, each where a warning
//! is a failure. They lie in `target/doc`.

use std::path::Path;
use std::process::Command;

use crate::programs;
use crate::step::{self, Show};
use crate::test::{Counts, Outcome};
use crate::tools::{self, node, python};

/// What an author or a host imports from Python.
const MODULES: [&str; 12] = [
    "crossplug",
    "crossplug.host",
    "crossplug.testing",
    "crossplug.elizaos",
    "crossplug.errors",
    "crossplug.codec",
    "crossplug.interfaces.agent",
    "crossplug.interfaces.chat",
    "crossplug.interfaces.events",
    "crossplug.interfaces.http",
    "crossplug.interfaces.protocol_errors",
    "crossplug.interfaces.tool",
];
/// Without what pdoc says of a dictionary with a base (before Python 3.12) and of the constructor of each named tuple, which
/// lives in no module. And some names are there once they are asked for, and pdoc does not ask.
const PDOC: &str = r"
import warnings
for known in (r'Cannot determine where .*\.WasmPool\.', r'Error parsing type annotation .*\.__init__\. '):
    warnings.filterwarnings('ignore', known)
import importlib, sys
for module in map(importlib.import_module, (name for name in sys.argv[1:] if name.startswith('crossplug'))):
    for name in getattr(module, '__all__', ()):
        setattr(module, name, getattr(module, name))
from pdoc.__main__ import cli
cli()
";

/// Those of the crates.
///
/// # Errors
/// rustdoc warns, as of a link that leads nowhere.
pub(crate) fn rust(_: &Path) -> Outcome {
    for (name, packages) in programs::FAMILIES {
        let mut command = tools::cargo();
        command.args(["doc", "--no-deps"]).args(packages);
        command.env("RUSTDOCFLAGS", "-D warnings");
        step::run(&format!("cargo doc{name}"), &mut command, Show::OnFailure)?;
    }
    Ok(Counts::checks(1))
}

/// Those of the Python package.
///
/// # Errors
/// pdoc warns, as of a name that is exported and not there.
pub(crate) fn python(root: &Path) -> Outcome {
    let mut command = Command::new(python::interpreter(root)?);
    command.args(["-W", "error"]);
    command.args(["-c", PDOC, "--output-directory"]);
    command.arg(root.join("target/doc/python"));
    command
        .args(["--docformat", "restructuredtext"])
        .args(MODULES);
    step::run("pdoc", &mut command, Show::OnFailure)?;
    Ok(Counts::checks(1))
}

/// Those of the npm package.
///
/// # Errors
/// TypeDoc warns, as of a type that is spoken of and not exported.
pub(crate) fn typescript(root: &Path) -> Outcome {
    node::install(root)?;
    let folder = root.join("bindings/typescript/reference");
    if !folder.join("node_modules").is_dir() {
        step::forget("typedoc")?;
    }
    step::unless_done("typedoc", &[folder.join("package-lock.json")], || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        step::run("npm ci, typedoc", npm.current_dir(&folder), Show::OnFailure).map(drop)
    })?;
    let mut typedoc = Command::new(folder.join("node_modules/.bin/typedoc"));
    step::run("typedoc", typedoc.current_dir(&folder), Show::OnFailure)?;
    Ok(Counts::checks(1))
}
