//! The process door against the conformance subject of each SDK: calls at once, streams, services, events, errors, and
//! the same again in the elizaOS dialect.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/waiting.rs"]
mod waiting;

use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::{ErrorKind, Host, Plugin};
use serde_json::json;
use waiting::wait_for_all;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A missing language is a named skip for a person, and a failure where everything must be there.
fn is_there(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{program} is missing"
    );
    if !found {
        println!("skipped: {program} is missing");
    }
    found
}

#[test]
fn python() {
    if is_there("python3") {
        all_parts(&checkout().join("bindings/python/subject"));
    }
}

#[test]
fn typescript() {
    if is_there("node")
        && checkout()
            .join("bindings/typescript/subject/dist/plugin.js")
            .exists()
    {
        all_parts(&checkout().join("bindings/typescript/subject"));
    }
}

#[test]
fn rust() {
    // Built as cargo would for its own package; where that was done already, this is quick.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--example",
        "subject",
    ];
    assert!(
        Command::new(cargo)
            .args(arguments)
            .current_dir(checkout())
            .status()
            .unwrap()
            .success()
    );
    let folder = tempfile::tempdir().unwrap();
    let built = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/subject");
    let inside = folder.path().join("subject");
    // A symbolic link would leave the folder; a hard one needs the same disk.
    if std::fs::hard_link(&built, &inside).is_err() {
        std::fs::copy(built, &inside).unwrap();
    }
    let text =
        std::fs::read_to_string(checkout().join("bindings/python/subject/plugin.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["language"] = json!("rust");
    manifest["doors"]["process"]["command"] = json!(["./subject"]);
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    all_parts(folder.path());
}

fn all_parts(folder: &Path) {
    let (logs, events) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (log_sink, event_sink) = (Arc::clone(&logs), Arc::clone(&events));
    let host = Host::builder()
        .service("test.answer", |call| async move {
            let question = call.params().value().unwrap()["question"].as_str().unwrap().to_owned();
            // The host calls the plugin that asks it, before it answers.
            let plugin = call.plugin().unwrap();
            let echoed = plugin.call("test.echo", json!({ "text": question })).await.unwrap();
            Ok(json!({ "answer": format!("{}!", echoed.value().unwrap()["text"].as_str().unwrap()) }))
        })
        .on_log(move |log| log_sink.lock().unwrap().push(log.message.clone()))
        .on_event(move |event| event_sink.lock().unwrap().push(event.seq))
        .build();
    let load = || {
        host.load(folder)
            .grant("*")
            .unwrap()
            .grant("emit=*")
            .unwrap()
    };

    let plugin = load().config("a", 1).blocking().unwrap();
    calls_at_once(&plugin);
    streams(&plugin);
    let context = plugin
        .call_blocking("test.context", ())
        .unwrap()
        .value()
        .unwrap();
    assert_eq!(
        (&context["instanceId"], &context["config"]["a"]),
        (&json!(plugin.instance_id()), &json!(1))
    );

    let fails = json!({ "code": "outOfPaper", "message": "none left", "details": { "sheets": 3 } });
    let error = plugin.call_blocking("test.fail", fails).unwrap_err();
    assert_eq!(
        error.plugin_error().unwrap().details.as_ref().unwrap()["sheets"],
        3
    );
    let late = plugin
        .call("test.hang", ())
        .timeout(Duration::from_millis(100))
        .blocking();
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(
        plugin
            .call_blocking("test.print", json!({ "text": "printed" }))
            .unwrap()
            .as_json(),
        "7"
    );
    plugin
        .call_blocking("test.log", json!({ "text": "logged" }))
        .unwrap();
    plugin
        .call_blocking("test.emit", json!({ "times": 5 }))
        .unwrap();
    assert_eq!(
        plugin.stop_blocking().status.as_deref(),
        Some("exit status: 0")
    );
    assert_eq!(*events.lock().unwrap(), [1, 2, 3, 4, 5]);
    let logs = logs.lock().unwrap().clone();
    assert!(
        ["printed", "logged"]
            .iter()
            .all(|text| logs.iter().any(|line| line.contains(text))),
        "{logs:?}"
    );

    let bridged = load().dialect("elizaos-bridge/1").blocking().unwrap();
    let memory = json!({ "content": { "text": "hi" } });
    let result = bridged
        .call_blocking(
            "action.invoke",
            json!({ "action": "ECHO", "memory": memory }),
        )
        .unwrap();
    assert_eq!(result.value().unwrap()["text"], "echo:hi");
    assert_eq!(
        bridged.stop_blocking().status.as_deref(),
        Some("exit status: 0")
    );
}

/// A hundred, from four threads, half of them blocking; every tenth asks the host, which asks the plugin.
fn calls_at_once(plugin: &Plugin) {
    let call = |number: u32| {
        if number.is_multiple_of(10) {
            plugin.call("test.ask", json!({ "question": number.to_string() }))
        } else {
            plugin.call("test.echo", json!({ "text": number.to_string() }))
        }
    };
    let check = |number: u32, reply: crossplug_host::Result<crossplug_host::Payload>| {
        let expected = if number.is_multiple_of(10) {
            json!({ "answer": format!("{number}!") })
        } else {
            json!({ "text": number.to_string() })
        };
        assert_eq!(reply.unwrap().value().unwrap(), expected);
    };
    std::thread::scope(|scope| {
        for first in [0, 50] {
            scope.spawn(move || {
                (first..first + 25).for_each(|number| check(number, call(number).blocking()))
            });
            scope.spawn(move || {
                let numbers = first + 25..first + 50;
                let replies =
                    wait_for_all(numbers.clone().map(|number| call(number).into_future()));
                replies
                    .into_iter()
                    .zip(numbers)
                    .for_each(|(reply, number)| check(number, reply));
            });
        }
    });
}

fn streams(plugin: &Plugin) {
    let mut stream = plugin
        .call("test.count", json!({ "to": 1000 }))
        .stream()
        .unwrap();
    let mut sum = 0;
    while let Some(item) = stream.next_blocking().unwrap() {
        sum += item
            .value()
            .unwrap()
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap();
    }
    assert_eq!(
        (sum, stream.result_blocking().unwrap().as_json()),
        (500_500, "\"500500\"")
    );

    let mut stream = plugin.call("test.double", ()).stream().unwrap();
    let mut uploader = stream.uploader();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            (1..=500)
                .for_each(|number: u32| uploader.send_blocking(json!(number.to_string())).unwrap())
        });
        let mut expected = 0;
        while let Some(item) = stream.next_blocking().unwrap() {
            expected += 2;
            assert_eq!(item.as_json(), format!("\"{expected}\""));
        }
        assert_eq!(
            (expected, stream.result_blocking().unwrap().as_json()),
            (1000, "500")
        );
    });
}
