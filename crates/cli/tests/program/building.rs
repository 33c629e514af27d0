//! `crossplug build` where there is nothing to build, which needs no tool. What it builds is built by `cargo xtask` for the tests
//! of the host and of the vectors.

use serde_json::{Value, json};

use super::stage::{Stage, run};

fn manifest(language: &str, command: Value) -> Stage {
    Stage::manifest(&json!({
        "name": "built", "description": "x", "version": "1.0.0", "language": language,
        "interfaces": {}, "doors": { "process": { "command": command } },
    }))
}

#[test]
fn what_cannot_be_built_says_why_and_what_to_do() {
    let build = |stage: &Stage| {
        let folder = stage.path().to_str().unwrap();
        run(["build", folder, "--door", "wasm"])
    };
    let rust = manifest("rust", json!(["./plugin"]));
    build(&rust).exits(2).says(&["cargo build", "wasm32"]);
    let shell = manifest("shell", json!(["sh", "plugin.sh"]));
    build(&shell).exits(2).says(&["language", "typescript"]);
    let none = manifest("python", json!(["./plugin"]));
    build(&none).exits(2).says(&["--program"]);
    let broken = Stage::text("{");
    build(&broken).exits(2).says(&["plugin.json"]);
    run(["build", "no-such-folder", "--door", "wasm"])
        .exits(2)
        .says(&["plugin.json"]);
    run(["build", "."]).exits(2).says(&["--door"]);
}
