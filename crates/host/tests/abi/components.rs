//! Plugins of the three SDKs as components: what a module of the Rust SDK does, and what other languages add.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::{ErrorKind, Host, Plugin};
use serde_json::json;

use super::guest;
use super::waiting::wait_for_all;

const SUBJECTS: [&str; 3] = ["subject-rust", "subject-typescript", "subject-python"];

/// The conformance subjects that are built, each with its name.
fn each(host: &Host, check: impl Fn(&Plugin, &str)) {
    for name in SUBJECTS {
        let Some(file) = guest(name) else { continue };
        let load = host.load(file).grant("*").unwrap();
        let load = load.grant("emit=*").unwrap().config("a", 1);
        // Python compiled by a debug build takes its time.
        let load = load.start_timeout(Duration::from_secs(300));
        check(&load.blocking().unwrap(), name);
    }
}

fn answering() -> Host {
    Host::builder()
        .service("test.answer", |call| async move {
            let params = call.params().value().unwrap();
            Ok(json!({ "answer": format!("{}!", params["question"].as_str().unwrap()) }))
        })
        .build()
}

#[test]
fn calls_are_answered_with_results_and_errors() {
    each(&answering(), |plugin, name| {
        assert_eq!(plugin.name(), "conformance-subject");
        let text = "é 😀 \" \\ \u{1}";
        let echoed = plugin.call_blocking("test.echo", json!({ "text": text }));
        assert_eq!(echoed.unwrap().value().unwrap()["text"], text, "{name}");
        let context = plugin.call("test.context", ());
        let context = context.timeout(Duration::from_secs(9)).blocking();
        let context = context.unwrap().value().unwrap();
        assert_eq!(context["config"]["a"], 1, "{name}");
        assert_eq!(context["hasDeadline"], true, "{name}");
        assert_eq!(context["instanceId"], plugin.instance_id(), "{name}");
        let fails = json!({ "code": "outOfPaper", "message": "none", "details": { "sheets": 3 } });
        let error = plugin.call_blocking("test.fail", fails).unwrap_err();
        assert_eq!(error.plugin_error().unwrap().code, "outOfPaper", "{name}");
        for (method, code) in [
            ("test.ask", "invalidParams"),
            ("test.nowhere", "methodNotFound"),
            ("test.crash", "internal"),
        ] {
            let error = plugin.call_blocking(method, json!({})).unwrap_err();
            let said = error.plugin_error().map(|error| error.code.as_str());
            assert_eq!(said, Some(code), "{name}: {method}");
        }
        let asked = plugin.call_blocking("test.ask", json!({ "question": "?" }));
        assert_eq!(asked.unwrap().as_json(), r#"{"answer":"?!"}"#, "{name}");
        plugin.ping_blocking().unwrap();
    });
}

#[test]
fn streams_go_both_ways() {
    each(&answering(), |plugin, name| {
        let mut stream = plugin
            .call("test.count", json!({ "to": 300 }))
            .stream()
            .unwrap();
        let mut count = 0;
        while let Some(item) = stream.next_blocking().unwrap() {
            count += 1;
            assert_eq!(item.as_json(), format!("\"{count}\""), "{name}");
        }
        assert_eq!(stream.result_blocking().unwrap().as_json(), "\"45150\"");
        let mut stream = plugin.call("test.double", ()).stream().unwrap();
        let mut uploader = stream.uploader();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                (1..=200).for_each(|number: u32| {
                    uploader.send_blocking(json!(number.to_string())).unwrap();
                });
            });
            let mut expected = 0;
            while let Some(item) = stream.next_blocking().unwrap() {
                expected += 2;
                assert_eq!(item.as_json(), format!("\"{expected}\""), "{name}");
            }
            assert_eq!(stream.result_blocking().unwrap().as_json(), "200", "{name}");
        });
    });
}

#[test]
fn calls_that_wait_disturb_nobody_and_end_with_their_time() {
    each(&answering(), |plugin, name| {
        let late = plugin.call("test.hang", ());
        let late = late.timeout(Duration::from_millis(50)).into_future();
        let asked = (0..20).map(|number| {
            let params = json!({ "question": number.to_string() });
            plugin.call("test.ask", params).into_future()
        });
        let answers = wait_for_all(asked);
        assert!(answers.into_iter().all(|answer| answer.is_ok()), "{name}");
        let late = wait_for_all([late]).remove(0).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Deadline, "{name}");
    });
}

#[test]
fn events_logs_and_prints_reach_the_host_and_it_stops_politely() {
    let (logs, events) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (log_sink, event_sink) = (Arc::clone(&logs), Arc::clone(&events));
    let host = Host::builder()
        .on_log(move |log| log_sink.lock().unwrap().push(log.message.clone()))
        .on_event(move |event| event_sink.lock().unwrap().push(event.seq))
        .build();
    each(&host, |plugin, name| {
        plugin
            .call_blocking("test.emit", json!({ "times": 3 }))
            .unwrap();
        plugin
            .call_blocking("test.log", json!({ "text": "logged" }))
            .unwrap();
        let printed = plugin.call_blocking("test.print", json!({ "text": "printed\nhalf" }));
        assert_eq!(printed.unwrap().as_json(), "12", "{name}");
        let ending = plugin.stop_blocking();
        assert!(ending.error.is_none() && !plugin.is_alive(), "{name}");
        assert_eq!(std::mem::take(&mut *events.lock().unwrap()), [1, 2, 3]);
        let said = std::mem::take(&mut *logs.lock().unwrap());
        // What Rust prints goes nowhere where there is no WASI.
        let expected: &[&str] = match name {
            "subject-rust" => &["logged"],
            _ => &["logged", "printed", "half"],
        };
        assert_eq!(said, expected, "{name}");
    });
}
