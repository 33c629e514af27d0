//! Calls that are answered at once and calls that are not, streams, services, events, logs.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::{ErrorKind, Host, Payload, Plugin};
use serde_json::json;

use super::subject;
use super::waiting::wait_for_all;

fn host() -> Host {
    Host::builder()
        .service("test.answer", |call| async move {
            let question = call.params().value().unwrap()["question"]
                .as_str()
                .unwrap()
                .to_owned();
            // The host calls the plugin that asks it, before it answers.
            let plugin = call.plugin().unwrap();
            let echoed = plugin
                .call("test.echo", json!({ "text": question }))
                .await
                .unwrap();
            let text = echoed.value().unwrap()["text"].as_str().unwrap().to_owned();
            Ok(json!({ "answer": format!("{text}!") }))
        })
        .build()
}

#[test]
fn a_call_is_answered_at_once_from_any_thread() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    assert_eq!(plugin.name(), "conformance-subject");
    assert!(plugin.interfaces().contains_key("conformance"));
    let echoed = plugin.call_blocking("test.echo", json!({ "text": "é" }));
    assert_eq!(echoed.unwrap().value().unwrap(), json!({ "text": "é" }));
    let context = plugin
        .call("test.context", ())
        .timeout(Duration::from_secs(9));
    let context = context.blocking().unwrap().value().unwrap();
    assert_eq!(context["config"]["a"], 1);
    assert_eq!(context["hasDeadline"], true);
    assert_eq!(context["instanceId"], plugin.instance_id());
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = plugin.call("test.echo", json!({})).traceparent(trace);
    assert_eq!(traced.blocking().unwrap().as_json(), "{}");
    plugin.ping_blocking().unwrap();
}

#[test]
fn errors_are_the_plugins_own() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    let fails = json!({ "code": "outOfPaper", "message": "none left", "details": { "sheets": 3 } });
    let error = plugin.call_blocking("test.fail", fails).unwrap_err();
    let said = error.plugin_error().unwrap();
    assert_eq!((said.code.as_str(), said.retryable), ("outOfPaper", true));
    assert_eq!(said.details.as_ref().unwrap()["sheets"], 3);
    for (method, params, code) in [
        ("test.ask", json!({}), "invalidParams"),
        ("test.nowhere", json!({}), "methodNotFound"),
    ] {
        let error = plugin.call_blocking(method, params).unwrap_err();
        assert_eq!(error.plugin_error().unwrap().code, code, "{method}");
    }
}

#[test]
fn a_hundred_calls_at_once_half_of_them_blocking_some_through_the_host() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    let call = |number: u32| {
        if number.is_multiple_of(10) {
            plugin.call("test.ask", json!({ "question": number.to_string() }))
        } else {
            plugin.call("test.echo", json!({ "text": number.to_string() }))
        }
    };
    let check = |number: u32, reply: crossplug_host::Result<Payload>| {
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
                (first..first + 25).for_each(|number| check(number, call(number).blocking()));
            });
            scope.spawn(move || {
                let numbers = first + 25..first + 50;
                let replies =
                    wait_for_all(numbers.clone().map(|number| call(number).into_future()));
                let pairs = replies.into_iter().zip(numbers);
                pairs.for_each(|(reply, number)| check(number, reply));
            });
        }
    });
}

#[test]
fn streams_go_both_ways_with_progress() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let call = plugin
        .call("test.count", json!({ "to": 1000 }))
        .on_progress(move |progress| telling.lock().unwrap().push(progress.message));
    let mut stream = call.stream().unwrap();
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
    assert_eq!(sum, 500_500);
    assert_eq!(stream.result_blocking().unwrap().as_json(), "\"500500\"");
    assert_eq!(*told.lock().unwrap(), [Some("done".to_owned())]);

    let mut stream = plugin.call("test.double", ()).stream().unwrap();
    let mut uploader = stream.uploader();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            (1..=500)
                .for_each(|number: u32| uploader.send_blocking(json!(number.to_string())).unwrap());
        });
        let mut expected = 0;
        while let Some(item) = stream.next_blocking().unwrap() {
            expected += 2;
            assert_eq!(item.as_json(), format!("\"{expected}\""));
        }
        assert_eq!(expected, 1000);
        assert_eq!(stream.result_blocking().unwrap().as_json(), "500");
    });
}

#[test]
fn an_upload_may_end_before_its_call_has_begun() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    for _ in 0..100 {
        let sum = plugin.call("test.sum", ()).timeout(Duration::from_secs(10));
        let stream = sum.stream().unwrap();
        drop(stream.uploader());
        assert_eq!(stream.result_blocking().unwrap().as_json(), "\"0\"");
    }
}

#[test]
fn a_call_that_waits_ends_with_its_time_or_its_future_and_disturbs_nobody() {
    let Some(plugin) = subject(&host()) else {
        return;
    };
    let late = plugin
        .call("test.hang", ())
        .timeout(Duration::from_millis(50));
    assert_eq!(late.blocking().unwrap_err().kind(), ErrorKind::Deadline);
    let late = plugin
        .call("test.hang", ())
        .timeout(Duration::from_millis(50));
    let late = wait_for_all([late.into_future()]).remove(0);
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Deadline);
    let mut given_up = plugin.call("test.hang", ()).into_future();
    assert!(given_up.wait_within(Duration::from_millis(20)).is_none());
    drop(given_up);
    echoes(&plugin);
}

fn echoes(plugin: &Plugin) {
    let echoed = plugin.call_blocking("test.echo", json!({ "text": "still here" }));
    assert_eq!(echoed.unwrap().value().unwrap()["text"], "still here");
}

#[test]
fn events_and_logs_come_and_go_and_it_stops_politely() {
    let (logs, events) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (log_sink, event_sink) = (Arc::clone(&logs), Arc::clone(&events));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let asking = Arc::clone(&asked);
    let host = Host::builder()
        .service("test.answer", move |call| {
            asking
                .lock()
                .unwrap()
                .push(call.params().as_json().into_owned());
            async { Ok(json!({ "answer": "" })) }
        })
        .on_log(move |log| log_sink.lock().unwrap().push(log.message.clone()))
        .on_event(move |event| event_sink.lock().unwrap().push(event.seq))
        .build();
    let Some(plugin) = subject(&host) else {
        return;
    };
    plugin
        .call_blocking("test.log", json!({ "text": "logged" }))
        .unwrap();
    plugin
        .call_blocking("test.emit", json!({ "times": 5 }))
        .unwrap();
    // Printed into nothing.
    let printed = plugin.call_blocking("test.print", json!({ "text": "printed" }));
    assert_eq!(printed.unwrap().as_json(), "7");
    plugin
        .emit("test.happened", json!({ "number": 4 }), Some("s"))
        .unwrap();
    for _ in 0..1000 {
        if !asked.lock().unwrap().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(asked.lock().unwrap()[0].contains("test.happened s 1 4"));
    let ending = plugin.stop_blocking();
    assert!(ending.error.is_none() && !plugin.is_alive());
    assert_eq!(*events.lock().unwrap(), [1, 2, 3, 4, 5]);
    assert_eq!(*logs.lock().unwrap(), ["logged"]);
    let after = plugin.call_blocking("test.nothing", ()).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Cancelled);
}
