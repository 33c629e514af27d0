//! A plugin in TypeScript as a component: one file of its program and the SDK, in QuickJS.

use std::path::Path;
use std::process::Command;

use super::super::{Folder, Source, WORLD, tool, tools, wrong};
use super::bundled;
use crate::exit::Failure;

/// What the engine inside has no part in: its own promises never go on, so `async` and its kin become the SDK's.
const LOWERED: [&str; 3] = ["async-await", "async-generator", "for-await"];

/// Builds.
///
/// # Errors
/// A tool is missing, or refuses the program.
pub(super) fn build(source: &Source, program: &Path, folder: &Folder) -> Result<Vec<u8>, Failure> {
    let bin = tools::npm()?;
    let program = source.folder.join(program);
    // Beside the program, so that it finds the same SDK.
    let entry = format!(
        "import {{ component }} from \"crossplug/component\";\nimport * as program from {};\nexport const guest = component({}, program);\n",
        serde_json::Value::from(program.to_string_lossy()),
        source.manifest
    );
    let bundle = folder.work("component.js");
    let mut esbuild = tools::esbuild()?;
    esbuild.args(["--bundle", "--format=esm", "--platform=neutral"]);
    esbuild.args(["--main-fields=module,main", "--target=es2023"]);
    esbuild.args([
        "--conditions=crossplug-component,import",
        "--log-level=warning",
    ]);
    esbuild.args(LOWERED.map(|feature| format!("--supported:{feature}=false")));
    esbuild.arg(format!("--outfile={}", bundle.display()));
    esbuild.args(["--sourcefile=crossplug-component.js", "--loader=js"]);
    let entry_file = folder.work("entry.js");
    std::fs::write(&entry_file, entry).map_err(|error| wrong(&entry_file, &error))?;
    let stdin = std::fs::File::open(&entry_file).map_err(|error| wrong(&entry_file, &error))?;
    // What comes in by stdin is resolved from the current folder.
    let resolved = program.parent().unwrap_or(&source.folder);
    bundled(esbuild.stdin(stdin).current_dir(resolved))?;
    let world = folder.work("crossplug.wit");
    std::fs::write(&world, WORLD).map_err(|error| wrong(&world, &error))?;
    let component = folder.work("component.wasm");
    let mut componentize = Command::new(bin.join("componentize-qjs"));
    componentize.arg("--wit").arg(&world);
    componentize
        .args(["--world", "plugin", "--js"])
        .arg(&bundle);
    componentize.arg("--output").arg(&component);
    componentize.args(["--stub-wasi", "--sync", "--opt-size", "--minify"]);
    let work = component.parent().unwrap_or(&source.folder);
    tool("componentize-qjs", componentize.current_dir(work))?;
    std::fs::read(&component).map_err(|error| wrong(&component, &error))
}
