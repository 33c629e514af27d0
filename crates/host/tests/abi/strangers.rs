//! Examples in languages without an SDK of ours: modules of our ABI in C, Zig and AssemblyScript.

use std::path::{Path, PathBuf};

use crossplug_host::agent::{ActionInvoke, AgentClient, Content, Memory, ProviderGet};
use crossplug_host::{Host, Plugin};
use serde_json::json;

/// An example that `cargo xtask` has built; none is a named skip for a person and a failure where everything must be there.
fn example(name: &str) -> Option<Plugin> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder: PathBuf = root.join("target/plugins").join(name);
    if folder.join("plugin.json").exists() {
        return Some(Host::builder().build().load(folder).blocking().unwrap());
    }
    let what = "build it first: cargo xtask test --only 'module'";
    assert!(std::env::var_os("CI").is_none(), "{name}: {what}");
    println!("skipped {name}: {what}");
    None
}

#[test]
fn c_and_zig_shout_alike() {
    for name in ["shout-c", "shout-zig"] {
        let Some(plugin) = example(name) else {
            continue;
        };
        let big = "x".repeat(1 << 20);
        for (said, loud) in [
            ("é\n\"x\"", "é\n\"X\""),
            ("", ""),
            (&big, &big.to_uppercase()),
        ] {
            let result = plugin.call_blocking("text.shout", json!({ "text": said }));
            let result: serde_json::Value =
                serde_json::from_str(&result.unwrap().as_json()).unwrap();
            assert_eq!(result, json!({ "text": loud }), "{name}");
        }
        for number in 0..1000 {
            let said = json!({ "text": format!("n{number}") });
            let result = plugin.call_blocking("text.shout", said).unwrap();
            assert_eq!(
                result.as_json(),
                format!("{{\"text\":\"N{number}\"}}"),
                "{name}"
            );
        }
        let unfit = plugin.call_blocking("text.shout", json!({})).unwrap_err();
        assert_eq!(
            unfit.plugin_error().unwrap().code,
            "invalidParams",
            "{name}"
        );
        let nobody = plugin.call_blocking("text.whisper", json!({})).unwrap_err();
        assert_eq!(
            nobody.plugin_error().unwrap().code,
            "methodNotFound",
            "{name}"
        );
        assert!(plugin.stop_blocking().error.is_none(), "{name}");
    }
}

#[test]
fn an_agent_in_assemblyscript_is_called_with_types() {
    let Some(plugin) = example("agent-assemblyscript") else {
        return;
    };
    let agent = AgentClient::new(&plugin);
    let memory = |text: &str| Memory::new(Content::new().with_text(text));
    for number in 0..2000 {
        let whom = format!("wörld \"{number}\"\n");
        let params = ActionInvoke::new("GREET", memory(&whom));
        let result = agent.action_invoke(params).blocking().unwrap();
        assert_eq!(result.text, Some(format!("Hello, {whom}!")));
    }
    let length = agent
        .provider_get(ProviderGet::new("LENGTH", memory("abc")))
        .blocking();
    assert_eq!(length.unwrap().text.as_deref(), Some("3 units of UTF-16"));
    let unknown = agent
        .action_invoke(ActionInvoke::new("NO", memory("")))
        .blocking();
    let unknown = unknown.unwrap_err();
    assert_eq!(unknown.plugin_error().unwrap().code, "actionNotFound");
}
