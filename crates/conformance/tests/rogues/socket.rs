//! Rogues behind a socket: whoever connects gets a rogue of its own, whose input and output the connection is.

use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;
use tempfile::TempDir;

/// How often to look for a connection.
const LOOK: Duration = Duration::from_millis(2);

/// A plugin's folder with a socket in it, and who listens there. Dropped, it ends every rogue.
pub(crate) struct Listening {
    folder: TempDir,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    pub(crate) fn new(rogue: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cp")
            .tempdir_in("/tmp")
            .unwrap();
        let run = folder.path().join("run");
        std::fs::DirBuilder::new().mode(0o700).create(&run).unwrap();
        let manifest = json!({
            "name": "rogue", "description": "Misbehaves.", "version": "1.0.0", "language": "rust",
            "interfaces": {"conformance": "1"},
            "permissions": {"services": ["test.hold"], "events": {"emit": ["*"]}},
            "doors": {"socket": {"unix": "run/rogue.sock"}},
        });
        std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
        let listener = UnixListener::bind(run.join("rogue.sock")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let (rogue, ended) = (rogue.to_owned(), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            let mut rogues = Vec::new();
            while !ended.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((socket, _)) => {
                        socket.set_nonblocking(false).unwrap();
                        rogues.push(behave(&rogue, socket.into()));
                    }
                    Err(_) => std::thread::sleep(LOOK),
                }
            }
            rogues.into_iter().for_each(end);
        });
        Self {
            folder,
            over,
            thread: Some(thread),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn behave(rogue: &str, socket: OwnedFd) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rogue"))
        .arg(rogue)
        .stdin(socket.try_clone().unwrap())
        .stdout(socket)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn end(mut rogue: Child) {
    if let Some(group) = i32::try_from(rogue.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = rogue.wait();
}
