//! The program on a plugin that runs already: a socket door, and the token from the environment.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::stage::{Stage, checkout};

const TOKEN: &str = "a-secret-of-the-tests";

/// The Python subject, listening on a port of its own.
struct Listening {
    process: Child,
    stage: Stage,
}

impl Listening {
    fn start() -> Option<Self> {
        let subject = checkout().join("bindings/python/subject/plugin.py");
        let started = Command::new("python3")
            .arg(subject)
            .args(["--listen", "tcp:127.0.0.1:0"])
            .env("CROSSPLUG_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = started else {
            assert!(
                std::env::var_os("CI").is_none(),
                "`python3` is missing, and CI skips nothing"
            );
            eprintln!("skipped: there is no `python3`");
            return None;
        };
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap();
        let stage = Stage::manifest(&json!({
            "name": "conformance-subject", "description": "Runs already.", "version": "1.0.0", "language": "python",
            "interfaces": {"agent": "1", "conformance": "1"},
            "doors": {"process": {"command": ["no-such-program"]}, "socket": {"tcp": address.trim_start_matches("tcp:")}},
        }));
        Some(Self { process, stage })
    }

    /// Runs the program with a token: exit code, stdout, stderr.
    fn run(&self, command: &str, arguments: &[&str], token: &str) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_crossplug"))
            .arg(command)
            .arg(self.stage.path())
            .args(arguments)
            .env("CROSSPLUG_TOKEN", token)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_plugin_that_runs_already_is_inspected_called_and_judged() {
    let Some(plugin) = Listening::start() else {
        return;
    };
    let (code, out, err) = plugin.run("inspect", &["--json"], "");
    assert_eq!(code, Some(0), "{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["doors"][1]["door"], "socket");
    assert_eq!(told["doors"][1]["usable"], true, "{told}");

    let call = [
        "--door",
        "socket",
        "test.echo",
        "--params",
        r#"{"text":"x"}"#,
    ];
    let (code, out, err) = plugin.run("call", &call, TOKEN);
    assert_eq!(code, Some(0), "{err}");
    let echoed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(echoed["text"], "x");
    let (code, _, err) = plugin.run("call", &call, "another");
    assert_eq!(code, Some(5), "{err}");
    assert!(err.contains("token"), "{err}");

    let filter = ["--door", "socket", "--filter", "crossplug-1/tour"];
    let (code, out, err) = plugin.run("conformance", &filter, TOKEN);
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(out.contains("1 passed, 0 failed"), "{out}");
}
