//! The program on the conformance subjects of the three SDKs: one outcome, whatever the plugin is written in.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::stage::{Stage, checkout, run, run_on};

/// The manifest of a subject, in each language whose tools are here.
pub(crate) fn subjects() -> &'static [(&'static str, PathBuf)] {
    static SUBJECTS: OnceLock<(Stage, Vec<(&str, PathBuf)>)> = OnceLock::new();
    let (_, subjects) = SUBJECTS.get_or_init(|| {
        let rust = rust();
        let mut subjects = vec![("rust", rust.path().to_owned())];
        for (language, tool) in [("python", "python3"), ("typescript", "node")] {
            let folder = checkout().join("bindings").join(language).join("subject");
            if have(tool) {
                subjects.push((language, folder));
            }
        }
        (rust, subjects)
    });
    subjects
}

/// The Rust subject has its manifest built in; hosts want a file.
fn rust() -> Stage {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["xtask", "programs", "--example", "subject"])
        .current_dir(checkout());
    assert!(cargo.status().unwrap().success());
    let manifest = std::fs::read(checkout().join("bindings/python/subject/plugin.json")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["language"] = json!("rust");
    manifest["doors"] = json!({"process": {"command": ["./subject"]}});
    let stage = Stage::manifest(&manifest);
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::copy(
        target.parent().unwrap().join("debug/examples/subject"),
        stage.path().join("subject"),
    )
    .unwrap();
    stage
}

fn have(tool: &str) -> bool {
    let found = Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "`{tool}` is missing, and CI skips nothing"
    );
    if !found {
        eprintln!("skipped: there is no `{tool}`");
    }
    found
}

/// Runs `crossplug call SUBJECT …` in every language and checks exit code and stdout.
#[track_caller]
fn everywhere(input: &str, arguments: &[&str], code: i32, out: &[Value]) {
    for (language, path) in subjects() {
        let path = path.to_str().unwrap();
        let ran = run_on(input, [&["call", path], arguments].concat());
        assert_eq!(
            ran.code, code,
            "{language}: {arguments:?}\n{}\n{}",
            ran.out, ran.err
        );
        assert_eq!(ran.lines(), out, "{language}: {arguments:?}\n{}", ran.err);
    }
}

#[test]
fn results_are_equal() {
    let echo = r#"{"big":"9223372036854775807","ratio":0.5,"list":["1"],"more":{"x":[null]}}"#;
    everywhere(
        "",
        &["test.echo", "--params", echo],
        0,
        &[serde_json::from_str(echo).unwrap()],
    );
    everywhere(
        "",
        &["test.nothing", "--json"],
        0,
        &[json!({"result": null})],
    );
    everywhere(
        "",
        &[
            "test.print",
            "--params",
            r#"{"text":"{\"jsonrpc\":\"2.0\"}"}"#,
        ],
        0,
        &[json!(17)],
    );
}

#[test]
fn both_dialects_give_equal_results() {
    // Without options the bridge carries empty ones, which is what plugins of elizaOS know.
    let bare = json!({"action": "ECHO", "memory": {"content": {"text": "hi"}}, "options": {}});
    let mut full = bare.clone();
    full["options"] = json!({"o": 1});
    full["state"] = json!({"values": {"v": "w"}});
    for (params, data) in [
        (&bare, json!({"options": {}})),
        (
            &full,
            json!({"options": {"o": 1}, "state": {"values": {"v": "w"}}}),
        ),
    ] {
        let params = params.to_string();
        let result = [json!({"success": true, "text": "echo:hi", "data": data})];
        let arguments = ["action.invoke", "--params", &params];
        everywhere("", &arguments, 0, &result);
        everywhere(
            "",
            &[&arguments[..], &["--dialect", "elizaos-bridge/1"]].concat(),
            0,
            &result,
        );
    }
    let absent = r#"{"action":"ECHO","memory":{"content":{}}}"#;
    let result = [json!({"success": true, "text": "echo:", "data": {}})];
    everywhere("", &["action.invoke", "--params", absent], 0, &result);
    let upload = [
        "action.invoke",
        "--params",
        "{}",
        "--dialect",
        "elizaos-bridge/1",
        "--upload",
    ];
    everywhere("", &upload, 2, &[]);
}

