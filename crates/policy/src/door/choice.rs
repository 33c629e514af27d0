//! Which door a host takes. Knows what a manifest offers and what a host can do; opens nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::{Door, DoorKind, ModuleLanguage, Start, WasmDoor};

/// What a host can do. It can do nothing that is not said.
///
/// ```
/// use crossplug_policy::Abilities;
///
/// let host = Abilities::none().process(["crossplug/1", "elizaos-bridge/1"]).wasm(["extism/1"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    process: Option<BTreeSet<String>>,
    bridges: BTreeSet<ModuleLanguage>,
    wasm: Option<BTreeSet<String>>,
    native: Option<BTreeSet<String>>,
    module: Option<ModuleLanguage>,
    socket: Option<BTreeSet<String>>,
}

impl Abilities {
    /// A host without any door.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// It starts programs that speak these dialects.
    #[must_use]
    pub fn process<T: Into<String>>(mut self, dialects: impl IntoIterator<Item = T>) -> Self {
        self.process = Some(dialects.into_iter().map(Into::into).collect());
        self
    }

    /// It has a program that runs bare modules of the language as elizaOS's bridges do.
    #[must_use]
    pub fn bridge(mut self, language: ModuleLanguage) -> Self {
        self.bridges.insert(language);
        self
    }

    /// It loads WebAssembly with these contracts.
    #[must_use]
    pub fn wasm<T: Into<String>>(mut self, abis: impl IntoIterator<Item = T>) -> Self {
        self.wasm = Some(abis.into_iter().map(Into::into).collect());
        self
    }

    /// It loads shared libraries with these contracts.
    #[must_use]
    pub fn native<T: Into<String>>(mut self, abis: impl IntoIterator<Item = T>) -> Self {
        self.native = Some(abis.into_iter().map(Into::into).collect());
        self
    }

    /// It is written in the language and imports its modules.
    #[must_use]
    pub fn module(mut self, language: ModuleLanguage) -> Self {
        self.module = Some(language);
        self
    }

    /// It uses sockets and speaks these dialects over them.
    #[must_use]
    pub fn socket<T: Into<String>>(mut self, dialects: impl IntoIterator<Item = T>) -> Self {
        self.socket = Some(dialects.into_iter().map(Into::into).collect());
        self
    }

    /// Whether it can use the door, and if not, why.
    ///
    /// # Errors
    /// A sentence for a person.
    pub fn can_use(&self, door: &Door) -> Result<(), String> {
        match door {
            Door::Process(door) => {
                knows(
                    self.process.as_ref(),
                    "starts no programs",
                    "does not speak",
                    &door.dialect,
                )?;
                match &door.start {
                    Start::Bridge { language, module } if !self.bridges.contains(language) => {
                        Err(format!(
                            "the manifest names no program, and this host has none that runs the {language} module `{module}`; \
                         say in `doors.process.command` what to start"
                        ))
                    }
                    Start::Bridge { .. } | Start::Command { .. } => Ok(()),
                }
            }
            Door::Socket(door) => knows(
                self.socket.as_ref(),
                "uses no sockets",
                "does not speak",
                &door.dialect,
            ),
            Door::Native(door) => knows(
                self.native.as_ref(),
                "loads no shared libraries",
                "does not know the ABI",
                &door.abi,
            ),
            Door::Wasm(WasmDoor { abi, .. }) => match (&self.wasm, abi) {
                (Some(_), None) => Ok(()),
                (known, abi) => knows(
                    known.as_ref(),
                    "loads no WebAssembly",
                    "does not know the ABI",
                    abi.as_deref().unwrap_or_default(),
                ),
            },
            Door::Module(door) => match self.module {
                None => Err("this host imports no modules".to_owned()),
                Some(ModuleLanguage::Python) if door.python.is_some() => Ok(()),
                Some(ModuleLanguage::Typescript) if door.typescript.is_some() => Ok(()),
                Some(language) => Err(format!(
                    "there is no {language} module, and this host imports no other"
                )),
            },
        }
    }
}

fn knows(
    known: Option<&BTreeSet<String>>,
    never: &str,
    not: &str,
    name: &str,
) -> Result<(), String> {
    match known {
        None => Err(format!("this host {never}")),
        Some(known) if known.contains(name) => Ok(()),
        Some(known) => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(format!(
                "this host {not} `{name}`, only {}",
                known.join(", ")
            ))
        }
    }
}

/// What a user asks for beyond the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Name of a door.
    pub door: Option<&'a str>,
    /// A dialect, in place of the door's own.
    pub dialect: Option<&'a str>,
}

/// The first of the doors that the host can use; with a wish, the one that is wished for.
///
/// # Errors
/// [`NoDoor`], which says of every door why it cannot be used.
///
/// ```
/// use crossplug_policy::door::{Abilities, Wish, choose};
/// use crossplug_policy::manifest;
///
/// let text = br#"{"name":"a","description":"","version":"1.0.0","language":"rust",
///     "doors":{"wasm":{"path":"a.wasm"},"process":{"command":["./a"]}}}"#;
/// let record = manifest::read(text, "plugin.json")?;
/// let host = Abilities::none().process(["crossplug/1"]);
/// let door = choose(&record.doors, &host, Wish::default())?;
/// assert_eq!(door.kind().as_str(), "process");
///
/// let refused = choose(&record.doors, &host, Wish { door: Some("wasm"), dialect: None }).unwrap_err();
/// assert_eq!(refused.to_string(), "the plugin cannot be entered: wasm: this host loads no WebAssembly");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn choose(doors: &[Door], host: &Abilities, wish: Wish<'_>) -> Result<Door, NoDoor> {
    let mut tried = Vec::new();
    for door in doors {
        if wish.door.is_some_and(|name| name != door.kind().as_str()) {
            continue;
        }
        let door = match wish.dialect {
            Some(_) if door.dialect().is_none() => {
                tried.push((door.kind(), "it has no dialect to choose".to_owned()));
                continue;
            }
            Some(dialect) => door.clone().speaking(dialect),
            None => door.clone(),
        };
        match host.can_use(&door) {
            Ok(()) => return Ok(door),
            Err(why) => tried.push((door.kind(), why)),
        }
    }
    Err(NoDoor {
        offered: doors.iter().map(Door::kind).collect(),
        wanted: wish.door.map(str::to_owned),
        tried,
    })
}

/// No door can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoDoor {
    /// What the plugin has, in its order.
    pub offered: Vec<DoorKind>,
    /// What the user asked for.
    pub wanted: Option<String>,
    /// Each door that was looked at, and why it cannot be used.
    pub tried: Vec<(DoorKind, String)>,
}

impl fmt::Display for NoDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the plugin cannot be entered: ")?;
        if self.offered.is_empty() {
            let known = DoorKind::ALL.map(DoorKind::as_str).join(", ");
            return write!(
                f,
                "its manifest has none of the doors that are known ({known}); add one, such as \
                 `\"doors\": {{\"process\": {{\"command\": [\"./program\"]}}}}`"
            );
        }
        if self.tried.is_empty() {
            let offered: Vec<&str> = self.offered.iter().map(|kind| kind.as_str()).collect();
            let wanted = self.wanted.as_deref().unwrap_or_default();
            return write!(
                f,
                "it has no door `{wanted}`; it has {}",
                offered.join(", ")
            );
        }
        for (index, (kind, why)) in self.tried.iter().enumerate() {
            let gap = if index == 0 { "" } else { "; " };
            write!(f, "{gap}{kind}: {why}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NoDoor {}
