//! A plugin in Rust, by its user's cargo: one package, and everything that can be made of it.

mod cargo;
mod npm;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Builder, Folder, MANIFEST, Source, Way, section, usage, wrap, wrong};
use crate::args::Build;
use crate::exit::Failure;
use cargo::{Package, Target};

/// The package of a plugin.
pub(super) struct Crate<'s> {
    source: &'s Source,
    package: Package,
    program: Option<String>,
    is_debug: bool,
    is_component: bool,
}

impl<'s> Crate<'s> {
    /// Asks cargo what the package has, and whether that is enough.
    ///
    /// # Errors
    /// There is no cargo or no package, or it lacks what a door needs.
    pub(super) fn look(
        source: &'s Source,
        ways: &[Way],
        arguments: &Build,
    ) -> Result<Self, Failure> {
        let package = Package::of(&source.folder)?;
        let made = Self {
            source,
            program: package.program(arguments.program.as_deref())?,
            package,
            is_debug: arguments.debug,
            is_component: arguments.component,
        };
        let mut lacks = Vec::new();
        for way in ways {
            match way {
                Way::Process if made.program.is_none() => lacks.push(format!(
                    "`{way}` needs a program: add `src/main.rs`, with `crossplug_plugin::export!` in it or in a file that it includes"
                )),
                Way::Native | Way::ModulePython if made.package.library.is_none() => lacks.push(format!(
                    "`{way}` needs a library: add `[lib]` with `crate-type = [\"cdylib\"]` and the `path` of the file with `crossplug_plugin::export!`"
                )),
                Way::Wasm | Way::ModuleTypescript if made.program.is_none() && made.package.library.is_none() => {
                    lacks.push(format!("`{way}` needs a program, or a library with `crate-type = [\"cdylib\"]`"));
                }
                _ => {}
            }
        }
        if !lacks.is_empty() {
            let what = format!("{}; or choose others with --door", lacks.join("; "));
            return Err(usage(&made.package.manifest, &what));
        }
        if ways
            .iter()
            .any(|way| matches!(way, Way::Wasm | Way::ModuleTypescript))
        {
            cargo::can_target(cargo::WASM, &source.folder)?;
        }
        Ok(made)
    }

    fn compile(&self, target: &Target, further: &[&str]) -> Result<PathBuf, Failure> {
        cargo::build(&self.package, target, self.is_debug, further)
    }

    /// A module, of the program where there is one: of a library's file a module has all that others may want of it, too.
    fn module(&self, further: &[&str]) -> Result<PathBuf, Failure> {
        let target = match (&self.program, &self.package.library) {
            (None, Some(library)) => Target::Library(library.clone()),
            (program, _) => Target::Program(program.clone().unwrap_or_default()),
        };
        let wasm = [&["--target", cargo::WASM], further].concat();
        self.compile(&target, &wasm)
    }

    fn library(&self, further: &[&str]) -> Result<PathBuf, Failure> {
        let library = self.package.library.clone().unwrap_or_default();
        self.compile(&Target::Library(library), further)
    }

    fn process(&self, folder: &Folder) -> Result<Value, Failure> {
        let target = Target::Program(self.program.clone().unwrap_or_default());
        let place = format!("{}{EXE_SUFFIX}", self.source.name);
        folder.lay(&self.compile(&target, &[])?, &place)?;
        let command = self.source.command();
        // What cargo or a shell would have been told is not for the program.
        let is_own = command.first().is_some_and(|program| program.contains('/'));
        let arguments = command.into_iter().skip(1).filter(|_| is_own);
        let command: Vec<String> = std::iter::once(format!("./{place}"))
            .chain(arguments.map(str::to_owned))
            .collect();
        Ok(json!({ "command": command }))
    }

    fn wasm(&self, folder: &Folder) -> Result<Value, Failure> {
        let built = match self.is_component {
            true => self.module(&["--features", "crossplug-plugin/component"])?,
            false => self.module(&[])?,
        };
        let mut module = std::fs::read(&built).map_err(|error| wrong(&built, &error))?;
        if self.is_component {
            module = wrap::component(&module)?;
        }
        section::replace(&mut module, MANIFEST, self.source.text.as_bytes());
        let place = format!("{}.wasm", self.source.name);
        folder.write(&place, &module)?;
        Ok(json!({ "path": place }))
    }

    fn native(&self, folder: &Folder) -> Result<Value, Failure> {
        let place = format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.source.name);
        folder.lay(&self.library(&[])?, &place)?;
        Ok(json!({ "path": place }))
    }

    /// A module that Python imports, under the name that `export!` gave it.
    fn python(&self, folder: &Folder) -> Result<Value, Failure> {
        let named = self
            .source
            .door("module")
            .and_then(|door| door.get("python"));
        let library = self.package.library.as_deref().unwrap_or_default();
        let name = named.and_then(Value::as_str).unwrap_or(library);
        let built = self.library(&["--features", "crossplug-plugin/python"])?;
        let bytes = std::fs::read(&built).map_err(|error| wrong(&built, &error))?;
        let entry = format!("PyInit_{name}\0");
        if !bytes
            .windows(entry.len())
            .any(|part| part == entry.as_bytes())
        {
            let what = format!(
                "the library is no module of Python called `{name}`: say `crossplug_plugin::export!(…; python = {name})`, or name another one in the manifest's `doors.module.python`; or choose other doors with --door"
            );
            return Err(usage(&self.package.manifest, &what));
        }
        let ending = if cfg!(windows) { "pyd" } else { "abi3.so" };
        folder.lay(&built, format!("{name}.{ending}"))?;
        Ok(name.into())
    }

    /// A package of npm.
    fn typescript(&self, folder: &Folder) -> Result<Value, Failure> {
        let built = self.module(&["--features", "crossplug-plugin/wasm-bindgen"])?;
        npm::package(self.source, &built, folder).map(Value::from)
    }
}

impl Builder for Crate<'_> {
    fn build(&self, way: Way, folder: &Folder) -> Result<Value, Failure> {
        match way {
            Way::Process => self.process(folder),
            Way::Wasm => self.wasm(folder),
            Way::Native => self.native(folder),
            Way::ModulePython => self.python(folder),
            Way::ModuleTypescript => self.typescript(folder),
        }
    }
}
