//! Doors as a host enters them: every path checked, every default filled in. It opens nothing.

mod choice;

use std::fmt;

use crate::path::FolderPath;

pub use choice::{Abilities, NoDoor, Wish, choose};

/// One way into a plugin, with every path checked and every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// A program that the host starts.
    Process(ProcessDoor),
    /// A WebAssembly module.
    Wasm(WasmDoor),
    /// A shared library.
    Native(NativeDoor),
    /// A module of the host's own language.
    Module(ModuleDoor),
    /// A program that runs already.
    Socket(SocketDoor),
}

/// The kinds of door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DoorKind {
    /// A program that the host starts.
    Process,
    /// A WebAssembly module.
    Wasm,
    /// A shared library.
    Native,
    /// A module of the host's own language.
    Module,
    /// A program that runs already.
    Socket,
}

/// A program and how to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessDoor {
    /// What to start.
    pub start: Start,
    /// What it speaks: `crossplug/1`, `elizaos-bridge/1`, …
    pub dialect: String,
    /// Folder to start it in.
    pub cwd: FolderPath,
}

/// What a process door starts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// An argument vector.
    Command {
        /// The program.
        program: Program,
        /// What follows the program's name.
        arguments: Vec<String>,
    },
    /// A module that a bridge of the host's runs, as elizaOS does: the manifest names no program.
    Bridge {
        /// Language of the module.
        language: ModuleLanguage,
        /// Python: dotted name; TypeScript: path.
        module: String,
    },
}

/// Where a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Program {
    /// To be looked up on the host's PATH.
    OnPath(String),
    /// In the manifest's folder.
    Inside(FolderPath),
}

/// A WebAssembly module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmDoor {
    /// The module.
    pub path: FolderPath,
    /// Contract of its exports; `None`: what the exports say.
    pub abi: Option<String>,
}

/// A shared library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeDoor {
    /// The library.
    pub path: FolderPath,
    /// Contract of its exports.
    pub abi: String,
}

/// A module of the host's own language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDoor {
    /// Dotted name of a Python module.
    pub python: Option<String>,
    /// Path of an ECMAScript module, or `.` for a package whose `package.json` names it.
    pub typescript: Option<FolderPath>,
}

/// A socket and how to talk over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketDoor {
    /// Where it is.
    pub address: Address,
    /// Whether the plugin listens and the host connects, or the other way round.
    pub plugin_listens: bool,
    /// What the plugin speaks.
    pub dialect: String,
}

/// Where a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// Path of a Unix socket.
    Unix(FolderPath),
    /// Address and port.
    Tcp(String),
}

/// Languages whose modules a host of the same language imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ModuleLanguage {
    /// Python.
    Python,
    /// TypeScript or JavaScript.
    Typescript,
}

impl DoorKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Process,
        Self::Wasm,
        Self::Native,
        Self::Module,
        Self::Socket,
    ];

    /// As manifests spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Wasm => "wasm",
            Self::Native => "native",
            Self::Module => "module",
            Self::Socket => "socket",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for DoorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ModuleLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::Typescript => "TypeScript",
        })
    }
}

impl Door {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> DoorKind {
        match self {
            Self::Process(_) => DoorKind::Process,
            Self::Wasm(_) => DoorKind::Wasm,
            Self::Native(_) => DoorKind::Native,
            Self::Module(_) => DoorKind::Module,
            Self::Socket(_) => DoorKind::Socket,
        }
    }

    /// What is spoken through it; `None` where it has an ABI instead.
    #[must_use]
    pub fn dialect(&self) -> Option<&str> {
        match self {
            Self::Process(door) => Some(&door.dialect),
            Self::Socket(door) => Some(&door.dialect),
            Self::Wasm(_) | Self::Native(_) | Self::Module(_) => None,
        }
    }

    fn speaking(mut self, dialect: &str) -> Self {
        match &mut self {
            Self::Process(door) => dialect.clone_into(&mut door.dialect),
            Self::Socket(door) => dialect.clone_into(&mut door.dialect),
            Self::Wasm(_) | Self::Native(_) | Self::Module(_) => {}
        }
        self
    }
}
