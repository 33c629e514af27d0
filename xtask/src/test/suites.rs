//! Runs the test programs of Rust crates, two at a time: the longer ones wait for what they start more than they compute.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{Counts, Outcome};
use crate::programs;
use crate::step::{self, Show};
use crate::tools::{self, python};

/// How many run at once.
const AT_ONCE: usize = 2;

/// What takes a minute and more; the names of packages and programs.
const LONGEST: [&str; 5] = [
    "conformance, rogues",
    "conformance, subjects",
    "cli, program",
    "host, abi",
    "idl, rust_documents",
];

/// A test program.
struct Suite {
    name: String,
    program: PathBuf,
    /// Of its package, where cargo would run it.
    folder: PathBuf,
}

/// Builds the test programs of all packages and runs them, then the tests in their documentation.
///
/// # Errors
/// Something does not build, or a test fails.
pub(super) fn run(root: &Path) -> Outcome {
    let mut all = Vec::new();
    for (name, packages) in programs::FAMILIES {
        all.extend(suites(name, packages)?);
    }
    // The longest ones first, and then the larger ones: the last one to end is short.
    all.sort_by_key(|suite| {
        let is_long = LONGEST.contains(&suite.name.as_str());
        let size = std::fs::metadata(&suite.program).map_or(0, |file| file.len());
        (is_long, size)
    });
    let waiting = Mutex::new(all);
    let path = python::path_with(root)?;
    let done = Mutex::new((Counts::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    // By itself: what is matched on would stay locked until the program has ended.
                    let next = locked(&waiting).pop();
                    let Some(suite) = next else { return };
                    let mut command = Command::new(&suite.program);
                    command.current_dir(&suite.folder).env("PATH", &path);
                    command.env("CARGO_MANIFEST_DIR", &suite.folder);
                    command.arg("--show-output").stdin(Stdio::null());
                    let began = Instant::now();
                    let ended = command.output();
                    let seconds = began.elapsed().as_secs_f32();
                    // What two of them say is not mixed.
                    let (counts, failed) = &mut *locked(&done);
                    println!("── {} ({seconds:.1} s)", suite.name);
                    match ended {
                        Ok(output) => {
                            let said = String::from_utf8_lossy(&output.stdout);
                            print!("{said}");
                            eprint!("{}", String::from_utf8_lossy(&output.stderr));
                            counts.add(Counts::read(&said));
                            if !output.status.success() {
                                failed.push(suite.name);
                            }
                        }
                        Err(error) => failed.push(format!("{} ({error})", suite.name)),
                    }
                }
            });
        }
    });
    let (mut counts, mut failed) = done.into_inner().unwrap_or_default();
    for (name, packages) in programs::FAMILIES {
        let mut documented = tools::cargo();
        documented.args(["test", "--doc"]).args(packages);
        documented.arg("--no-fail-fast").env("PATH", &path);
        let what = format!("cargo test --doc{name}");
        match step::run(&what, &mut documented, Show::Always) {
            Ok(output) => counts.add(Counts::read(&output)),
            Err(error) => failed.push(format!("{error:#}")),
        }
    }
    if !failed.is_empty() {
        bail!("{} failed: {}", failed.len(), failed.join(", "));
    }
    Ok(counts)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The programs, as cargo tells where it put them.
fn suites(name: &str, packages: &[&str]) -> anyhow::Result<Vec<Suite>> {
    let mut cargo = tools::cargo();
    cargo.args(["test", "--no-run"]).args(packages);
    cargo.arg("--message-format=json-render-diagnostics");
    let what = format!("test programs{name}");
    let told = step::run(&what, &mut cargo, Show::OnFailure)?;
    let mut suites = Vec::new();
    for line in told.lines().filter(|line| line.starts_with('{')) {
        let artifact: Value = serde_json::from_str(line).context("what cargo says")?;
        let at = |path: &str| artifact.pointer(path).and_then(Value::as_str);
        let Some(program) = at("/executable") else {
            continue;
        };
        if artifact.pointer("/profile/test") != Some(&Value::Bool(true)) {
            continue;
        }
        let manifest = at("/manifest_path").unwrap_or_default();
        let folder = Path::new(manifest).parent().context("a package's folder")?;
        let package = folder.file_name().unwrap_or_default().to_string_lossy();
        let target = at("/target/name").unwrap_or_default();
        suites.push(Suite {
            name: format!("{package}, {target}"),
            program: program.into(),
            folder: folder.to_owned(),
        });
    }
    if suites.is_empty() {
        bail!("cargo has told of no test program");
    }
    Ok(suites)
}
