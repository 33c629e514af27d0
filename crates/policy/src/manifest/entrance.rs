//! From what a manifest says to the doors of its plugin: every path and command checked, every default filled in.

use crossplug_protocol::generated::manifest::{
    Listener, Manifest, NativeDoor as Native, ProcessDoor as Process, SocketDoor as Socket,
};
use serde_json::Value;

use super::examine::Source;
use super::{Entrance, eliza};
use crate::door::{
    Address, Door, DoorKind, ModuleDoor, NativeDoor, ProcessDoor, Program, SocketDoor, Start,
    WasmDoor,
};
use crate::finding::Findings;
use crate::path::FolderPath;

/// What a plugin speaks or exports where the manifest does not say.
pub(super) const OWN_DIALECT: &str = "crossplug/1";
const OWN_ABI: &str = "crossplug-abi/1";

/// The doors in the order of the file, which a struct does not keep.
pub(super) fn order(root: &Value) -> Vec<DoorKind> {
    let members = root.get("doors").and_then(Value::as_object);
    members
        .into_iter()
        .flat_map(|members| members.keys())
        .filter_map(|name| DoorKind::named(name))
        .collect()
}

pub(super) fn doors(
    manifest: &Manifest,
    order: &[DoorKind],
    source: Source,
    findings: &mut Findings,
) -> (Vec<Door>, Entrance) {
    if manifest.doors.is_some() || findings.has_error_at("/doors") {
        let doors: Vec<Door> = order
            .iter()
            .filter_map(|kind| declared(manifest, *kind, findings))
            .collect();
        if order.is_empty() && !findings.has_error_at("/doors") {
            findings.warning(
                "/doors",
                "there is no door in it",
                "add one, such as `\"process\": {\"command\": [\"./program\"]}`",
            );
        }
        return (doors, Entrance::Doors);
    }
    match (&manifest.interop, source) {
        (Some(interop), _) => (
            eliza::by_interop(manifest, interop, findings),
            Entrance::Interop,
        ),
        (None, _) if findings.has_error_at("/interop") => (Vec::new(), Entrance::Interop),
        (None, Source::Wire) => (Vec::new(), Entrance::Unsaid),
        (None, Source::File) => (
            eliza::by_convention(manifest, findings),
            Entrance::Convention,
        ),
    }
}

fn declared(manifest: &Manifest, kind: DoorKind, findings: &mut Findings) -> Option<Door> {
    let pointer = format!("/doors/{kind}");
    if findings.has_error_at(&pointer) {
        return None;
    }
    let doors = manifest.doors.as_ref()?;
    match kind {
        DoorKind::Process => {
            process(doors.process.as_ref()?, &pointer, findings).map(Door::Process)
        }
        DoorKind::Wasm => {
            let door = doors.wasm.as_ref()?;
            let path = folder_path(&door.path, &format!("{pointer}/path"), findings)?;
            Some(Door::Wasm(WasmDoor {
                path,
                abi: door.abi.clone(),
            }))
        }
        DoorKind::Native => native(doors.native.as_ref()?, &pointer, findings).map(Door::Native),
        DoorKind::Module => {
            let door = doors.module.as_ref()?;
            if door.python.is_none() && door.typescript.is_none() {
                let unread = ["python", "typescript"]
                    .iter()
                    .any(|name| findings.has_error_at(&format!("{pointer}/{name}")));
                if !unread {
                    findings.error(
                        pointer,
                        "no module is named",
                        "add `python`, `typescript` or both",
                    );
                }
                return None;
            }
            let typescript = match &door.typescript {
                Some(path) => Some(folder_path(
                    path,
                    &format!("{pointer}/typescript"),
                    findings,
                )?),
                None => None,
            };
            Some(Door::Module(ModuleDoor {
                python: door.python.clone(),
                typescript,
            }))
        }
        DoorKind::Socket => socket(doors.socket.as_ref()?, &pointer, findings).map(Door::Socket),
    }
}

fn process(door: &Process, pointer: &str, findings: &mut Findings) -> Option<ProcessDoor> {
    let start = command(&door.command, &format!("{pointer}/command"), findings);
    let cwd = match &door.cwd {
        Some(cwd) => folder_path(cwd, &format!("{pointer}/cwd"), findings),
        None => Some(FolderPath::folder_itself()),
    };
    let dialect = door
        .dialect
        .clone()
        .unwrap_or_else(|| OWN_DIALECT.to_owned());
    Some(ProcessDoor {
        start: start?,
        dialect,
        cwd: cwd?,
    })
}

