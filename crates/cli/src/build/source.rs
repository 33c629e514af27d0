//! A plugin's source: its manifest and its folder. Must not build, and must not write.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crossplug_host::policy::manifest;
use serde_json::Value;

use super::{usage, wrong};
use crate::exit::Failure;

/// A language that we have an SDK for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
    Typescript,
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Typescript => "TypeScript",
        })
    }
}

/// A plugin that is to be built.
pub(super) struct Source {
    /// Where the manifest lies; a whole path.
    pub(super) folder: PathBuf,
    /// The manifest's file.
    pub(super) file: PathBuf,
    /// As its author wrote it.
    pub(super) text: String,
    pub(super) manifest: Value,
    pub(super) name: String,
    pub(super) language: Language,
}

impl Source {
    /// Reads the manifest of a folder, or the manifest itself.
    ///
    /// # Errors
    /// It is not there, is refused, or is that of a plugin that we cannot build.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let file = match path.is_dir() {
            true => path.join("plugin.json"),
            false => path.to_owned(),
        };
        let text = std::fs::read_to_string(&file).map_err(|error| {
            let cure = "give the folder of a plugin's source, or its plugin.json";
            usage(&file, &format!("{error}; {cure}"))
        })?;
        manifest::read(text.as_bytes(), &file.display().to_string())
            .map_err(|refused| Failure::usage(refused.to_string()))?;
        let manifest: Value =
            serde_json::from_str(&text).map_err(|error| usage(&file, &error.to_string()))?;
        let says = |name: &str| manifest.get(name).and_then(Value::as_str);
        let name = says("name").unwrap_or_default().to_owned();
        let language = match says("language").unwrap_or_default() {
            "rust" => Language::Rust,
            "python" => Language::Python,
            "typescript" => Language::Typescript,
            other => {
                let what = format!(
                    "`language` is `{other}`: plugins in rust, python and typescript are built; others bring what they are made of"
                );
                return Err(usage(&file, &what));
            }
        };
        let whole = file.canonicalize().map_err(|error| wrong(&file, &error))?;
        let folder = whole.parent().unwrap_or(&whole).to_owned();
        Ok(Self {
            folder,
            file,
            text,
            manifest,
            name,
            language,
        })
    }

    /// What the manifest says of a door, or of a member of one.
    pub(super) fn door(&self, name: &str) -> Option<&Value> {
        self.manifest.get("doors")?.get(name)
    }

    /// The command of the process door.
    pub(super) fn command(&self) -> Vec<&str> {
        let command = self.door("process").and_then(|door| door.get("command"));
        let words = command.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).collect()
    }

    /// The program with one of these endings: the one that was named, or that the process door starts.
    ///
    /// # Errors
    /// There is none, or it lies outside.
    pub(super) fn program(
        &self,
        named: Option<&str>,
        endings: &[&str],
    ) -> Result<PathBuf, Failure> {
        let is_program = |word: &&str| {
            let ending = Path::new(*word).extension();
            ending.is_some_and(|ending| endings.iter().any(|known| ending == *known))
        };
        let program = named.or_else(|| self.command().into_iter().find(is_program));
        let program = program.ok_or_else(|| {
            let what = format!(
                "its process door starts no program of {}; name it with --program",
                self.language
            );
            usage(&self.file, &what)
        })?;
        inside(Path::new(program)).ok_or_else(|| {
            usage(
                Path::new(program),
                "a plugin's program lies in the plugin's folder, and is named from there",
            )
        })
    }
}

/// A path that stays in its folder, without steps that lead nowhere.
pub(super) fn inside(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!plain.as_os_str().is_empty()).then_some(plain)
}
