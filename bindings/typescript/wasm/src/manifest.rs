//! Manifests and doors, for JavaScript: policy reads and chooses, the answer is JSON.

use crossplug_policy::door::{Address, ModuleLanguage, Program, Start, Wish, choose};
use crossplug_policy::{Abilities, Door, Finding, Record, manifest};
use crossplug_protocol::codec;
use crossplug_protocol::generated::manifest::Manifest;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::error;

/// Reads the text of a manifest. Gives JSON: `manifest`, `doors` and `warnings`.
///
/// # Errors
/// An `Error` named `manifest` with every mistake at once.
#[wasm_bindgen(js_name = readManifest)]
pub fn read_manifest(text: &str, file: &str) -> Result<String, JsValue> {
    let record = read(text, file)?;
    let mut written = Vec::new();
    codec::encode_into::<Manifest>(&record.manifest, codec::DEPTH, &mut written)
        .map_err(|bad| error("manifest", &bad.to_string()))?;
    let manifest: Value =
        serde_json::from_slice(&written).map_err(|bad| error("manifest", &bad.to_string()))?;
    let doors: Vec<Value> = record.doors.iter().map(door).collect();
    let warnings: Vec<String> = record.warnings.iter().map(Finding::to_string).collect();
    Ok(json!({ "manifest": manifest, "doors": doors, "warnings": warnings }).to_string())
}

/// Chooses a door of a manifest. `abilities` is JSON of lists: `process` and `socket` name dialects, `wasm` and `native`
/// ABIs, `module` and `bridge` languages. `wished` is the door's kind where the caller wants a certain one.
///
/// # Errors
/// An `Error` named `manifest`, `noDoor` (what each door lacks) or `usage`.
#[wasm_bindgen(js_name = chooseDoor)]
pub fn choose_door(
    text: &str,
    file: &str,
    abilities: &str,
    wished: Option<String>,
) -> Result<String, JsValue> {
    let record = read(text, file)?;
    let able = self::abilities(abilities)?;
    let wish = Wish {
        door: wished.as_deref(),
        dialect: None,
    };
    let chosen = choose(&record.doors, &able, wish)
        .map_err(|none| error("noDoor", &format!("{file}: {none}")))?;
    Ok(door(&chosen).to_string())
}

fn read(text: &str, file: &str) -> Result<Record, JsValue> {
    manifest::read(text.as_bytes(), file).map_err(|refused| error("manifest", &refused.to_string()))
}

fn abilities(text: &str) -> Result<Abilities, JsValue> {
    let value: Value =
        serde_json::from_str(text).map_err(|bad| error("usage", &format!("abilities: {bad}")))?;
    let list = |name: &str| -> Vec<String> {
        let list = value.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let languages = |name: &str| {
        list(name)
            .into_iter()
            .map(|language| match language.as_str() {
                "python" => Ok(ModuleLanguage::Python),
                "typescript" => Ok(ModuleLanguage::Typescript),
                other => Err(error(
                    "usage",
                    &format!("abilities: there is no module language {other:?}"),
                )),
            })
    };
    let mut able = Abilities::none();
    for (name, with) in [
        (
            "process",
            Abilities::process as fn(Abilities, Vec<String>) -> Abilities,
        ),
        ("wasm", Abilities::wasm),
        ("native", Abilities::native),
        ("socket", Abilities::socket),
    ] {
        let known = list(name);
        if !known.is_empty() {
            able = with(able, known);
        }
    }
    for language in languages("module") {
        able = able.module(language?);
    }
    for language in languages("bridge") {
        able = able.bridge(language?);
    }
    Ok(able)
}

/// A door, every path relative to the manifest's folder.
fn door(door: &Door) -> Value {
    match door {
        Door::Process(process) => {
            let mut value = json!({ "kind": "process", "dialect": process.dialect, "cwd": process.cwd.as_str() });
            let start = match &process.start {
                Start::Command { program, arguments } => {
                    let (on_path, inside) = match program {
                        Program::OnPath(name) => (Some(name.as_str()), None),
                        Program::Inside(path) => (None, Some(path.as_str())),
                        _ => (None, None),
                    };
                    json!({ "onPath": on_path, "inside": inside, "arguments": arguments })
                }
                Start::Bridge { language, module } => {
                    json!({ "bridge": language_name(*language), "module": module })
                }
                _ => Value::Null,
            };
            if let Some(object) = value.as_object_mut() {
                object.insert("start".to_owned(), start);
            }
            value
        }
        Door::Wasm(wasm) => json!({ "kind": "wasm", "path": wasm.path.as_str(), "abi": wasm.abi }),
        Door::Native(native) => {
            json!({ "kind": "native", "path": native.path.as_str(), "abi": native.abi })
        }
        Door::Module(module) => json!({
            "kind": "module",
            "python": module.python,
            "typescript": module.typescript.as_ref().map(crossplug_policy::FolderPath::as_str),
        }),
        Door::Socket(socket) => {
            let (unix, tcp) = match &socket.address {
                Address::Unix(path) => (Some(path.as_str()), None),
                Address::Tcp(address) => (None, Some(address.as_str())),
                _ => (None, None),
            };
            json!({
                "kind": "socket", "unix": unix, "tcp": tcp, "pluginListens": socket.plugin_listens,
                "dialect": socket.dialect,
            })
        }
        _ => Value::Null,
    }
}

const fn language_name(language: ModuleLanguage) -> &'static str {
    match language {
        ModuleLanguage::Python => "python",
        ModuleLanguage::Typescript => "typescript",
        _ => "",
    }
}
