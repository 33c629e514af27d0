//! Plays the interop cases: does with a plugin what a program does that uses a host, and holds what comes of it to the case.
//! Must not read files, and must not choose the cases.

mod calls;
mod growth;
mod heard;
mod judge;

use std::path::PathBuf;
use std::time::Duration;

use crossplug_conformance::interop::{InteropCase, Step};
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Host, Plugin};
use serde_json::{Map, Value, json};

use heard::Heard;

/// The plugin that cases are played against.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Its folder, manifest or file.
    pub(crate) path: PathBuf,
    /// The way in, where it is not the first.
    pub(crate) door: Option<String>,
    /// Whether its door `wasm` is entered by a component.
    pub(crate) is_component: bool,
    /// What to speak with it.
    pub(crate) encoding: Encoding,
    /// How long the plugin may take for what a case waits for.
    pub(crate) patience: Duration,
    /// One whose loads are dear is loaded as often as any other, too.
    pub(crate) soak: bool,
}

/// Plays a case on a freshly loaded plugin.
///
/// # Errors
/// The line of the first step that went otherwise, and how.
pub(crate) fn play(case: &InteropCase, subject: &Subject) -> Result<(), (usize, String)> {
    let heard = Heard::default();
    let host = heard
        .listen(Host::builder().name("crossplug-conformance"))
        .build();
    let plugin = subject
        .load(&host, &case.config)
        .map_err(|what| (1, what))?;
    let outcome = case.steps.iter().try_for_each(|(line, step)| {
        one(step, case, &plugin, subject, &heard).map_err(|what| (*line, what))
    });
    plugin.stop_blocking();
    outcome
}

impl Subject {
    /// Whether the plugin says that it implements an interface.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    pub(crate) fn implements(&self, interface: &str) -> Result<bool, String> {
        let host = Host::builder().name("crossplug-conformance").build();
        let plugin = self.load(&host, &Map::new())?;
        let implements = plugin.interfaces().contains_key(interface);
        plugin.stop_blocking();
        Ok(implements)
    }

    fn load(&self, host: &Host, config: &Map<String, Value>) -> Result<Plugin, String> {
        let mut load = host.load(&self.path);
        for grant in ["*", "emit=*"] {
            load = load.grant(grant).map_err(|error| error.to_string())?;
        }
        for (name, value) in config {
            load = load.config(name, value.clone());
        }
        if let Some(door) = &self.door {
            load = load.door(door);
        }
        if let Some(token) = crate::plugin::token() {
            load = load.token(&token);
        }
        let plugin = load
            .encoding(self.encoding)
            .blocking()
            .map_err(|error| error.to_string())?;
        if plugin.encoding() == self.encoding {
            return Ok(plugin);
        }
        let (wanted, spoken) = (self.encoding.name(), plugin.encoding().name());
        plugin.stop_blocking();
        Err(format!(
            "the plugin was asked for {wanted} and speaks {spoken}"
        ))
    }

    /// Whether the plugin is a process of its own, or a component, which may bring its language along: then a load costs what
    /// starting a program costs.
    fn elsewhere(&self, plugin: &Plugin) -> bool {
        let door = self.door.as_deref();
        plugin.introduction().process.is_some()
            || door == Some("socket")
            || door == Some("wasm") && self.is_component
    }
}

fn one(
    step: &Step,
    case: &InteropCase,
    plugin: &Plugin,
    subject: &Subject,
    heard: &Heard,
) -> Result<(), String> {
    match step {
        Step::Call(call) => calls::call(plugin, call),
        Step::Stream(stream) => calls::stream(plugin, stream),
        Step::GiveUp { moment, method } => calls::give_up(plugin, *moment, method),
        Step::Emit {
            name,
            stream,
            payload,
        } => plugin
            .emit(name, payload, stream.as_deref())
            .map_err(|error| error.to_string()),
        Step::Asked(expected) => heard.asked(expected, subject.patience),
        Step::Events(expected) => heard.events(expected, subject.patience),
        Step::Logs(expected) => heard.logs(expected, subject.patience),
        Step::Reload {
            in_process,
            elsewhere,
            growth_mib,
        } => {
            let times = if !subject.soak && subject.elsewhere(plugin) {
                *elsewhere
            } else {
                *in_process
            };
            // A plugin that listens takes one host at a time.
            plugin.stop_blocking();
            reload(case, subject, times, *growth_mib)
        }
        other => Err(format!("this program cannot play {other:?}")),
    }
}

/// Loads, calls and stops on one host, which must not grow once it has warmed up.
fn reload(
    case: &InteropCase,
    subject: &Subject,
    times: usize,
    growth_mib: u64,
) -> Result<(), String> {
    let host = Host::builder().build();
    let mut before = None;
    for round in 0..times {
        let plugin = subject.load(&host, &case.config)?;
        let said = json!({ "text": round.to_string() });
        let echoed = plugin
            .call_blocking("test.echo", &said)
            .map_err(|error| error.to_string())?;
        judge::same(&said, &echoed.value().unwrap_or(Value::Null))?;
        plugin.stop_blocking();
        if round == times / 10 {
            before = growth::resident_mib();
        }
    }
    match (before, growth::resident_mib()) {
        (Some(before), Some(after)) if after > before + growth_mib => Err(format!(
            "{times} loads: the host grew from {before} MiB to {after} MiB, more than {growth_mib} MiB"
        )),
        _ => Ok(()),
    }
}
