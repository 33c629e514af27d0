//! What a plugin finds of its host in a test: configuration, grants, fake services.

use std::collections::HashMap;
use std::sync::Arc;

use crossplug_protocol::codec::{JsonMap, Value};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::{Hello, Offer};
use crossplug_protocol::message::Raw;
use serde_json::json;

use super::fakes::Fake;
use super::host::{Bell, TestHost};
use super::wire::Wired;
use crate::definition::Plugin;
use crate::runtime::Runtime;

/// What the plugin finds when the test begins.
#[must_use = "a host starts with `start`"]
pub struct TestHostBuilder {
    plugin: Plugin,
    config: JsonMap,
    fakes: HashMap<String, Fake>,
    data_dir: Option<String>,
    debug: bool,
}

impl std::fmt::Debug for TestHostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestHostBuilder")
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

impl TestHostBuilder {
    pub(super) fn new(plugin: Plugin) -> Self {
        Self {
            plugin,
            config: JsonMap::new(),
            fakes: HashMap::new(),
            data_dir: None,
            debug: false,
        }
    }

    /// A value of the configuration; it goes over what the plugin's manifest says, as a user's does.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.config.insert(name.into(), value.into());
        self
    }

    /// A service of the host, granted to the plugin. Any other is refused with `permissionDenied`.
    pub fn service(
        mut self,
        name: impl Into<String>,
        answer: impl FnMut(Value) -> Result<Value, PluginError> + Send + 'static,
    ) -> Self {
        self.fakes.insert(name.into(), Fake::plain(answer));
        self
    }

    /// The same for a service that streams: gives its items and then its result.
    ///
    /// ```
    /// # use crossplug_plugin::{Plugin, testing::TestHost};
    /// # let plugin = Plugin::new("mine", "0.1.0");
    /// use serde_json::json;
    ///
    /// let host = TestHost::builder(plugin)
    ///     .streaming_service("file.lines", |_params| Ok((vec![json!("one"), json!("two")], json!(2))))
    ///     .start();
    /// # let _ = host;
    /// ```
    pub fn streaming_service(
        mut self,
        name: impl Into<String>,
        answer: impl FnMut(Value) -> Result<(Vec<Value>, Value), PluginError> + Send + 'static,
    ) -> Self {
        self.fakes.insert(name.into(), Fake::streaming(answer));
        self
    }

    /// The same for a service that the plugin streams to: it is asked once the plugin has ended its stream, and given all of
    /// that.
    pub fn uploaded_service(
        mut self,
        name: impl Into<String>,
        answer: impl FnMut(Value, Vec<Value>) -> Result<(Vec<Value>, Value), PluginError>
        + Send
        + 'static,
    ) -> Self {
        self.fakes.insert(name.into(), Fake::uploaded(answer));
        self
    }

    /// A service that never answers: to see what the plugin does then.
    pub fn silent_service(mut self, name: impl Into<String>) -> Self {
        self.fakes.insert(name.into(), Fake::silent());
        self
    }

    /// A folder that belongs to the plugin.
    pub fn data_dir(mut self, folder: impl Into<String>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// Whether errors carry stack traces.
    pub const fn debug(mut self, debug: bool) -> Self {
        self.debug = debug;
        self
    }

    /// Starts the plugin.
    ///
    /// # Panics
    /// Where the plugin does not start; [`TestHostBuilder::try_start`] says why.
    #[must_use]
    pub fn start(self) -> TestHost {
        #[allow(clippy::panic, reason = "a test without a plugin has nothing to test")]
        self.try_start()
            .unwrap_or_else(|error| panic!("the plugin does not start: {error}"))
    }

    /// Starts the plugin, which may refuse.
    ///
    /// # Errors
    /// What its [`Lifecycle::on_start`](crate::Lifecycle::on_start) gives; `internal` where its manifest is larger than any
    /// host takes.
    pub fn try_start(self) -> Result<TestHost, PluginError> {
        let unheard = || PluginError::internal("the plugin cannot say what it is");
        let bell = Arc::new(Bell::default());
        let defaults = self.plugin.manifest().get("config").cloned();
        let mut config = match defaults {
            Some(Value::Object(defaults)) => defaults,
            _ => JsonMap::new(),
        };
        config.extend(self.config);
        let config = Value::Object(config).to_string();
        let runtime = Runtime::new(
            self.plugin,
            "crossplug/1",
            Offer::new(),
            Box::new(Arc::clone(&bell)),
        )
        .ok_or_else(unheard)?;
        runtime.start()?;
        let mut services: Vec<&String> = self.fakes.keys().collect();
        services.sort();
        let granted = json!({ "services": services, "emit": ["*"] }).to_string();
        let mut hello = Hello::new("crossplug-testing", env!("CARGO_PKG_VERSION"), "test");
        hello.data_dir = self.data_dir.as_deref();
        hello.config = Raw::trust(config.as_bytes());
        hello.granted = Raw::trust(granted.as_bytes());
        hello.debug = self.debug;
        let mut wired = Wired::new(self.fakes).ok_or_else(unheard)?;
        wired
            .initialize(&hello, runtime.now())
            .ok_or_else(unheard)?;
        TestHost::open(runtime, wired, bell).ok_or_else(unheard)?
    }
}
