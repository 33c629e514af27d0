//! The example plugins as libraries give what they give as programs.

use std::path::Path;
use std::process::Command;

use crossplug_host::{Host, Plugin};
use serde_json::{Value, json};

use super::{library, root};

/// The example through both of its doors, in one folder with one manifest.
fn both(name: &str) -> Option<(tempfile::TempDir, Host)> {
    let library = library(name)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let program = format!("example-{name}-plugin");
    let built = Command::new(cargo)
        .args(["xtask", "programs"])
        .args(["--bin", &program, "--example", "subject"])
        .current_dir(root())
        .status();
    assert!(built.unwrap().success());
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(3).unwrap().join("debug").join(program);
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(built, folder.path().join("plugin")).unwrap();
    let inside = Path::new(library.file_name().unwrap());
    std::fs::copy(&library, folder.path().join(inside)).unwrap();
    let text = root().join("examples").join(name).join("plugin.rs.json");
    let text = std::fs::read_to_string(text).unwrap();
    let mut manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["doors"]["native"] = json!({ "path": inside });
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    let host = Host::builder()
        .service("memory.search", |_| async {
            Ok(json!({ "memories": [{ "content": { "text": "we spoke of holidays" } }] }))
        })
        .build();
    Some((folder, host))
}

fn through(host: &Host, folder: &Path, door: &str) -> Plugin {
    let load = host.load(folder).door(door).grant("*").unwrap();
    load.blocking().unwrap()
}

#[test]
fn agent() {
    let Some((folder, host)) = both("agent") else {
        return;
    };
    let answers = |door| {
        let plugin = through(&host, folder.path(), door);
        let text = "What did we say about that holiday, and when do the holidays begin?";
        let memory = json!({ "content": { "text": text } });
        [
            (
                "action.validate",
                json!({ "action": "RECALL", "memory": memory }),
            ),
            (
                "action.invoke",
                json!({ "action": "RECALL", "memory": memory }),
            ),
            (
                "provider.get",
                json!({ "provider": "KEYWORDS", "memory": memory }),
            ),
            (
                "evaluator.invoke",
                json!({ "evaluator": "TONE", "memory": memory }),
            ),
            (
                "action.invoke",
                json!({ "action": "NOWHERE", "memory": memory }),
            ),
        ]
        .map(
            |(method, params)| match plugin.call_blocking(method, params) {
                Ok(result) => result.value().unwrap(),
                Err(error) => json!(error.plugin_error().unwrap().code),
            },
        )
    };
    let library = answers("native");
    assert_eq!(library, answers("process"));
    assert_eq!(library[1]["success"], true, "{library:?}");
}

#[test]
fn textstats() {
    let Some((folder, host)) = both("textstats") else {
        return;
    };
    let text = "One two three. Four!\n\nFive six? Seven eight nine, ten eleven.\n\nTwelve.";
    let answers = |door| {
        let plugin = through(&host, folder.path(), door);
        let call = plugin.call("text.analyse", json!({ "text": text }));
        let mut stream = call.stream().unwrap();
        let mut items = Vec::new();
        while let Some(item) = stream.next_blocking().unwrap() {
            items.push(item.value().unwrap());
        }
        (items, stream.result_blocking().unwrap().value().unwrap())
    };
    let library = answers("native");
    assert_eq!(library, answers("process"));
    assert_eq!(library.0.len(), 3);
}
