//! Peers: a few lines of Python each, in a folder with a manifest. They speak the protocol by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::{Host, HostBuilder, Log, Plugin};
use tempfile::TempDir;

/// What every peer begins with.
const PRELUDE: &str = r#"
import json, os, signal, subprocess, sys, threading, time

lock = threading.Lock()

def send(message):
    with lock:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)

def reply(request, result):
    send({"jsonrpc": "2.0", "id": request["id"], "result": result})

def fail(request, code, message):
    send({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32603, "message": message, "data": {"code": code}}})

def notify(method, **params):
    send({"jsonrpc": "2.0", "method": method, "params": params})

def hello(**choice):
    request = read()
    assert request["method"] == "initialize", request
    protocol = {"version": "1.0"}
    protocol.update(choice)
    reply(request, {"protocol": protocol, "manifest": {"name": "peer"}, "interfaces": {"peer": {"version": "1.0.0"}}})
    return request["params"]

def serve(answer):
    while True:
        request = read()
        if request.get("method") == "shutdown":
            reply(request, None)
        elif "method" in request:
            answer(request)
"#;

/// A folder with a manifest and a script.
pub(crate) fn peer(script: &str) -> TempDir {
    peer_named("peer", script)
}

/// The same with a name of its own, which the threads of the host carry too.
pub(crate) fn peer_named(name: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = serde_json::json!({
        "name": name, "description": "A peer without an SDK.", "version": "1.0.0", "language": "python",
        "doors": { "process": { "command": ["python3", "-u", "-S", "-E", "plugin.py"] } },
        "permissions": { "services": ["*"], "events": { "emit": ["*"] } },
    });
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    std::fs::write(
        folder.path().join("plugin.py"),
        format!("{PRELUDE}\n{script}"),
    )
    .unwrap();
    folder
}

/// A peer that gives back what it gets.
pub(crate) const ECHO: &str = "
hello()
serve(lambda request: reply(request, request.get('params')))
";

/// Log lines of a host.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<Log>>>);

impl Lines {
    /// A host that collects them.
    pub(crate) fn host(&self) -> HostBuilder {
        let lines = Arc::clone(&self.0);
        Host::builder()
            .name("test")
            .on_log(move |log| lines.lock().unwrap().push(log.clone()))
    }

    pub(crate) fn all(&self) -> Vec<Log> {
        self.0.lock().unwrap().clone()
    }

    /// Waits for a line that contains the text.
    pub(crate) fn wait_for(&self, text: &str) -> Log {
        let find = || {
            self.all()
                .into_iter()
                .find(|log| log.message.contains(text) || log.fields.to_string().contains(text))
        };
        for _ in 0..1000 {
            if let Some(log) = find() {
                return log;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no line with {text:?} in {:?}", self.all());
    }
}

/// Loads a peer with everything granted.
pub(crate) fn load(folder: &TempDir) -> Plugin {
    Host::builder()
        .name("test")
        .build()
        .load(folder.path())
        .grant("*")
        .unwrap()
        .blocking()
        .unwrap()
}
