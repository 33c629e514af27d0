//! `crossplug call`, on a plugin without an SDK.

use serde_json::json;

use crate::stage::{Stage, run_on};

#[test]
fn the_result_goes_to_stdout_and_talk_to_stderr() {
    let stage = Stage::bare();
    let ran = stage
        .call(&["bare.echo", "--params", r#"{"a":[1,"ü"]}"#])
        .exits(0);
    assert_eq!(
        ran.value().pointer("/params"),
        Some(&json!({"a": [1, "ü"]}))
    );
    let ran = stage.call(&["bare.talk"]).exits(0).says(&[
        "a line on stderr",
        "a line in the log",
        "bare.happened",
    ]);
    assert_eq!(ran.out, "null\n");
}

#[test]
fn params_come_from_a_file_or_stdin_too() {
    let stage = Stage::bare();
    let file = stage.path().join("params.json");
    std::fs::write(&file, "{\"from\": \"file\"}\n").unwrap();
    let ran = stage
        .call(&["bare.echo", "--params", &format!("@{}", file.display())])
        .exits(0);
    assert_eq!(ran.value().pointer("/params/from"), Some(&json!("file")));
    let path = stage.path().to_str().unwrap();
    let ran = run_on(
        "{\"from\": \"stdin\"}",
        ["call", path, "bare.echo", "--params", "-"],
    )
    .exits(0);
    assert_eq!(ran.value().pointer("/params/from"), Some(&json!("stdin")));
}

#[test]
fn config_grants_and_debug_reach_the_plugin() {
    let stage = Stage::bare();
    let ran = stage
        .call(&[
            "bare.hello",
            "--config",
            "size=2",
            "--config",
            "name=x y",
            "--grant",
            "emit=bare:*",
            "--debug",
        ])
        .exits(0);
    let hello = ran.value();
    assert_eq!(
        hello.pointer("/params/config"),
        Some(&json!({"kept": true, "size": 2, "name": "x y"}))
    );
    assert_eq!(
        hello.pointer("/params/granted/emit"),
        Some(&json!(["bare:*"]))
    );
    assert_eq!(hello.pointer("/params/debug"), Some(&json!(true)));
    let meta = stage
        .call(&["bare.echo", "--timeout", "30s"])
        .exits(0)
        .value();
    let left = meta
        .pointer("/meta/timeoutMs")
        .and_then(serde_json::Value::as_u64)
        .unwrap();
    assert!((20_000..=30_000).contains(&left), "{left}");
}

#[test]
fn items_are_ndjson_before_the_result() {
    let stage = Stage::bare();
    let ran = stage.call(&["bare.count"]).exits(0);
    assert_eq!(ran.out, "1\n{\"two\":2}\n{\"counted\":2}\n");
    let ran = stage.call(&["bare.count", "--json"]).exits(0);
    let expected = json!([
        {"progress": {"fraction": 0.5, "message": "half way"}},
        {"item": 1}, {"item": {"two": 2}}, {"result": {"counted": 2}},
    ]);
    assert_eq!(json!(ran.lines()), expected);
}

#[test]
fn events_are_part_of_the_json() {
    let stage = Stage::bare();
    let ran = stage
        .call(&["bare.talk", "--json", "--grant", "emit=bare:*"])
        .exits(0);
    let event = json!({"event": {"name": "bare.happened", "stream": "bare:stream", "seq": 1, "payload": {"n": 2}}});
    let lines = ran.lines();
    assert!(lines.contains(&event), "{lines:?}");
    assert!(lines.contains(&json!({"result": null})));
    let refused = stage
        .call(&["bare.talk", "--json"])
        .exits(0)
        .says(&["bare.happened", "emit=bare:stream"]);
    assert_eq!(
        json!(refused.lines()),
        json!([{"result": null}]),
        "what was not granted is not heard"
    );
}

#[test]
fn lines_of_stdin_are_streamed_to_the_plugin() {
    let stage = Stage::bare();
    let path = stage.path().to_str().unwrap();
    let ran = run_on(
        "1\n\"two\"\n\n3",
        ["call", path, "bare.collect", "--upload"],
    )
    .exits(0);
    assert_eq!(ran.value(), json!([1, "two", 3]));
    let ran = run_on("1\noops\n", ["call", path, "bare.collect", "--upload"]).exits(2);
    ran.says(&["line 2", "JSON"]);
    let ran = run_on(
        "1\n",
        ["call", path, "bare.collect", "--upload", "--params", "-"],
    )
    .exits(2);
    ran.says(&["--upload", "--params -"]);
}

#[test]
fn a_service_is_answered_where_it_is_granted() {
    let stage = Stage::bare();
    let answer = r#"bare.answer={"answer":42}"#;
    let ran = stage
        .call(&["bare.ask", "--service", answer, "--grant", "bare.answer"])
        .exits(0);
    assert_eq!(ran.value().pointer("/result"), Some(&json!({"answer": 42})));
    for arguments in [
        &["bare.ask", "--service", answer][..],
        &["bare.ask", "--grant", "bare.answer"],
    ] {
        let ran = stage.call(arguments).exits(0);
        assert_eq!(
            ran.value().pointer("/error/data/code"),
            Some(&json!("permissionDenied")),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_service_that_ships_has_the_permission_of_its_interface() {
    let service = r#"memory.search={"memories":[]}"#;
    for asked in ["memory:read", "memory.search"] {
        let stage = Stage::bare();
        for name in ["plugin.json", "bare.sh"] {
            let file = stage.path().join(name);
            let (old, new) = match name {
                "plugin.json" => ("\"bare.answer\"", format!("\"{asked}\"")),
                _ => ("\"bare.answer\"", "\"memory.search\"".to_owned()),
            };
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, text.replace(old, &new)).unwrap();
        }
        for granted in ["memory:read", "memory.search"] {
            let ran = stage
                .call(&["bare.ask", "--service", service, "--grant", granted])
                .exits(0);
            assert_eq!(
                ran.value().pointer("/result"),
                Some(&json!({"memories": []})),
                "asked for {asked}, granted {granted}"
            );
        }
        let ran = stage
            .call(&["bare.ask", "--service", service, "--grant", "memory:write"])
            .exits(0);
        assert_eq!(
            ran.value().pointer("/error/data/code"),
            Some(&json!("permissionDenied"))
        );
    }
}

#[test]
fn details_and_traces_are_shown_below_the_error() {
    let trace = r#"fail '{"code":-32603,"message":"oops","data":{"code":"internal","details":{"trace":"first line\nsecond line\n"}}}'"#;
    let stage = Stage::script(&include_str!("bare.sh").replace(
        "bare.hang) ;;",
        &format!("bare.hang) ;; bare.crash) {trace} ;;"),
    ));
    let ran = stage
        .call(&["bare.fail"])
        .exits(1)
        .says(&["\n  details: {\"sheets\":2}\n"]);
    assert!(ran.out.is_empty(), "{}", ran.out);
    let ran = stage
        .call(&["bare.crash", "--debug"])
        .exits(1)
        .says(&["oops\n  trace:\n    first line\n    second line\n"]);
    assert!(!ran.err.contains("details"), "{}", ran.err);
    let ran = stage.call(&["bare.fail", "--json"]).exits(1);
    assert!(!ran.err.contains("details"), "{}", ran.err);
}

#[test]
fn a_start_has_a_time_of_its_own() {
    let stage = Stage::script("sleep 20");
    stage
        .call(&["bare.echo", "--start-timeout", "300ms"])
        .exits(5)
        .says(&["300ms", "allow more with `--start-timeout`"]);
}

#[test]
fn the_program_ends_soon_after_a_deadline() {
    // Once asked to hang, it hears nothing any more.
    let stage = Stage::script(&include_str!("bare.sh").replace(
        "bare.hang) ;;",
        "bare.hang) trap '' TERM; while :; do sleep 1; done ;;",
    ));
    let begin = std::time::Instant::now();
    stage.call(&["bare.hang", "--timeout", "200ms"]).exits(4);
    let took = begin.elapsed();
    // 200 ms, 850 ms for the stop, and as much again for a machine that is busy.
    assert!(took < std::time::Duration::from_millis(2_100), "{took:?}");
}

#[test]
fn the_plugin_is_gone_afterwards() {
    let stage = Stage::script("echo $$ > pid; exec sh real.sh");
    std::fs::write(stage.path().join("real.sh"), include_str!("bare.sh")).unwrap();
    stage.call(&["bare.hang", "--timeout", "200ms"]).exits(4);
    let pid = std::fs::read_to_string(stage.path().join("pid")).unwrap();
    assert!(
        !std::path::Path::new(&format!("/proc/{}", pid.trim())).exists(),
        "{pid} still runs"
    );
}
