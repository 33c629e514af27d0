//! Plugins in folders of their own, and the program run on them.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a `plugin.json` in it.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    /// A plugin that is a shell script.
    pub(crate) fn script(text: &str) -> Self {
        let stage = Self::manifest(&json!({
            "name": "bare", "description": "No SDK.", "version": "1.0.0", "language": "shell",
            "interfaces": {"bare": "1"},
            "doors": {"process": {"command": ["sh", "bare.sh"]}},
            "permissions": {"services": ["bare.answer"], "events": {"emit": ["bare:*"]}, "env": ["BARE_SECRET"]},
            "config": {"kept": true, "size": 1},
        }));
        std::fs::write(stage.path().join("bare.sh"), text).unwrap();
        stage
    }

    /// The plugin `bare.sh`.
    pub(crate) fn bare() -> Self {
        Self::script(include_str!("bare.sh"))
    }

    /// A folder with this manifest alone.
    pub(crate) fn manifest(manifest: &Value) -> Self {
        Self::text(&manifest.to_string())
    }

    /// A folder with this text as its manifest.
    pub(crate) fn text(manifest: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("plugin.json"), manifest).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `crossplug call` on the plugin.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        let path = self.path().to_str().unwrap();
        run([&["call", path], arguments].concat())
    }
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Each line of stdout as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let read =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.out.lines().map(read).collect()
    }

    /// All of stdout as JSON.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error} in {}\n{}", self.out, self.err))
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    /// Every part is in what was said to the person.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.err.contains(part),
                "`{part}` is not in stderr:\n{}",
                self.err
            );
        }
        self
    }
}

/// The program.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossplug"));
    command.env_remove("NO_COLOR");
    command
}

/// Runs the program without input.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    ran(program()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap())
}

/// Runs the program on an input.
pub(crate) fn run_on<S: AsRef<OsStr>>(input: &str, arguments: impl IntoIterator<Item = S>) -> Ran {
    let mut child = program()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading; what then happens to the rest is not the point.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// The root of the checkout.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}
