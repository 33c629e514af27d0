//! `crossplug inspect`: tells what a manifest says. Must not start the plugin.

use crossplug_host::door::Door as HostDoor;
use crossplug_host::door::native::NativeDoor;
use crossplug_host::door::process::ProcessDoor;
use crossplug_host::door::socket::SocketDoor;
use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::policy::door::{Address, Program, Start};
use crossplug_host::policy::{Abilities, Door};
use serde_json::{Map, Value, json};

use crate::args::Inspect;
use crate::exit::Failure;
use crate::plugin::Found;
use crate::{output, shipped, talk};

/// Prints the manifest's contents.
///
/// # Errors
/// A manifest that is not there or is refused.
pub(crate) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let found = Found::at(&arguments.path)?;
    let told = tell(&found);
    if arguments.json {
        return output::compact(&told);
    }
    for warning in &found.record.warnings {
        talk::warning(&format!(
            "{}: {}; {}",
            warning.pointer, warning.what, warning.cure
        ));
    }
    text(&told)
}

/// What `--json` prints.
fn tell(found: &Found) -> Value {
    let record = &found.record;
    let manifest = &record.manifest;
    let interfaces: Map<String, Value> = record
        .interfaces
        .iter()
        .map(|(name, version)| (name.clone(), json!(version.to_string())))
        .collect();
    let methods: Map<String, Value> = record
        .interfaces
        .iter()
        .filter_map(|(name, wanted)| {
            let shipped = shipped::interface(name)?;
            let same = wanted.matches(&shipped.version.parse().ok()?);
            let names = shipped.methods.iter().map(|method| method.name);
            same.then(|| (name.clone(), json!(names.collect::<Vec<_>>())))
        })
        .collect();
    let doors: [&dyn HostDoor; 4] = [
        &ProcessDoor::new(),
        &SocketDoor::new(),
        &WasmDoor::new(),
        &NativeDoor::new(),
    ];
    let host = (doors.iter()).fold(Abilities::none(), |host, door| door.abilities(host));
    let doors: Vec<Value> = record
        .doors
        .iter()
        .map(|door| tell_door(door, &host))
        .collect();
    let warnings: Vec<Value> = record
        .warnings
        .iter()
        .map(|warning| json!({"pointer": warning.pointer, "what": warning.what, "cure": warning.cure}))
        .collect();
    let whole = serde_json::to_value(manifest).unwrap_or_default();
    let member = |name: &str| whole.get(name).cloned().unwrap_or_else(|| json!({}));
    json!({
        "name": manifest.name,
        "version": record.version.to_string(),
        "description": manifest.description,
        "language": member("language"),
        "manifest": found.file,
        "interfaces": interfaces,
        "methods": methods,
        "doors": doors,
        "permissions": member("permissions"),
        "config": member("config"),
        "warnings": warnings,
    })
}

fn tell_door(door: &Door, host: &Abilities) -> Value {
    let usable = host.can_use(door);
    let mut told = json!({"door": door.kind().as_str(), "what": what(door)});
    if let Some(members) = told.as_object_mut() {
        if let Some(dialect) = door.dialect() {
            members.insert("dialect".to_owned(), json!(dialect));
        }
        members.insert("usable".to_owned(), json!(usable.is_ok()));
        if let Err(reason) = usable {
            members.insert("reason".to_owned(), json!(reason));
        }
    }
    told
}

/// What stands behind a door, in a few words.
fn what(door: &Door) -> String {
    match door {
        Door::Process(door) => match &door.start {
            Start::Command { program, arguments } => {
                let program = match program {
                    Program::OnPath(name) => name.clone(),
                    Program::Inside(path) => format!("./{}", path.as_str()),
                    _ => "a program".to_owned(),
                };
                [&[program], arguments.as_slice()].concat().join(" ")
            }
            Start::Bridge { language, module } => format!("the {language} module {module}"),
            _ => "a program".to_owned(),
        },
        Door::Wasm(door) => door.path.as_str().to_owned(),
        Door::Native(door) => format!("{} ({})", door.path.as_str(), door.abi),
        Door::Module(door) => {
            let typescript = door
                .typescript
                .as_ref()
                .map(|path| path.as_str().to_owned());
            door.python
                .clone()
                .into_iter()
                .chain(typescript)
                .collect::<Vec<_>>()
                .join(", ")
        }
        Door::Socket(door) => match &door.address {
            Address::Unix(path) => format!("unix {}", path.as_str()),
            Address::Tcp(address) => format!("tcp {address}"),
            _ => "a socket".to_owned(),
        },
        _ => "a door of a later version".to_owned(),
    }
}

/// The same for a person.
fn text(told: &Value) -> Result<(), Failure> {
    let word = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let field = |name: &str| told.get(name).map(word).unwrap_or_default();
    output::line(&format!(
        "{} {} ({})",
        field("name"),
        field("version"),
        field("language")
    ))?;
    output::line(&field("description"))?;
    output::line(&format!("manifest     {}", field("manifest")))?;
    let list = |name: &str| {
        told.get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    for (name, version) in list("interfaces") {
        output::line(&format!("interface    {name} {}", word(version)))?;
        let methods = told.pointer("/methods").and_then(|all| all.get(name));
        match methods.and_then(Value::as_array) {
            // Its methods stand in the plugin's own document, which is not part of a manifest.
            None => output::line(
                "  methods    not known here: this version of the interface does not ship with crossplug",
            )?,
            Some(methods) => {
                for method in methods {
                    output::line(&format!("  method     {}", word(method)))?;
                }
            }
        }
    }
    for door in told
        .get("doors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let part = |name: &str| door.get(name).map(word).unwrap_or_default();
        let dialect = door
            .get("dialect")
            .map_or(String::new(), |dialect| format!(", {}", word(dialect)));
        let reason = door.get("reason").map_or(String::new(), |reason| {
            format!("; not usable: {}", word(reason))
        });
        output::line(&format!(
            "door         {}: {}{dialect}{reason}",
            part("door"),
            part("what")
        ))?;
    }
    for (name, wanted) in list("permissions") {
        output::line(&format!("asks for     {name} {wanted}"))?;
    }
    for (name, value) in list("config") {
        output::line(&format!("config       {name} = {value}"))?;
    }
    Ok(())
}
