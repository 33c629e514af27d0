//! A plugin process that is treated badly, or treats others badly: what the pool of threads, the output and the prints
//! promise.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "process/child.rs"]
mod child;

use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use child::Child;
use serde_json::{Value, json};

/// What a busy machine may add to anything.
const SLACK: Duration = Duration::from_millis(700);

fn invoke(action: &str, ms: u64) -> Value {
    json!({ "action": action, "memory": { "content": { "text": action } }, "options": { "ms": ms } })
}

#[test]
fn a_handler_that_blocks_delays_neither_ping_nor_other_calls() {
    for action in ["BLOCK", "COMPUTE"] {
        let mut child = Child::open();
        let begun = Instant::now();
        let long = child.send("action.invoke", invoke(action, 2500));
        for _ in 0..20 {
            let ping = child.send("ping", json!({}));
            child.reply(ping).unwrap();
            let echo = child.send("action.invoke", invoke("ECHO", 0));
            assert_eq!(child.reply(echo).unwrap()["text"], "ECHO");
        }
        assert!(
            begun.elapsed() < SLACK,
            "{action}: twenty rounds took {:?}",
            begun.elapsed()
        );
        assert_eq!(child.reply(long).unwrap()["text"], action);
        assert!(begun.elapsed() >= Duration::from_millis(2500));
    }
}

