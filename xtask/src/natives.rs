//! Builds Rust plugins as native libraries, from the crates that are programs elsewhere, and lays them out where tests look
//! for them: `target/natives/<name>.so`, or as this platform spells it.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::step::{self, Show};
use crate::tools;

/// The package, the target that is built, what the compiler calls it, and what the library is called.
const LIBRARIES: [(&str, &[&str], &str, &str); 3] = [
    (
        "crossplug-plugin",
        &["--example", "subject_library"],
        "examples/{}subject_library",
        "subject",
    ),
    ("example-agent", &["--lib"], "{}example_agent", "agent"),
    (
        "example-textstats",
        &["--lib"],
        "{}example_textstats",
        "textstats",
    ),
];

/// Builds them all.
///
/// # Errors
/// Something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    let laid = root.join("target/natives");
    fs::create_dir_all(&laid)?;
    for (package, target, place, called) in LIBRARIES {
        let mut cargo = tools::cargo();
        // As their programs are built for tests, so that what they stand on is there already.
        cargo.args(["build", "--locked", "--package", package]);
        cargo.args(target);
        step::run(&format!("library {called}"), &mut cargo, Show::OnFailure)?;
        let built = root
            .join("target/debug")
            .join(place.replace("{}", DLL_PREFIX));
        let built = built.with_extension(DLL_EXTENSION);
        // Beside, then renamed: a test that has the old one loaded keeps it.
        let beside = laid.join(format!("{called}.part"));
        fs::copy(&built, &beside).with_context(|| format!("no {}", built.display()))?;
        fs::rename(beside, laid.join(called).with_extension(DLL_EXTENSION))?;
    }
    Ok(())
}
