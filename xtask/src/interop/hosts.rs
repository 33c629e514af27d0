//! The programs that play interop cases, one for each language of hosts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::listener::{self, Listener};
use super::{Cell, Wish, strangers, subjects};
use crate::tools::{browser, node, python};
use crate::{listening, programs};

/// A host's language.
pub(super) struct Host {
    pub(super) name: &'static str,
    /// The doors that it has, and whose plugins it takes through each.
    ways: &'static [(&'static str, &'static [&'static str])],
    /// Builds the player.
    pub(super) prepare: fn(&Path) -> anyhow::Result<()>,
    /// The player; path of the plugin and door follow.
    command: fn(&Path) -> anyhow::Result<Command>,
}

/// What a program can be written in that speaks for itself.
const TALKS: &[&str] = &["rust", "python", "typescript", "json-rpc"];
/// What is compiled into a library.
const COMPILED: &[&str] = &["rust", "c"];
/// What is a module of WebAssembly.
const MODULES: &[&str] = &["rust", "c", "assemblyscript"];
/// What is a component: of each module there is one.
const COMPONENTS: &[&str] = &["rust", "python", "typescript", "c", "assemblyscript"];

impl Host {
    /// Whether it takes the plugin through the door.
    pub(super) fn takes(&self, plugin: &str, door: &str) -> bool {
        let mut ways = self.ways.iter();
        ways.any(|(way, plugins)| *way == door && plugins.contains(&plugin))
    }
}

/// All of them.
pub(super) const HOSTS: &[Host] = &[
    Host {
        name: "rust",
        ways: &[
            ("process", TALKS),
            ("socket", TALKS),
            ("wasm", MODULES),
            ("component", COMPONENTS),
            ("native", COMPILED),
        ],
        prepare: |_| programs::build(),
        command: |root| {
            let mut command = Command::new(programs::crossplug(root));
            command.args(["conformance", "--json", "--timeout", "20s"]);
            Ok(command)
        },
    },
    Host {
        name: "python",
        ways: &[
            ("process", TALKS),
            ("socket", TALKS),
            ("wasm", MODULES),
            ("component", COMPONENTS),
            ("native", COMPILED),
            ("module", &["python"]),
        ],
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
        ways: &[
            ("process", TALKS),
            ("socket", TALKS),
            ("wasm", MODULES),
            ("component", COMPONENTS),
            ("native", COMPILED),
            ("module", &["typescript"]),
        ],
        prepare: node::build,
        command: |root| {
            let mut command = Command::new("node");
            command.arg(root.join("bindings/typescript/test/dist/interop/main.js"));
            Ok(command)
        },
    },
    Host {
        name: "browser",
        ways: &[
            ("wasm", MODULES),
            ("component", COMPONENTS),
            ("module", &["typescript"]),
        ],
        prepare: |root| {
            browser::check()?;
            node::build(root)
        },
        command: |root| {
            let mut command = Command::new("node");
            command.arg(root.join("bindings/typescript/test/dist/interop/main.js"));
            command.arg("--browser");
            Ok(command)
        },
    },
];

/// Plays the cases of one cell. A player that says nothing usable has played none.
pub(super) fn play(
    root: &Path,
    host: &Host,
    plugin: &'static str,
    door: &'static str,
    wish: &Wish<'_>,
    cases: u64,
) -> Cell {
    let began = Instant::now();
    let mut cell = Cell::new(host.name, plugin, door);
    match report(root, host, plugin, door, wish) {
        Ok(report) => cell.read(&report, cases, began),
        Err(error) => {
            cell.told.push(format!("{error:#}"));
            cell.skipped = cases;
            cell
        }
    }
}

fn report(
    root: &Path,
    host: &Host,
    plugin: &str,
    door: &str,
    wish: &Wish<'_>,
) -> anyhow::Result<Value> {
    let mut command = (host.command)(root)?;
    // Plugins in Python find the SDK in the virtual environment.
    command
        .env("PATH", python::path_with(root)?)
        .stdin(Stdio::null());
    let listening = match door {
        listening::DOOR => Some(Listener::start(root, plugin, host.name)?),
        _ => None,
    };
    let (place, door) = subjects::place(root, plugin, door);
    match &listening {
        Some(listening) => command
            .arg(listener::manifest(root, plugin, host.name))
            .env(listening::TOKEN, &listening.token),
        None => command.arg(place),
    };
    if wish.soak {
        command.arg("--soak");
    }
    let filter = strangers::cases(plugin).map_or_else(|| "interop/".to_owned(), strangers::filter);
    let output = command
        .args(["--door", door, "--filter", &filter])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.trim()).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = stderr.lines().collect();
        let end = lines.get(lines.len().saturating_sub(12)..).unwrap_or(&[]);
        anyhow::anyhow!(
            "the player ended with {} and no report:\n{}",
            output.status,
            end.join("\n")
        )
    })
}
