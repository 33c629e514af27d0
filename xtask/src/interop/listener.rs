//! A subject that runs already and listens on a Unix socket, for the time of one cell.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::listening;

/// A subject that listens, and what a host has to show it.
pub(super) struct Listener {
    _running: listening::Listener,
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
        let words: Vec<&str> = (program.iter().copied())
            .chain(listen.iter().map(String::as_str))
            .collect();
        let manifest = manifest(root, plugin, host);
        let running = listening::Listener::start(root, &folder, &words, &manifest, &token)?;
        Ok(Self {
            _running: running,
            token,
        })
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
