//! Libraries that are none, are of another version, break the protocol, panic, or never come back.

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use crossplug_host::door::Patience;
use crossplug_host::door::native::NativeDoor;
use crossplug_host::{Error, ErrorKind, Host, Plugin};
use serde_json::json;

use super::waiting::wait_for_all;
use super::{compiled, root, subject};

/// The folder, which the library does not outlive, and what loading it came to.
type Opened = (tempfile::TempDir, Result<Plugin, Error>);

fn broken(how: &[&str]) -> Option<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let source = root().join("crates/host/tests/native/broken.c");
    let arguments = [how, &["-Wno-unused-function"]].concat();
    let library = compiled(folder.path(), &source, "libbroken", &arguments)?;
    let moment = Duration::from_millis(200);
    let patience = Patience {
        shutdown: moment,
        end_of_input: moment,
        terminate: moment,
    };
    let host = Host::builder().patience(patience).build();
    let load = host.open("broken", NativeDoor::from_file(library));
    Some((
        folder,
        load.start_timeout(Duration::from_secs(2)).blocking(),
    ))
}

#[test]
fn what_cannot_be_used_is_refused_with_its_reason() {
    for (how, kind, said) in [
        (
            "-DNO_ENTRY",
            ErrorKind::Incompatible,
            "exports no `crossplug_plugin`",
        ),
        ("-DNO_TABLE", ErrorKind::Incompatible, "gives no table"),
        (
            "-DWRONG_MAGIC",
            ErrorKind::Incompatible,
            "magic number 0x12345678",
        ),
        (
            "-DWRONG_VERSION",
            ErrorKind::Incompatible,
            "crossplug-abi/2",
        ),
        (
            "-DWRONG_SIZE",
            ErrorKind::Incompatible,
            "a table of 16 bytes",
        ),
        ("-DGAP", ErrorKind::Incompatible, "has no `release`"),
        ("-DREFUSES", ErrorKind::Start, "no disk"),
        ("-DSILENT", ErrorKind::Start, "not ready within 2s"),
    ] {
        let Some((_folder, opened)) = broken(&[how]) else {
            return;
        };
        let error = opened.unwrap_err();
        assert_eq!(error.kind(), kind, "{how}: {error}");
        assert!(error.context().contains(said), "{how}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.so");
    let host = Host::builder().build();
    let missing = host.load(&file).blocking().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    std::fs::write(&file, "this is no library").unwrap();
    let no_library = host.load(&file).blocking().unwrap_err();
    assert_eq!(no_library.kind(), ErrorKind::Start, "{no_library}");
    assert!(
        no_library.context().contains("shared library for"),
        "{no_library}"
    );
}

#[test]
fn what_breaks_the_protocol_is_closed() {
    for method in ["babble", "lie", "twice"] {
        for lent in [false, true] {
            let Some((_folder, opened)) = broken(&[]) else {
                return;
            };
            let plugin = opened.unwrap();
            let call = plugin.call(method, ());
            let call = if lent { call.no_timeout() } else { call };
            // One that answers twice has answered once.
            let answered = call.blocking();
            if method != "twice" {
                assert_eq!(
                    answered.unwrap_err().kind(),
                    ErrorKind::Protocol,
                    "{method}"
                );
            }
            let ending = plugin.wait_blocking();
            assert_eq!(
                ending.error.unwrap().kind(),
                ErrorKind::Protocol,
                "{method}"
            );
            assert!(!plugin.is_alive());
        }
    }
}

#[test]
fn a_call_that_never_comes_back_costs_the_plugin_and_not_the_host() {
    for (method, awaited) in [("loop", false), ("loop", true), ("push.loop", false)] {
        let Some((_folder, opened)) = broken(&[]) else {
            return;
        };
        let plugin = opened.unwrap();
        let begun = Instant::now();
        let call = plugin.call(method, ()).timeout(Duration::from_millis(100));
        let error = if awaited {
            wait_for_all([call.into_future()]).remove(0).unwrap_err()
        } else {
            call.blocking().unwrap_err()
        };
        assert_eq!(error.kind(), ErrorKind::Deadline, "{method}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let ending = plugin.wait_blocking();
        assert_eq!(ending.error.unwrap().kind(), ErrorKind::Died, "{method}");
        let later = plugin.call_blocking("echo", ()).unwrap_err();
        assert_eq!(later.kind(), ErrorKind::Died);
        assert!(later.context().contains("was given up"), "{later}");
    }
}

#[test]
fn a_call_that_is_late_and_comes_back_costs_nothing() {
    let Some((_folder, opened)) = broken(&[]) else {
        return;
    };
    let plugin = opened.unwrap();
    let late = plugin.call("slow", ()).timeout(Duration::from_millis(50));
    assert_eq!(late.blocking().unwrap_err().kind(), ErrorKind::Deadline);
    let hangs = plugin.call("hang", ()).timeout(Duration::from_millis(50));
    assert_eq!(hangs.blocking().unwrap_err().kind(), ErrorKind::Deadline);
    std::thread::sleep(Duration::from_millis(1500));
    let echoed = plugin.call_blocking("echo", json!({ "a": 1 })).unwrap();
    assert_eq!(echoed.as_json(), r#"{"a":1}"#);
    assert!(plugin.stop_blocking().error.is_none());
}

#[test]
fn a_stop_does_not_wait_for_a_loop() {
    let Some((_folder, opened)) = broken(&[]) else {
        return;
    };
    let plugin = opened.unwrap();
    // Its thread is lost: nobody has set it a time.
    let mut looping = plugin.call("loop", ()).no_timeout().into_future();
    assert!(looping.wait_within(Duration::from_millis(50)).is_none());
    let begun = Instant::now();
    assert!(plugin.stop_blocking().error.is_none());
    assert!(begun.elapsed() < Duration::from_secs(20));
    let stopped = wait_for_all([looping]).remove(0).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
}

#[test]
fn a_panic_is_the_error_of_its_call_alone() {
    let Some(plugin) = subject(&Host::builder().build()) else {
        return;
    };
    let mut hangs = plugin.call("test.hang", ()).into_future();
    assert!(hangs.wait_within(Duration::from_millis(20)).is_none());
    for call in [
        plugin.call("test.crash", ()),
        plugin.call("test.crash", ()).no_timeout(),
    ] {
        let crashed = call.blocking().unwrap_err();
        let said = crashed.plugin_error().expect("an error of the plugin's");
        assert_eq!(said.code, "internal");
        assert_eq!(said.message, "panic: crash on purpose");
    }
    assert!(hangs.wait_within(Duration::from_millis(20)).is_none());
    let echoed = plugin.call_blocking("test.echo", json!({ "text": "x" }));
    assert_eq!(echoed.unwrap().as_json(), r#"{"text":"x"}"#);
}
