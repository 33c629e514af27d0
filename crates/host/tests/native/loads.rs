//! A thousand loads and stops, after which nothing is left of them.

use crossplug_host::{Host, Payload};
use serde_json::json;

use super::library;

/// Resident memory of this process, in bytes. None where nobody says.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn memory_stays_flat_over_a_thousand_loads() {
    let Some(library) = library("subject") else {
        return;
    };
    let host = Host::builder()
        .service("test.answer", |_| async { Ok(json!({ "answer": "" })) })
        .build();
    // What an instance that is not freed would hold, too.
    let held = Payload::parse(format!(r#"{{"text":"{}"}}"#, "x".repeat(100_000))).unwrap();
    let once = || {
        let load = host.load(&library).config("held", "x".repeat(100_000));
        let plugin = load.grant("*").unwrap().blocking().unwrap();
        let echoed = plugin.call_blocking("test.echo", held.clone());
        assert_eq!(echoed.unwrap().as_bytes().len(), held.as_bytes().len());
        plugin
            .call_blocking("test.ask", json!({ "question": "?" }))
            .unwrap();
        plugin
            .emit("test.happened", json!({ "number": 1 }), None)
            .unwrap();
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
