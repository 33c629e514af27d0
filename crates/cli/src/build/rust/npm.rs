//! A package of npm: what wasm-bindgen makes of a module, for bundlers, which is what hosts in Node and in browsers take, too.

use std::path::Path;

use serde_json::{Value, json};

use super::super::folder::below;
use super::super::{Folder, MANIFEST, Source, section, tool, tools, wrong};
use crate::exit::Failure;

/// Where it lies in the plugin's folder.
const FOLDER: &str = "npm";

/// Makes it; gives the path that the module door names.
///
/// # Errors
/// wasm-bindgen is missing, or refuses the module.
pub(super) fn package(source: &Source, module: &Path, folder: &Folder) -> Result<String, Failure> {
    let name = &source.name;
    let made = folder.work(FOLDER);
    let mut bindgen = tools::wasm_bindgen()?;
    bindgen.args(["--target", "bundler", "--out-name", name, "--out-dir"]);
    tool("wasm-bindgen", bindgen.arg(&made).arg(module))?;
    let guest = made.join(format!("{name}_bg.wasm"));
    let mut bytes = std::fs::read(&guest).map_err(|error| wrong(&guest, &error))?;
    section::replace(&mut bytes, MANIFEST, source.text.as_bytes());
    std::fs::write(&guest, bytes).map_err(|error| wrong(&guest, &error))?;
    for file in below(&made, |_| true)? {
        let within = file.strip_prefix(&made).unwrap_or(&file);
        folder.lay(&file, Path::new(FOLDER).join(within))?;
    }
    let says = |member: &str| source.manifest.get(member).cloned().unwrap_or(Value::Null);
    let package = json!({
        "name": name, "version": says("version"), "description": says("description"),
        "type": "module", "main": format!("{name}.js"), "types": format!("{name}.d.ts"),
        "sideEffects": [format!("./{name}.js"), "./snippets/*"],
    });
    folder.write(
        Path::new(FOLDER).join("package.json"),
        format!("{package:#}\n").as_bytes(),
    )?;
    Ok(format!("{FOLDER}/{name}.js"))
}
