//! A thousand loads and stops, after which nothing is left of them.

use crossplug_host::Host;
use serde_json::json;

use super::guest;

/// Resident memory of this process, in bytes. None where nobody says.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn memory_stays_flat_over_a_thousand_loads() {
    let Some(module) = guest("subject") else {
        return;
    };
    let host = Host::builder().build();
    let once = || {
        let plugin = host.load(&module).blocking().unwrap();
        let echoed = plugin.call_blocking("test.echo", json!({ "text": "x" }));
        assert_eq!(echoed.unwrap().as_json(), r#"{"text":"x"}"#);
        assert!(plugin.stop_blocking().error.is_none());
    };
    (0..100).for_each(|_| once());
    let before = resident();
    (0..1000).for_each(|_| once());
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes more than before");
    }
}
