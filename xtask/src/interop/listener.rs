//! A subject that runs already and listens on a Unix socket, for the time of one cell.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::tools::python;

/// What the door is called.
pub(super) const DOOR: &str = "socket";
/// Where a plugin finds the token that a host has to show.
pub(super) const TOKEN: &str = "CROSSPLUG_TOKEN";

/// A running subject; dropped, it is ended.
pub(super) struct Listener {
    child: Child,
    /// What a host has to show.
    pub(super) token: String,
}

/// The socket as a manifest names it: one for each host, since cells run at once and a plugin takes one host at a time.
pub(super) fn door(host: &str) -> Value {
    json!({ "unix": address(host) })
}

fn address(host: &str) -> String {
    format!("run/{host}")
}

/// The manifest that names it.
pub(super) fn manifest(root: &Path, plugin: &str, host: &str) -> PathBuf {
    super::subjects::folder(root, plugin).join(format!("plugin-for-{host}.json"))
}

impl Listener {
    /// Starts a subject and waits until it listens.
    pub(super) fn start(root: &Path, plugin: &str, host: &str) -> anyhow::Result<Self> {
        let program: &[&str] = match plugin {
            "rust" => &["./subject"],
            "python" => &["python3", "plugin.py"],
            "typescript" => &["node", "dist/plugin.js"],
            other => bail!("nobody knows how a plugin in {other} listens"),
        };
        let (name, arguments) = program.split_first().context("a program has a name")?;
        // The cell is this program's own; what keeps others out is the folder. The token is what is tried.
        let token = format!("{}-{plugin}-{host}", std::process::id());
        let mut child = Command::new(name)
            .args(arguments)
            .args(["--listen", &format!("unix:{}", address(host))])
            .current_dir(super::subjects::folder(root, plugin))
            .env("PATH", python::path_with(root)?)
            .env(TOKEN, &token)
            .env("CROSSPLUG_MANIFEST", manifest(root, plugin, host))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let said = child.stdout.take().map(BufReader::new);
        let listener = Self { child, token };
        let mut line = String::new();
        said.context("stdout is a pipe")?.read_line(&mut line)?;
        if !line.contains("listening") {
            bail!("the {plugin} subject does not listen; it said {line:?}");
        }
        Ok(listener)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
