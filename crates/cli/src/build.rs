//! `crossplug build`: makes of a plugin what a door of a host needs. Today: a WebAssembly component of a plugin in Python or
//! TypeScript. Must not know what the tools of a language are called.

mod python;
mod section;
mod tools;
mod typescript;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::args::Build;
use crate::exit::{Exit, Failure};
use crate::{output, talk};

/// What a component of a plugin exports.
const WORLD: &str = include_str!("../../../schema/crossplug.wit");

/// A plugin that is to be built.
struct Source {
    folder: PathBuf,
    manifest: Value,
    /// The program of its process door, relative to the folder.
    program: PathBuf,
}

/// Builds, and prints the file.
///
/// # Errors
/// No manifest, a language that has no component, a tool that is missing or refuses.
pub(crate) fn run(arguments: &Build) -> Result<(), Failure> {
    let text = std::fs::read_to_string(arguments.dir.join("plugin.json"))
        .map_err(|error| usage(&arguments.dir.join("plugin.json"), &error.to_string()))?;
    let manifest: Value = serde_json::from_str(&text)
        .map_err(|error| usage(&arguments.dir.join("plugin.json"), &error.to_string()))?;
    let language = manifest.get("language").and_then(Value::as_str);
    let build = match language {
        Some("typescript") => typescript::build,
        Some("python") => python::build,
        Some("rust") => {
            let cure = "cargo build --release --target wasm32-unknown-unknown";
            return Err(Failure::usage(format!(
                "a plugin in Rust is a module by itself: {cure}"
            )));
        }
        _ => {
            return Err(usage(
                &arguments.dir.join("plugin.json"),
                "`language` is neither `python` nor `typescript`: nothing can be built of it",
            ));
        }
    };
    let source = Source {
        program: (arguments.program.clone())
            .or_else(|| program(&manifest, language == Some("python")))
            .ok_or_else(|| {
                let what =
                    "no process door starts a program of the language; name it with --program";
                usage(&arguments.dir.join("plugin.json"), what)
            })?,
        folder: arguments.dir.clone(),
        manifest,
    };
    let name = source.manifest.get("name").and_then(Value::as_str);
    let out = (arguments.out.clone()).unwrap_or_else(|| {
        arguments
            .dir
            .join(format!("{}.wasm", name.unwrap_or("plugin")))
    });
    let work = Work::new(&out)?;
    std::fs::write(work.path("crossplug.wit"), WORLD).map_err(|error| wrong(&work.0, &error))?;
    let mut component = build(&source, &work)?;
    section::append(&mut component, "crossplug.manifest", text.as_bytes());
    let beside = work.path("whole.wasm");
    std::fs::write(&beside, &component)
        .and_then(|()| std::fs::rename(&beside, &out))
        .map_err(|error| wrong(&out, &error))?;
    talk::line(&format!(
        "made a component of {} bytes; name it in plugin.json: \"doors\": {{\"wasm\": {{\"path\": …}}}}, or load it as it is",
        component.len()
    ));
    output::line(&out.display().to_string())
}

/// The program that the process door starts, or that the module door imports.
fn program(manifest: &Value, is_python: bool) -> Option<PathBuf> {
    let endings: &[&str] = match is_python {
        true => &["py"],
        false => &["js", "mjs", "ts", "mts"],
    };
    let command = manifest.pointer("/doors/process/command")?.as_array()?;
    let paths = command.iter().filter_map(Value::as_str).map(Path::new);
    let mut programs = paths.filter(|path| {
        (path.extension().and_then(|ending| ending.to_str()))
            .is_some_and(|ending| endings.contains(&ending))
    });
    programs.next().map(Path::to_owned)
}

/// A folder for what is made on the way, beside the file that is to be made; gone when it is dropped.
struct Work(PathBuf);

impl Work {
    fn new(out: &Path) -> Result<Self, Failure> {
        let beside = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = beside.unwrap_or(Path::new("."));
        let folder = folder.join(format!(".crossplug-build-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| wrong(&folder, &error))?;
        // Tools run in folders of their own.
        let whole = folder
            .canonicalize()
            .map_err(|error| wrong(&folder, &error))?;
        Ok(Self(whole))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a tool; what it says is shown only if it fails.
fn tool(what: &str, command: &mut Command) -> Result<String, Failure> {
    let ran = command.output().map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        Failure::new(
            Exit::Unavailable,
            format!("{what}: `{program}` cannot be started: {error}"),
        )
    })?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    if ran.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&ran.stderr);
    let text = format!("{}\n{}", said.trim(), complaint.trim());
    Err(Failure::new(
        Exit::Unavailable,
        format!("{what} failed with {}: {}", ran.status, text.trim()),
    ))
}

fn usage(path: &Path, what: &str) -> Failure {
    Failure::usage(format!("{}: {what}", path.display()))
}

fn wrong(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("{}: {error}", path.display()))
}
