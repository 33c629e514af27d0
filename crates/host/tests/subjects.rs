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

use crossplug_host::conformance::{
    Answer, Ask, ConformanceClient, ConformanceServiceDispatch, ConformanceServiceHandler, Count,
    Echo, Emit, Fail,
};
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{ErrorKind, Host, Payload, Plugin, ServiceCall, ServiceResult, async_trait};
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
        every_way(&checkout().join("bindings/python/subject"));
    }
}

#[test]
fn typescript() {
    if is_there("node")
        && checkout()
            .join("bindings/typescript/subject/dist/plugin.js")
            .exists()
    {
        every_way(&checkout().join("bindings/typescript/subject"));
    }
}

#[test]
fn rust() {
    // Where it was built already, this is quick.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["xtask", "programs", "--example", "subject"];
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
    every_way(folder.path());
}

fn every_way(folder: &Path) {
    all_parts(folder);
    in_messagepack(folder);
}

/// Asks the plugin that asks, as long as it speaks MessagePack.
struct Asks;

#[async_trait]
impl ConformanceServiceHandler for Asks {
    async fn test_answer(&self, call: &ServiceCall, params: Ask) -> ServiceResult<Answer> {
        assert_eq!(call.params().encoding(), Encoding::Msgpack);
        let plugin = call.plugin().unwrap();
        let echo = Echo::new().with_text(params.question).with_huge(u64::MAX);
        let echoed = ConformanceClient::new(&plugin)
            .test_echo(echo)
            .await
            .unwrap();
        Ok(Answer::new(format!(
            "{}!{}",
            echoed.text.unwrap(),
            echoed.huge.unwrap()
        )))
    }
}

/// The same plugin where both sides chose MessagePack: values arrive as they were sent, exactly.
fn in_messagepack(folder: &Path) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let (logs, sink) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&events));
    let log_sink = Arc::clone(&logs);
    let host = Host::builder()
        .encoding(Encoding::Msgpack)
        .services(ConformanceServiceDispatch::new(Asks))
        .service("test.list", |_call| async { Ok(json!(0)) })
        .on_log(move |log| log_sink.lock().unwrap().push(log.message.clone()))
        .on_event(move |event| {
            let number = event.payload.value().unwrap()["number"].clone();
            sink.lock()
                .unwrap()
                .push((event.seq, number, event.payload.encoding()));
        })
        .build();
    let load = host.load(folder).grant("*").unwrap();
    let load = load.grant("emit=*").unwrap().config("big", i64::MAX);
    let plugin = load.blocking().unwrap();
    assert_eq!(plugin.encoding(), Encoding::Msgpack);
    exact(&plugin);

    let client = ConformanceClient::new(&plugin);
    let mut numbers = client.test_count(Count::new(1000)).open().unwrap();
    let mut sum = 0;
    while let Some(number) = numbers.next_blocking().unwrap() {
        sum += number;
    }
    assert_eq!(
        (numbers.result_blocking().unwrap(), sum),
        (500_500, 500_500)
    );
    let mut double = client.test_double().open().unwrap();
    let mut uploader = double.uploader();
    let halves = [i64::MAX / 2, i64::MIN / 2, 0];
    for half in halves {
        uploader.send_blocking(half).unwrap();
    }
    uploader.end();
    for half in halves {
        assert_eq!(double.next_blocking().unwrap(), Some(half * 2));
    }
    assert_eq!(double.next_blocking().unwrap(), None);
    let _result = double.result_blocking().unwrap();

    let answered = client.test_ask_blocking(Ask::new("why")).unwrap();
    assert_eq!(answered.answer, format!("why!{}", u64::MAX));
    let fails = Fail::new("outOfPaper", "none left").with_details(json!({ "sheets": 3 }));
    let error = client.test_fail_blocking(fails).unwrap_err();
    assert_eq!(
        error.plugin_error().unwrap().details.as_ref().unwrap()["sheets"],
        3
    );
    let late = plugin.call("test.hang", ());
    let late = late.timeout(Duration::from_millis(100)).blocking();
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Deadline);
    plugin
        .call_blocking("test.log", json!({ "text": "logged" }))
        .unwrap();
    client.test_emit_blocking(Emit::new(2)).unwrap();
    let status = plugin.stop_blocking().status;
    assert_eq!(status.as_deref(), Some("exit status: 0"));
    let expected = [1, 2].map(|number| (number, json!(number), Encoding::Msgpack));
    assert_eq!(*events.lock().unwrap(), expected);
    let logs = logs.lock().unwrap().clone();
    assert!(logs.iter().any(|line| line.contains("logged")), "{logs:?}");

    // The elizaOS dialect is JSON, whatever the host would rather speak.
    let load = host.load(folder).grant("*").unwrap();
    let bridged = load.dialect("elizaos-bridge/1").blocking().unwrap();
    assert_eq!(bridged.encoding(), Encoding::Json);
    bridged.stop_blocking();
    // And one load may speak what the others do not.
    let load = host.load(folder).grant("*").unwrap();
    let plain = load.encoding(Encoding::Json).blocking().unwrap();
    assert_eq!(plain.encoding(), Encoding::Json);
    exact(&plain);
    plain.stop_blocking();
}

/// The ends of every kind of integer, and bytes: there and back.
fn exact(plugin: &Plugin) {
    let client = ConformanceClient::new(plugin);
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let safe = (1_i64 << 53) - 1;
    for (big, huge, legacy) in [
        (i64::MIN, 0, -safe),
        (i64::MAX, u64::MAX, safe),
        (safe + 2, (1 << 63) + 1, 0),
        (-1, 1 << 53, -1),
    ] {
        let list = vec![
            big,
            i64::MIN,
            -(1 << 31) - 1,
            -129,
            0,
            127,
            1 << 32,
            i64::MAX,
        ];
        let echo = Echo::new()
            .with_small(i8::MIN)
            .with_count(u32::MAX)
            .with_big(big)
            .with_huge(huge)
            .with_legacy(legacy)
            .with_note(None)
            .with_bytes(bytes.clone())
            .with_list(list);
        assert_eq!(client.test_echo_blocking(echo.clone()).unwrap(), echo);
    }
    // Bytes are bytes on the wire, and base64 only where JSON is asked for.
    let asked = plugin.call_blocking("test.echo", json!({ "bytes": "AP8=", "big": "7" }));
    let reply: Payload = asked.unwrap();
    assert_eq!(reply.encoding(), plugin.encoding());
    assert_eq!(reply.value().unwrap()["bytes"], "AP8=");
    let raw = reply.as_bytes().windows(2).any(|two| two == [0, 255]);
    assert_eq!(raw, plugin.encoding() == Encoding::Msgpack);
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
        (sum, stream.result_blocking().unwrap().as_json().as_ref()),
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
            (
                expected,
                stream.result_blocking().unwrap().as_json().as_ref()
            ),
            (1000, "500")
        );
    });
}
