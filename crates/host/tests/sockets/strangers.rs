//! Who is not let in: tokens, users, and connections that say nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crossplug_host::door::socket::{Listener, SocketDoor};
use crossplug_host::{ErrorKind, Host};
use serde_json::json;

use crate::running::{Folder, Running, TOKEN, is_there, start, subjects};

/// Whom root can be instead of itself.
const NOBODY: u32 = 65534;

fn host() -> Host {
    Host::builder().name("sockets").build()
}

#[test]
fn a_token_that_was_told_is_asked_for() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        let _running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        for wrong in ["", "another-secret", &TOKEN[1..]] {
            let error = host()
                .load(folder.path())
                .token(wrong)
                .blocking()
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied, "{name}: {error}");
            assert!(error.to_string().contains("token"), "{name}: {error}");
        }
        let plugin = host().load(folder.path()).token(TOKEN).blocking().unwrap();
        plugin.call_blocking("test.nothing", ()).unwrap();
    }
}

#[test]
fn a_host_that_listens_asks_for_its_token() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        for shown in [None, Some("another-secret")] {
            let listener = Listener::bind(&folder.unix()).unwrap();
            let _running = Running::connect(&command, &folder, &listener.address(), shown);
            let error = host()
                .open(name, listener.door())
                .token(TOKEN)
                .blocking()
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied, "{name}: {error}");
            assert!(
                error.to_string().contains("CROSSPLUG_TOKEN"),
                "{name}: {error}"
            );
        }
    }
}

#[test]
fn over_tcp_neither_begins_without_a_token() {
    let door = SocketDoor::connect("tcp:127.0.0.1:9").unwrap();
    let error = host().open("any", door).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        for way in ["--listen", "--connect"] {
            let mut process = start(&command, &folder, &[way, "tcp:127.0.0.1:9"], None);
            assert_eq!(process.wait().unwrap().code(), Some(2), "{name} {way}");
        }
    }
}

#[test]
fn mute_connections_keep_nobody_out() {
    // They have their time, in each language at once.
    std::thread::scope(|threads| {
        for (name, command) in subjects() {
            threads.spawn(move || keeps_mute_connections_apart(name, &command));
        }
    });
}

fn keeps_mute_connections_apart(name: &str, command: &[PathBuf]) {
    let folder = Folder::of_listener();
    let _running = Running::listen(command, &folder, &folder.unix(), Some(TOKEN));
    let mut mute: Vec<_> = (0..8)
        .map(|_| UnixStream::connect(folder.socket()).unwrap())
        .collect();
    let plugin = host().load(folder.path()).token(TOKEN).blocking();
    let plugin = plugin.unwrap_or_else(|error| panic!("{name}: {error}"));
    plugin.call_blocking("test.nothing", ()).unwrap();
    // They are hung up on in the end.
    for socket in &mut mute {
        let long = Duration::from_secs(60);
        socket.set_read_timeout(Some(long)).unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0, "{name}");
    }
    plugin.call_blocking("test.nothing", ()).unwrap();
}

#[test]
fn a_plugin_that_never_speaks_is_given_up() {
    let folder = Folder::of_listener();
    let listener = UnixListener::bind(folder.socket()).unwrap();
    let load = host()
        .load(folder.path())
        .start_timeout(Duration::from_millis(200));
    let error = load.blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Start, "{error}");
    // Nothing is left of the connection.
    let (socket, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(socket).lines();
    assert!(lines.next().unwrap().unwrap().contains("initialize"));
    assert!(lines.next().is_none());
}

#[test]
fn nobody_connects() {
    let folder = Folder::new(&json!({ "unix": "run/p.sock", "listen": "host" }));
    let load = host()
        .load(folder.path())
        .start_timeout(Duration::from_millis(200));
    let error = load.blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Start, "{error}");
    assert!(!folder.socket().exists());
}

/// Whether this test may become somebody else. Only root may; the check itself has a test that everybody runs.
fn may_change_user() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can become another user");
    }
    is_root && is_there("python3")
}

#[test]
fn another_users_process_is_no_host() {
    if !may_change_user() {
        return;
    }
    for (name, command) in subjects()
        .into_iter()
        .filter(|(name, _)| *name != "typescript")
    {
        let folder = Folder::of_listener();
        let _running = Running::listen(&command, &folder, &folder.unix(), None);
        // The folder and the file would keep it out before anybody is asked.
        for (path, mode) in [("", 0o755), ("run", 0o755), ("run/p.sock", 0o666)] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path().join(path), mode).unwrap();
        }
        let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n\
                      s.settimeout(20)\nprint(s.recv(1))";
        let output = Command::new("python3")
            .args(["-c", script])
            .arg(folder.socket())
            .uid(NOBODY)
            .current_dir("/")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            said,
            "b''\n",
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        host().load(folder.path()).blocking().unwrap();
    }
}

#[test]
fn another_users_process_is_no_plugin() {
    if !may_change_user() {
        return;
    }
    let folder = Folder::of_listener();
    let mode = |path: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path().join(path), mode).unwrap();
    };
    mode("", 0o777);
    mode("run", 0o777);
    let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen()\nprint('there')\n\
                  sys.stdout.flush()\nc = s.accept()[0]\nprint(c.recv(1))\nsys.stdout.flush()\nsys.stdin.read()";
    let mut other = Command::new("python3")
        .args(["-c", script])
        .arg(folder.socket())
        .uid(NOBODY)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "there");
    let error = host().load(folder.path()).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("65534"), "{error}");
    assert_eq!(
        lines.next().unwrap().unwrap(),
        "b''",
        "it was told something"
    );
    drop(other.stdin.take());
    other.wait().unwrap();
}

#[test]
fn words_for_a_stranger_are_one_line_and_then_nothing() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        let _running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        let mut socket = UnixStream::connect(folder.socket()).unwrap();
        let hello = json!({ "jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {
            "protocol": { "version": "1.0" }, "host": { "name": "h", "version": "1" }, "instanceId": "i", "config": {},
            "granted": {} } });
        writeln!(socket, "{hello}").unwrap();
        let mut lines = BufReader::new(socket).lines();
        let answer: serde_json::Value =
            serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(
            answer["error"]["data"]["code"], "permissionDenied",
            "{name}: {answer}"
        );
        assert_eq!(answer["id"], 7);
        assert!(lines.next().is_none(), "{name} does not hang up");
    }
}
