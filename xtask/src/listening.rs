//! A plugin that runs already and listens, for as long as somebody holds on to it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};

use crate::tools::python;

/// What the door is called.
pub(crate) const DOOR: &str = "socket";
/// Where a plugin finds the token that a host has to show.
pub(crate) const TOKEN: &str = "CROSSPLUG_TOKEN";

/// A running plugin; dropped, it is ended.
pub(crate) struct Listener(Child);

impl Listener {
    /// Starts the words of a command in the plugin's folder and waits until it says that it listens. A token is not secret here: what
    /// keeps others out is the socket's folder.
    ///
    /// # Errors
    /// It cannot be started, or says something else.
    pub(crate) fn start(
        root: &Path,
        folder: &Path,
        words: &[&str],
        manifest: &Path,
        token: &str,
    ) -> anyhow::Result<Self> {
        let (program, arguments) = words.split_first().context("a command has words")?;
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env("PATH", python::path_with(root)?)
            .env(TOKEN, token)
            .env("CROSSPLUG_MANIFEST", manifest)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let said = child.stdout.take().map(BufReader::new);
        let running = Self(child);
        let mut line = String::new();
        said.context("stdout is a pipe")?.read_line(&mut line)?;
        if !line.contains("listening") {
            bail!("`{program}` does not listen; it said {line:?}");
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
