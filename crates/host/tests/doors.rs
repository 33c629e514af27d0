//! The seam: the memory door, and a door that a program writes for itself, carry calls, streams, services, events,
//! deadlines and grants as the process door does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/waiting.rs"]
mod waiting;

use std::future::IntoFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossplug_host::door::memory::MemoryDoor;
use crossplug_host::door::{
    Answer, CallKey, Door, Home, Introduction, Opening, Passage, Request, ServiceReply,
};
use crossplug_host::{Ending, ErrorKind, Host, Level, Payload, Plugin, PluginError, Result};
use serde_json::json;
use waiting::{poll_once, wait, wait_for_all};

fn number(payload: &Payload, name: &str) -> i64 {
    payload.value().unwrap()[name].as_i64().unwrap()
}

fn memory() -> MemoryDoor {
    MemoryDoor::new()
        .interface("test", "1.0.0")
        .method("echo", |call| async move { Ok(call.params().clone()) })
        .method("fail", |_| async {
            Err::<(), _>(PluginError::new("outOfPaper", "none left"))
        })
        .method("never", |_| async {
            std::future::pending::<()>().await;
            Ok(())
        })
        .method("panic", |call| async move {
            assert!(call.method().is_empty(), "on purpose");
            Ok(())
        })
        .method("count", |call| async move {
            let to = number(call.params(), "to");
            for item in 1..=to {
                call.send(json!(item)).await?;
            }
            call.progress(Some(1.0), Some("done"));
            Ok(json!(to))
        })
        .method("sum", |call| async move {
            let mut sum = 0;
            while let Some(item) = call.next().await {
                sum += item.value().unwrap().as_i64().unwrap();
            }
            Ok(json!(sum))
        })
        .method("ask", |call| async move {
            call.host().call("answer", call.params().clone()).await
        })
        .method("say", |call| async move {
            call.host().log(Level::Info, "said");
            call.host()
                .emit("happened", Payload::parse(r#"{"a":1}"#).unwrap());
            Ok(json!({ "config": call.host().config(), "instance": call.host().instance_id() }))
        })
}

fn open() -> Plugin {
    Host::builder()
        .build()
        .open("memory", memory())
        .blocking()
        .unwrap()
}

#[test]
fn calls_both_ways() {
    let plugin = open();
    assert_eq!(
        (plugin.name(), plugin.interfaces()["test"].version.as_str()),
        ("memory", "1.0.0")
    );
    assert_eq!(
        plugin
            .call_blocking("echo", json!({ "a": 1 }))
            .unwrap()
            .as_json(),
        r#"{"a":1}"#
    );
    let calls = (0..100).map(|number| {
        plugin
            .call("echo", json!({ "number": number }))
            .into_future()
    });
    for (number, reply) in wait_for_all(calls).into_iter().enumerate() {
        assert_eq!(reply.unwrap().value().unwrap(), json!({ "number": number }));
    }
    assert!(plugin.ping_blocking().is_ok());
    let error = plugin.call_blocking("fail", ()).unwrap_err();
    assert_eq!(error.plugin_error().unwrap().code, "outOfPaper");
    assert_eq!(
        plugin
            .call_blocking("nothing", ())
            .unwrap_err()
            .plugin_error()
            .unwrap()
            .code,
        "methodNotFound"
    );
    assert_eq!(
        plugin
            .call_blocking("panic", ())
            .unwrap_err()
            .plugin_error()
            .unwrap()
            .code,
        "internal"
    );
}

#[test]
fn deadlines_and_cancels_hold_where_the_door_keeps_none() {
    let plugin = open();
    let late = |blocking: bool| {
        let begin = Instant::now();
        let call = plugin.call("never", ()).timeout(Duration::from_millis(100));
        let error = if blocking {
            call.blocking()
        } else {
            wait(call.into_future())
        }
        .unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Deadline, "call `never`")
        );
        assert!(
            begin.elapsed() >= Duration::from_millis(100)
                && begin.elapsed() < Duration::from_secs(2)
        );
    };
    late(true);
    late(false);
    let mut dropped = Box::pin(plugin.call("never", ()).into_future());
    assert!(poll_once(dropped.as_mut()).is_pending());
    drop(dropped);
    // What is in flight when the plugin is stopped is closed.
    std::thread::scope(|scope| {
        let call = scope.spawn(|| plugin.call_blocking("never", ()));
        std::thread::sleep(Duration::from_millis(50));
        assert!(plugin.stop_blocking().error.is_none());
        assert_eq!(
            call.join().unwrap().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
    });
    assert_eq!(
        plugin.call_blocking("echo", ()).unwrap_err().kind(),
        ErrorKind::Died
    );
}

#[test]
fn streams_both_ways() {
    let plugin = open();
    let told = Arc::new(AtomicU64::new(0));
    let telling = Arc::clone(&told);
    let mut stream = plugin
        .call("count", json!({ "to": 1000 }))
        .on_progress(move |_| {
            telling.fetch_add(1, Ordering::Relaxed);
        })
        .stream()
        .unwrap();
    let mut expected = 0;
    while let Some(item) = if expected % 2 == 0 {
        stream.next_blocking()
    } else {
        wait(stream.next())
    }
    .unwrap()
    {
        expected += 1;
        assert_eq!(item.as_json(), expected.to_string());
    }
    assert_eq!(
        (expected, stream.result_blocking().unwrap().as_json()),
        (1000, "1000".into())
    );
    assert_eq!(told.load(Ordering::Relaxed), 1);

    let stream = plugin.call("sum", ()).stream().unwrap();
    let mut uploader = stream.uploader();
    for number in 1..=1000 {
        if number % 2 == 0 {
            uploader.send_blocking(json!(number))
        } else {
            wait(uploader.send(json!(number)))
        }
        .unwrap();
    }
    uploader.end();
    assert_eq!(wait(stream.result()).unwrap().as_json(), "500500");
}

#[test]
fn services_and_events_need_their_grant_here_too() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let host = Host::builder()
        .config("k", "v")
        .service("answer", |call| async move {
            Ok(json!({ "to": call.params().value().unwrap()["q"] }))
        })
        .on_event(move |event| sink.lock().unwrap().push((event.name.clone(), event.seq)))
        .build();
    let refused = host.open("memory", memory()).blocking().unwrap();
    let error = refused.call_blocking("ask", json!({ "q": 1 })).unwrap_err();
    assert_eq!(error.plugin_error().unwrap().code, "permissionDenied");
    refused.call_blocking("say", ()).unwrap();

    let plugin = host
        .open("memory", memory())
        .grant("answer")
        .unwrap()
        .grant("emit=happened")
        .unwrap();
    let plugin = plugin.blocking().unwrap();
    assert_eq!(
        plugin
            .call_blocking("ask", json!({ "q": 1 }))
            .unwrap()
            .as_json(),
        r#"{"to":1}"#
    );
    let said = plugin.call_blocking("say", ()).unwrap().value().unwrap();
    assert_eq!(
        (&said["config"]["k"], said["instance"].as_str().unwrap()),
        (&json!("v"), plugin.instance_id())
    );
    plugin.stop_blocking();
    refused.stop_blocking();
    assert_eq!(*events.lock().unwrap(), [("happened".to_owned(), 1)]);
}