#[test]
fn more_blocked_handlers_than_threads_still_leave_one_that_reads() {
    let mut child = Child::open();
    let begun = Instant::now();
    let blocked: Vec<i64> = (0..100)
        .map(|_| child.send("action.invoke", invoke("BLOCK", 1000)))
        .collect();
    let ping = child.send("ping", json!({}));
    child.reply(ping).unwrap();
    assert!(
        begun.elapsed() < Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    for call in blocked {
        child.reply(call).unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn handlers_that_are_woken_at_once_and_block_leave_one_that_reads() {
    let mut child = Child::open();
    let mut calls: Vec<i64> = (0..4)
        .map(|_| child.send("action.invoke", invoke("GATHER", 2000)))
        .collect();
    let ping = child.send("ping", json!({}));
    child.reply(ping).unwrap();
    // All of them wait, and nobody has anything to do.
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    calls.push(child.send("action.invoke", invoke("RELEASE", 2000)));
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(20));
        let ping = child.send("ping", json!({}));
        child.reply(ping).unwrap();
    }
    assert!(begun.elapsed() < SLACK, "{:?}", begun.elapsed());
    for call in calls {
        child.reply(call).unwrap();
    }
}

#[test]
fn a_computing_handler_sees_its_cancellation() {
    let mut child = Child::open();
    let begun = Instant::now();
    let call = child.send("action.invoke", invoke("COMPUTE", 10_000));
    child.notify("$/cancel", json!({ "id": call }));
    assert_eq!(child.reply(call).unwrap_err()["data"]["code"], "cancelled");
    assert!(begun.elapsed() < SLACK, "{:?}", begun.elapsed());
}

#[test]
fn a_handler_that_waits_for_its_cancellation_tidies_up_and_any_other_is_dropped() {
    let mut child = Child::open();
    let tidy = child.send("action.invoke", invoke("TIDY", 50));
    let forever = child.send("action.invoke", invoke("FOREVER", 0));
    let ping = child.send("ping", json!({}));
    child.reply(ping).unwrap();
    child.notify("$/cancel", json!({ "id": tidy }));
    child.notify("$/cancel", json!({ "id": forever }));
    assert_eq!(child.reply(tidy).unwrap()["text"], "tidied");
    assert_eq!(
        child.reply(forever).unwrap_err()["data"]["code"],
        "cancelled"
    );
}

#[test]
fn futures_are_woken_by_time_and_by_other_threads() {
    let mut child = Child::open();
    for action in ["SLEEP", "ELSEWHERE", "SLEEP", "ELSEWHERE"] {
        let begun = Instant::now();
        let calls: Vec<i64> = (0..10)
            .map(|_| child.send("action.invoke", invoke(action, 150)))
            .collect();
        for call in calls {
            assert_eq!(child.reply(call).unwrap()["text"], action);
        }
        let took = begun.elapsed();
        assert!(
            (Duration::from_millis(150)..Duration::from_millis(150) + SLACK).contains(&took),
            "{action}: {took:?}"
        );
        // Long enough for the watcher to have gone to sleep.
        std::thread::sleep(Duration::from_millis(250));
    }
}

#[test]
fn a_host_that_does_not_read_stops_nothing_but_itself() {
    let mut child = Child::open();
    let text = "x".repeat(4096);
    let calls: Vec<i64> = (0..2000)
        .map(|_| {
            child.send(
                "action.invoke",
                json!({ "action": "ECHO", "memory": { "content": { "text": text } } }),
            )
        })
        .collect();
    // 8 MB of answers do not fit into the pipe, and yet all requests went in.
    child.listen();
    for call in calls {
        assert_eq!(
            child.reply(call).unwrap()["text"].as_str().unwrap().len(),
            4096
        );
    }
}

#[test]
fn a_megabyte_of_prints_goes_to_the_log_and_what_came_before_it_to_standard_error() {
    let mut child = Child::open();
    let call = child.send("action.invoke", invoke("PRINT", 0));
    assert_eq!(child.reply(call).unwrap()["text"], "PRINT");
    let (logs, errors, code) = child.close();
    assert_eq!(code, Some(0));
    let lines = logs
        .iter()
        .filter(|log| log["fields"]["stream"] == "stdout" && log["message"] == "p".repeat(63))
        .count();
    assert_eq!(lines, 16_384);
    assert!(!errors.contains("ppp"), "{errors}");
    // While the plugin was made and started nobody could be told.
    assert_eq!(errors.matches(&"m".repeat(63)).count(), 2048);
    assert_eq!(errors.matches("starting\n").count(), 1);
    assert!(!logs.iter().any(|log| log["message"] == "starting"));
}

#[test]
fn half_a_message_at_the_end_of_the_input_is_said_and_is_an_end_as_any() {
    let mut child = Child::open();
    child.raw(br#"{"jsonrpc":"2.0","id":2,"method":"#);
    let (_, errors, code) = child.close();
    assert_eq!(code, Some(0));
    assert!(
        errors.contains("the input ended within a message"),
        "{errors}"
    );
}

#[test]
fn elizaos_has_switches_for_traces() {
    for (value, traced) in [(None, false), (Some("0"), false), (Some("1"), true)] {
        let mut command = std::process::Command::new(child::program());
        command
            .env_remove("ELIZA_INTEROP_DEBUG")
            .env_remove("LOG_DIAGNOSTIC");
        command.envs(value.map(|value| ("ELIZA_INTEROP_DEBUG", value)));
        let mut child = command
            .args(["--dialect", "elizaos-bridge/1"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        output.read_line(&mut said).unwrap();
        for line in [
            json!({ "type": "plugin.init", "id": "1", "config": {} }),
            json!({ "type": "action.invoke", "id": "2", "action": "BREAK", "options": { "ms": 1 },
                "memory": { "content": {} } }),
        ] {
            writeln!(input, "{line}").unwrap();
            output.read_line(&mut said).unwrap();
        }
        drop(input);
        assert!(child.wait().unwrap().success());
        let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&last["type"], &last["id"]),
            (&json!("error"), &json!("2")),
            "{said}"
        );
        assert_eq!(last.get("details").is_some(), traced, "{value:?}: {last}");
    }
}

#[test]
fn a_dialect_without_a_log_leaves_prints_to_standard_error() {
    let mut child = std::process::Command::new(child::program())
        .args(["--dialect", "elizaos-bridge/1"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = [
        json!({ "type": "plugin.init", "id": "1", "config": {} }),
        json!({ "type": "action.invoke", "id": "2", "action": "PRINT", "memory": { "content": {} } }),
    ];
    let mut errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || std::io::read_to_string(&mut errors).unwrap());
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    output.read_line(&mut said).unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
        output.read_line(&mut said).unwrap();
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    let errors = errors.join().unwrap();
    assert_eq!(errors.matches(&"p".repeat(63)).count(), 16_384);
    assert!(
        said.contains("action.result") && !said.contains("ppp"),
        "{said}"
    );
}

#[test]
fn events_are_handled_in_their_order() {
    let mut child = Child::open();
    for seq in [1, 2, 3] {
        let payload = json!({ "memory": { "content": {} } });
        child.notify(
            "$/event",
            json!({ "name": "message.received", "seq": seq, "payload": payload }),
        );
    }
    std::thread::sleep(Duration::from_millis(400));
    let (logs, _, _) = child.close();
    let said: Vec<&str> = logs
        .iter()
        .filter_map(|log| log["message"].as_str())
        .collect();
    assert_eq!(
        said,
        ["about to start", "event 1", "event 2", "event 3", "stopped"]
    );
}

#[test]
fn what_is_in_flight_ends_before_the_process_does() {
    let mut child = Child::open();
    let call = child.send("action.invoke", invoke("SLEEP", 300));
    child.end_input();
    assert_eq!(child.reply(call).unwrap()["text"], "SLEEP");
    let (_, _, code) = child.close();
    assert_eq!(code, Some(0));
}

#[test]
fn what_is_cancelled_at_the_end_has_time_to_tidy_up() {
    let mut child = Child::open();
    let call = child.send("action.invoke", invoke("TIDY", 200));
    child.end_input();
    assert_eq!(child.reply(call).unwrap()["text"], "tidied");
    let (logs, _, code) = child.close();
    assert_eq!(code, Some(0));
    let last = logs.last().map(|log| log["message"].clone());
    assert_eq!(last, Some(json!("stopped")));
}

#[test]
fn what_never_ends_does_not_keep_the_process_for_long() {
    let mut child = Child::open();
    let begun = Instant::now();
    child.send("action.invoke", invoke("FOREVER", 0));
    child.send("action.invoke", invoke("BLOCK", 60_000));
    let (_, _, code) = child.close();
    assert_eq!(code, Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn sigterm_is_the_end_of_the_input_and_a_second_one_ends_the_grace() {
    let mut child = Child::open();
    let call = child.send("action.invoke", invoke("SLEEP", 100));
    child.ping();
    child.terminate();
    assert!(child.reply(call).is_ok(), "what is in flight ends");
    let (logs, _, code) = child.left();
    assert_eq!(code, Some(0));
    assert!(logs.iter().any(|log| log["message"] == "stopped"));

    let mut child = Child::open();
    let call = child.send("action.invoke", invoke("FOREVER", 0));
    child.ping();
    child.terminate();
    // Two signals that come at once may be one.
    std::thread::sleep(std::time::Duration::from_millis(50));
    child.terminate();
    assert_eq!(child.reply(call).unwrap_err()["data"]["code"], "cancelled");
    let (logs, _, code) = child.left();
    assert_eq!(code, Some(0));
    assert!(logs.iter().any(|log| log["message"] == "stopped"));
}

#[test]
fn a_manifest_in_a_file_goes_before_the_one_in_the_code() {
    let folder = std::env::temp_dir().join(format!("crossplug-manifest-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("plugin.json");
    std::fs::write(&path, r#"{"name":"from-a-file","later":true}"#).unwrap();
    let child = Child::start(&[], &[("CROSSPLUG_MANIFEST", path.to_str().unwrap())]);
    let manifest = child.opened["manifest"].clone();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        (manifest["name"].as_str(), manifest["later"].as_bool()),
        (Some("from-a-file"), Some(true))
    );
    assert_eq!(manifest["interfaces"], json!({ "agent": "1.0.0" }));
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        &["--verbose"][..],
        &["--dialect"],
        &["--dialect", "nonsense/9"],
    ] {
        let output = std::process::Command::new(child::program())
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            !output.stderr.is_empty() && output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}
