//! `crossplug inspect`.

use serde_json::json;

use crate::stage::{Stage, run};

#[test]
fn it_says_what_the_plugin_is_without_starting_it() {
    let stage = Stage::script("touch started");
    let path = stage.path().to_str().unwrap();
    let ran = run(["inspect", path]).exits(0);
    for part in [
        "bare",
        "1.0.0",
        "No SDK.",
        "process",
        "sh bare.sh",
        "bare.answer",
        "bare:*",
        "BARE_SECRET",
    ] {
        assert!(ran.out.contains(part), "`{part}` is not in\n{}", ran.out);
    }
    assert!(!stage.path().join("started").exists());
}

#[test]
fn its_json_has_a_stable_shape() {
    let stage = Stage::bare();
    let file = stage.path().join("plugin.json");
    let told = run(["inspect", file.to_str().unwrap(), "--json"])
        .exits(0)
        .value();
    assert_eq!(told["name"], "bare");
    assert_eq!(told["version"], "1.0.0");
    assert_eq!(told["language"], "shell");
    assert_eq!(told["interfaces"], json!({"bare": "^1"}));
    assert_eq!(
        told["doors"],
        json!([{"door": "process", "what": "sh bare.sh", "dialect": "crossplug/1", "usable": true}])
    );
    assert_eq!(told["permissions"]["services"], json!(["bare.answer"]));
    assert_eq!(
        told["manifest"].as_str(),
        file.canonicalize().unwrap().to_str()
    );
    assert!(told["warnings"].is_array());
}

#[test]
fn every_door_that_call_enters_is_usable() {
    let stage = Stage::manifest(&json!({
        "name": "a", "description": "", "version": "1.0.0", "language": "rust",
        "doors": {"process": {"command": ["./a"]}, "socket": {"unix": "run/a"}, "wasm": {"path": "a.wasm"},
            "native": {"path": "liba.so"}, "module": {"python": "a"}},
    }));
    let path = stage.path().to_str().unwrap();
    let told = run(["inspect", path, "--json"]).exits(0).value();
    let usable = told["doors"].as_array().unwrap().iter();
    let usable: Vec<_> = usable.map(|door| door["usable"].as_bool()).collect();
    assert_eq!(usable, [true, true, true, true, false].map(Some), "{told}");
}

#[test]
fn the_methods_of_interfaces_that_ship_are_listed() {
    let stage = Stage::manifest(
        &json!({"name": "a", "description": "", "version": "1.0.0", "language": "rust",
        "interfaces": {"agent": "1", "conformance": "7", "own": "1"}, "doors": {"process": {"command": ["./a"]}}}),
    );
    let path = stage.path().to_str().unwrap();
    let told = run(["inspect", path, "--json"]).exits(0).value();
    assert_eq!(told["methods"]["agent"][0], "action.validate");
    for unknown in ["conformance", "own"] {
        assert!(told["methods"].get(unknown).is_none(), "{told}");
    }
    let ran = run(["inspect", path]).exits(0);
    assert!(ran.out.contains("method     action.invoke"), "{}", ran.out);
    assert_eq!(ran.out.matches("not known here").count(), 2, "{}", ran.out);
}

#[test]
fn doors_that_this_program_cannot_use_are_marked() {
    let stage = Stage::manifest(
        &json!({"name": "a", "description": "", "version": "1.0.0", "language": "rust",
        "doors": {"module": {"python": "a"}, "process": {"command": ["./a"]}}, "unheardOf": 1}),
    );
    let told = run(["inspect", stage.path().to_str().unwrap(), "--json"])
        .exits(0)
        .value();
    assert_eq!(told["doors"][0]["usable"], false);
    assert_eq!(told["doors"][1]["usable"], true);
    assert_eq!(told["doors"][1]["what"], "./a");
}

#[test]
fn a_bad_manifest_is_told_with_all_its_mistakes() {
    let stage = Stage::text(r#"{"name":"My Plugin","version":"1","language":"rust"}"#);
    let ran = run(["inspect", stage.path().to_str().unwrap()]).exits(5);
    ran.says(&["/name", "/version", "/description"]);
    run(["inspect", "/no/such/plugin"])
        .exits(5)
        .says(&["/no/such/plugin"]);
}
