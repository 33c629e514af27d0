//! Builds Rust plugins as WebAssembly modules, from the crates that are programs elsewhere, and lays them out where tests
//! look for them: `target/guests/<name>.wasm`.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::step::{self, Show};
use crate::tools::{self, wasm};

const TARGET: &str = "wasm32-unknown-unknown";

/// The package, the kind of target, its name, and what the module is called.
const GUESTS: [[&str; 4]; 3] = [
    ["crossplug-plugin", "--example", "subject", "subject"],
    ["example-agent", "--bin", "example-agent-plugin", "agent"],
    [
        "example-textstats",
        "--bin",
        "example-textstats-plugin",
        "textstats",
    ],
];

/// Builds them all.
///
/// # Errors
/// There is no Rust for WebAssembly, or something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    let wasm = wasm::find()?;
    eprintln!("   with {}", wasm.found);
    let laid = root.join("target/guests");
    fs::create_dir_all(&laid)?;
    for [package, kind, name, called] in GUESTS {
        let mut cargo = wasm.cargo();
        // Optimised, as what is loaded would be.
        cargo.args(["build", "--locked", "--release", "--target", TARGET]);
        cargo.args(["--package", package, kind, name]);
        step::run(&format!("module {called}"), &mut cargo, Show::OnFailure)?;
        let folder = root.join("target/wasm").join(TARGET).join("release");
        let folder = match kind {
            "--example" => folder.join("examples"),
            _ => folder,
        };
        let built = folder.join(name).with_extension("wasm");
        let to = laid.join(called).with_extension("wasm");
        // Beside, then renamed: a test that runs meanwhile sees a whole file.
        let beside = laid.join(format!("{called}.part"));
        fs::copy(&built, &beside).with_context(|| format!("no {}", built.display()))?;
        fs::rename(beside, to)?;
    }
    bind(root, &wasm, &laid)?;
    assemble(root, &laid)
}

/// The subject as packages of npm, as `wasm-bindgen --out-dir` makes them: for bundlers, which is what it does unless told
/// otherwise, and for the web.
fn bind(root: &Path, wasm: &wasm::Wasm, laid: &Path) -> anyhow::Result<()> {
    let mut cargo = wasm.cargo();
    cargo.args(["build", "--locked", "--release", "--target", TARGET]);
    cargo.args(["--package", "crossplug-plugin", "--example", "subject"]);
    cargo.args(["--features", "crossplug-plugin/wasm-bindgen"]);
    // It takes the place of the module without it, which has been laid out by now; what both stand on is compiled once.
    step::run("module subject, bound", &mut cargo, Show::OnFailure)?;
    let built = root
        .join("target/wasm")
        .join(TARGET)
        .join("release/examples/subject.wasm");
    for (folder, is_for_web) in [("bound", false), ("bound-web", true)] {
        let mut bindgen = Bindgen::new();
        bindgen.input_path(&built);
        let chosen = if is_for_web {
            bindgen.web(true)
        } else {
            bindgen.bundler(true)
        };
        chosen
            .and_then(|bindgen| bindgen.typescript(true).generate(laid.join(folder)))
            .context("wasm-bindgen")?;
    }
    Ok(())
}

/// Guests that are written by hand, for hosts that read no text: those of tests, and those of Extism's vectors under the
/// names of their cases.
fn assemble(root: &Path, laid: &Path) -> anyhow::Result<()> {
    for folder in ["crates/host/tests/abi", "bindings/typescript/test/guests"] {
        for file in step::files_below(&root.join(folder), &[".wat"])? {
            let name = file.file_stem().context("a file has a name")?;
            let module = wat::parse_file(&file)?;
            fs::write(laid.join(name).with_extension("wasm"), module)?;
        }
    }
    let vectors = root.join("schema/vectors/extism");
    let cases: Value = serde_json::from_slice(&fs::read(vectors.join("cases.json"))?)?;
    let kit = guest_kit()?;
    let folder = laid.join("extism");
    fs::create_dir_all(&folder)?;
    for case in cases
        .get("cases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let said = |member: &str| case.get(member).and_then(Value::as_str);
        let name = said("case").context("a case has a name")?;
        let given = match (said("wat"), said("module"), said("kit"), said("guest")) {
            (Some(text), ..) => text.as_bytes().to_vec(),
            (_, Some(file), ..) => fs::read(vectors.join(file))?,
            (_, _, Some(file), _) => fs::read(kit.join(file))?,
            (.., Some(guest)) => fs::read(laid.join(guest).with_extension("wasm"))?,
            _ => anyhow::bail!(
                "{name}: a case has a `wat`, a `module`, a file of the `kit` or a `guest`"
            ),
        };
        // What is no module stays what it is.
        let module = wat::parse_bytes(&given).map_or_else(|_| given.clone(), Cow::into_owned);
        fs::write(folder.join(name).with_extension("wasm"), module)?;
    }
    Ok(())
}

/// Where cargo keeps the sources of the published guest kit, which carry modules that others built.
fn guest_kit() -> anyhow::Result<PathBuf> {
    let mut cargo = tools::cargo();
    cargo.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_slice(&cargo.output()?.stdout)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let kit = packages
        .into_iter()
        .flatten()
        .find(|package| package.get("name").is_some_and(|name| name == "extism-pdk"));
    let manifest = kit.and_then(|kit| kit.get("manifest_path")?.as_str());
    let manifest = Path::new(manifest.context("cargo knows no extism-pdk")?);
    Ok(manifest
        .parent()
        .context("a manifest lies in a folder")?
        .to_owned())
}
