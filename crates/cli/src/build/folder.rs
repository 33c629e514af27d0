//! The folder that comes of it: files appear in it when everything has been made, and its manifest last. Must not know languages.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::source::{Source, inside};
use super::{Way, usage, wrong};
use crate::exit::Failure;

/// Says in the manifest which program made the folder, and so which folders may be written over.
const MADE_BY: &str = "builtBy";
/// Where everything waits in the folder for what is made on the way.
const WHOLE: &str = "whole";
/// Folders that tools of the three languages fill.
const TOOLS: [&str; 3] = ["__pycache__", "node_modules", "target"];
/// The doors in the order that a manifest gets where its author has none.
const ORDER: [&str; 5] = ["process", "wasm", "native", "module", "socket"];

/// The folder, being filled.
pub(super) struct Folder {
    path: PathBuf,
    /// For what is made on the way; in the folder, so that a file moves to its place at once.
    work: TempDir,
    /// As an earlier build left them.
    earlier: Map<String, Value>,
    made: Vec<(Way, Value)>,
}

impl Folder {
    /// Makes it, or takes one that was made for the same plugin.
    ///
    /// # Errors
    /// It holds something else.
    pub(super) fn open(path: &Path, source: &Source) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| wrong(path, &error))?;
        let whole = path.canonicalize().map_err(|error| wrong(path, &error))?;
        let mut entries = fs::read_dir(&whole).map_err(|error| wrong(path, &error))?;
        let mut earlier = Map::new();
        if entries.next().is_some() {
            let text = fs::read_to_string(whole.join("plugin.json")).unwrap_or_default();
            let mut manifest: Value = serde_json::from_str(&text).unwrap_or_default();
            let is_ours = manifest.get(MADE_BY).is_some()
                && manifest.get("name").and_then(Value::as_str) == Some(&source.name);
            if !is_ours {
                let what = format!(
                    "holds something that `crossplug build` did not make of `{}`; empty it, or name another folder with --out",
                    source.name
                );
                return Err(usage(path, &what));
            }
            if let Some(Value::Object(doors)) = manifest.get_mut("doors").map(Value::take) {
                earlier = doors;
            }
        }
        let work = tempfile::Builder::new()
            .prefix(".crossplug-")
            .tempdir_in(&whole)
            .map_err(|error| wrong(path, &error))?;
        Ok(Self {
            path: whole,
            work,
            earlier,
            made: Vec::new(),
        })
    }

    /// A place for what is made on the way.
    pub(super) fn work(&self, name: impl AsRef<Path>) -> PathBuf {
        self.work.path().join(name)
    }

    /// Puts a copy of a file to its place.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub(super) fn lay(&self, file: &Path, place: impl AsRef<Path>) -> Result<(), Failure> {
        let to = self.place(place.as_ref())?;
        fs::copy(file, to).map_err(|error| wrong(file, &error))?;
        Ok(())
    }

    /// Writes a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, place: impl AsRef<Path>, contents: &[u8]) -> Result<(), Failure> {
        let to = self.place(place.as_ref())?;
        fs::write(&to, contents).map_err(|error| wrong(&to, &error))
    }

    /// Where a file waits until everything has been made.
    fn place(&self, place: &Path) -> Result<PathBuf, Failure> {
        let waits = self.work(WHOLE).join(place);
        let parent = waits.parent().unwrap_or(&waits);
        fs::create_dir_all(parent).map_err(|error| wrong(parent, &error))?;
        Ok(waits)
    }

    /// Copies what an author wants to have there, a file or all of a folder.
    ///
    /// # Errors
    /// It is not there, or outside of the source.
    pub(super) fn copy(&self, source: &Source, path: &Path) -> Result<(), Failure> {
        let place = inside(path).ok_or_else(|| {
            usage(
                path,
                "what is copied lies in the plugin's folder, and is named from there",
            )
        })?;
        let from = source.folder.join(&place);
        if !from.exists() {
            return Err(usage(path, "is not in the plugin's folder"));
        }
        for file in self.files(&from)? {
            self.lay(&file, file.strip_prefix(&source.folder).unwrap_or(&place))?;
        }
        Ok(())
    }

    /// The files of a source below a folder, but for what is hidden, what tools put there, and this folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn files(&self, from: &Path) -> Result<Vec<PathBuf>, Failure> {
        below(from, |path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_made = TOOLS.contains(&&*name) || path.join("pyvenv.cfg").exists();
            path != self.path && !name.starts_with('.') && !(path.is_dir() && is_made)
        })
    }

    /// Something was built for a door, and this is what the manifest says of it.
    pub(super) fn has(&mut self, way: Way, door: Value) {
        self.made.push((way, door));
    }

    /// Writes the manifest; gives its doors.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn close(self, source: &Source) -> Result<Value, Failure> {
        let mut manifest = source.manifest.clone();
        let doors = Value::from(self.doors(source));
        if let Some(members) = manifest.as_object_mut() {
            members.insert("doors".to_owned(), doors.clone());
            let program = concat!("crossplug ", env!("CARGO_PKG_VERSION"));
            members.insert(MADE_BY.to_owned(), program.into());
        }
        let whole = self.work(WHOLE);
        for file in below(&whole, |_| true)? {
            let place = self.path.join(file.strip_prefix(&whole).unwrap_or(&file));
            let parent = place.parent().unwrap_or(&self.path);
            fs::create_dir_all(parent)
                .and_then(|()| fs::rename(&file, &place))
                .map_err(|error| wrong(&place, &error))?;
        }
        let text = self.work("plugin.json");
        fs::write(&text, format!("{manifest:#}\n"))
            .and_then(|()| fs::rename(&text, self.path.join("plugin.json")))
            .map_err(|error| wrong(&self.path, &error))?;
        Ok(doors)
    }

    /// What was built now and before, as its author ordered it.
    fn doors(&self, source: &Source) -> Map<String, Value> {
        let mut have = self.earlier.clone();
        for (way, door) in &self.made {
            let (name, member) = way.place();
            match member {
                Some(member) => {
                    let module = have.entry(name).or_insert_with(|| Map::new().into());
                    if let Some(module) = module.as_object_mut() {
                        module.insert(member.to_owned(), door.clone());
                    }
                }
                None => {
                    // What the author says of it further on stays.
                    let mut whole = source.door(name).cloned().unwrap_or_default();
                    match (whole.as_object_mut(), door.as_object()) {
                        (Some(whole), Some(door)) => whole.extend(door.clone()),
                        _ => whole = door.clone(),
                    }
                    have.insert(name.to_owned(), whole);
                }
            }
        }
        // A program that listens is the one of the process door.
        match source.door("socket") {
            Some(socket) if have.contains_key("process") => {
                have.insert("socket".to_owned(), socket.clone());
            }
            _ => drop(have.remove("socket")),
        }
        let authors = source.manifest.get("doors").and_then(Value::as_object);
        let authors = authors.into_iter().flat_map(Map::keys).map(String::as_str);
        let mut ordered = Map::new();
        for name in authors.chain(ORDER) {
            if let Some(door) = have.remove(name) {
                ordered.insert(name.to_owned(), door);
            }
        }
        ordered
    }
}

/// The files below a folder, or the file itself, without what is not entered.
///
/// # Errors
/// It cannot be read.
pub(super) fn below(
    from: &Path,
    is_entered: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Failure> {
    let mut open = vec![from.to_owned()];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        if !next.is_dir() {
            found.push(next);
            continue;
        }
        let entries = fs::read_dir(&next).map_err(|error| wrong(&next, &error))?;
        open.extend(
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| is_entered(path)),
        );
    }
    found.sort();
    Ok(found)
}
