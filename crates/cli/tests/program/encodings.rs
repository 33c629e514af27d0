//! `--encoding`: what is said of a call and of the cases does not depend on it.

use serde_json::json;

use crate::stage::{Stage, run, run_on};
use crate::subjects::subjects;

#[test]
fn calls_give_what_json_would_say() {
    let echo = r#"{"big":"9223372036854775807","bytes":"AP8=","any":[1,"x"]}"#;
    for (language, path) in subjects() {
        let path = path.to_str().unwrap();
        let call = |method: &str, more: &[&str]| {
            let arguments = ["call", path, method, "--encoding", "msgpack"];
            run_on("1\n\"9223372036854775806\"\n", [&arguments, more].concat()).exits(0)
        };
        let echoed = call("test.echo", &["--params", echo]).value();
        assert_eq!(echoed.to_string(), sorted(echo), "{language}");
        let sum = call("test.sum", &["--upload"]).value();
        assert_eq!(sum, json!("9223372036854775807"), "{language}");
    }
}

/// In the order of names in which values are printed.
fn sorted(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .unwrap()
        .to_string()
}

#[test]
fn cases_are_played_in_messagepack() {
    for (language, path) in subjects() {
        let path = path.to_str().unwrap();
        for filter in ["interop/int64", "interop/stream-both", "crossplug-1/count"] {
            let told = run([
                "conformance",
                path,
                "--encoding",
                "msgpack",
                "--json",
                "--filter",
                filter,
            ])
            .exits(0);
            let told = told.value();
            assert!(told["passed"].as_u64() > Some(0), "{language}: {told}");
            assert_eq!(told["notApplicable"], 0, "{language}: {told}");
        }
    }
}

#[test]
fn who_speaks_json_alone_is_called_in_it_and_fails_the_cases() {
    let bare = Stage::bare();
    let ran = bare.call(&[
        "bare.echo",
        "--params",
        r#"{"a":1}"#,
        "--encoding",
        "msgpack",
    ]);
    assert_eq!(ran.exits(0).value()["params"], json!({"a": 1}));
    let script =
        include_str!("bare.sh").replace(r#"{"bare":{"version""#, r#"{"conformance":{"version""#);
    let claims = Stage::script(&script);
    let path = claims.path().to_str().unwrap();
    run([
        "conformance",
        path,
        "--encoding",
        "msgpack",
        "--filter",
        "interop/nothing",
    ])
    .exits(5)
    .says(&["asked for msgpack and speaks json"]);
}
