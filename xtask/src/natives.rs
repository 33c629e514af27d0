//! Builds Rust plugins as native libraries, from the crates that are programs elsewhere, and lays them out where tests look
//! for them: `target/natives/<name>.so`, or as this platform spells it.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::fs;
use std::path::Path;

use crate::programs;
use crate::step::{self, Show};
use crate::tools;

/// What the compiler calls it, and what the library is called.
const LIBRARIES: [(&str, &str); 3] = [
    ("examples/{}subject_library", "subject"),
    ("{}companion", "agent"),
    ("{}reader", "textstats"),
];

/// Builds them all.
///
/// # Errors
/// Something does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    let laid = root.join("target/natives");
    fs::create_dir_all(&laid)?;
    let mut cargo = tools::cargo();
    // Apart from everything else, in which somebody asks the SDK for what modules of Python need: a library with that in it
    // could be loaded by Python alone.
    cargo.args(["build", "--locked", "--package", "crossplug-plugin"]);
    cargo.args(["--package", "example-agent"]);
    cargo.args(["--package", "example-textstats"]);
    cargo.args(["--lib", "--example", "subject_library"]);
    step::run("native libraries", &mut cargo, Show::OnFailure)?;
    for (place, called) in LIBRARIES {
        let built = place.replace("{}", DLL_PREFIX);
        let built = Path::new(&built).with_extension(DLL_EXTENSION);
        let called = laid.join(called).with_extension(DLL_EXTENSION);
        programs::lay(root, &built, &called)?;
    }
    Ok(())
}
