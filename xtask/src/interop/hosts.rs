//! The programs that play interop cases, one for each language of hosts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::Cell;
use crate::step::{self, Show};
use crate::tools::{self, node, python};

/// A host's language.
pub(super) struct Host {
    pub(super) name: &'static str,
    /// The doors that it has.
    pub(super) doors: &'static [&'static str],
    /// Builds the player.
    pub(super) prepare: fn(&Path) -> anyhow::Result<()>,
    /// The player; path of the plugin and door follow.
    command: fn(&Path) -> anyhow::Result<Command>,
}

/// All of them.
pub(super) const HOSTS: &[Host] = &[
    Host {
        name: "rust",
        doors: &["process", "wasm"],
        prepare: build_program,
        command: |root| {
            let mut command = Command::new(program(root));
            command.args([
                "conformance",
                "--json",
                "--filter",
                "interop/",
                "--timeout",
                "20s",
            ]);
            Ok(command)
        },
    },
    Host {
        name: "python",
        doors: &["process", "wasm"],
        prepare: |root| python::interpreter(root).map(|_| ()),
        command: |root| {
            let mut command = Command::new(python::interpreter(root)?);
            command.args(["-m", "interop"]);
            command.env("PYTHONPATH", root.join("bindings/python/tests"));
            Ok(command)
        },
    },
    Host {
        name: "node",
        doors: &["process"],
        prepare: node::build,
        command: |root| {
            let mut command = Command::new("node");
            command.arg(root.join("bindings/typescript/test/dist/interop/main.js"));
            Ok(command)
        },
    },
];

fn program(root: &Path) -> PathBuf {
    root.join("target/debug")
        .join(format!("crossplug{}", std::env::consts::EXE_SUFFIX))
}

fn build_program(_: &Path) -> anyhow::Result<()> {
    let mut cargo = tools::cargo();
    cargo.args(["build", "--locked", "--package", "crossplug-cli"]);
    step::run("the program", &mut cargo, Show::OnFailure).map(|_| ())
}

/// Plays the cases of one cell. A player that says nothing usable has played none.
pub(super) fn play(
    root: &Path,
    host: &Host,
    plugin: &'static str,
    door: &'static str,
    cases: u64,
) -> Cell {
    let began = Instant::now();
    let mut cell = Cell::new(host.name, plugin, door);
    match report(root, host, plugin, door) {
        Ok(report) => cell.read(&report, cases, began),
        Err(error) => {
            cell.told.push(format!("{error:#}"));
            cell.skipped = cases;
            cell
        }
    }
}

fn report(root: &Path, host: &Host, plugin: &str, door: &str) -> anyhow::Result<Value> {
    let mut command = (host.command)(root)?;
    command
        .arg(super::subjects::folder(root, plugin))
        .args(["--door", door]);
    // Plugins in Python find the SDK in the virtual environment.
    let output = command
        .env("PATH", python::path_with(root)?)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.trim()).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let end: Vec<&str> = stderr.lines().rev().take(12).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        anyhow::anyhow!(
            "the player ended with {} and no report:\n{}",
            output.status,
            end.join("\n")
        )
    })
}
