//! Plugins that use none of our SDKs, and which cases there are for them.

/// Of the plain JSON-RPC peer: it has no types to judge params by, knows no ids of its requests (and so no streams and no
/// progress), and answers one thing after another (so that nothing hangs in it).
const JSON_RPC: &[&str] = &[
    "bytes",
    "context",
    "crash",
    "error",
    "events-in",
    "events-out",
    "every-kind",
    "logs",
    "many",
    "no-such-method",
    "nothing",
    "reload",
    "service",
    "service-big",
    "service-error",
    "sixteen-mebibytes",
    "text",
    "three-states",
    "together",
    "unknown-members",
];

/// The cases that there are for a plugin without an SDK; `None` for those with one, who play all.
pub(super) fn cases(plugin: &str) -> Option<&'static [&'static str]> {
    match plugin {
        "json-rpc" => Some(JSON_RPC),
        _ => None,
    }
}

/// As players take it.
pub(super) fn filter(cases: &[&str]) -> String {
    let paths: Vec<String> = cases
        .iter()
        .map(|case| format!("interop/{case}.jsonl"))
        .collect();
    paths.join(",")
}
