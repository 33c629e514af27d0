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

/// Whether a subject is a program that listens.
pub(super) fn listens(plugin: &str) -> bool {
    program(plugin).is_some()
}

fn program(plugin: &str) -> Option<&'static [&'static str]> {
    Some(match plugin {
        "rust" => &["./subject"],
        "python" => &["python3", "plugin.py"],
        "typescript" => &["node", "dist/plugin.js"],
        "json-rpc" => &["python3", "stock_peer.py"],
        _ => return None,
    })
}

impl Listener {
    /// Starts a subject and waits until it listens.
    pub(super) fn start(root: &Path, plugin: &str, host: &str) -> anyhow::Result<Self> {
        let program = program(plugin)
            .with_context(|| format!("nobody knows how a plugin in {plugin} listens"))?;
        let (name, arguments) = program.split_first().context("a program has a name")?;
        // The cell is this program's own; what keeps others out is the folder. The token is what is tried.
        let token = format!("{}-{plugin}-{host}", std::process::id());
        let folder = super::subjects::folder(root, plugin);
        let address = address(host);
        // What is not ours has words of its own, and leaves the socket's folder to others.
        let listen = match plugin {
            "json-rpc" => {
                make_private(&folder.join(&address))?;
                vec![address]
            }
            _ => vec!["--listen".to_owned(), format!("unix:{address}")],
        };
        let mut child = Command::new(name)
            .args(arguments)
            .args(listen)
            .current_dir(folder)
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

/// The folder of a socket, its user's alone, without what an earlier one left there.
fn make_private(socket: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = socket.parent().context("a socket lies in a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    let _ = std::fs::remove_file(socket);
    Ok(())
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
