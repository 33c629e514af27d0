//! Packs what is published (a wheel, an npm tarball, the crates), installs it into empty projects as a user would, and has
//! each project's host run a plugin of another language: what only works in the checkout shows here.

mod crates;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::programs;
use crate::step::{self, Show};
use crate::test::{Counts, Outcome};
use crate::tools::{node, python};

/// What every host asks of every greeter, and what that answers.
const SAID: &str = "packed";
const ANSWER: &str = "Hello! You said: packed";

const PYTHON_HOST: &str = r#"import sys

import crossplug
from crossplug.interfaces.agent import ActionInvoke, Content, Memory

with crossplug.Host("packed") as host:
    plugin = host.load_blocking(sys.argv[1])
    memory = Memory(content=Content(text=sys.argv[2]))
    print(plugin.agent.action_invoke_blocking(ActionInvoke(action="GREET", memory=memory)).text)
"#;

const NODE_HOST: &str = r#"import { Host } from "crossplug/host";

const [folder, text] = process.argv.slice(2);
const host = await Host.create({ name: "packed" });
const plugin = await host.load(folder);
const greeted = await plugin.agent.actionInvoke({ action: "GREET", memory: { content: { text } } });
console.log(greeted.text);
await host.close();
"#;

/// Packs, installs and runs.
///
/// # Errors
/// Something cannot be packed, installed or run, or a plugin says something else.
pub(crate) fn test(root: &Path) -> Outcome {
    programs::build()?;
    let home = root.join("target/packages");
    fs::create_dir_all(&home)?;
    let packed = crates::Crates::pack(root, &home)?;
    let rust_plugin = packed.greeter(root)?;
    let rust_host = packed.host(root)?;
    let (python_plugin, venv) = python_project(root, &home)?;
    let typescript_plugin = typescript_project(root, &home)?;

    let script = home.join("host.py");
    fs::write(&script, PYTHON_HOST)?;
    let mut by_python = Command::new(venv.join("python"));
    by_python.arg(&script).arg(&rust_plugin);
    greets("Python host, Rust plugin", by_python, &venv)?;

    let script = typescript_plugin.join("host.mjs");
    fs::write(&script, NODE_HOST)?;
    let mut by_node = Command::new("node");
    by_node.arg(&script).arg(&python_plugin);
    greets("Node host, Python plugin", by_node, &venv)?;

    let mut by_rust = Command::new(rust_host);
    by_rust.arg(&typescript_plugin);
    greets("Rust host, TypeScript plugin", by_rust, &venv)?;
    Ok(Counts::checks(3))
}

/// Runs a host, which prints what the greeter said.
fn greets(name: &str, mut command: Command, venv: &Path) -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = std::iter::once(venv.to_owned());
    let path = std::env::join_paths(first.chain(std::env::split_paths(&path)))?;
    command.arg(SAID).env("PATH", path);
    let said = step::run(name, &mut command, Show::OnFailure)?;
    anyhow::ensure!(
        said.trim() == ANSWER,
        "{name}: expected {ANSWER:?}, got {said:?}"
    );
    Ok(())
}

/// A new plugin, made by the program as its author would.
fn new(root: &Path, language: &str, folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut command = Command::new(programs::crossplug(root));
    command.args(["new", "--lang", language]).arg(folder);
    step::run(
        &format!("crossplug new --lang {language}"),
        &mut command,
        Show::OnFailure,
    )?;
    Ok(())
}

/// The wheel in an environment of its own, with a plugin; gives the plugin's folder and the environment's programs.
fn python_project(root: &Path, home: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let (dist, plugin) = (home.join("wheel"), home.join("greeter-python"));
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let mut maturin = Command::new(python::interpreter(root)?);
    maturin
        .args([
            "-m",
            "maturin",
            "build",
            "--quiet",
            "--profile",
            "dev",
            "--out",
        ])
        .arg(&dist)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target"));
    step::run("maturin build", &mut maturin, Show::OnFailure)?;
    new(root, "python", &plugin)?;
    let mut make = Command::new(python::system()?);
    make.args(["-m", "venv"]).arg(plugin.join(".venv"));
    step::run("virtual environment", &mut make, Show::OnFailure)?;
    let bin = plugin.join(".venv/bin");
    let mut install = Command::new(bin.join("python"));
    // The wheel needs nothing, so no index is asked.
    install
        .args(["-m", "pip", "install", "--quiet", "--no-index"])
        .arg(only_file(&dist)?);
    step::run("pip install, the wheel", &mut install, Show::OnFailure)?;
    Ok((plugin, bin))
}

/// The tarball in a plugin's project, built.
fn typescript_project(root: &Path, home: &Path) -> anyhow::Result<PathBuf> {
    node::build(root)?;
    let (dist, plugin) = (home.join("tarball"), home.join("greeter-typescript"));
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(&dist)
        .current_dir(root.join("bindings/typescript"));
    step::run("npm pack", &mut pack, Show::OnFailure)?;
    new(root, "typescript", &plugin)?;
    let mut install = Command::new("npm");
    install
        .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
        .arg(only_file(&dist)?)
        .current_dir(&plugin);
    step::run("npm install, the tarball", &mut install, Show::OnFailure)?;
    let mut build = Command::new("npm");
    build
        .args(["run", "--silent", "build"])
        .current_dir(&plugin);
    step::run("npm run build, a new plugin", &mut build, Show::OnFailure)?;
    Ok(plugin)
}

fn only_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let entry = fs::read_dir(folder)?.next();
    Ok(entry
        .with_context(|| format!("nothing was packed into {}", folder.display()))??
        .path())
}
