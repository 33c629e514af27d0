//! A plugin as the runtime sees it: what it says it is and what it implements. Knows no transport.

use std::sync::Arc;

use crossplug_protocol::codec::{JsonMap, Value};
use crossplug_protocol::error::PluginError;
use serde_json::json;

use crate::dispatch::Interface;
use crate::lifecycle::Lifecycle;

/// What a plugin is: its manifest and its interfaces. [`export!`](crate::export!) makes one; tests and hosts of one's own
/// may too.
///
/// ```
/// use crossplug_plugin::agent::{Agent, AgentDispatch};
/// use crossplug_plugin::Plugin;
///
/// struct Mine;
/// impl Agent for Mine {}
///
/// let plugin = Plugin::new("mine", "0.1.0").with(AgentDispatch::new(Mine));
/// assert_eq!(plugin.manifest()["interfaces"]["agent"], "1.0.0");
/// ```
#[derive(Clone)]
pub struct Plugin {
    manifest: JsonMap,
    interfaces: Vec<Arc<dyn Interface>>,
    lifecycle: Option<Arc<dyn Lifecycle>>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// A plugin that implements nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        let mut manifest = JsonMap::new();
        manifest.insert("name".into(), name.into().into());
        manifest.insert("description".into(), "".into());
        manifest.insert("version".into(), version.into().into());
        manifest.insert("language".into(), "rust".into());
        manifest.insert("interfaces".into(), json!({}));
        Self {
            manifest,
            interfaces: Vec::new(),
            lifecycle: None,
        }
    }

    /// With one more interface.
    #[must_use]
    pub fn with(mut self, interface: impl Interface + 'static) -> Self {
        let descriptor = interface.descriptor();
        if let Some(Value::Object(list)) = self.manifest.get_mut("interfaces") {
            list.entry(descriptor.name)
                .or_insert_with(|| descriptor.version.into());
        }
        self.interfaces.push(Arc::new(interface));
        self
    }

    /// With what it does before its first call and after its last. [`export!`](crate::export!) finds it by itself.
    #[must_use]
    pub fn with_lifecycle(mut self, plugin: Arc<impl Lifecycle>) -> Self {
        self.lifecycle = Some(plugin);
        self
    }

    /// With a description for a person.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        self.with_manifest(JsonMap::from_iter([(
            "description".to_owned(),
            Value::from(description.into()),
        )]))
    }

    /// With members of the manifest: those of `plugin.json`. What stands here replaces what stood there.
    #[must_use]
    pub fn with_manifest(mut self, members: JsonMap) -> Self {
        self.manifest.extend(members);
        self
    }

    /// The same from the text of a manifest.
    ///
    /// # Errors
    /// Where the text is not a JSON object by our laws.
    pub fn with_manifest_text(
        self,
        text: &str,
    ) -> Result<Self, crossplug_protocol::codec::DecodeError> {
        let members = crossplug_protocol::codec::decode::<crossplug_protocol::codec::AnyMap>(
            text.as_bytes(),
        )?;
        Ok(self.with_manifest(members))
    }

    /// What the plugin says it is.
    #[must_use]
    pub const fn manifest(&self) -> &JsonMap {
        &self.manifest
    }

    /// What it implements.
    pub fn interfaces(&self) -> impl Iterator<Item = &dyn Interface> {
        self.interfaces.iter().map(|interface| &**interface)
    }

    /// What a caller is told of a method that no interface here has.
    pub(crate) fn no_method(&self, method: &str) -> PluginError {
        let methods = self
            .interfaces()
            .flat_map(|interface| interface.descriptor().methods);
        let mut names: Vec<&str> = methods.map(|method| method.name).collect();
        names.sort_unstable();
        names.dedup();
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let message = format!("the plugin has no method `{method}`; it has {known}");
        PluginError::new("methodNotFound", message)
    }

    pub(crate) fn lifecycle(&self) -> Option<Arc<dyn Lifecycle>> {
        self.lifecycle.clone()
    }

    /// Name to version and hash, as `initialize` answers.
    pub(crate) fn versions(&self) -> JsonMap {
        self.interfaces()
            .map(|interface| {
                let descriptor = interface.descriptor();
                (
                    descriptor.name.to_owned(),
                    json!({ "version": descriptor.version, "hash": descriptor.hash }),
                )
            })
            .collect()
    }
}
