//! The vector player against plugins of a few lines of shell, good and bad.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::time::Duration;

use crossplug_conformance::{Case, Encoding, Failure, Launch, Report, Target, Verdict, play::play};
use serde_json::json;

const HEAD: &str = r#"{"case":{"description":"d","needs":["agent"]}}"#;
const ASK: &str = r#"{"from":"host","message":{"id":1}}"#;
const ONE: &str = r#"{"from":"plugin","message":{"id":1,"result":"$any"}}"#;

fn shell(script: &str) -> Launch {
    let command = ["sh", "-c", script].map(OsString::from).to_vec();
    Launch {
        command,
        folder: std::env::temp_dir(),
        environment: Vec::new(),
    }
}

fn case(lines: &[&str]) -> Case {
    Case::read(
        "crossplug-1/x.jsonl",
        &format!("{HEAD}\n{}\n", lines.join("\n")),
    )
    .unwrap()
}

fn run(script: &str, lines: &[&str]) -> Result<(), Box<Failure>> {
    play(
        &case(lines),
        &(&shell(script)).into(),
        Encoding::Json,
        Duration::from_secs(2),
    )
}

#[test]
fn a_conversation_is_kept_to() {
    let answer = r#"read line; echo "$line" >&2; echo '{"method":"$/log"}'; echo '{"id":1,"result":[7]}'; cat; exit 3"#;
    run(
        answer,
        &[
            ASK,
            ONE,
            r#"{"from":"host","eof":true}"#,
            r#"{"from":"plugin","exit":3}"#,
        ],
    )
    .unwrap();
}

#[test]
fn a_log_counts_where_the_case_has_one() {
    let answer = r#"read line; echo '{"method":"$/log"}'; echo '{"id":1,"result":[7]}'; cat"#;
    let log = r#"{"from":"plugin","message":{"method":"$/log"}}"#;
    run(answer, &[ASK, log, ONE]).unwrap();
    let failure = run(answer, &[ASK, ONE, log]).unwrap_err();
    assert_eq!(failure.line, 3);
}

