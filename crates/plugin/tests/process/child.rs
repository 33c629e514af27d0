//! The plugin `stubborn` as a child, and a host that is only lines.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// An example of this package; cargo builds it for `cargo test`, but not for `cargo test --test process`.
pub(crate) fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let arguments = ["xtask", "programs", "--example", "stubborn"];
        assert!(
            Command::new(env!("CARGO"))
                .args(arguments)
                .status()
                .unwrap()
                .success()
        );
        let test = std::env::current_exe().unwrap();
        test.parent()
            .and_then(Path::parent)
            .unwrap()
            .join("examples/stubborn")
    };
    BUILT.get_or_init(build).clone()
}

pub(crate) struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    lines: Option<Receiver<Value>>,
    errors: Option<JoinHandle<String>>,
    replies: HashMap<i64, Value>,
    logs: Vec<Value>,
    next: i64,
    pub(crate) opened: Value,
}

impl Child {
    /// Started, initialised, and listened to once somebody waits for a reply.
    pub(crate) fn open() -> Self {
        Self::start(&[], &[])
    }

    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(program())
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let mut child = Self {
            process,
            input,
            output,
            lines: None,
            errors: Some(errors),
            replies: HashMap::new(),
            logs: Vec::new(),
            next: 0,
            opened: Value::Null,
        };
        let hello = json!({
            "protocol": { "version": "1.0" }, "host": { "name": "test", "version": "1" },
            "instanceId": "i", "config": {}, "granted": {},
        });
        child.send("initialize", hello);
        let mut first = Vec::new();
        while first.last() != Some(&b'\n') {
            let mut byte = [0];
            child
                .output
                .as_mut()
                .unwrap()
                .read_exact(&mut byte)
                .unwrap();
            first.push(byte[0]);
        }
        let reply: Value = serde_json::from_slice(&first).unwrap();
        child.opened = reply["result"].clone();
        child
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    pub(crate) fn send(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        self.write(
            &json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }),
        );
        self.next
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Reads from now on.
    pub(crate) fn listen(&mut self) {
        let Some(output) = self.output.take() else {
            return;
        };
        let (send, lines) = channel();
        self.lines = Some(lines);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
                if send.send(message).is_err() {
                    return;
                }
            }
        });
    }

    pub(crate) fn reply(&mut self, id: i64) -> Result<Value, Value> {
        self.listen();
        while !self.replies.contains_key(&id) {
            let message = self
                .lines
                .as_ref()
                .unwrap()
                .recv_timeout(Duration::from_secs(20))
                .unwrap();
            self.take(message);
        }
        let reply = self.replies.remove(&id).unwrap();
        match reply.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(reply["result"].clone()),
        }
    }

    fn take(&mut self, message: Value) {
        match message.get("id").and_then(Value::as_i64) {
            Some(id) => drop(self.replies.insert(id, message)),
            None if message["method"] == "$/log" => self.logs.push(message["params"].clone()),
            None => panic!("{message}"),
        }
    }

    pub(crate) fn end_input(&mut self) {
        self.input = None;
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// What was sent so far has been read when this returns.
    pub(crate) fn ping(&mut self) {
        let ping = self.send("ping", json!({}));
        self.reply(ping).unwrap();
    }

    /// Ends the input and waits: logs, standard error, exit code.
    pub(crate) fn close(mut self) -> (Vec<Value>, String, Option<i32>) {
        self.end_input();
        self.left()
    }

    /// Waits for the end: logs, standard error, exit code.
    pub(crate) fn left(mut self) -> (Vec<Value>, String, Option<i32>) {
        self.listen();
        while let Ok(message) = self
            .lines
            .as_ref()
            .unwrap()
            .recv_timeout(Duration::from_secs(20))
        {
            self.take(message);
        }
        let code = self.process.wait().unwrap().code();
        let errors = self.errors.take().unwrap().join().unwrap();
        (std::mem::take(&mut self.logs), errors, code)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
