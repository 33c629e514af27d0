//! A plugin in TypeScript as a component: one file of its program and the SDK, in QuickJS.

use std::process::Command;

use super::{Source, Work, tool, tools, wrong};
use crate::exit::Failure;

/// What the engine inside has no part in: its own promises never go on, so `async` and its kin become the SDK's.
const LOWERED: [&str; 3] = ["async-await", "async-generator", "for-await"];

/// Builds.
///
/// # Errors
/// A tool is missing, or refuses the program.
pub(super) fn build(source: &Source, work: &Work) -> Result<Vec<u8>, Failure> {
    let tools = tools::npm()?;
    let bin = tools.join("node_modules/.bin");
    let folder = (source.folder.canonicalize()).map_err(|error| wrong(&source.folder, &error))?;
    let program = folder.join(&source.program);
    // Beside the program, so that it finds the same SDK.
    let entry = format!(
        "import {{ component }} from \"crossplug/component\";\nimport * as program from {};\nexport const guest = component({}, program);\n",
        serde_json::Value::from(program.to_string_lossy()),
        source.manifest
    );
    let bundle = work.path("bundle.js");
    let mut esbuild = Command::new(bin.join("esbuild"));
    esbuild.args(["--bundle", "--format=esm", "--platform=neutral"]);
    esbuild.args(["--main-fields=module,main", "--target=es2023"]);
    esbuild.args([
        "--conditions=crossplug-component,import",
        "--log-level=warning",
    ]);
    esbuild.args(LOWERED.map(|feature| format!("--supported:{feature}=false")));
    esbuild.arg(format!("--outfile={}", bundle.display()));
    esbuild.args(["--sourcefile=crossplug-component.js", "--loader=js"]);
    let entry_file = work.path("entry.js");
    std::fs::write(&entry_file, entry).map_err(|error| wrong(&entry_file, &error))?;
    let stdin = std::fs::File::open(&entry_file).map_err(|error| wrong(&entry_file, &error))?;
    // What comes in by stdin is resolved from the current folder.
    let resolved = program.parent().unwrap_or(&folder);
    tool("esbuild", esbuild.stdin(stdin).current_dir(resolved))?;
    let component = work.path("component.wasm");
    let mut componentize = Command::new(bin.join("componentize-qjs"));
    componentize.arg("--wit").arg(work.path("crossplug.wit"));
    componentize
        .args(["--world", "plugin", "--js"])
        .arg(&bundle);
    componentize.arg("--output").arg(&component);
    componentize.args(["--stub-wasi", "--sync", "--opt-size", "--minify"]);
    tool("componentize-qjs", componentize.current_dir(&work.0))?;
    std::fs::read(&component).map_err(|error| wrong(&component, &error))
}
