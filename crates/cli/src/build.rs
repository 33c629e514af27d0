//! `crossplug build`: makes of a plugin's source a folder that hosts load, with a way in for each door; of a module that is
//! there already, a component. Must not know what the tools of a language are called.

mod folder;
mod outline;
mod python;
mod rust;
mod section;
mod source;
mod tools;
mod typescript;
mod way;
mod wrap;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::args::{Build, BuildDoor};
use crate::exit::{Exit, Failure};
use crate::{output, talk};
use folder::Folder;
use source::{Language, Source};
use way::Way;

/// What a component of a plugin exports.
const WORLD: &str = include_str!("../../../schema/crossplug.wit");
/// The section of a module or component that holds its manifest.
const MANIFEST: &str = "crossplug.manifest";

/// What a language does: looks at the project first, so that nobody compiles for minutes to be told of a missing line.
trait Builder {
    /// Builds for one door and gives what the manifest says of it.
    fn build(&self, way: Way, folder: &Folder) -> Result<Value, Failure>;
}

/// Builds, and prints the folder.
///
/// # Errors
/// No manifest, a door that the language does not have, a tool that is missing or refuses.
pub(crate) fn run(arguments: &Build) -> Result<(), Failure> {
    if wrap::is_module(&arguments.path) {
        if arguments.door.iter().any(|door| *door != BuildDoor::Wasm) {
            let what = "is a module, of which a component is made and nothing else";
            return Err(usage(&arguments.path, what));
        }
        let file = wrap::file(&arguments.path, arguments.out.as_deref())?;
        return match arguments.json {
            true => output::compact(&json!({ "file": file })),
            false => output::line(&file.display().to_string()),
        };
    }
    let source = Source::read(&arguments.path)?;
    let ways = way::chosen(source.language, &arguments.door)?;
    let builder: Box<dyn Builder> = match source.language {
        Language::Rust => Box::new(rust::Crate::look(&source, &ways, arguments)?),
        Language::Python => Box::new(python::Program::look(&source, &ways, arguments)?),
        Language::Typescript => Box::new(typescript::Program::look(&source, &ways, arguments)?),
    };
    let out = (arguments.out.clone()).unwrap_or_else(|| source.folder.join("build"));
    let mut folder = Folder::open(&out, &source)?;
    for way in ways {
        talk::line(&format!("building for {way}"));
        let door = builder.build(way, &folder)?;
        folder.has(way, door);
    }
    for path in &arguments.with {
        folder.copy(&source, path)?;
    }
    let doors = folder.close(&source)?;
    if arguments.json {
        return output::compact(&json!({ "folder": out, "doors": doors }));
    }
    output::line(&out.display().to_string())
}

/// Runs a tool; what it says is shown only if it fails.
fn tool(what: &str, command: &mut Command) -> Result<String, Failure> {
    let ran = command
        .output()
        .map_err(|error| missing(what, command, &error))?;
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

/// A tool that is not there, and where its kind comes from.
fn missing(what: &str, command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    let name = Path::new(&program).file_name().unwrap_or_default();
    let cure = match name.to_string_lossy().as_ref() {
        "cargo" | "rustc" => "; install Rust (https://rustup.rs), or name it in CARGO and RUSTC",
        "npm" | "node" => "; install Node 20 or newer, which brings npm",
        name if name.starts_with("python") => {
            "; install Python 3.10 or newer, or name an interpreter in CROSSPLUG_PYTHON"
        }
        _ => "",
    };
    Failure::new(
        Exit::Unavailable,
        format!("{what}: `{program}` cannot be started: {error}{cure}"),
    )
}

fn usage(path: &Path, what: &str) -> Failure {
    Failure::usage(format!("{}: {what}", path.display()))
}

fn wrong(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("{}: {error}", path.display()))
}
