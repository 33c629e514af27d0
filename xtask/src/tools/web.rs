//! The session and the policy of hosts as WebAssembly, for the TypeScript package: compiled, and given their JavaScript by
//! wasm-bindgen, which is a library of this program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;

use super::wasm;
use crate::step::{self, Show};

const TARGET: &str = "wasm32-unknown-unknown";
/// A profile of the workspace.
const PROFILE: &str = "web";
/// Where the package's `imports` map looks.
const PACKAGE: &str = "bindings/typescript/wasm/pkg";

/// Builds `bindings/typescript/wasm/pkg`, unless nothing changed that it is made of.
///
/// # Errors
/// No compiler for wasm32, or the crate does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    let package = root.join(PACKAGE);
    let mut inputs: Vec<PathBuf> = vec![root.join("Cargo.lock"), root.join("Cargo.toml")];
    for room in [
        "bindings/typescript/wasm",
        "crates/policy/src",
        "crates/protocol/src",
    ] {
        inputs.extend(step::files_below(&root.join(room), &[".rs", "Cargo.toml"])?);
    }
    if !package.join("session_bg.wasm").is_file() {
        step::forget("web")?;
    }
    step::unless_done("web", &inputs, || {
        let mut command = wasm::find()?.cargo();
        command.args(["build", "--locked", "--package", "crossplug-typescript"]);
        command.args(["--target", TARGET, "--profile", PROFILE]);
        step::run("session for wasm32", &mut command, Show::OnFailure)?;
        let module = root
            .join("target/wasm")
            .join(TARGET)
            .join(PROFILE)
            .join("crossplug_typescript.wasm");
        // What an earlier version left must not be packed.
        if package.exists() {
            fs::remove_dir_all(&package)?;
        }
        Bindgen::new()
            .input_path(module)
            .out_name("session")
            .remove_name_section(true)
            .web(true)
            .and_then(|bindgen| bindgen.typescript(true).generate(&package))
            .context("wasm-bindgen")
    })
}