#[test]
fn streams_are_equal() {
    let items = [
        json!({"item": "1"}),
        json!({"item": "2"}),
        json!({"item": "3"}),
    ];
    let end = [
        json!({"progress": {"fraction": 1.0, "message": "done"}}),
        json!({"result": "6"}),
    ];
    for (language, path) in subjects() {
        let ran = run([
            "call",
            path.to_str().unwrap(),
            "test.count",
            "--params",
            r#"{"to":3}"#,
            "--json",
        ])
        .exits(0);
        // Progress and items come on roads of their own; each keeps its order.
        let (mut got, mut expected) = (ran.lines(), [&items[..], &end].concat());
        let rank = |line: &Value| line.get("progress").is_some();
        got.sort_by_key(rank);
        expected.sort_by_key(rank);
        let number = |line: &Value| line.pointer("/progress/fraction").and_then(Value::as_f64);
        assert_eq!(got.len(), expected.len(), "{language}: {got:?}");
        for (got, expected) in got.iter().zip(&expected) {
            assert!(
                got == expected || (number(got).is_some() && number(got) == number(expected)),
                "{language}: {got}"
            );
        }
    }
    everywhere(
        "\"1\"\n2\n\"-5\"\n",
        &["test.sum", "--upload"],
        0,
        &[json!("-2")],
    );
    let doubled = [json!("2"), json!("-6"), json!(2)];
    everywhere("1\n-3\n", &["test.double", "--upload"], 0, &doubled);
}

#[test]
fn services_need_their_grant_everywhere() {
    let ask = [
        "test.ask",
        "--params",
        r#"{"question":"why"}"#,
        "--service",
        r#"test.answer={"answer":"because"}"#,
    ];
    everywhere(
        "",
        &[&ask[..], &["--grant", "test.answer"]].concat(),
        0,
        &[json!({"answer": "because"})],
    );
    everywhere("", &ask, 1, &[]);
}

#[test]
fn exit_codes_are_equal() {
    everywhere(
        "",
        &[
            "test.fail",
            "--params",
            r#"{"code":"notFound","message":"gone"}"#,
        ],
        1,
        &[],
    );
    everywhere("", &["test.crash"], 1, &[]);
    everywhere("", &["test.hang", "--timeout", "500ms"], 4, &[]);
    everywhere("", &["test.no.such"], 1, &[]);
    everywhere("", &["test.echo", "--params", r#"{"flag":1}"#], 1, &[]);
}

#[test]
fn conformance_counts_what_it_played() {
    for (language, path) in subjects() {
        let path = path.to_str().unwrap();
        let told = run(["conformance", path, "--filter", "count", "--json"])
            .exits(0)
            .value();
        let cases = told["cases"].as_array().unwrap();
        assert!(cases.len() > 3, "{language}: {told}");
        assert_eq!(told["passed"], cases.len(), "{language}: {told}");
        assert_eq!(
            (&told["failed"], &told["notApplicable"]),
            (&json!(0), &json!(0)),
            "{language}"
        );
        run(["conformance", path, "--filter", "no such case"])
            .exits(2)
            .says(&["no such case"]);
    }
}

#[test]
fn conformance_shows_where_a_plugin_fails() {
    let stage = Stage::bare();
    let path = stage.path().to_str().unwrap();
    let ran = run(["conformance", path, "--filter", "crossplug-1/ping."]).exits(0);
    assert_eq!(ran.out, "1 passed, 0 failed, 0 not applicable\n");
    // A shell script does not refuse another major.
    let ran = run(["conformance", path, "--filter", "wrong-major"]).exits(3);
    assert_eq!(ran.out, "0 passed, 1 failed, 0 not applicable\n");
    ran.says(&["initialize-wrong-major.jsonl:3", "expected: ", "got: "]);
    let told = run(["conformance", path, "--filter", "wrong-major", "--json"])
        .exits(3)
        .value();
    assert_eq!(told["cases"][0]["line"], 3);
    run(["conformance", path, "--filter", "count-two"])
        .exits(5)
        .says(&["no case applies"]);
    let ran = run(["conformance", path, "--filter", "count-"]).exits(5);
    let cases: usize = ran
        .out
        .trim()
        .strip_prefix("0 passed, 0 failed, ")
        .and_then(|rest| rest.strip_suffix(" not applicable"))
        .unwrap_or_else(|| panic!("{}", ran.out))
        .parse()
        .unwrap();
    assert!(cases > 1, "{cases}");
    let reason = "the plugin does not implement conformance";
    assert_eq!(ran.err.matches(reason).count(), 1, "{}", ran.err);
    let ran = ran.says(&[&format!("{cases} cases: {reason}")]);
    assert!(!ran.err.contains("count-two"), "{}", ran.err);
    let ran = run(["conformance", path, "--filter", "count-", "--verbose"]).exits(5);
    assert_eq!(ran.err.matches(reason).count(), cases, "{}", ran.err);
    let broken = Stage::script("echo sorry >&2; exit 1");
    run(["conformance", broken.path().to_str().unwrap()])
        .exits(5)
        .says(&["sorry", "exit status: 1"]);
}
