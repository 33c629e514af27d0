//! What a load finds before it opens anything: the manifest, and the door that policy chooses.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossplug_policy::FolderPath;
use crossplug_policy::door::{Abilities, Wish, choose};
use crossplug_policy::{Finding, Record, manifest};

use crate::door::{Door, Introduction};
use crate::{Error, ErrorKind, Result};

/// What a folder's manifest is called.
const MANIFEST: &str = "plugin.json";

/// What a load found before it opened anything.
pub(super) struct Found {
    pub(super) name: Arc<str>,
    pub(super) file: Option<PathBuf>,
    pub(super) folder: PathBuf,
    pub(super) record: Option<Arc<Record>>,
    pub(super) way: Option<crossplug_policy::Door>,
    pub(super) door: Arc<dyn Door>,
}

impl Found {
    /// The manifest, and the door that policy chooses.
    pub(super) fn find(doors: &[Arc<dyn Door>], wish: Wish<'_>, path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if let Some(bare) = Bare::of(&path) {
            return Self::bare(doors, &path, bare);
        }
        let file = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path
        };
        let record = Arc::new(read(&file)?);
        let abilities = doors
            .iter()
            .fold(Abilities::none(), |host, door| door.abilities(host));
        let way = choose(&record.doors, &abilities, wish).map_err(|none| {
            let unknown = none.wanted.is_some() && none.tried.is_empty();
            let kind = if unknown {
                ErrorKind::NotFound
            } else {
                ErrorKind::Incompatible
            };
            Error::new(kind, "load")
                .with_context(none.to_string())
                .with_source(none)
        })?;
        let door = door(doors, way.kind().as_str())?;
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let name = record.manifest.name.as_str().into();
        Ok(Self {
            name,
            file: Some(file),
            folder,
            record: Some(record),
            way: Some(way),
            door,
        })
    }

    /// A module or a library by itself. One of ours carries its manifest.
    fn bare(doors: &[Arc<dyn Door>], path: &Path, bare: Bare) -> Result<Self> {
        let place = path.display().to_string();
        let record = match bare.manifest_in(path)? {
            Some(text) => {
                let record = judged(manifest::read_carried(&text, &place))?;
                Some(Arc::new(record))
            }
            None => None,
        };
        let lossy = |name: Option<&std::ffi::OsStr>| {
            name.unwrap_or_default().to_string_lossy().into_owned()
        };
        let name = match &record {
            Some(record) => record.manifest.name.as_str().into(),
            None => lossy(path.file_stem()).into(),
        };
        let inside = FolderPath::new(&lossy(path.file_name())).map_err(|refused| {
            Error::new(ErrorKind::NotFound, "load").with_context(refused.to_string())
        })?;
        let way = bare.way(inside);
        Ok(Self {
            name,
            file: None,
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            record,
            door: door(doors, way.kind().as_str())?,
            way: Some(way),
        })
    }
}

/// What a file is that is a plugin by itself.
#[derive(Debug, Clone, Copy)]
enum Bare {
    #[cfg(feature = "wasm")]
    Module,
    Library,
}

impl Bare {
    /// By the ending of its name.
    fn of(path: &Path) -> Option<Self> {
        let bare = match path.extension()?.to_str()? {
            #[cfg(feature = "wasm")]
            "wasm" => Self::Module,
            "so" | "dylib" | "dll" => Self::Library,
            _ => return None,
        };
        path.is_file().then_some(bare)
    }

    fn manifest_in(self, path: &Path) -> Result<Option<Vec<u8>>> {
        match self {
            #[cfg(feature = "wasm")]
            Self::Module => crate::door::wasm::manifest_in(path),
            Self::Library => crate::door::native::manifest_in(path),
        }
    }

    fn way(self, path: FolderPath) -> crossplug_policy::Door {
        use crossplug_policy::door as ways;
        match self {
            #[cfg(feature = "wasm")]
            Self::Module => crossplug_policy::Door::Wasm(ways::WasmDoor { path, abi: None }),
            Self::Library => crossplug_policy::Door::Native(ways::NativeDoor {
                path,
                abi: crate::door::native::NAME.to_owned(),
            }),
        }
    }
}

fn door(doors: &[Arc<dyn Door>], kind: &str) -> Result<Arc<dyn Door>> {
    let mut doors = doors.iter();
    doors
        .find(|door| door.name() == kind)
        .map(Arc::clone)
        .ok_or_else(|| {
            Error::new(ErrorKind::Incompatible, "load")
                .with_context(format!("this host has no `{kind}` door"))
        })
}

fn read(file: &Path) -> Result<Record> {
    let io = |error: std::io::Error| {
        let missing = matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
        );
        let kind = if missing {
            ErrorKind::NotFound
        } else {
            ErrorKind::Io
        };
        let what = if missing {
            format!(
                "there is no `{}`; name a plugin's folder with a {MANIFEST} in it, or the file",
                file.display()
            )
        } else {
            format!("`{}` cannot be read: {error}", file.display())
        };
        Error::new(kind, "load")
            .with_context(what)
            .with_source(error)
    };
    let mut text = Vec::new();
    let most = u64::try_from(manifest::MOST_BYTES).unwrap_or(u64::MAX);
    // One byte more, so that policy sees that it is too large.
    std::fs::File::open(file)
        .and_then(|open| open.take(most.saturating_add(1)).read_to_end(&mut text))
        .map_err(io)?;
    judged(manifest::read(&text, &file.display().to_string()))
}

fn judged(read: std::result::Result<Record, crossplug_policy::Refused>) -> Result<Record> {
    read.map_err(|refused| {
        let said: Vec<_> = refused.findings.iter().map(said).collect();
        Error::new(ErrorKind::Manifest, "load")
            .with_context(said.join("\n"))
            .with_source(refused)
    })
}

/// A finding without the word for its weight, which whatever carries it has said.
pub(super) fn said(finding: &Finding) -> String {
    let Finding {
        file,
        pointer,
        what,
        cure,
        ..
    } = finding;
    let place = if pointer.is_empty() { "" } else { " at " };
    format!("{file}{place}{pointer}: {what}; {cure}")
}

/// Where a plugin's manifest and the plugin itself disagree about what it implements.
pub(super) fn differences(record: &Record, said: &Introduction) -> Vec<String> {
    // A foreign dialect has no words for it: what is said then is the dialect's own.
    if said.dialect != crossplug_protocol::dialect::crossplug::NAME {
        return Vec::new();
    }
    record.differences(|name| Some(said.interfaces.get(name)?.version.as_str()))
}
