//! Builds plugins in TypeScript and Python as WebAssembly components, with the program that users have for it, and lays them
//! out where tests look for them: `target/guests/<name>.wasm`. What did not change is not built again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::step::{self, Show};
use crate::tools::python;
use crate::{examples, programs};

/// Where a plugin lies, which of its programs is meant, and what the component is called.
const COMPONENTS: [[&str; 3]; 5] = [
    [
        "bindings/typescript/subject",
        "dist/plugin.js",
        "subject-typescript",
    ],
    ["bindings/python/subject", "awaiting.py", "subject-python"],
    [
        "target/plugins/agent-typescript",
        "plugin.js",
        "agent-typescript",
    ],
    [
        "target/plugins/textstats-typescript",
        "plugin.js",
        "textstats-typescript",
    ],
    ["target/plugins/agent-python", "plugin.py", "agent-python"],
];

/// Builds those whose program, SDK or way of building has changed.
///
/// # Errors
/// There is no Python, no Node or no registry, or something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    examples::build(root)?;
    let laid = root.join("target/guests");
    std::fs::create_dir_all(&laid)?;
    for [folder, program, called] in COMPONENTS {
        let out = laid.join(called).with_extension("wasm");
        let stamp = format!("component-{called}");
        if !out.exists() {
            step::forget(&stamp)?;
        }
        step::unless_done(&stamp, &inputs(root, folder)?, || {
            let mut crossplug = Command::new(programs::crossplug(root));
            crossplug.arg("build").arg(root.join(folder));
            crossplug.args(["--door", "wasm", "--program", program, "--out"]);
            crossplug.arg(&out).env("PATH", python::path_with(root)?);
            crossplug.env("CROSSPLUG_TOOLS", root.join("target/tools"));
            let name = format!("component {called}");
            step::run(&name, &mut crossplug, Show::OnFailure).map(drop)
        })?;
    }
    Ok(())
}

/// Everything that a component is made of.
fn inputs(root: &Path, folder: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (sdk, ending) = match folder.contains("typescript") {
        true => ("bindings/typescript/dist", ".js"),
        false => ("bindings/python/src/crossplug", ".py"),
    };
    let mut inputs = vec![
        root.join("schema/crossplug.wit"),
        root.join("crates/cli/src/build.rs"),
        root.join(folder).join("plugin.json"),
    ];
    for folder in [root.join("crates/cli/src/build"), root.join(folder)] {
        inputs.extend(step::files_below(&folder, &[".rs", ".py", ".js", ".ts"])?);
    }
    let sdk = root.join(sdk);
    inputs.extend(step::files_below(&sdk, &[ending]).context("the SDK")?);
    Ok(inputs)
}
