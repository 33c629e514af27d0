//! What elizaOS says and means: its `interop` block, its conventions where there is none, and what its own schema would
//! refuse of a manifest. Knows elizaOS alone; see specs on elizaOS, section 1.

use crossplug_protocol::generated::manifest::{Interop, InteropProtocol, Language, Manifest};
use serde_json::Value;

use super::entrance::{command, folder_path};
use super::tolerate::join;
use crate::door::{Door, ModuleDoor, ModuleLanguage, NativeDoor, ProcessDoor, Start, WasmDoor};
use crate::finding::Findings;
use crate::path::FolderPath;

const BRIDGE: &str = "elizaos-bridge/1";
const IPC: &str = "elizaos-ipc/1";
const FFI: &str = "elizaos-ffi/1";

pub(super) fn by_interop(
    manifest: &Manifest,
    interop: &Interop,
    findings: &mut Findings,
) -> Vec<Door> {
    if interop.ipc_port.is_some() {
        findings.warning(
            "/interop/ipcPort",
            "no program of elizaOS listens there, so it is not used",
            "leave it out",
        );
    }
    let said = ["protocol", "wasmPath", "sharedLibPath", "ipcCommand", "cwd"];
    if said
        .iter()
        .any(|name| findings.has_error_at(&format!("/interop/{name}")))
    {
        return Vec::new();
    }
    let protocol = match &interop.protocol {
        Some(protocol) => *protocol,
        None => {
            let guess = if interop.wasm_path.is_some() {
                InteropProtocol::Wasm
            } else if interop.shared_lib_path.is_some() {
                InteropProtocol::Ffi
            } else if interop.ipc_command.is_some() {
                InteropProtocol::Ipc
            } else {
                return by_convention(manifest, findings);
            };
            findings.warning(
                "/interop/protocol",
                format!(
                    "it is missing; `{}` is taken, from what else is there",
                    guess.as_str()
                ),
                format!("add `\"protocol\": \"{}\"`", guess.as_str()),
            );
            guess
        }
    };
    let door = match protocol {
        InteropProtocol::Wasm => wasm(manifest, interop.wasm_path.as_deref(), findings),
        InteropProtocol::Ffi => library(interop.shared_lib_path.as_deref(), findings),
        InteropProtocol::Ipc => process(manifest, interop, findings),
        InteropProtocol::Native => module(manifest, findings),
    };
    door.into_iter().collect()
}

/// What elizaOS's loaders do with a manifest that says nothing.
pub(super) fn by_convention(manifest: &Manifest, findings: &mut Findings) -> Vec<Door> {
    if findings.has_error_at("/language") || findings.has_error_at("/name") {
        return Vec::new();
    }
    let (door, taken) = match &manifest.language {
        Language::Rust => (
            wasm(manifest, None, findings),
            format!("the module `./dist/{}.wasm`", manifest.name),
        ),
        Language::Python => (
            bridge(manifest, None, findings),
            format!("the Python module `{}`", python_module(manifest)),
        ),
        Language::Typescript => (
            module(manifest, findings),
            "the folder as a package".to_owned(),
        ),
        _ => {
            findings.warning(
                "/doors",
                "the manifest does not say how the plugin is entered",
                DOORS_CURE,
            );
            return Vec::new();
        }
    };
    findings.warning(
        "/doors",
        format!(
            "the manifest does not say how the plugin is entered; as elizaOS does, {taken} is taken"
        ),
        DOORS_CURE,
    );
    door.into_iter().collect()
}

const DOORS_CURE: &str =
    "add `doors`, such as `\"doors\": {\"process\": {\"command\": [\"./program\"]}}`";

fn wasm(manifest: &Manifest, path: Option<&str>, findings: &mut Findings) -> Option<Door> {
    let path = match path {
        Some(path) => folder_path(path, "/interop/wasmPath", findings)?,
        None if findings.has_error_at("/name") => return None,
        None => folder_path(&format!("dist/{}.wasm", manifest.name), "/name", findings)?,
    };
    Some(Door::Wasm(WasmDoor { path, abi: None }))
}

fn library(path: Option<&str>, findings: &mut Findings) -> Option<Door> {
    let Some(path) = path else {
        findings.error(
            "/interop/sharedLibPath",
            "`ffi` needs a shared library",
            "add the path of the library",
        );
        return None;
    };
    let path = folder_path(path, "/interop/sharedLibPath", findings)?;
    Some(Door::Native(NativeDoor {
        path,
        abi: FFI.to_owned(),
    }))
}

