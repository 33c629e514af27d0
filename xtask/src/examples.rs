//! Builds the examples of every language, for every door: each plugin is a folder that `crossplug build` made,
//! `target/plugins/<scenario>-<language>/`. What did not change is not built again.

mod readme;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::programs;
use crate::step::{self, Show};
use crate::test::{Counts, Outcome};
use crate::tools::{self, node, python, wasm};

/// The scenarios under `examples/`.
pub(crate) const SCENARIOS: [&str; 2] = ["agent", "textstats"];

/// The languages of each, with the ending of their files.
pub(crate) const LANGUAGES: [(&str, &str); 3] =
    [("rust", "rs"), ("python", "py"), ("typescript", "ts")];

/// The folder of a built plugin.
pub(crate) fn folder(root: &Path, scenario: &str, language: &str) -> PathBuf {
    root.join("target/plugins")
        .join(format!("{scenario}-{language}"))
}

/// The host of a scenario in a language; its arguments are a folder, a file and a door.
///
/// # Errors
/// There is no Python.
pub(crate) fn host(root: &Path, scenario: &str, language: &str) -> anyhow::Result<Command> {
    let suffix = std::env::consts::EXE_SUFFIX;
    let mut command = match language {
        "python" => Command::new(python::interpreter(root)?),
        "rust" => Command::new(root.join(format!("target/debug/example-{scenario}-host{suffix}"))),
        _ => Command::new("node"),
    };
    match language {
        "python" => command.arg(root.join("examples").join(scenario).join("host.py")),
        "rust" => &mut command,
        _ => command.arg(root.join("target/examples").join(scenario).join("host.js")),
    };
    Ok(command)
}

/// Builds every plugin and host of the examples.
///
/// # Errors
/// A toolchain is missing, or something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    python::interpreter(root)?;
    node::build(root)?;
    programs::build()?;
    let inputs = step::files_below(&root.join("examples"), &[".ts", "tsconfig.json"])?;
    step::unless_done("examples-typescript", &inputs, || {
        let mut tsc = node::tool(root, "tsc");
        tsc.args(["-p", "examples/tsconfig.json"]);
        step::run("examples in TypeScript", &mut tsc, Show::OnFailure).map(|_| ())
    })?;
    for scenario in SCENARIOS {
        for (language, ending) in LANGUAGES {
            plugin(root, scenario, language, ending)
                .with_context(|| format!("example {scenario} in {language}"))?;
        }
    }
    Ok(())
}

/// Has the program that users have build the plugin for every door, where something of it has changed.
fn plugin(root: &Path, scenario: &str, language: &str, ending: &str) -> anyhow::Result<()> {
    let source = root.join("examples").join(scenario);
    let manifest = source.join(format!("plugin.{ending}.json"));
    let folder = folder(root, scenario, language);
    let stamp = format!("example-{scenario}-{language}");
    let mut made = vec![folder.clone()];
    if language == "rust" {
        made.push(component(root, scenario));
    }
    if !made.iter().all(|made| made.join("plugin.json").exists()) {
        step::forget(&stamp)?;
    }
    step::unless_done(&stamp, &inputs(root, &source, &manifest, language)?, || {
        for made in made.iter().filter(|made| made.exists()) {
            fs::remove_dir_all(made)?;
        }
        if language != "rust" {
            let mut build = building(root, &tools::cargo())?;
            build.arg(&manifest).arg("--out").arg(&folder);
            return crossplug(&format!("plugin {scenario} in {language}"), &mut build);
        }
        // Not optimised, of what other steps compile, too; but for modules, which are loaded as their users load them, and which a
        // compiler of their own may have to compile.
        let mut build = building(root, &tools::cargo())?;
        build
            .arg(&manifest)
            .arg("--out")
            .arg(&folder)
            .arg("--debug");
        build.args(["--door", "process,native,module.python"]);
        crossplug(&format!("plugin {scenario} in {language}"), &mut build)?;
        let mut build = building(root, &wasm::find()?.cargo())?;
        build.arg(&manifest).arg("--out").arg(&folder);
        build.args(["--door", "wasm,module.typescript"]);
        crossplug(&format!("modules of {scenario} in {language}"), &mut build)?;
        let mut build = building(root, &wasm::find()?.cargo())?;
        build
            .arg(&manifest)
            .arg("--out")
            .arg(component(root, scenario));
        build.args(["--door", "wasm", "--component"]);
        crossplug(
            &format!("component of {scenario} in {language}"),
            &mut build,
        )
    })
}

/// The folder of the plugin in Rust as a component, which is apart since a manifest names that or the module.
pub(crate) fn component(root: &Path, scenario: &str) -> PathBuf {
    folder(root, scenario, "rust-component")
}

/// `crossplug build`, where cargo is what it is for another command.
pub(crate) fn building(root: &Path, cargo: &Command) -> anyhow::Result<Command> {
    let mut command = Command::new(programs::crossplug(root));
    for (name, value) in cargo.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let tool = programs::wasm_bindgen(root)?;
    let path = python::path_with(root)?;
    let path = std::iter::once(tool).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(path)?);
    command.env("CROSSPLUG_TOOLS", root.join("target/tools"));
    command.arg("build");
    Ok(command)
}

fn crossplug(name: &str, command: &mut Command) -> anyhow::Result<()> {
    step::run(name, command, Show::OnFailure).map(drop)
}

/// Everything that a plugin is made of.
fn inputs(
    root: &Path,
    source: &Path,
    manifest: &Path,
    language: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut inputs = vec![
        manifest.to_owned(),
        root.join("schema/crossplug.wit"),
        root.join("crates/cli/src/build.rs"),
    ];
    let (sdk, endings): (&[&str], &[&str]) = match language {
        "rust" => {
            inputs.push(root.join("Cargo.lock"));
            (
                &["crates/plugin", "crates/protocol"],
                &[".rs", "Cargo.toml"],
            )
        }
        "python" => (&["bindings/python/src/crossplug"], &[".py"]),
        // What is compiled of it lies in a folder that is passed over.
        _ => (&["bindings/typescript/src"], &[".ts"]),
    };
    inputs.extend(step::files_below(source, endings)?);
    for room in sdk {
        inputs.extend(step::files_below(&root.join(room), endings).context("the SDK")?);
    }
    let way = root.join("crates/cli/src/build");
    inputs.extend(step::files_below(&way, &[".rs", ".py", ".wat"])?);
    Ok(inputs)
}

/// Runs the tests that the examples' authors wrote with the test kits, and the code of the README.
///
/// # Errors
/// A test fails.
pub(crate) fn test(root: &Path) -> Outcome {
    let mut counts = Counts::default();
    let python = python::interpreter(root)?;
    for scenario in SCENARIOS {
        let mut pytest = Command::new(&python);
        pytest
            .args(["-m", "pytest", "-q"])
            .arg(format!("examples/{scenario}"));
        counts.add(Counts::read(&step::run(
            &format!("pytest, example {scenario}"),
            &mut pytest,
            Show::Always,
        )?));
    }
    let mut node = Command::new("node");
    // Hosts in TypeScript start plugins in Python.
    node.arg("--test").env("PATH", python::path_with(root)?);
    for scenario in SCENARIOS {
        node.arg(format!("target/examples/{scenario}/"));
    }
    counts.add(Counts::read(&step::run(
        "node --test, examples",
        &mut node,
        Show::Always,
    )?));
    counts.add(readme::test(root)?);
    Ok(counts)
}
