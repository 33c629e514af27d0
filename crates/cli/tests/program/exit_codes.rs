//! Every exit code, and that what goes wrong is told with its cure.

use serde_json::json;

use crate::stage::{Stage, run};

#[test]
fn fine_is_0() {
    Stage::bare().call(&["bare.echo"]).exits(0);
    assert!(run(["--help"]).exits(0).out.contains("Exit codes"));
    assert!(run(["--version"]).exits(0).out.starts_with("crossplug "));
}

#[test]
fn an_error_that_the_plugin_answers_is_1() {
    let stage = Stage::bare();
    stage
        .call(&["bare.fail"])
        .exits(1)
        .says(&["outOfPaper", "no paper"]);
    let ran = stage.call(&["bare.fail", "--json"]).exits(1);
    let expected = json!([{"error": {
        "kind": "Plugin", "operation": "call `bare.fail`", "message": "outOfPaper: no paper", "retryable": true,
        "plugin": {"code": "outOfPaper", "message": "no paper", "details": {"sheets": 2}},
    }}]);
    assert_eq!(json!(ran.lines()), expected);
    stage
        .call(&["bare.nothing"])
        .exits(1)
        .says(&["methodNotFound"]);
}

#[test]
fn wrong_usage_is_2() {
    let stage = Stage::bare();
    run(["frobnicate"]).exits(2);
    run(["call"]).exits(2);
    stage.call(&["bare.echo", "--frob"]).exits(2);
    stage
        .call(&["bare.echo", "--params", "{oops"])
        .exits(2)
        .says(&["--params", "JSON"]);
    stage
        .call(&["bare.echo", "--params", "[1]"])
        .exits(2)
        .says(&["an object"]);
    stage
        .call(&["bare.echo", "--params", "@/no/such/file"])
        .exits(2)
        .says(&["/no/such/file"]);
    stage
        .call(&["bare.echo", "--timeout", "soon"])
        .exits(2)
        .says(&["500ms"]);
    stage
        .call(&["bare.echo", "--config", "novalue"])
        .exits(2)
        .says(&["KEY=VALUE"]);
    stage
        .call(&["bare.echo", "--service", "x=oops"])
        .exits(2)
        .says(&["not JSON"]);
    stage
        .call(&["bare.echo", "--grant", "net=example.org"])
        .exits(2)
        .says(&["service=, emit="]);
    stage
        .call(&["bare.echo", "--door", "window"])
        .exits(2)
        .says(&["window", "process"]);
}

#[test]
fn a_plugin_that_breaks_down_is_3() {
    let stage = Stage::bare();
    stage
        .call(&["bare.die"])
        .exits(3)
        .says(&["Died", "exit status: 7"]);
    stage.call(&["bare.garbage"]).exits(3).says(&["Protocol"]);
    let ran = stage.call(&["bare.die", "--json"]).exits(3);
    assert_eq!(ran.lines()[0].pointer("/error/kind"), Some(&json!("Died")));
}

#[test]
fn a_passed_deadline_is_4() {
    let stage = Stage::bare();
    stage
        .call(&["bare.hang", "--timeout", "200ms"])
        .exits(4)
        .says(&["Deadline"]);
}

#[test]
fn what_cannot_be_loaded_is_5() {
    let manifest = |command: &[&str]| {
        json!({"name": "a", "description": "", "version": "1.0.0", "language": "rust",
            "doors": {"process": {"command": command}}})
    };
    run(["call", "/no/such/plugin", "x"])
        .exits(5)
        .says(&["/no/such/plugin"]);
    Stage::text("{oops")
        .call(&["x"])
        .exits(5)
        .says(&["plugin.json"]);
    Stage::text("{}")
        .call(&["x"])
        .exits(5)
        .says(&["/name", "/version"]);
    Stage::manifest(&manifest(&["no-such-program-at-all"]))
        .call(&["x"])
        .exits(5)
        .says(&["no-such-program-at-all"]);
    Stage::manifest(&manifest(&["./not-built-yet"]))
        .call(&["x"])
        .exits(5)
        .says(&["not-built-yet"]);
    Stage::script("echo sorry >&2; exit 1")
        .call(&["x"])
        .exits(5)
        .says(&["Start", "sorry"]);
    let ran = run(["conformance", Stage::text("{}").path().to_str().unwrap()]).exits(5);
    assert!(!ran.err.contains("error: error:"), "{}", ran.err);
    let wasm = json!({"name": "a", "description": "", "version": "1.0.0", "language": "rust",
        "doors": {"wasm": {"path": "a.wasm"}}});
    Stage::manifest(&wasm).call(&["x"]).exits(5).says(&["wasm"]);
}

/// Runs the program on a terminal of its own and gives all that appears there.
fn on_a_terminal(arguments: &[&str], no_color: Option<&str>) -> String {
    let program = crate::stage::program().get_program().to_owned();
    let mut python = std::process::Command::new("python3");
    python
        .args(["-c", "import pty, sys; pty.spawn(sys.argv[1:])"])
        .arg(program)
        .args(arguments);
    python.env_remove("NO_COLOR");
    if let Some(value) = no_color {
        python.env("NO_COLOR", value);
    }
    let output = python.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn colours_and_progress_are_for_terminals() {
    let stage = Stage::bare();
    let path = stage.path().to_str().unwrap();
    for ran in [stage.call(&["bare.fail"]), stage.call(&["bare.count"])] {
        assert!(
            !ran.err.contains('\u{1b}') && !ran.err.contains("half way"),
            "{:?}",
            ran.err
        );
    }
    if std::process::Command::new("python3")
        .arg("--version")
        .output()
        .is_err()
    {
        assert!(
            std::env::var_os("CI").is_none(),
            "`python3` is missing, and CI skips nothing"
        );
        eprintln!("skipped: there is no `python3` to make a terminal");
        return;
    }
    let red = "\u{1b}[31merror:\u{1b}[0m";
    assert!(on_a_terminal(&["call", path, "bare.fail"], None).contains(red));
    assert!(
        on_a_terminal(&["call", path, "bare.fail"], Some("")).contains(red),
        "an empty NO_COLOR says nothing"
    );
    assert!(on_a_terminal(&["call", path, "bare.fail"], Some("1")).contains("error: call"));
    let counted = on_a_terminal(&["call", path, "bare.count"], None);
    assert!(counted.contains(" 50% half way"), "{counted:?}");
    assert!(
        counted.contains("\"counted\": 2"),
        "a person gets the result in lines of its own: {counted:?}"
    );
}
