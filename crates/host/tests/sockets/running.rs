//! A subject of an SDK that runs by itself, and the folder of its manifest.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "a-secret-of-the-tests";

pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Whether a program of the tests is there. A missing one is a named skip for a person, and a failure where everything must
/// be there.
pub(crate) fn is_there(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{program} is missing"
    );
    if !found {
        println!("skipped: {program} is missing");
    }
    found
}

/// What starts the subject of each SDK that is there.
pub(crate) fn subjects() -> Vec<(&'static str, Vec<PathBuf>)> {
    let mut found = vec![("rust", vec![rust()])];
    if is_there("python3") {
        let program = checkout().join("bindings/python/subject/plugin.py");
        found.push(("python", vec!["python3".into(), program]));
    }
    let program = checkout().join("bindings/typescript/subject/dist/plugin.js");
    if is_there("node") && program.exists() {
        found.push(("typescript", vec!["node".into(), program]));
    }
    found
}

/// Where it was built already, this is quick.
pub(crate) fn rust() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let package = ["xtask", "programs", "--example", "subject"];
        let built = Command::new(cargo)
            .args(package)
            .current_dir(checkout())
            .status();
        assert!(built.unwrap().success());
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().join("examples/subject")
    };
    BUILT.get_or_init(build).clone()
}

/// A plugin's folder, whose name is short enough for sockets in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// With a manifest that has this socket door.
    pub(crate) fn new(door: &Value) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cp")
            .tempdir_in("/tmp")
            .unwrap();
        let text = std::fs::read_to_string(checkout().join("bindings/python/subject/plugin.json"));
        let mut manifest: Value = serde_json::from_str(&text.unwrap()).unwrap();
        manifest["doors"] = json!({ "socket": door });
        std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
        let mut run = std::fs::DirBuilder::new();
        run.mode(0o700).create(folder.path().join("run")).unwrap();
        Self(folder)
    }

    /// Whose plugin listens on a Unix socket.
    pub(crate) fn of_listener() -> Self {
        Self::new(&json!({ "unix": "run/p.sock" }))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join("run/p.sock")
    }

    pub(crate) fn unix(&self) -> String {
        format!("unix:{}", self.socket().display())
    }
}

/// A plugin that runs by itself. Dropped, it is killed.
pub(crate) struct Running {
    pub(crate) process: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Running {
    /// One that listens, and the first line that it says.
    pub(crate) fn listen(
        command: &[PathBuf],
        folder: &Folder,
        address: &str,
        token: Option<&str>,
    ) -> Self {
        let mut process = start(command, folder, &["--listen", address], token);
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("it says {line:?}"));
        let address = said["listening"].as_str().unwrap().to_owned();
        Self { process, address }
    }

    /// One that connects.
    pub(crate) fn connect(
        command: &[PathBuf],
        folder: &Folder,
        address: &str,
        token: Option<&str>,
    ) -> Self {
        let process = start(command, folder, &["--connect", address], token);
        let address = address.to_owned();
        Self { process, address }
    }
}

pub(crate) fn start(
    command: &[PathBuf],
    folder: &Folder,
    arguments: &[&str],
    token: Option<&str>,
) -> Child {
    let (program, rest) = command.split_first().unwrap();
    let mut command = Command::new(program);
    command
        .args(rest)
        .args(arguments)
        .env("CROSSPLUG_MANIFEST", folder.path().join("plugin.json"))
        .env_remove("CROSSPLUG_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(token) = token {
        command.env("CROSSPLUG_TOKEN", token);
    }
    command.spawn().unwrap()
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
