//! Calls that go well, and errors of the plugin.

use crossplug_host::ErrorKind;
use serde_json::json;

use crate::peer::{ECHO, load, peer};

#[test]
fn a_blocking_call_comes_back() {
    let folder = peer(ECHO);
    let plugin = load(&folder);
    assert_eq!(plugin.interfaces()["peer"].version, "1.0.0");
    for number in 0..10 {
        let reply = plugin
            .call_blocking("echo", json!({ "number": number }))
            .unwrap();
        assert_eq!(reply.value().unwrap(), json!({ "number": number }));
    }
    let ending = plugin.stop_blocking();
    assert_eq!(
        (
            ending.error.map(|error| error.to_string()),
            ending.status.as_deref()
        ),
        (None, Some("exit status: 0"))
    );
    assert_eq!(
        plugin.call_blocking("echo", ()).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
}