#[test]
fn differences_name_file_line_and_both_sides() {
    let failure = run(
        r#"read line; echo why >&2; echo '{"id":1,"error":2}'; cat"#,
        &[ASK, ONE],
    )
    .unwrap_err();
    assert_eq!(
        (failure.path.as_str(), failure.line),
        ("crossplug-1/x.jsonl", 3)
    );
    let text = failure.to_string();
    for part in [
        "crossplug-1/x.jsonl:3",
        "/result",
        r#"{"id":1,"result":"$any"}"#,
        r#"{"id":1,"error":2}"#,
        "why",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn silence_death_and_noise_are_failures() {
    let failure = run("cat >/dev/null", &[ASK, ONE]).unwrap_err();
    assert!(failure.what.contains("said nothing"), "{failure}");
    let failure = run("read line; exit 4", &[ASK, ONE]).unwrap_err();
    assert_eq!(failure.got.as_deref(), Some("exit status: 4"));
    let failure = run(
        r#"read line; echo hello; echo '{"id":1,"result":1}'; cat"#,
        &[ASK, ONE],
    )
    .unwrap_err();
    assert_eq!(failure.got.as_deref(), Some("hello"));
}

#[test]
fn what_nobody_asked_for_is_a_failure() {
    let twice = r#"read line; echo '{"id":1,"result":1}'; echo '{"id":1,"result":1}'; cat"#;
    let failure = run(twice, &[ASK, ONE]).unwrap_err();
    assert!(failure.what.contains("more than the case"), "{failure}");
    let late =
        r#"read line; read line; echo '{"id":1,"result":1}'; echo '{"id":2,"result":1}'; cat"#;
    run(late, &[ASK, r#"{"from":"host","message":{"id":2}}"#, ONE]).unwrap();
}

#[test]
fn an_unordered_group_revises_its_choices() {
    let answer = r#"read line; echo '{"id":1,"result":1}'; echo '{"id":1,"result":2}'; cat"#;
    let group = |second: u8| {
        format!(
            r#"{{"unordered":[{ONE},{{"from":"plugin","message":{{"id":1,"result":{second}}}}}]}}"#
        )
    };
    run(answer, &[ASK, &group(1)]).unwrap();
    run(answer, &[ASK, &group(2)]).unwrap();
    let failure = run(answer, &[ASK, &group(3)]).unwrap_err();
    assert_eq!(failure.got.as_deref(), Some(r#"{"id":1,"result":2}"#));
    assert!(failure.expected.unwrap().contains(r#""result":3"#));
}

#[test]
fn a_wrong_exit_is_a_failure() {
    let eof = r#"{"from":"host","eof":true}"#;
    let exit = r#"{"from":"plugin","exit":0}"#;
    run("cat", &[eof, exit]).unwrap();
    let failure = run("cat; kill -9 $$", &[eof, exit]).unwrap_err();
    assert!(failure.got.unwrap().contains("signal: 9"));
    let failure = run("sleep 60", &[eof, exit]).unwrap_err();
    assert!(failure.what.contains("still runs"), "{failure}");
}

#[test]
fn a_program_that_is_not_there_is_a_failure() {
    let launch = Launch {
        command: vec!["no/such/program".into()],
        ..shell("")
    };
    let failure = play(
        &case(&[]),
        &(&launch).into(),
        Encoding::Json,
        Duration::from_secs(1),
    )
    .unwrap_err();
    assert!(failure.what.contains("cannot start"), "{failure}");
}

#[test]
fn a_report_tells_what_does_not_apply() {
    let speaker = r#"read line; echo '{"id":1,"result":{"interfaces":{"agent":{}}}}'; cat"#;
    let target = Target::probe(&shell(speaker), Duration::from_secs(2)).unwrap();
    assert!(target.crossplug.is_some() && target.bridge.is_none());
    let read = |path: &str, needs: &str| {
        let text =
            format!("{{\"case\":{{\"description\":\"d\",\"needs\":[{needs}]}}}}\n{ASK}\n{ONE}\n");
        Case::read(path, &text.replace("\"$any\"", r#"{"$rest":true}"#)).unwrap()
    };
    let cases = [
        read("crossplug-1/a.jsonl", ""),
        read("crossplug-1/b.jsonl", "\"conformance\""),
        read("elizaos-bridge-1/c.jsonl", "\"agent\""),
        case(&[ASK, r#"{"from":"plugin","message":{"id":2}}"#]),
    ];
    let mut seen = 0;
    let report = Report::play(&target, &cases, Duration::from_secs(2), |_| seen += 1);
    assert_eq!(
        (
            seen,
            report.passed(),
            report.failed(),
            report.not_applicable()
        ),
        (4, 1, 1, 2)
    );
    let verdicts: Vec<_> = report
        .outcomes
        .iter()
        .map(|outcome| &outcome.verdict)
        .collect();
    assert!(matches!(
        verdicts.as_slice(),
        [
            Verdict::Passed,
            _,
            Verdict::NotApplicable(_),
            Verdict::Failed(_)
        ]
    ));
    let summary = report.to_json();
    assert_eq!(
        summary.pointer("/cases/1/verdict"),
        Some(&json!("notApplicable"))
    );
    assert_eq!(summary.pointer("/cases/3/line"), Some(&json!(3)));
    assert_eq!(summary.get("passed"), Some(&json!(1)));
}

#[test]
fn probing_tells_the_dialects_apart() {
    let bridge = r#"echo '{"type":"ready","manifest":{}}'; cat >/dev/null"#;
    let target = Target::probe(&shell(bridge), Duration::from_secs(2)).unwrap();
    assert!(target.crossplug.is_none() && target.bridge.is_some());
    assert!(target.interfaces.contains("agent"));

    let both = format!(
        r#"if [ "$1" = --dialect ]; then {bridge}; else read line; echo '{{"id":1,"result":{{"interfaces":{{"agent":{{}}}}}}}}'; cat; fi"#
    );
    let mut launch = shell(&both);
    launch.command.push("plugin".into());
    let target = Target::probe(&launch, Duration::from_secs(2)).unwrap();
    assert!(target.crossplug.is_some() && target.bridge.is_some());

    let error = Target::probe(&shell("echo oh dear >&2; exit 5"), Duration::from_secs(2))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("exit status: 5") && error.contains("oh dear"),
        "{error}"
    );
}

#[test]
fn credit_counts_only_where_it_is_wanted() {
    let credit = r#"{"method":"$/credit","params":{"id":1}}"#;
    let answer = format!(
        r#"read line; echo '{credit}'; echo '{credit}'; echo '{{"id":1,"result":7}}'; echo '{credit}'; cat"#
    );
    let wanted = format!(r#"{{"from":"plugin","message":{credit}}}"#);
    run(&answer, &[ASK, ONE]).unwrap();
    run(&answer, &[ASK, &wanted, ONE]).unwrap();
    run(&answer, &[ASK, &wanted, &wanted, ONE, &wanted]).unwrap();
    run(
        &answer,
        &[ASK, &format!(r#"{{"unordered":[{ONE},{wanted}]}}"#)],
    )
    .unwrap();
}
