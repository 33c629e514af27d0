//! Manifests and doors, for JavaScript: policy reads and chooses, the answer is JSON.

use std::collections::BTreeMap;

use crossplug_policy::door::{Address, ModuleLanguage, Program, Start, Wish, choose};
use crossplug_policy::path::{PathRefused, Why};
use crossplug_policy::{Abilities, Door, Finding, Record, Refused, manifest};
use crossplug_protocol::codec;
use crossplug_protocol::generated::manifest::Manifest as Wire;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::size;
use crate::grants::Allowed;
use crate::refusal::error;

/// A manifest that was read: the one record that everything else is asked of.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Manifest(Record);

#[wasm_bindgen]
impl Manifest {
    /// Reads the bytes of a manifest. `file` is what its mistakes name.
    ///
    /// # Errors
    /// An `Error` named `manifest` with every mistake at once.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], file: &str) -> Result<Manifest, JsValue> {
        read(manifest::read(bytes, file))
    }

    /// Reads the bytes of a manifest that a file carries which is itself the plugin.
    ///
    /// # Errors
    /// As for `new`.
    pub fn carried(bytes: &[u8], file: &str) -> Result<Manifest, JsValue> {
        read(manifest::read_carried(bytes, file))
    }

    /// How many bytes a manifest has at most.
    #[wasm_bindgen(js_name = mostBytes)]
    pub fn most_bytes() -> f64 {
        size(manifest::MOST_BYTES)
    }

    /// JSON: `manifest`, `doors` and `warnings`.
    ///
    /// # Errors
    /// An `Error` named `manifest` where it nests too deep to be written.
    pub fn read(&self) -> Result<String, JsValue> {
        let mut written = Vec::new();
        codec::encode_into::<Wire>(&self.0.manifest, codec::DEPTH, &mut written)
            .map_err(|bad| error("manifest", &bad.to_string()))?;
        let manifest: Value =
            serde_json::from_slice(&written).map_err(|bad| error("manifest", &bad.to_string()))?;
        let doors: Vec<Value> = self.0.doors.iter().map(door).collect();
        let warnings: Vec<String> = self.0.warnings.iter().map(said).collect();
        Ok(json!({ "manifest": manifest, "doors": doors, "warnings": warnings }).to_string())
    }

    /// Chooses a door; gives it as JSON. `abilities` is JSON of lists: `process` and `socket` name dialects, `wasm` and
    /// `native` ABIs, `module` and `bridge` languages. `kind` and `dialect` are wishes of the caller's.
    ///
    /// # Errors
    /// An `Error` named `incompatible` (what each door lacks), `notFound` where there is no door of the wished kind, or
    /// `usage`.
    pub fn choose(
        &self,
        abilities: &str,
        kind: Option<String>,
        dialect: Option<String>,
    ) -> Result<String, JsValue> {
        let able = self::abilities(abilities)?;
        let wish = Wish {
            door: kind.as_deref(),
            dialect: dialect.as_deref(),
        };
        let chosen = choose(&self.0.doors, &able, wish).map_err(|none| {
            let unknown = none.wanted.is_some() && none.tried.is_empty();
            let name = if unknown { "notFound" } else { "incompatible" };
            error(name, &none.to_string())
        })?;
        Ok(door(&chosen).to_string())
    }

    /// What the plugin may do with these grants: a JSON list such as `["kv.get", "emit=location:*"]`.
    ///
    /// # Errors
    /// An `Error` named `grant`.
    pub fn allowed(&self, grants: &str) -> Result<Allowed, JsValue> {
        Allowed::of(&self.0.manifest, grants)
    }

    /// Where the manifest and what the plugin says of itself differ, one sentence each. `said` is JSON: the versions of the
    /// interfaces that the plugin implements, by their names.
    ///
    /// # Errors
    /// An `Error` named `usage`.
    pub fn differences(&self, said: &str) -> Result<Vec<String>, JsValue> {
        let said: BTreeMap<String, String> =
            serde_json::from_str(said).map_err(|bad| error("usage", &bad.to_string()))?;
        Ok(self
            .0
            .differences(|name| said.get(name).map(String::as_str)))
    }
}

/// What a path of a manifest is refused with that leads out of the plugin's folder by a link: what, and the cure.
#[wasm_bindgen(js_name = leadsOut)]
pub fn leads_out(path: &str) -> Vec<String> {
    let refused = PathRefused {
        path: path.to_owned(),
        why: Why::Link,
    };
    vec![refused.to_string(), refused.why.cure().to_owned()]
}

fn read(read: Result<Record, Refused>) -> Result<Manifest, JsValue> {
    read.map(Manifest).map_err(|refused| {
        let said: Vec<String> = refused.findings.iter().map(said).collect();
        error("manifest", &said.join("\n"))
    })
}

/// A finding without the word for its weight, which whatever carries it has said.
fn said(finding: &Finding) -> String {
    let Finding {
        file,
        pointer,
        what,
        cure,
        ..
    } = finding;
    let place = if pointer.is_empty() { "" } else { " at " };
    format!("{file}{place}{pointer}: {what}; {cure}")
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
