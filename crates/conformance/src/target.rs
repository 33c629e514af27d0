//! Which dialects and interfaces a plugin has, found by asking it. Must not judge the plugin: that is what cases do.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::case::Case;
use crate::child::{Child, Entrance, Heard};
use crate::packed::Encoding;

/// Folder of the vectors of our own dialect.
pub const CROSSPLUG: &str = "crossplug-1";
/// Folder of the vectors of the elizaOS bridge.
pub const ELIZAOS_BRIDGE: &str = "elizaos-bridge-1";
/// What an SDK's plugin is started with to speak the bridge.
const BRIDGE_ARGUMENTS: [&str; 2] = ["--dialect", "elizaos-bridge/1"];
/// The one interface that the bridge can carry.
const BRIDGE_INTERFACE: &str = "agent";

/// A plugin that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Interfaces that it says it implements.
    pub interfaces: BTreeSet<String>,
    /// How to get to it so that it speaks crossplug/1, where it can.
    pub crossplug: Option<Entrance>,
    /// The same for elizaos-bridge/1.
    pub bridge: Option<Entrance>,
    /// What it is spoken to in.
    pub encoding: Encoding,
}

/// A plugin that could not be asked anything: what it did and the end of its stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    what: String,
    stderr: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the plugin cannot be asked anything: {}", self.what)?;
        if self.stderr.trim().is_empty() {
            Ok(())
        } else {
            write!(out, "\nits stderr ends:\n{}", self.stderr.trim_end())
        }
    }
}

impl std::error::Error for Unusable {}

impl Target {
    /// Starts a plugin once or twice, or connects to one, to see what it speaks.
    ///
    /// # Errors
    /// If it cannot be started or reached, or gives no sign of either dialect.
    pub fn probe(entrance: impl Into<Entrance>, patience: Duration) -> Result<Self, Unusable> {
        let entrance = entrance.into();
        let first = first_words(&entrance, patience)?;
        if is_ready(&first) {
            let interfaces = BTreeSet::from([BRIDGE_INTERFACE.to_owned()]);
            return Ok(Self {
                interfaces,
                crossplug: None,
                bridge: Some(entrance),
                encoding: Encoding::Json,
            });
        }
        let Some(interfaces) = first
            .pointer("/result/interfaces")
            .and_then(Value::as_object)
        else {
            return Err(Unusable {
                what: format!("it answered `initialize` with {first}"),
                stderr: String::new(),
            });
        };
        let interfaces: BTreeSet<String> = interfaces.keys().cloned().collect();
        let mut bridge = None;
        if let Entrance::Start(launch) = &entrance
            && interfaces.contains(BRIDGE_INTERFACE)
        {
            let spoken_to = Entrance::Start(launch.with_arguments(&BRIDGE_ARGUMENTS));
            let speaks = first_words(&spoken_to, patience).is_ok_and(|first| is_ready(&first));
            bridge = speaks.then_some(spoken_to);
        }
        Ok(Self {
            interfaces,
            crossplug: Some(entrance),
            bridge,
            encoding: Encoding::Json,
        })
    }

    /// The same, spoken to in an encoding. A plugin that does not choose it fails the cases.
    #[must_use]
    pub fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// How to get to the plugin for a case, or why the case does not apply to it.
    ///
    /// # Errors
    /// The reason, for a person.
    pub fn entrance_for(&self, case: &Case) -> Result<&Entrance, String> {
        if let Some(missing) = case
            .needs
            .iter()
            .find(|name| !self.interfaces.contains(*name))
        {
            return Err(format!("the plugin does not implement {missing}"));
        }
        if !case.is_for(self.encoding) {
            return Err(format!("it is not played in {}", self.encoding));
        }
        let launch = match case.folder() {
            CROSSPLUG => &self.crossplug,
            ELIZAOS_BRIDGE => &self.bridge,
            other => return Err(format!("nobody here speaks {other}")),
        };
        launch
            .as_ref()
            .ok_or_else(|| format!("the plugin does not speak {}", case.folder()))
    }
}

/// What a plugin says first when it is greeted in our own way. A speaker of the bridge does not wait for that.
fn first_words(entrance: &Entrance, patience: Duration) -> Result<Value, Unusable> {
    let unusable = |what: String, stderr: String| Unusable { what, stderr };
    let mut child = Child::enter(entrance)
        .map_err(|error| unusable(format!("cannot {entrance}: {error}"), String::new()))?;
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocol": {"version": "1.0"}, "host": {"name": "crossplug-conformance", "version": env!("CARGO_PKG_VERSION")},
        "instanceId": "probe", "config": {}, "granted": {}}});
    let hello = with_token(hello, entrance.token());
    child.send(&hello.to_string());
    loop {
        match child.hear(patience) {
            Heard::Frame(frame) => match serde_json::from_slice::<Value>(&frame.bytes) {
                Ok(message)
                    if message.is_object() && !crate::case::is_method(&message, "$/log") =>
                {
                    child.leave();
                    return Ok(message);
                }
                _ => {} // a stray print or a log: the cases judge those
            },
            Heard::End => {
                let status = child
                    .wait(patience)
                    .map_or("it closed its output".to_owned(), |status| {
                        status.to_string()
                    });
                return Err(unusable(
                    format!("it ended at once ({status})"),
                    child.last_words(),
                ));
            }
            Heard::Silence => {
                return Err(unusable(
                    format!("it said nothing for {patience:?}"),
                    child.last_words(),
                ));
            }
        }
    }
}

/// The first message of a host that has something to show.
pub(crate) fn with_token(mut message: Value, token: Option<&str>) -> Value {
    let is_first = crate::case::is_method(&message, "initialize");
    if let (Some(token), true, Some(Value::Object(params))) =
        (token, is_first, message.get_mut("params"))
    {
        params.insert("token".to_owned(), token.into());
    }
    message
}

fn is_ready(message: &Value) -> bool {
    message.get("type").and_then(Value::as_str) == Some("ready")
}