fn process(manifest: &Manifest, interop: &Interop, findings: &mut Findings) -> Option<Door> {
    let Some(line) = &interop.ipc_command else {
        return bridge(manifest, interop.cwd.as_deref(), findings);
    };
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if line.contains(['"', '\'', '|', '&', ';', '<', '>', '$', '`', '\\']) {
        findings.error(
            "/interop/ipcCommand",
            format!("`{line}` needs a shell, and none is ever started"),
            "write the command as a list in `doors.process.command`",
        );
        return None;
    }
    // Findings about a word would point into the list; the author wrote one text.
    let mut inner = Findings::new("");
    let Some(start) = command(&words, "", &mut inner) else {
        for found in inner.into_list() {
            findings.error("/interop/ipcCommand", found.what, found.cure);
        }
        return None;
    };
    let dialect = match &manifest.language {
        Language::Rust => IPC,
        _ => BRIDGE,
    };
    Some(Door::Process(ProcessDoor {
        start,
        dialect: dialect.to_owned(),
        cwd: cwd(interop.cwd.as_deref(), findings)?,
    }))
}

/// elizaOS starts a bridge of its own language around a bare module.
fn bridge(manifest: &Manifest, folder: Option<&str>, findings: &mut Findings) -> Option<Door> {
    let (language, module) = match &manifest.language {
        Language::Python => (ModuleLanguage::Python, python_module(manifest)),
        Language::Typescript => (ModuleLanguage::Typescript, ".".to_owned()),
        language => {
            if !findings.has_error_at("/language") {
                findings.error(
                    "/interop/ipcCommand",
                    format!(
                        "there is no bridge for {}; it is a program that must be named",
                        language.as_str()
                    ),
                    "add the command that starts the plugin",
                );
            }
            return None;
        }
    };
    let start = Start::Bridge { language, module };
    Some(Door::Process(ProcessDoor {
        start,
        dialect: BRIDGE.to_owned(),
        cwd: cwd(folder, findings)?,
    }))
}

fn module(manifest: &Manifest, findings: &mut Findings) -> Option<Door> {
    match &manifest.language {
        Language::Python => Some(Door::Module(ModuleDoor {
            python: Some(python_module(manifest)),
            typescript: None,
        })),
        Language::Typescript => Some(Door::Module(ModuleDoor {
            python: None,
            typescript: Some(FolderPath::folder_itself()),
        })),
        language => {
            if !findings.has_error_at("/language") {
                findings.error(
                    "/interop/protocol",
                    format!(
                        "`native` of {} means linked into the host; such a plugin cannot be loaded",
                        language.as_str()
                    ),
                    "use `wasm`, `ffi` or `ipc`, or add `doors`",
                );
            }
            None
        }
    }
}

fn python_module(manifest: &Manifest) -> String {
    manifest.name.replace('-', "_")
}

fn cwd(folder: Option<&str>, findings: &mut Findings) -> Option<FolderPath> {
    match folder {
        Some(folder) => folder_path(folder, "/interop/cwd", findings),
        None => Some(FolderPath::folder_itself()),
    }
}

/// Notes what elizaOS's own schema would refuse and nothing has been said about yet.
pub(super) fn compare(manifest: &Manifest, findings: &mut Findings) {
    if !matches!(
        manifest.language,
        Language::Rust | Language::Python | Language::Typescript
    ) {
        findings.deviation(
            "/language",
            format!(
                "readers of elizaOS do not know the language `{}`",
                manifest.language.as_str()
            ),
            "they know rust, python and typescript; leave it if they need not read this",
        );
    }
    for (name, value) in manifest.config.iter().flatten() {
        if let Value::Array(_) | Value::Object(_) = value {
            findings.deviation(
                join("/config", name),
                "readers of elizaOS take text, numbers, true, false and null as settings",
                "write it as text if they shall read it",
            );
        }
    }
    for (index, entry) in manifest.dependencies.iter().flatten().enumerate() {
        if !matches!(
            entry,
            crossplug_protocol::generated::manifest::DependencyEntry::String(_)
        ) {
            findings.deviation(
                format!("/dependencies/{index}"),
                "readers of elizaOS take only the names of dependencies",
                "write the name alone if they shall read it",
            );
        }
    }
}
