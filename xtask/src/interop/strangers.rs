//! Plugins that use none of our SDKs: how they are built, and which cases there are for them.

use std::env::consts::DLL_EXTENSION;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::subjects::{Doors, anew, copy};
use crate::step::{self, Show};
use crate::strangers;
use crate::tools::node;

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

/// Of the subjects in C and AssemblyScript, which give back what they get. Loading them again and again is left to the subject
/// in Rust, which goes through the same doors: it takes a minute and more.
const ECHOES: &[&str] = &[
    "bytes",
    "error",
    "every-kind",
    "many",
    "no-such-method",
    "nothing",
    "sixteen-mebibytes",
    "text",
    "three-states",
    "unknown-members",
];

/// Where the subjects without an SDK lie.
const SUBJECTS: &str = "crates/conformance/subjects";

/// A peer that uses a library for JSON-RPC and none of our code.
pub(super) fn json_rpc(root: &Path) -> anyhow::Result<Doors> {
    let folder = anew(root, "json-rpc")?;
    let peer = root.join("bindings/python/tests/stock_peer.py");
    copy(&peer, &folder.join("stock_peer.py"))?;
    let command = json!({ "command": ["python3", "stock_peer.py"] });
    Ok(vec![("process", command)])
}

/// The subject in C, as a module and as a library.
pub(super) fn c(root: &Path) -> anyhow::Result<Doors> {
    let folder = anew(root, "c")?;
    let source = root.join(SUBJECTS);
    let mut zig = strangers::c_for_wasm(root)?;
    zig.arg(folder.join("subject.wasm"))
        .arg(source.join("module.c"));
    step::run("module subject in C", &mut zig, Show::OnFailure)?;
    let library = format!("subject.{DLL_EXTENSION}");
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]);
    cc.args(["-shared", "-fPIC", "-I"]).arg(root.join("schema"));
    cc.arg("-o").arg(folder.join(&library));
    cc.arg(source.join("library.c"));
    step::run("library subject in C", &mut cc, Show::OnFailure)?;
    Ok(vec![
        ("wasm", json!({ "path": "subject.wasm" })),
        ("native", json!({ "path": library })),
    ])
}

/// The subject in AssemblyScript.
pub(super) fn assemblyscript(root: &Path) -> anyhow::Result<Doors> {
    let folder = anew(root, "assemblyscript")?;
    let example = root.join("examples/agent/assemblyscript/src");
    fs::create_dir_all(folder.join("src"))?;
    for file in ["json.ts", "wire.ts"] {
        copy(&example.join(file), &folder.join("src").join(file))?;
    }
    let subject = root.join(SUBJECTS).join("subject.ts");
    copy(&subject, &folder.join("src/index.ts"))?;
    let mut asc = node::tool(root, "asc");
    asc.args(["src/index.ts", "-O", "-o", "subject.wasm"])
        .current_dir(&folder);
    step::run(
        "module subject in AssemblyScript",
        &mut asc,
        Show::OnFailure,
    )?;
    Ok(vec![("wasm", json!({ "path": "subject.wasm" }))])
}

/// The cases that there are for a plugin without an SDK; `None` for those with one, who play all.
pub(super) fn cases(plugin: &str) -> Option<&'static [&'static str]> {
    match plugin {
        "json-rpc" => Some(JSON_RPC),
        "c" | "assemblyscript" => Some(ECHOES),
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
