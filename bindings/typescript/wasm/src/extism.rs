//! What policy decides about plugins of Extism's ABI, for JavaScript.

use crossplug_policy::extism::{self, Import, Outline, Refused, Signature, Source};
use crossplug_protocol::codec::{self, Bytes};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::error;

/// Reads Extism's own manifest. Gives JSON: `modules` (`name`, `hash`, `path` or `data` in base64), `memoryBytes`,
/// `httpBytes`, `variableBytes`, `config`, `hosts`, `folders` (`host`, `guest`, `readOnly`), `timeoutMs`; null where the
/// manifest says nothing.
///
/// # Errors
/// An `Error` named `manifest`, or `incompatible` for what our hosts do not do.
#[wasm_bindgen(js_name = extismManifest)]
pub fn manifest(text: &[u8]) -> Result<String, JsValue> {
    let manifest = extism::read(text).map_err(|why| refused(&why))?;
    let module = |module: &extism::Module| {
        let (path, data) = match &module.source {
            Source::Path(path) => (Some(path.as_str()), Value::Null),
            Source::Bytes(bytes) => {
                let data = codec::encode_value::<Bytes>(bytes).unwrap_or_default();
                (None, data)
            }
        };
        json!({ "name": module.name, "hash": module.hash, "path": path, "data": data })
    };
    let folder = |folder: &extism::Folder| json!({ "host": folder.host, "guest": folder.guest, "readOnly": folder.read_only });
    Ok(json!({
        "modules": manifest.modules.iter().map(module).collect::<Vec<_>>(),
        "memoryBytes": manifest.memory_bytes,
        "httpBytes": manifest.http_bytes,
        "variableBytes": manifest.variable_bytes,
        "config": manifest.config,
        "hosts": manifest.hosts,
        "folders": manifest.folders.iter().map(folder).collect::<Vec<_>>(),
        "timeoutMs": manifest.timeout_ms,
    })
    .to_string())
}

/// Judges what modules import and finds how they are linked. `modules` is a JSON list: `name` or null, `imports` (`module`,
/// `name`, `params` and `results` in short, or null where it is no function), `exports` (name to `{params, results}`, of
/// functions). `functions` is one of those that the program offers: `[module, name]`. Gives JSON: `names`, `order`,
/// `functions` (`place`, `results`), `wasi`, `initialisers` of each module.
///
/// # Errors
/// An `Error` named `manifest` or `incompatible`.
#[wasm_bindgen(js_name = extismPlan)]
pub fn plan(modules: &str, functions: &str) -> Result<String, JsValue> {
    let usage = |what: serde_json::Error| error("usage", &what.to_string());
    let modules: Vec<Value> = serde_json::from_str(modules).map_err(usage)?;
    let functions: Vec<(String, String)> = serde_json::from_str(functions).map_err(usage)?;
    let outlines: Vec<Outline> = modules.iter().map(outline).collect();
    let offered: Vec<(&str, &str)> = functions
        .iter()
        .map(|(module, name)| (module.as_str(), name.as_str()))
        .collect();
    let plan = extism::plan(&outlines, &offered).map_err(|why| refused(&why))?;
    let initialisers: Vec<_> = modules.iter().map(initialisers).collect();
    let functions: Vec<Value> = (plan.functions.iter())
        .map(|(place, signature)| json!({ "place": place, "results": signature.results.len() }))
        .collect();
    Ok(json!({
        "names": plan.names,
        "order": plan.order,
        "functions": functions,
        "wasi": plan.wasi,
        "initialisers": initialisers,
    })
    .to_string())
}

/// The names of what the kernel answers for a guest.
#[wasm_bindgen(js_name = extismKernelExports)]
pub fn kernel_exports() -> Vec<String> {
    let names = extism::KERNEL.iter().map(|(name, ..)| (*name).to_owned());
    names.collect()
}

fn outline(module: &Value) -> Outline {
    let import = |import: &Value| Import {
        module: text(import, "module"),
        name: text(import, "name"),
        signature: import
            .get("params")
            .and_then(Value::as_str)
            .map(|params| Signature {
                params: params.to_owned(),
                results: text(import, "results"),
            }),
    };
    let imports = module.get("imports").and_then(Value::as_array);
    Outline {
        name: module
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned),
        imports: imports.into_iter().flatten().map(import).collect(),
    }
}

fn initialisers(module: &Value) -> &'static [&'static str] {
    extism::initialisers(|name| {
        let export = module.get("exports")?.get(name)?;
        Some(text(export, "params").is_empty() && text(export, "results").is_empty())
    })
}

fn text(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn refused(refused: &Refused) -> JsValue {
    let name = match refused {
        Refused::Manifest(_) => "manifest",
        _ => "incompatible",
    };
    error(name, &refused.to_string())
}

/// Whom a guest may speak to over HTTP.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Hosts(extism::Hosts);

#[wasm_bindgen]
impl Hosts {
    /// Nobody.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants a host: `api.example.org`, `*.example.org:443`.
    pub fn grant(&mut self, pattern: &str) {
        self.0.grant(pattern);
    }

    /// Holds the guest to what its manifest asks for, beside what is granted.
    pub fn ask(&mut self, patterns: Vec<String>) {
        self.0.ask(patterns.iter().map(String::as_str));
    }

    /// Lets the hosts that are granted be on this machine or in its networks.
    #[wasm_bindgen(js_name = allowPrivate)]
    pub fn allow_private(&mut self) {
        self.0.private = true;
    }

    /// Whether a host may be spoken to, by its name as the address says it.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16) -> bool {
        self.0.allows(host, port)
    }

    /// Whether the address that a name leads to may be spoken to; what is no address may not.
    #[must_use]
    pub fn reaches(&self, address: &str) -> bool {
        address.parse().is_ok_and(|address| self.0.reaches(address))
    }
}
