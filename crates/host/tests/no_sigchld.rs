//! A host whose program ignores SIGCHLD: the system reaps its children by itself, so nobody learns how they ended. A
//! program of its own, since a signal is ignored by the whole process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/peer.rs"]
mod peer;

use std::process::Command;
use std::time::Duration;

use crossplug_host::{ErrorKind, Host};
use peer::{ECHO, load, peer};

/// Runs the test below in a process that was started with the signal ignored.
#[test]
fn plugins_start_and_end_all_the_same() {
    let ignore = "import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])";
    let output = Command::new("python3")
        .args(["-c", ignore])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "with_the_signal_ignored", "--ignored"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by the test above"]
fn with_the_signal_ignored() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        start_and_end();
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(20))
        .unwrap_or_else(|_| panic!("it panicked or hangs"));
}

fn start_and_end() {
    let folder = peer(ECHO);
    for _ in 0..2 {
        let plugin = load(&folder);
        plugin.call_blocking("echo", ()).unwrap();
        let ending = plugin.stop_blocking();
        assert!(ending.error.is_none(), "{ending:?}");
        assert!(
            ending.status.as_ref().unwrap().contains("unknown"),
            "{ending:?}"
        );
    }

    let folder = peer("hello()\nread()\nos._exit(7)");
    let error = load(&folder).call_blocking("echo", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Died, "{error}");

    // A program that cannot be run: its child is gone before anybody asks after it.
    let folder = peer(ECHO);
    let program = folder.path().join("plugin.py");
    std::fs::write(&program, "#!/no/such/interpreter\n").unwrap();
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, runnable).unwrap();
    let manifest = r#"{"name": "x", "description": "", "version": "1.0.0", "language": "python",
        "doors": {"process": {"command": ["./plugin.py"]}}}"#;
    std::fs::write(folder.path().join("plugin.json"), manifest).unwrap();
    let host = Host::builder().build();
    let error = host.load(folder.path()).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Start, "{error}");
    assert!(error.context().contains("SIGCHLD"), "{error}");
}
