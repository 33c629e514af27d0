//! The example in C, compiled by the system's compiler: a whole plugin.

use std::future::IntoFuture as _;
use std::time::Duration;

use crossplug_host::{Host, Plugin};
use serde_json::json;

use super::waiting::wait_for_all;
use super::{compiled, root};

fn shout(folder: &tempfile::TempDir, host: &Host) -> Option<Plugin> {
    let source = root().join("examples/shout/plugin.c");
    let library = compiled(folder.path(), &source, "libshout", &[])?;
    Some(host.load(library).blocking().unwrap())
}

#[test]
fn it_answers_at_once_and_later_directly_and_by_messages() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::builder().build();
    let Some(plugin) = shout(&folder, &host) else {
        return;
    };
    assert_eq!(plugin.name(), "shout");
    assert_eq!(plugin.record().unwrap().manifest.version, "1.0.0");
    for method in ["text.shout", "text.later"] {
        let calls = [
            plugin.call(method, json!({ "text": "quiet\n" })),
            plugin
                .call(method, json!({ "text": "quiet\n" }))
                .no_timeout(),
            plugin
                .call(method, json!({ "text": "quiet\n" }))
                .traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ];
        for call in calls {
            let shouted = call.blocking().unwrap().value().unwrap();
            assert_eq!(shouted, json!({ "text": "QUIET\n" }), "{method}");
        }
        let error = plugin.call_blocking(method, json!({})).unwrap_err();
        assert_eq!(error.plugin_error().unwrap().code, "invalidParams");
    }
    let error = plugin.call_blocking("text.nowhere", ()).unwrap_err();
    assert_eq!(error.plugin_error().unwrap().code, "methodNotFound");
    plugin.ping_blocking().unwrap();
    assert!(plugin.stop_blocking().error.is_none());
}

#[test]
fn a_hundred_calls_at_once_and_a_stop_that_waits_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::builder().build();
    let Some(plugin) = shout(&folder, &host) else {
        return;
    };
    let calls = (0..100).map(|number| {
        let method = ["text.shout", "text.later"][number % 2];
        plugin
            .call(method, json!({ "text": format!("n{number}") }))
            .into_future()
    });
    for (number, shouted) in wait_for_all(calls).into_iter().enumerate() {
        assert_eq!(
            shouted.unwrap().value().unwrap()["text"],
            format!("N{number}")
        );
    }
    let mut later = plugin
        .call("text.later", json!({ "text": "last" }))
        .into_future();
    let _ = later.wait_within(Duration::ZERO);
    let ending = plugin.stop_blocking();
    assert!(ending.error.is_none(), "{ending:?}");
    assert_eq!(
        wait_for_all([later]).remove(0).unwrap().value().unwrap()["text"],
        "LAST"
    );
}

#[test]
fn two_instances_of_one_library_know_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::builder().build();
    let Some(one) = shout(&folder, &host) else {
        return;
    };
    let Some(other) = shout(&folder, &host) else {
        return;
    };
    assert_ne!(one.instance_id(), other.instance_id());
    assert!(one.stop_blocking().error.is_none());
    let shouted = other.call_blocking("text.shout", json!({ "text": "still" }));
    assert_eq!(shouted.unwrap().value().unwrap()["text"], "STILL");
}
