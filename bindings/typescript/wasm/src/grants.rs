//! What a plugin may do, for JavaScript: asked on every door, decided by policy alone.

use crossplug_policy::{Allowed as Inner, Denial, Grants, Right};
use crossplug_protocol::codec;
use crossplug_protocol::generated::manifest::Manifest;
use crossplug_protocol::generated::protocol::Granted;
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::error;

/// What one plugin may do: what its manifest asks for and its host grants.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Allowed(Inner);

impl Allowed {
    /// From a manifest and a JSON list of grants: `["kv.get", "emit=location:*"]`.
    pub(crate) fn of(manifest: &Manifest, grants: &str) -> Result<Self, JsValue> {
        Ok(Self(Inner::new(manifest, &read(grants)?)))
    }
}

fn read(grants: &str) -> Result<Grants, JsValue> {
    let grants: Vec<String> = serde_json::from_str(grants)
        .map_err(|bad| error("grant", &format!("grants are a list of texts: {bad}")))?;
    Grants::parse(grants).map_err(|bad| error("grant", &bad.to_string()))
}

#[wasm_bindgen]
impl Allowed {
    /// What a plugin may do that has no manifest to ask in: all that is granted. `grants` is a JSON list.
    ///
    /// # Errors
    /// An `Error` named `grant`.
    pub fn unasked(grants: &str) -> Result<Allowed, JsValue> {
        Ok(Self(Inner::unasked(&read(grants)?)))
    }

    /// Why the plugin may not call a service; nothing where it may.
    pub fn service(&self, name: &str, permission: Option<String>) -> Option<String> {
        denied(self.0.service(name, permission.as_deref()))
    }

    /// Why the plugin may not do something (`emit`, `subscribe`, `plugin`, `env`) with a thing; nothing where it may.
    ///
    /// # Errors
    /// An `Error` named `usage` for an unknown right.
    pub fn check(&self, right: &str, name: &str) -> Result<Option<String>, JsValue> {
        let right = Right::ALL
            .into_iter()
            .find(|known| known.as_str() == right)
            .ok_or_else(|| error("usage", &format!("there is no right {right:?}")))?;
        Ok(denied(self.0.check(right, name)))
    }

    /// What `initialize` tells the plugin, as JSON. `services` is a JSON object of what the host offers: name to
    /// permission, or null where it needs none.
    ///
    /// # Errors
    /// An `Error` named `usage` for services that are no such object.
    pub fn told(&self, services: &str) -> Result<String, JsValue> {
        let services: serde_json::Map<String, Value> = serde_json::from_str(services)
            .map_err(|bad| error("usage", &format!("services: {bad}")))?;
        let services = services
            .iter()
            .map(|(name, permission)| (name.as_str(), permission.as_str()));
        let mut text = Vec::new();
        codec::encode_into::<Granted>(&self.0.told(services), codec::DEPTH, &mut text)
            .map_err(|bad| error("usage", &bad.to_string()))?;
        String::from_utf8(text).map_err(|bad| error("usage", &bad.to_string()))
    }
}

fn denied(decision: Result<(), Denial>) -> Option<String> {
    decision.err().map(|denial| denial.to_string())
}
