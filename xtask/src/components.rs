//! Builds plugins as WebAssembly components, with the program that users have for it, and lays them
//! out where tests look for them: `target/guests/<name>.wasm`. What did not change is not built again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::step::{self, Show};
use crate::tools::{self, wasm};
use crate::{examples, programs};

/// Where a plugin lies, which of its programs is meant, and what the component is called.
const COMPONENTS: [[&str; 3]; 2] = [
    [
        "bindings/typescript/subject",
        "dist/plugin.js",
        "subject-typescript",
    ],
    ["bindings/python/subject", "awaiting.py", "subject-python"],
];
/// Examples whose components tests look for by themselves.
const EXAMPLES: [&str; 3] = ["agent-typescript", "textstats-typescript", "agent-python"];

/// Builds those whose program, SDK or way of building has changed.
///
/// # Errors
/// There is no Python, no Node or no registry, or something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    examples::build(root)?;
    let laid = root.join("target/guests");
    std::fs::create_dir_all(&laid)?;
    rust(root, &laid)?;
    for [folder, program, called] in COMPONENTS {
        let out = laid.join(called).with_extension("wasm");
        let stamp = format!("component-{called}");
        if !out.exists() {
            step::forget(&stamp)?;
        }
        step::unless_done(&stamp, &inputs(root, folder)?, || {
            let mut crossplug = examples::building(root, &tools::cargo())?;
            let made = root.join("target/guests/made").join(called);
            crossplug.arg(root.join(folder)).arg("--out").arg(&made);
            crossplug.args(["--door", "wasm", "--program", program]);
            let name = format!("component {called}");
            step::run(&name, &mut crossplug, Show::OnFailure)?;
            copy(&made.join("conformance-subject.wasm"), &out)
        })?;
    }
    for example in EXAMPLES {
        let made = root.join("target/plugins").join(example);
        let made = made.join(format!("example-{example}.wasm"));
        copy(&made, &laid.join(example).with_extension("wasm"))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::copy(from, to).with_context(|| format!("no {}", from.display()))?;
    Ok(())
}

/// The subject of the Rust SDK: its module, with a way out for what a panic says, and what `crossplug` puts around it.
fn rust(root: &Path, laid: &Path) -> anyhow::Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let mut cargo = wasm::find()?.cargo();
    cargo.args(["build", "--locked", "--release", "--target", TARGET]);
    cargo.args(["--package", "crossplug-plugin", "--example", "subject"]);
    cargo.args(["--features", "crossplug-plugin/component"]);
    step::run(
        "module for component subject-rust",
        &mut cargo,
        Show::OnFailure,
    )?;
    let built = root
        .join("target/wasm")
        .join(TARGET)
        .join("release/examples");
    let mut crossplug = Command::new(programs::crossplug(root));
    crossplug.arg("build").arg(built.join("subject.wasm"));
    crossplug.arg("--out").arg(laid.join("subject-rust.wasm"));
    step::run("component subject-rust", &mut crossplug, Show::OnFailure).map(drop)
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