/// An argument vector: the program by name or inside the folder, no argument that a system call cannot carry.
pub(super) fn command(words: &[String], pointer: &str, findings: &mut Findings) -> Option<Start> {
    if findings.has_error_at(pointer) {
        return None;
    }
    for (index, word) in words.iter().enumerate() {
        if word.contains('\0') {
            findings.error(
                format!("{pointer}/{index}"),
                "the argument holds U+0000",
                "take it out",
            );
            return None;
        }
    }
    let Some((program, arguments)) = words
        .split_first()
        .filter(|(program, _)| !program.is_empty())
    else {
        findings.error(
            pointer,
            "the command names no program",
            "write the program first, then each argument by itself",
        );
        return None;
    };
    let first = format!("{pointer}/0");
    let program = if program.contains('/') || program.contains('\\') {
        Program::Inside(folder_path(program, &first, findings)?)
    } else if arguments.is_empty() && program.contains(char::is_whitespace) {
        findings.error(
            first,
            format!("`{program}` looks like a line for a shell"),
            "a command is a list: write each argument by itself, as in `[\"python3\", \"plugin.py\"]`",
        );
        return None;
    } else if program == "." || program == ".." || program.starts_with('~') {
        findings.error(
            first,
            format!("`{program}` is no program"),
            "write the name of a program on PATH, or `./program`",
        );
        return None;
    } else {
        Program::OnPath(program.clone())
    };
    Some(Start::Command {
        program,
        arguments: arguments.to_vec(),
    })
}

fn native(door: &Native, pointer: &str, findings: &mut Findings) -> Option<NativeDoor> {
    let path = folder_path(&door.path, &format!("{pointer}/path"), findings)?;
    Some(NativeDoor {
        path,
        abi: door.abi.clone().unwrap_or_else(|| OWN_ABI.to_owned()),
    })
}

fn socket(door: &Socket, pointer: &str, findings: &mut Findings) -> Option<SocketDoor> {
    let address = match (&door.unix, &door.tcp) {
        (Some(path), None) => {
            Address::Unix(folder_path(path, &format!("{pointer}/unix"), findings)?)
        }
        (None, Some(address)) => Address::Tcp(tcp(address, &format!("{pointer}/tcp"), findings)?),
        (Some(_), Some(_)) => {
            findings.error(
                pointer,
                "both `unix` and `tcp` are given",
                "keep one of the two",
            );
            return None;
        }
        (None, None) => {
            let unread = ["unix", "tcp"]
                .iter()
                .any(|name| findings.has_error_at(&format!("{pointer}/{name}")));
            if !unread {
                findings.error(
                    pointer,
                    "no address is given",
                    "add `unix` with a path, or `tcp` with address and port",
                );
            }
            return None;
        }
    };
    let dialect = door
        .dialect
        .clone()
        .unwrap_or_else(|| OWN_DIALECT.to_owned());
    Some(SocketDoor {
        address,
        plugin_listens: door.listen != Some(Listener::Host),
        dialect,
    })
}

fn tcp(address: &str, pointer: &str, findings: &mut Findings) -> Option<String> {
    let split = address.rsplit_once(':');
    let sound = split.is_some_and(|(host, port)| {
        let host_is_sound = match host.strip_prefix('[') {
            Some(rest) => rest.ends_with(']') && rest.len() > 1,
            None => !host.is_empty() && !host.contains(':'),
        };
        host_is_sound
            && !host.contains(char::is_whitespace)
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !sound {
        findings.error(
            pointer,
            format!("`{address}` is no address with a port"),
            "write `127.0.0.1:4000` or `[::1]:4000`",
        );
    }
    sound.then(|| address.to_owned())
}

pub(super) fn folder_path(
    text: &str,
    pointer: &str,
    findings: &mut Findings,
) -> Option<FolderPath> {
    if findings.has_error_at(pointer) {
        return None;
    }
    match FolderPath::new(text) {
        Ok(path) => Some(path),
        Err(refused) => {
            findings.error(pointer, refused.to_string(), refused.why.cure());
            None
        }
    }
}
