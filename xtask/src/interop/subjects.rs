//! The conformance subject of each SDK, laid out as a folder with every way in that it has: `target/interop/<plugin>/`.

use std::env::consts::{DLL_EXTENSION, EXE_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{listener, strangers};
use crate::step::{self, Show};
use crate::tools::{self, node, python, zig};
use crate::{components, guests, listening, natives, programs};

/// What the door `wasm` is called in the grid where it is entered by a component.
pub(super) const COMPONENT: &str = "component";

/// The folder of a subject.
pub(super) fn folder(root: &Path, plugin: &str) -> PathBuf {
    root.join("target/interop").join(plugin)
}

/// What a host is given to load for a row of the grid, and what hosts call its door.
pub(super) fn place<'d>(root: &Path, plugin: &str, door: &'d str) -> (PathBuf, &'d str) {
    let folder = folder(root, plugin);
    match door {
        COMPONENT => (folder.join(COMPONENT), "wasm"),
        _ => (folder, door),
    }
}

/// Builds the subjects and lays them out; gives each with its doors.
///
/// # Errors
/// A toolchain is missing, or something does not build.
pub(super) fn lay_out(root: &Path) -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    python::interpreter(root)?;
    node::build(root)?;
    guests::build(root)?;
    components::build(root)?;
    natives::build(root)?;
    let mut subjects = vec![
        ("rust", rust(root)?),
        ("python", python(root)?),
        ("typescript", typescript(root)?),
        ("assemblyscript", strangers::assemblyscript(root)?),
        ("json-rpc", strangers::json_rpc(root)?),
    ];
    // For a person without the compiler a named skip.
    match zig::check() {
        Ok(()) => subjects.insert(3, ("c", strangers::c(root)?)),
        Err(missing) if tools::in_ci() => return Err(missing),
        Err(missing) => eprintln!("skipped the subject in C: {missing:#}"),
    }
    let mut ways = Vec::new();
    for (plugin, doors) in subjects {
        ways.extend(doors.iter().map(|(name, _)| (plugin, *name)));
        if as_component(root, plugin)? {
            ways.push((plugin, COMPONENT));
        }
        if listener::listens(plugin) {
            ways.push((plugin, listening::DOOR));
        }
        manifest(&folder(root, plugin).join("plugin.json"), plugin, &doors)?;
        for host in super::HOSTS {
            let mut doors = doors.clone();
            doors.push((listening::DOOR, listener::door(host.name)));
            manifest(&listener::manifest(root, plugin, host.name), plugin, &doors)?;
        }
    }
    Ok(ways)
}

pub(super) type Doors = Vec<(&'static str, Value)>;

fn rust(root: &Path) -> anyhow::Result<Doors> {
    programs::build()?;
    let folder = anew(root, "rust")?;
    let (program, library) = (
        format!("subject{EXE_SUFFIX}"),
        format!("subject.{DLL_EXTENSION}"),
    );
    let built = root.join("target/debug/examples").join(&program);
    copy(&built, &folder.join(&program))?;
    copy(
        &root.join("target/natives").join(&library),
        &folder.join(&library),
    )?;
    guest(root, "subject.wasm", &folder)?;
    Ok(vec![
        ("process", json!({ "command": [format!("./{program}")] })),
        ("wasm", json!({ "path": "subject.wasm" })),
        ("native", json!({ "path": library })),
    ])
}

fn python(root: &Path) -> anyhow::Result<Doors> {
    let folder = anew(root, "python")?;
    for file in step::files_below(&root.join("bindings/python/subject"), &[".py"])? {
        copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(vec![
        ("process", json!({ "command": ["python3", "plugin.py"] })),
        ("module", json!({ "python": "plugin" })),
    ])
}

fn typescript(root: &Path) -> anyhow::Result<Doors> {
    let folder = anew(root, "typescript")?;
    fs::create_dir(folder.join("dist"))?; // the subject looks for its manifest above itself
    copy(
        &root.join("bindings/typescript/subject/dist/plugin.js"),
        &folder.join("dist/plugin.js"),
    )?;
    fs::write(folder.join("package.json"), "{\"type\":\"module\"}\n")?;
    Ok(vec![
        ("process", json!({ "command": ["node", "dist/plugin.js"] })),
        ("module", json!({ "typescript": "dist/plugin.js" })),
    ])
}

fn guest(root: &Path, name: &str, folder: &Path) -> anyhow::Result<()> {
    copy(
        &root.join("target/guests").join(name),
        &folder.join("subject.wasm"),
    )
}

/// The same subject as a component, in a folder of its own; false: there is none.
fn as_component(root: &Path, plugin: &str) -> anyhow::Result<bool> {
    let beside = folder(root, plugin);
    let folder = beside.join(COMPONENT);
    fs::create_dir_all(&folder)?;
    match plugin {
        "rust" | "python" | "typescript" => {
            guest(root, &format!("subject-{plugin}.wasm"), &folder)?;
        }
        // Of any module of our ABI there is one.
        "c" | "assemblyscript" => {
            let mut crossplug = Command::new(programs::crossplug(root));
            crossplug.arg("build").arg(beside.join("subject.wasm"));
            crossplug.arg("--out").arg(folder.join("subject.wasm"));
            let name = format!("component of the subject in {plugin}");
            step::run(&name, &mut crossplug, Show::OnFailure)?;
        }
        _ => return Ok(false),
    }
    let doors = vec![("wasm", json!({ "path": "subject.wasm" }))];
    manifest(&folder.join("plugin.json"), plugin, &doors)?;
    Ok(true)
}

/// The subject's own manifest with all doors, asking for everything that cases grant.
fn manifest(file: &Path, plugin: &str, doors: &Doors) -> anyhow::Result<()> {
    let text = fs::read_to_string("bindings/python/subject/plugin.json")?;
    let mut manifest: Value = serde_json::from_str(&text)?;
    let members = manifest
        .as_object_mut()
        .context("a manifest is an object")?;
    members.insert("language".to_owned(), plugin.into());
    let named = doors
        .iter()
        .map(|(name, door)| ((*name).to_owned(), door.clone()));
    members.insert("doors".to_owned(), Value::Object(named.collect()));
    let asked = json!({ "services": ["*"], "events": { "emit": ["*"], "subscribe": ["*"] } });
    members.insert("permissions".to_owned(), asked);
    fs::write(file, format!("{manifest:#}\n"))?;
    Ok(())
}

pub(super) fn anew(root: &Path, plugin: &str) -> anyhow::Result<PathBuf> {
    let folder = folder(root, plugin);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("no {}", from.display()))?;
    Ok(())
}
