//! An example plugin that runs already and listens, for the time of one host.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools::python;

/// What the door is called.
pub(super) const DOOR: &str = "socket";
/// Where a plugin finds the token that a host has to show.
pub(super) const TOKEN: &str = "CROSSPLUG_TOKEN";

/// A running plugin; dropped, it is ended.
pub(super) struct Listener(Child);

/// What a host shows, where a plugin cannot ask the system whose process it is. The socket's folder keeps others out; it is not
/// secret here.
pub(super) fn token() -> String {
    format!("demo-{}", std::process::id())
}

impl Listener {
    /// Starts what the process door starts, with the address of the socket door, and waits until it listens.
    pub(super) fn start(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let manifest = folder.join("plugin.json");
        let text = std::fs::read_to_string(&manifest)?;
        let said: Value = serde_json::from_str(&text)?;
        let command = said.pointer("/doors/process/command");
        let words = command.and_then(Value::as_array).into_iter().flatten();
        let words: Vec<&str> = words.filter_map(Value::as_str).collect();
        let (program, arguments) = words.split_first().context("it has no process door")?;
        let address = said.pointer("/doors/socket/unix").and_then(Value::as_str);
        let mut child = Command::new(program)
            .args(arguments)
            .arg("--listen")
            .arg(format!(
                "unix:{}",
                address.context("it has no socket door")?
            ))
            .current_dir(folder)
            .env("PATH", python::path_with(root)?)
            .env(TOKEN, token())
            .env("CROSSPLUG_MANIFEST", manifest)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let out = child.stdout.take().map(BufReader::new);
        let running = Self(child);
        let mut line = String::new();
        out.context("stdout is a pipe")?.read_line(&mut line)?;
        if !line.contains("listening") {
            bail!("the plugin does not listen; it said {line:?}");
        }
        Ok(running)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