/// The least that a program has to write for a door of its own: one method, one service call, no threads.
struct Own;

struct OwnPassage {
    introduction: Introduction,
    home: Home,
}

#[async_trait::async_trait]
impl Door for Own {
    fn name(&self) -> &str {
        "own"
    }

    async fn open(&self, _: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let introduction = Introduction {
            dialect: "own/1".to_owned(),
            ..Introduction::default()
        };
        Ok(Arc::new(OwnPassage { introduction, home }))
    }
}

/// Gives the service's answer as the call's.
struct PassOn(Mutex<Option<Answer>>);

impl ServiceReply for PassOn {
    fn reply(&self, outcome: std::result::Result<Payload, PluginError>) {
        if let Some(answer) = self.0.lock().unwrap().take() {
            answer
                .finish(outcome.map_err(|error| crossplug_host::Error::from_plugin("call", error)));
        }
    }
    fn progress(&self, _: Option<f64>, _: Option<&str>) {}
    fn item(&self, _: &Payload) -> Result<bool> {
        Ok(false)
    }
    fn credit(&self, _: u32, _: u32) {}
}

impl Passage for OwnPassage {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }
    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        match request.method {
            "echo" => answer.finish(Ok(request.params.clone())),
            "ask" => {
                let reply = Box::new(PassOn(Mutex::new(Some(answer))));
                let (_, job) =
                    self.home
                        .service("answer", request.params.clone(), None, None, reply);
                job.run();
            }
            // A door that loses a call does not leave its caller waiting.
            _ => drop(answer),
        }
        CallKey(1)
    }
    fn cancel(&self, _: CallKey) {}
    fn credit(&self, _: CallKey, _: u32, _: u32) {}
    fn upload(&self, _: CallKey, _: &Payload) -> Result<bool> {
        Ok(true)
    }
    fn end_upload(&self, _: CallKey) {}
    fn emit(&self, _: &str, _: Option<&str>, _: &Payload) -> Result<()> {
        Ok(())
    }
    fn is_alive(&self) -> bool {
        true
    }
    fn stop(&self) {
        self.home.ended(Ending::wanted(Some("gone".to_owned())));
    }
}

#[test]
fn a_program_brings_a_door_of_its_own() {
    let host = Host::builder()
        .service("answer", |_| async { Ok(json!("answered")) })
        .build();
    let plugin = host
        .open("own", Own)
        .grant("answer")
        .unwrap()
        .blocking()
        .unwrap();
    assert_eq!(
        plugin
            .call_blocking("echo", json!({ "a": 1 }))
            .unwrap()
            .as_json(),
        r#"{"a":1}"#
    );
    assert_eq!(
        wait(plugin.call("ask", ()).into_future())
            .unwrap()
            .as_json(),
        r#""answered""#
    );
    assert_eq!(
        plugin.call_blocking("lost", ()).unwrap_err().kind(),
        ErrorKind::Died
    );
    assert_eq!(plugin.stop_blocking().status.as_deref(), Some("gone"));
}

#[test]
fn everything_goes_from_thread_to_thread() {
    fn moves<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync>(_: &T) {}
    let host = Host::builder().build();
    let load = host.open("memory", memory());
    moves(&load);
    let loading = load.into_future();
    moves(&loading);
    let plugin = wait(loading).unwrap();
    is_shared(&host);
    is_shared(&plugin);
    moves(&plugin.call("echo", ()).into_future());
    let stream = plugin.call("count", json!({ "to": 1 })).stream().unwrap();
    moves(&stream);
    moves(&stream.uploader());
    is_shared(&stream.uploader());
    is_shared(&plugin.call_blocking("fail", ()).unwrap_err());
}

#[test]
fn a_stop_does_not_wait_for_ever_for_a_callback() {
    let held = Arc::new(Mutex::new(()));
    let wanted = Arc::clone(&held);
    let host = Host::builder().on_log(move |_| drop(wanted.lock())).build();
    let plugin = host.open("memory", memory()).blocking().unwrap();
    let _held = held.lock().unwrap();
    plugin.call_blocking("say", ()).unwrap();
    let begin = Instant::now();
    plugin.stop_blocking();
    assert!(begin.elapsed() < Duration::from_secs(5));
}
