//! A plugin in TypeScript or JavaScript: one file of its program, the SDK and what else it imports, for hosts that start or import
//! it, and a component.

mod component;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Builder, Folder, MANIFEST, Source, Way, section, tool, tools, usage};
use crate::args::Build;
use crate::exit::Failure;

/// Endings of programs; what compilers make of the first ones ends in the last ones.
const ENDINGS: [&str; 4] = ["ts", "mts", "js", "mjs"];
/// What a module that was written for CommonJS expects to be there.
const REQUIRE: &str = "import { createRequire as crossplugRequire } from 'node:module'; const require = crossplugRequire(import.meta.url);";

/// The program of a plugin.
pub(super) struct Program<'s> {
    source: &'s Source,
    /// The file that is read.
    program: PathBuf,
    /// What it becomes: JavaScript of the same name.
    made: PathBuf,
}

impl<'s> Program<'s> {
    /// Finds it: the file that the manifest names, or the one that a compiler would make that of.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn look(source: &'s Source, _: &[Way], arguments: &Build) -> Result<Self, Failure> {
        let named = source.program(arguments.program.as_deref(), &ENDINGS)?;
        let ending = (named.extension()).map(|ending| ending.to_string_lossy().into_owned());
        let (read, made) = match ending.as_deref() {
            Some("ts") => (named.clone(), named.with_extension("js")),
            Some("mts") => (named.clone(), named.with_extension("mjs")),
            Some("mjs") => (named.with_extension("mts"), named.clone()),
            _ => (named.with_extension("ts"), named.clone()),
        };
        let here = |file: &PathBuf| source.folder.join(file).is_file();
        let program = [named, read].into_iter().find(here).ok_or_else(|| {
            let cure =
                "there is no such program: compile it first, or name its source with --program";
            usage(&source.folder.join(&made), cure)
        })?;
        Ok(Self {
            source,
            program,
            made,
        })
    }

    /// One file of everything, for a platform.
    fn bundle(&self, folder: &Folder, place: &Path, platform: &[&str]) -> Result<(), Failure> {
        let made = folder.work("bundle.js");
        let mut esbuild = tools::esbuild()?;
        esbuild.args([
            "--bundle",
            "--format=esm",
            "--target=es2023",
            "--log-level=warning",
        ]);
        esbuild.args(platform);
        esbuild.arg(format!("--outfile={}", made.display()));
        esbuild.arg(self.source.folder.join(&self.program));
        bundled(esbuild.current_dir(&self.source.folder))?;
        folder.lay(&made, place)?;
        // Whatever lies above the folder.
        let package = json!({
            "name": self.source.name, "version": self.source.manifest.get("version"), "type": "module", "private": true,
        });
        folder.write("package.json", format!("{package:#}\n").as_bytes())
    }

    fn process(&self, folder: &Folder) -> Result<Value, Failure> {
        let banner = format!("--banner:js={REQUIRE}");
        self.bundle(folder, &self.made, &["--platform=node", &banner])?;
        let made = self.made.to_string_lossy();
        let mut command = self.source.command();
        let starts =
            |word: &&str| super::source::inside(Path::new(word)).as_ref() == Some(&self.made);
        // Whoever ran the source as it is ran something else.
        if !command.iter().any(starts) {
            command = vec!["node", &made];
        }
        Ok(json!({ "command": command }))
    }

    /// For Node and for pages alike, so it does not know which; a program of its own it never is.
    fn module(&self, folder: &Folder) -> Result<Value, Failure> {
        let place = self.made.with_extension("module.js");
        let neutral = ["--platform=neutral", "--main-fields=module,main"];
        let neutral = [
            &neutral[..],
            &["--conditions=browser,import", "--external:node:*"],
        ]
        .concat();
        self.bundle(folder, &place, &neutral)?;
        Ok(place.to_string_lossy().replace('\\', "/").into())
    }

    fn wasm(&self, folder: &Folder) -> Result<Value, Failure> {
        let mut component = component::build(self.source, &self.program, folder)?;
        section::replace(&mut component, MANIFEST, self.source.text.as_bytes());
        let place = format!("{}.wasm", self.source.name);
        folder.write(&place, &component)?;
        Ok(json!({ "path": place }))
    }
}

/// Runs esbuild.
fn bundled(esbuild: &mut Command) -> Result<(), Failure> {
    tool("esbuild", esbuild).map(drop).map_err(|mut failure| {
        if failure.message.contains("\"crossplug/") {
            failure.message +=
                "; the plugin's own packages have to be there: `npm install` in its folder";
        }
        failure
    })
}

impl Builder for Program<'_> {
    fn build(&self, way: Way, folder: &Folder) -> Result<Value, Failure> {
        match way {
            Way::Wasm => self.wasm(folder),
            Way::ModuleTypescript => self.module(folder),
            _ => self.process(folder),
        }
    }
}
