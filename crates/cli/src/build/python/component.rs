//! A plugin in Python as a component: the SDK, the program and CPython, as they are once the program has been imported.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::{Folder, Source, WORLD, tool, tools, wrong};
use crate::exit::{Exit, Failure};

/// The module that the component is made of.
const COMPONENT: &str = include_str!("component.py");
/// Parts of the SDK that no plugin needs.
const LEFT_OUT: [&str; 3] = ["__pycache__", "host", "testing"];

/// Builds.
///
/// # Errors
/// A tool is missing, or refuses the program.
pub(super) fn build(
    source: &Source,
    program: &Path,
    python: &str,
    folder: &Folder,
) -> Result<Vec<u8>, Failure> {
    let tools = tools::pypi(python)?;
    let work = folder.work("component");
    copy(&sdk(python)?, &work.join("crossplug"))?;
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let written = [
        ("crossplug.wit", WORLD.to_owned()),
        ("crossplug_component.py", COMPONENT.to_owned()),
        (
            "crossplug_program.py",
            format!(
                "import json\n\nNAME = {}\nMANIFEST = json.loads({})\n",
                text(&name),
                text(&source.manifest.to_string())
            ),
        ),
    ];
    for (file, contents) in written {
        let file = work.join(file);
        std::fs::write(&file, contents).map_err(|error| wrong(&file, &error))?;
    }
    let component = work.join("component.wasm");
    let mut componentize = Command::new(python);
    let start =
        "import sys; sys.argv[0] = 'componentize-py'; from componentize_py import script; script()";
    componentize.args(["-c", start]).env("PYTHONPATH", &tools);
    componentize
        .arg("--wit-path")
        .arg(work.join("crossplug.wit"));
    componentize.args(["--world", "plugin", "componentize", "--stub-wasi"]);
    let program = source.folder.join(program);
    for path in [&*work, program.parent().unwrap_or(&source.folder)] {
        componentize.arg("--python-path").arg(path);
    }
    componentize.arg("--output").arg(&component);
    componentize.arg("crossplug_component");
    tool("componentize-py", componentize.current_dir(&work))?;
    std::fs::read(&component).map_err(|error| wrong(&component, &error))
}

/// Where the SDK of the interpreter lies.
fn sdk(python: &str) -> Result<PathBuf, Failure> {
    let mut ask = Command::new(python);
    ask.args(["-c", "import crossplug; print(crossplug.__path__[0])"]);
    let said = tool("looking for the SDK", &mut ask).map_err(|failure| {
        let cure = "install `crossplug` for it, or name another interpreter in CROSSPLUG_PYTHON";
        Failure::new(Exit::Unavailable, format!("{failure}; {cure}"))
    })?;
    Ok(PathBuf::from(said.trim()))
}

/// Copies the SDK's modules, and nothing native.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to).map_err(|error| wrong(to, &error))?;
    let entries = std::fs::read_dir(from).map_err(|error| wrong(from, &error))?;
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                copy(&path, &to.join(name))?;
            }
        } else if path.extension().is_some_and(|ending| ending == "py") {
            std::fs::copy(&path, to.join(name)).map_err(|error| wrong(&path, &error))?;
        }
    }
    Ok(())
}
