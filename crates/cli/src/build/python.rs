//! A plugin in Python: its modules as they are, for hosts that start or import them, and a component.

mod component;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Builder, Folder, MANIFEST, Source, Way, section, tool, usage};
use crate::args::Build;
use crate::exit::Failure;

/// Refuses what is no Python; its arguments are files.
const COMPILES: &str = "import sys
for file in sys.argv[1:]:
    with open(file, 'rb') as text:
        compile(text.read(), file, 'exec', dont_inherit=True)
";

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

    /// All modules of the folder but its tests, where their own interpreter finds no mistake in them.
    fn lay(&self, folder: &Folder) -> Result<(), Failure> {
        let is_module = |file: &Path| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".py") && !name.starts_with("test_")
        };
        let mut files = folder.files(&self.source.folder)?;
        files.retain(|file| is_module(file));
        let mut compile = Command::new(&self.python);
        compile.args(["-I", "-c", COMPILES]).args(&files);
        tool("python", &mut compile)?;
        for file in files {
            folder.lay(
                &file,
                file.strip_prefix(&self.source.folder).unwrap_or(&file),
            )?;
        }
        Ok(())
    }

    fn process(&self, folder: &Folder) -> Result<Value, Failure> {
        self.lay(folder)?;
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
        if !place.with_extension("py").is_file() && !place.join("__init__.py").is_file() {
            let what = format!(
                "its `doors.module.python` names `{name}`, which is no module of its folder"
            );
            return Err(usage(&self.source.file, &what));
        }
        self.lay(folder)?;
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
