//! Plugins of this very process at the end of a line, written by hand: what they may do to their host.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::door::line::{self, Line};
use crossplug_host::door::{Door, Home, Opening, Passage, Patience};
use crossplug_host::{Error, ErrorKind, Host, Plugin, Result, async_trait};
use serde_json::{Value, json};

type Live = fn(Line);

/// Runs a function as a plugin.
struct Local(Live);

#[async_trait]
impl Door for Local {
    fn name(&self) -> &str {
        "local"
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let live = self.0;
        let enter = move |_: &Opening, line| {
            std::thread::spawn(move || live(line));
            Ok(())
        };
        line::open(opening, home, enter).await
    }
}

fn load(live: Live) -> Result<Plugin> {
    let moment = Duration::from_millis(500);
    let patience = Patience {
        shutdown: moment,
        end_of_input: moment,
        terminate: moment,
    };
    let host = Host::builder().patience(patience);
    let host = host.start_timeout(Duration::from_secs(2)).build();
    host.open("local", Local(live)).blocking()
}

/// The next requests and notifications; none at the end.
fn read(line: &Line) -> Option<Vec<Value>> {
    let said = line.read()?;
    let messages = said.split(|byte| *byte == b'\n');
    let messages = messages.filter(|message| !message.is_empty());
    Some(
        messages
            .map(|message| serde_json::from_slice(message).unwrap())
            .collect(),
    )
}

fn answer(line: &Line, request: &Value, result: &Value) {
    let reply = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result });
    line.say(format!("{reply}\n").as_bytes());
}

/// Answers `initialize`, `echo` and `shutdown`, and leaves everything else to `act`.
fn lives(line: &Line, mut act: impl FnMut(&Line, &Value)) {
    while let Some(messages) = read(line) {
        for message in messages {
            match message["method"].as_str() {
                Some("initialize") => {
                    let said = json!({ "protocol": { "version": "1.0" }, "manifest": { "name": "local", "version": "1.0.0" }, "interfaces": {} });
                    answer(line, &message, &said);
                }
                Some("echo") => answer(line, &message, &message["params"]),
                Some("shutdown") => answer(line, &message, &Value::Null),
                _ => act(line, &message),
            }
        }
    }
}

fn echoes(plugin: &Plugin) {
    let echoed = plugin.call_blocking("echo", json!({ "a": 1 }));
    assert_eq!(echoed.unwrap().value().unwrap(), json!({ "a": 1 }));
}

fn late(plugin: &Plugin, method: &str) -> ErrorKind {
    let call = plugin.call(method, ()).timeout(Duration::from_millis(20));
    call.blocking().unwrap_err().kind()
}

#[test]
fn one_that_heeds_what_it_is_told_lives_and_stops() {
    let plugin = load(|line| {
        let mut waiting = Vec::new();
        lives(&line, |line, message| match message["method"].as_str() {
            Some("$/cancel") => {
                let id = &message["params"]["id"];
                let error = json!({ "code": -32004, "message": "cancelled", "data": { "code": "cancelled" } });
                let reply = json!({ "jsonrpc": "2.0", "id": id, "error": error });
                line.say(format!("{reply}\n").as_bytes());
            }
            _ => waiting.push(message.clone()),
        });
    })
    .unwrap();
    assert_eq!(late(&plugin, "hang"), ErrorKind::Deadline);
    std::thread::sleep(Duration::from_millis(800));
    echoes(&plugin);
    let ending = plugin.stop_blocking();
    assert!(ending.error.is_none() && ending.status.is_none());
    let after = plugin.call_blocking("echo", json!({})).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Cancelled);
}

#[test]
fn one_whose_call_does_not_come_back_is_unusable() {
    let plugin = load(|line| lives(&line, |_, _| {})).unwrap();
    assert_eq!(late(&plugin, "hang"), ErrorKind::Deadline);
    echoes(&plugin);
    let ending = plugin.wait_blocking();
    let error: Error = ending.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Died);
    assert!(error.context().contains("unusable"), "{error}");
    let after = plugin.call_blocking("echo", json!({})).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Died);
    assert!(!plugin.is_alive());
}

#[test]
fn one_that_does_not_stop_is_left_alone() {
    static LEFT: Mutex<Option<Line>> = Mutex::new(None);
    let plugin = load(|line| {
        *LEFT.lock().unwrap() = Some(line.clone());
        lives(&line, |_, _| {});
    })
    .unwrap();
    // It keeps its end, and says so nowhere.
    assert!(plugin.stop_blocking().error.is_none());
    LEFT.lock()
        .unwrap()
        .take()
        .unwrap()
        .say(b"{\"jsonrpc\":\"2.0\"}\n");
}

#[test]
fn one_that_ends_by_itself_has_died() {
    let plugin = load(|line| {
        lives(&line, |line, _| {
            line.hang_up(Some("out of luck".to_owned()))
        });
    })
    .unwrap();
    let error = plugin.call_blocking("end", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Died);
    assert!(error.context().contains("out of luck"), "{error}");
    assert_eq!(
        plugin.wait_blocking().error.unwrap().kind(),
        ErrorKind::Died
    );
}

#[test]
fn one_that_breaks_the_protocol_is_given_up() {
    let plugin = load(|line| {
        lives(&line, |line, _| {
            line.say(b"{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":1}\n")
        })
    })
    .unwrap();
    let error = plugin.call_blocking("x", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[test]
fn one_that_does_not_begin() {
    let never = load(|line| while line.read().is_some() {}).unwrap_err();
    assert_eq!(never.kind(), ErrorKind::Start);
    assert!(never.context().contains("not ready"), "{never}");
    let gone = load(drop).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Start);
    assert!(gone.context().contains("before it was ready"), "{gone}");
}
