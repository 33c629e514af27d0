//! Builds Rust plugins as native libraries, from the crates that are programs elsewhere, and lays them out where tests look
//! for them: `target/natives/<name>.so`, or as this platform spells it.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::examples::{self, SCENARIOS};
use crate::programs;
use crate::step::{self, Show};
use crate::tools;

/// Builds them all.
///
/// # Errors
/// Something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    programs::build()?;
    let laid = root.join("target/natives");
    fs::create_dir_all(&laid)?;
    let mut cargo = tools::cargo();
    // Apart from everything else, in which somebody asks the SDK for what modules of Python need: a library with that in it
    // could be loaded by Python alone.
    cargo.args(["build", "--locked", "--package", "crossplug-plugin"]);
    cargo.args(["--example", "subject_library"]);
    step::run("native library subject", &mut cargo, Show::OnFailure)?;
    let library = |name: &str| Path::new(name).with_extension(DLL_EXTENSION);
    let built = library(&format!("examples/{DLL_PREFIX}subject_library"));
    programs::lay(root, &built, &laid.join(library("subject")))?;
    for scenario in SCENARIOS {
        let made = laid.join("made").join(scenario);
        let source = format!("examples/{scenario}/plugin.rs.json");
        let mut build = examples::building(root, &tools::cargo())?;
        build.arg(root.join(source)).arg("--out").arg(&made);
        build.args(["--debug", "--door", "native"]);
        let name = format!("native library {scenario}");
        step::run(&name, &mut build, Show::OnFailure)?;
        let built = made.join(library(&format!("{DLL_PREFIX}example-{scenario}-rust")));
        // Beside, then renamed: whoever has the old one loaded keeps it.
        let beside = laid.join("part");
        fs::copy(&built, &beside).with_context(|| format!("no {}", built.display()))?;
        fs::rename(beside, laid.join(library(scenario)))?;
    }
    Ok(())
}
