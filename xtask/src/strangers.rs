//! Builds the examples in languages without an SDK of ours as WebAssembly modules, each with its language's own compiler, and
//! lays them out as folders that a host can load: `target/plugins/<scenario>-<language>/`. What did not change stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, Show};
use crate::tools::{node, zig};

/// The examples in C and Zig.
///
/// # Errors
/// There is no Zig, or something does not build.
pub(crate) fn shout(root: &Path) -> anyhow::Result<()> {
    let source = root.join("examples/shout");
    for (language, file) in [("c", "module.c"), ("zig", "module.zig")] {
        let folder = folder(root, "shout", language);
        let module = folder.join("shout.wasm");
        let inputs = [source.join(file), source.join("plugin.wasm.json")];
        unless_built(&format!("shout-{language}"), &module, &inputs, || {
            let manifest = fs::read_to_string(source.join("plugin.wasm.json"))?;
            fs::write(
                folder.join("plugin.json"),
                manifest.replace("LANGUAGE", language),
            )?;
            let mut zig = if language == "c" {
                let mut zig = c_for_wasm(root)?;
                zig.arg(&module);
                zig
            } else {
                let mut zig = zig::find(root)?;
                zig.args(["build-exe", "-target", "wasm32-freestanding"]);
                zig.args(["-fno-entry", "-rdynamic", "-O", "ReleaseSmall"]);
                zig.arg(format!("-femit-bin={}", module.display()));
                zig
            };
            zig.arg(source.join(file)).current_dir(&folder);
            compile(&format!("module shout in {language}"), &mut zig)
        })?;
    }
    Ok(())
}

/// A compiler of C for WebAssembly; what it makes and of what follow.
///
/// # Errors
/// There is no Zig.
pub(crate) fn c_for_wasm(root: &Path) -> anyhow::Result<Command> {
    let mut zig = zig::find(root)?;
    zig.args(["cc", "-target", "wasm32-freestanding", "-O2", "-s"]);
    zig.args(["-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-o"]);
    Ok(zig)
}

/// The example in AssemblyScript, by the very command that elizaOS's README gives.
///
/// # Errors
/// There is no Node, or it does not build.
pub(crate) fn agent(root: &Path) -> anyhow::Result<()> {
    node::install(root)?;
    let source = root.join("examples/agent/assemblyscript");
    let folder = folder(root, "agent", "assemblyscript");
    let mut inputs = step::files_below(&source, &[".ts"])?;
    inputs.push(source.join("plugin.json"));
    let module = folder.join("dist/plugin.wasm");
    unless_built("agent-assemblyscript", &module, &inputs, || {
        for file in &inputs {
            let to = folder.join(file.strip_prefix(&source)?);
            fs::create_dir_all(to.parent().unwrap_or(&folder))?;
            fs::copy(file, to)?;
        }
        let mut asc = node::tool(root, "asc");
        asc.args(["src/index.ts", "-o", "dist/plugin.wasm"]);
        compile("module agent in AssemblyScript", asc.current_dir(&folder))
    })
}

fn folder(root: &Path, scenario: &str, language: &str) -> PathBuf {
    root.join("target/plugins")
        .join(format!("{scenario}-{language}"))
}

fn unless_built(
    name: &str,
    module: &Path,
    inputs: &[PathBuf],
    build: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stamp = format!("stranger-{name}");
    if !module.exists() {
        step::forget(&stamp)?;
    }
    if let Some(folder) = module.parent() {
        fs::create_dir_all(folder)?;
    }
    step::unless_done(&stamp, inputs, build)
}

fn compile(name: &str, compiler: &mut Command) -> anyhow::Result<()> {
    step::run(name, compiler, Show::OnFailure).map(drop)
}
