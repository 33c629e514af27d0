#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossplug_protocol::error::PluginError;

use super::{Instance, Status};
use crate::conformance::{
    Answer, Ask, Conformance, ConformanceDispatch, ConformanceServices, Echo, Happened,
};
use crate::{Context, Event, Plugin};

struct Subject(#[allow(dead_code, reason = "held, to see for how long")] Arc<()>);

#[async_trait]
impl Conformance for Subject {
    async fn test_echo(&self, _ctx: &Context, params: Echo) -> Result<Echo, PluginError> {
        Ok(params)
    }

    async fn test_hang(&self, ctx: &Context) -> Result<(), PluginError> {
        // A handler that blocks, and looks now and then.
        while !ctx.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(PluginError::cancelled())
    }

    async fn test_nothing(&self, ctx: &Context) -> Result<(), PluginError> {
        ctx.sleep(Duration::from_secs(3600)).await;
        Ok(())
    }

    async fn test_tidy(&self, ctx: &Context, params: Ask) -> Result<(), PluginError> {
        while !ctx.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        ctx.cancelled().await;
        let asked = ConformanceServices::new(ctx).test_answer(params);
        let answer = asked.timeout(Duration::from_secs(60)).await?.answer;
        Err(PluginError::failed_precondition(answer))
    }

    async fn test_ask(&self, ctx: &Context, params: Ask) -> Result<Answer, PluginError> {
        ConformanceServices::new(ctx).test_answer(params).await
    }

    async fn on_test_happened(&self, _ctx: &Context, _event: Event<Happened>) {}
}

type Heard = Arc<Mutex<Vec<String>>>;

/// An instance after its handshake, what it says, and something that lives as long as the plugin.
fn opened() -> (Instance, Heard, std::sync::Weak<()>) {
    let heard = Heard::default();
    let told = Arc::clone(&heard);
    let alive = Arc::new(());
    let weak = Arc::downgrade(&alive);
    let plugin = Plugin::new("subject", "1.0.0").with(ConformanceDispatch::new(Subject(alive)));
    let said = Box::new(move |message: &[u8]| {
        let text = String::from_utf8(message.to_vec()).unwrap();
        told.lock().unwrap().push(text);
    });
    let instance = Instance::new(plugin, said).unwrap();
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":{"version":"1.0"},
        "host":{"name":"tests","version":"1.0.0"},"instanceId":"i","config":{},"granted":{"services":["test.answer"]}}}"#;
    assert!(instance.push(hello.as_bytes()));
    assert!(heard.lock().unwrap().remove(0).contains(r#""id":1"#));
    (instance, heard, weak)
}

fn number_of(instance: &Instance, name: &str) -> u32 {
    let place = instance.names.iter().position(|known| *known == name);
    u32::try_from(place.unwrap()).unwrap()
}

fn wait_for(heard: &Heard, what: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while !heard.lock().unwrap().iter().any(|said| said.contains(what)) {
        assert!(Instant::now() < end, "{what}: {:?}", heard.lock().unwrap());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_call_is_answered_where_it_came_and_nothing_is_left_of_it() {
    let (instance, heard, alive) = opened();
    let echo = number_of(&instance, "test.echo");
    let Status::Done(result) = instance.call(echo, br#"{"text":"hi"}"#, 2, None) else {
        panic_with("not done")
    };
    assert_eq!(result, br#"{"text":"hi"}"#);
    let Status::Failed(error) = instance.call(echo, b"{", 3, None) else {
        panic_with("not failed")
    };
    assert!(String::from_utf8(error).unwrap().contains("parseError"));
    let Status::Failed(error) = instance.call(999, b"{}", 4, None) else {
        panic_with("not failed")
    };
    assert!(String::from_utf8(error).unwrap().contains("methodNotFound"));
    assert!(heard.lock().unwrap().is_empty());
    assert!(instance.close(Duration::from_secs(5)));
    drop(instance);
    assert!(
        alive.upgrade().is_none(),
        "something still holds the plugin"
    );
}

#[allow(clippy::panic, reason = "tests")]
fn panic_with(what: &str) -> ! {
    panic!("{what}")
}

#[test]
fn a_handler_that_asks_late_for_its_cancellation_tidies_up_all_the_same() {
    let (instance, heard, _) = opened();
    for message in [
        r#"{"jsonrpc":"2.0","id":2,"method":"test.tidy","params":{"question":"where?"}}"#,
        r#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":2}}"#,
    ] {
        assert!(instance.push(message.as_bytes()));
    }
    wait_for(&heard, r#""id":-1,"method":"test.answer""#);
    instance.push(br#"{"jsonrpc":"2.0","id":-1,"result":{"answer":"the bin is full"}}"#);
    wait_for(&heard, r#""message":"the bin is full""#);
    assert!(instance.close(Duration::from_secs(5)));
}

#[test]
fn a_call_that_blocks_hears_its_cancellation() {
    let (instance, _, alive) = opened();
    let hang = number_of(&instance, "test.hang");
    std::thread::scope(|scope| {
        let hangs = scope.spawn(|| instance.call(hang, b"{}", 2, Some(Duration::from_secs(60))));
        std::thread::sleep(Duration::from_millis(20));
        instance.push(br#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":2}}"#);
        let Status::Failed(error) = hangs.join().unwrap() else {
            panic_with("not failed")
        };
        assert!(String::from_utf8(error).unwrap().contains("cancelled"));
    });
    assert!(instance.close(Duration::from_secs(5)));
    drop(instance);
    assert!(
        alive.upgrade().is_none(),
        "something still holds the plugin"
    );
}

#[test]
fn what_waits_is_answered_by_a_message_and_a_shutdown_waits_for_it() {
    let (instance, heard, alive) = opened();
    let ask = number_of(&instance, "test.ask");
    let asked = instance.call(ask, br#"{"question":"?"}"#, 2, None);
    assert!(matches!(asked, Status::Pending));
    wait_for(&heard, r#""method":"test.answer""#);
    instance.push(br#"{"jsonrpc":"2.0","id":3,"method":"shutdown"}"#);
    instance.push(br#"{"jsonrpc":"2.0","id":-1,"result":{"answer":"!"}}"#);
    wait_for(&heard, r#""id":3"#);
    let said = heard.lock().unwrap().clone();
    let place = |what: &str| said.iter().position(|said| said.contains(what)).unwrap();
    assert!(place(r#""id":2,"result":{"answer":"!"}"#) < place(r#""id":3,"result":null"#));
    assert!(instance.close(Duration::from_secs(5)));
    drop(instance);
    assert!(
        alive.upgrade().is_none(),
        "something still holds the plugin"
    );
}

#[test]
fn nothing_is_left_of_events_sleepers_and_questions() {
    let (instance, heard, alive) = opened();
    instance.push(
        br#"{"jsonrpc":"2.0","method":"$/event","params":{"name":"test.happened","seq":1,"payload":{"number":1}}}"#,
    );
    let (sleeps, ask) = (
        number_of(&instance, "test.nothing"),
        number_of(&instance, "test.ask"),
    );
    assert!(matches!(
        instance.call(sleeps, b"{}", 2, None),
        Status::Pending
    ));
    let asked = instance.call(ask, br#"{"question":"?"}"#, 3, None);
    assert!(matches!(asked, Status::Pending));
    wait_for(&heard, r#""method":"test.answer""#);
    assert!(instance.close(Duration::from_millis(500)));
    drop(instance);
    assert!(
        alive.upgrade().is_none(),
        "something still holds the plugin"
    );
}
