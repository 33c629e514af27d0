//! Sixteen MiB, in and out, by a function and by a message.

use crossplug_host::{Host, Payload};

use super::subject;

#[test]
fn sixteen_mebibytes_come_back_as_they_went() {
    let Some(plugin) = subject(&Host::builder().build()) else {
        return;
    };
    let text = format!(r#"{{"text":"{}"}}"#, "é".repeat(8 << 20));
    let payload = Payload::parse(text.clone()).unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for call in [
        plugin.call("test.echo", payload.clone()),
        plugin.call("test.echo", payload.clone()).no_timeout(),
        plugin.call("test.echo", payload.clone()).traceparent(trace),
    ] {
        assert!(call.blocking().unwrap().as_json() == text);
    }
}
