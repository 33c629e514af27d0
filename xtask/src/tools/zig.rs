//! Zig, which compiles C for WebAssembly, too: `CROSSPLUG_ZIG`, `zig` on the PATH, or the package `ziglang` of PyPI, whose
//! wheel carries the compiler. That is 90 MB, so it is fetched in CI, and for a person who asks for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::python;
use crate::step::{self, Show};

/// The package, pinned: the language changes with its versions.
const PACKAGE: &str = "ziglang==0.15.2";
/// Where it is unpacked.
const FOLDER: &str = "target/tools/ziglang-0.15.2";

/// Zig is here, or may be fetched.
///
/// # Errors
/// It is not, with what to do about it.
pub(crate) fn check() -> anyhow::Result<()> {
    if look().is_some() || may_fetch() {
        return python::system().map(drop);
    }
    bail!(
        "no Zig for plugins in C and Zig; put `zig` 0.15 on the PATH, name it in CROSSPLUG_ZIG, or set CROSSPLUG_INSTALL=1, \
         which fetches {PACKAGE} from PyPI into target/"
    )
}

/// What is here already.
pub(crate) fn look() -> Option<String> {
    let named = std::env::var("CROSSPLUG_ZIG").ok();
    for program in named.as_deref().into_iter().chain(["zig"]) {
        if super::version_of(program, "version").is_some_and(|version| version.starts_with("0.15."))
        {
            return Some(program.to_owned());
        }
    }
    let fetched = std::path::absolute(fetched()).ok()?;
    fetched.is_file().then(|| fetched.display().to_string())
}

fn may_fetch() -> bool {
    super::in_ci() || std::env::var_os("CROSSPLUG_INSTALL").is_some_and(|value| value == "1")
}

fn fetched() -> PathBuf {
    let program = format!("zig{}", std::env::consts::EXE_SUFFIX);
    Path::new(FOLDER).join("ziglang").join(program)
}

/// The compiler, fetched where it is not here.
///
/// # Errors
/// It is not here and may not be fetched, or pip cannot fetch it.
pub(crate) fn find(root: &Path) -> anyhow::Result<Command> {
    if look().is_none() {
        check()?;
        let mut pip = Command::new(python::interpreter(root)?);
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps"]);
        pip.args(["--target", FOLDER, PACKAGE]);
        step::run("pip install ziglang", &mut pip, Show::OnFailure)?;
    }
    let mut zig = Command::new(look().context("the package ziglang brought no compiler")?);
    zig.env("ZIG_GLOBAL_CACHE_DIR", root.join("target/tools/zig-cache"));
    zig.env("ZIG_LOCAL_CACHE_DIR", root.join("target/tools/zig-cache"));
    Ok(zig)
}
