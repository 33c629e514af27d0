//! A plugin in Python: the modules of its program as they are, for hosts that start or import them, and a component.

mod component;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Builder, Folder, MANIFEST, Source, Way, section, tool, usage};
use crate::args::Build;
use crate::exit::Failure;

/// Finds what a program consists of, and refuses what is no Python.
const MODULES: &str = include_str!("python/modules.py");

/// The program of a plugin.
pub(super) struct Program<'s> {
    source: &'s Source,
    program: PathBuf,
    python: String,
}

impl<'s> Program<'s> {
    /// Finds it.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn look(source: &'s Source, _: &[Way], arguments: &Build) -> Result<Self, Failure> {
        let program = source.program(arguments.program.as_deref(), &["py"])?;
        if !source.folder.join(&program).is_file() {
            return Err(usage(
                &source.folder.join(&program),
                "there is no such program",
            ));
        }
        let python = std::env::var("CROSSPLUG_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        Ok(Self {
            source,
            program,
            python,
        })
    }

    /// A module and those of the folder that it imports, where their own interpreter finds no mistake in them.
    fn lay(&self, module: &Path, folder: &Folder) -> Result<(), Failure> {
        let whole = &self.source.folder;
        let mut ask = Command::new(&self.python);
        ask.args(["-I", "-c", MODULES]).arg(whole);
        // A program is looked up from its own folder, a module from the plugin's.
        ask.args([module.parent().unwrap_or(whole), whole]);
        let told = tool("python", ask.arg("--").arg(module))?;
        let files: Vec<PathBuf> = serde_json::from_str(&told).unwrap_or_default();
        for file in files {
            folder.lay(&file, file.strip_prefix(whole).unwrap_or(&file))?;
        }
        Ok(())
    }

    fn process(&self, folder: &Folder) -> Result<Value, Failure> {
        self.lay(&self.source.folder.join(&self.program), folder)?;
        let mut command = self.source.command();
        let program = self.program.to_string_lossy();
        let starts =
            |word: &&str| super::source::inside(Path::new(word)).as_ref() == Some(&self.program);
        if !command.iter().any(starts) {
            command = vec!["python3", "-u", &program];
        }
        Ok(json!({ "command": command }))
    }

    fn module(&self, folder: &Folder) -> Result<Value, Failure> {
        let named = self
            .source
            .door("module")
            .and_then(|door| door.get("python"));
        let own = self.program.with_extension("");
        let own: Vec<_> = own.iter().map(|part| part.to_string_lossy()).collect();
        let name = match named.and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => own.join("."),
        };
        let place = self.source.folder.join(name.replace('.', "/"));
        let files = [place.with_extension("py"), place.join("__init__.py")];
        let Some(file) = files.into_iter().find(|file| file.is_file()) else {
            let what = format!(
                "its `doors.module.python` names `{name}`, which is no module of its folder"
            );
            return Err(usage(&self.source.file, &what));
        };
        self.lay(&file, folder)?;
        Ok(name.into())
    }

    fn wasm(&self, folder: &Folder) -> Result<Value, Failure> {
        let mut component = component::build(self.source, &self.program, &self.python, folder)?;
        section::replace(&mut component, MANIFEST, self.source.text.as_bytes());
        let place = format!("{}.wasm", self.source.name);
        folder.write(&place, &component)?;
        Ok(json!({ "path": place }))
    }
}

impl Builder for Program<'_> {
    fn build(&self, way: Way, folder: &Folder) -> Result<Value, Failure> {
        match way {
            Way::Wasm => self.wasm(folder),
            Way::ModulePython => self.module(folder),
            _ => self.process(folder),
        }
    }
}
