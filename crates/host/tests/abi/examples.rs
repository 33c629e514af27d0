//! The example plugins as modules and as components give what they give as programs.

use std::path::{Path, PathBuf};

use crossplug_host::{Host, Plugin};
use serde_json::{Value, json};

use super::guest;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The example through both of its doors, in one folder with one manifest.
fn both(name: &str) -> Option<(tempfile::TempDir, Host)> {
    let module = guest(name)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let program = format!("example-{name}-plugin");
    let built = std::process::Command::new(cargo)
        .args(["xtask", "programs"])
        .args(["--bin", &program, "--example", "subject"])
        .current_dir(root())
        .status();
    assert!(built.unwrap().success());
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(3).unwrap().join("debug").join(program);
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(built, folder.path().join("plugin")).unwrap();
    std::fs::copy(module, folder.path().join("plugin.wasm")).unwrap();
    let text = root().join("examples").join(name).join("plugin.rs.json");
    let text = std::fs::read_to_string(text).unwrap();
    let mut manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["doors"]["wasm"] = json!({ "path": "plugin.wasm" });
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    let host = host();
    Some((folder, host))
}

fn host() -> Host {
    Host::builder()
        .service("memory.search", |_| async {
            Ok(json!({ "memories": [{ "content": { "text": "we spoke of holidays" } }] }))
        })
        .build()
}

fn through(host: &Host, folder: &Path, door: &str) -> Plugin {
    let load = host.load(folder).door(door).grant("*").unwrap();
    load.blocking().unwrap()
}

/// The example of that name in another language, as a component and as a program.
fn component(name: &str) -> Option<[Plugin; 2]> {
    let file = guest(name)?;
    let folder = root().join("target/plugins").join(name);
    let host = host();
    let component = host.load(file).grant("*").unwrap().blocking();
    Some([component.unwrap(), through(&host, &folder, "process")])
}

/// What the plugin answers to a few calls.
fn agent_says(plugin: &Plugin) -> Vec<Value> {
    let text = "What did we say about that holiday, and when do the holidays begin?";
    let memory = json!({ "content": { "text": text } });
    let calls = [
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
    ];
    let says = calls.map(
        |(method, params)| match plugin.call_blocking(method, params) {
            Ok(result) => result.value().unwrap(),
            Err(error) => Value::from(error.plugin_error().unwrap().code.clone()),
        },
    );
    says.into()
}

/// The items and the result of a call that streams.
fn textstats_says(plugin: &Plugin) -> (Vec<Value>, Value) {
    let text = "One two three. Four!\n\nFive six? Seven eight nine, ten eleven.\n\nTwelve.";
    let call = plugin.call("text.analyse", json!({ "text": text }));
    let mut stream = call.stream().unwrap();
    let mut items = Vec::new();
    while let Some(item) = stream.next_blocking().unwrap() {
        items.push(item.value().unwrap());
    }
    (items, stream.result_blocking().unwrap().value().unwrap())
}

#[test]
fn agent() {
    let Some((folder, host)) = both("agent") else {
        return;
    };
    let module = agent_says(&through(&host, folder.path(), "wasm"));
    assert_eq!(
        module,
        agent_says(&through(&host, folder.path(), "process"))
    );
    assert_eq!(module[1]["success"], true, "{module:?}");
}

#[test]
fn agent_in_other_languages() {
    for name in ["agent-typescript", "agent-python"] {
        let Some([component, program]) = component(name) else {
            continue;
        };
        let says = agent_says(&component);
        assert_eq!(says, agent_says(&program), "{name}");
        assert_eq!(says[1]["success"], true, "{says:?}");
    }
}

#[test]
fn textstats() {
    let Some((folder, host)) = both("textstats") else {
        return;
    };
    let module = textstats_says(&through(&host, folder.path(), "wasm"));
    assert_eq!(
        module,
        textstats_says(&through(&host, folder.path(), "process"))
    );
    assert_eq!(module.0.len(), 3);
}

#[test]
fn textstats_in_typescript() {
    let Some([component, program]) = component("textstats-typescript") else {
        return;
    };
    let says = textstats_says(&component);
    assert_eq!(says, textstats_says(&program));
    assert_eq!(says.0.len(), 3);
}
