//! A Rust that compiles for `wasm32-unknown-unknown`, found in this order: an override, the standard library that
//! rustup installed, `rustup target add`, Debian's compiler with a private sysroot, Debian's packages installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::debian;
use crate::step::{self, Show};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/// How to compile for wasm32: variables to set for cargo, and what was found.
pub(crate) struct Wasm {
    /// For a person.
    pub(crate) found: String,
    variables: Vec<(&'static str, OsString)>,
}

impl Wasm {
    /// A cargo that builds for wasm32 into a target directory of its own.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = super::cargo();
        command
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("CARGO_TARGET_DIR", "target/wasm");
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// Finds or makes the compiler. `CROSSPLUG_WASM` chooses one way: `rustup`, `debian`, or the path of a sysroot.
///
/// # Errors
/// None works; the text names the cures.
pub(crate) fn find() -> anyhow::Result<Wasm> {
    match std::env::var("CROSSPLUG_WASM").as_deref() {
        Ok("rustup") => return from_rustup(true).context("CROSSPLUG_WASM=rustup"),
        Ok("debian") => return from_debian(true).context("CROSSPLUG_WASM=debian"),
        Ok(sysroot) if !sysroot.is_empty() => return Ok(with_sysroot(Path::new(sysroot), None)),
        _ => {}
    }
    let rustup = match from_rustup(true) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    let debian = match from_debian(true) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    bail!(
        "no Rust standard library for {TARGET}. Any one of these mends it:\n  \
         rustup target add {TARGET}\n  \
         apt-get install --no-install-recommends {} (Debian; or set CROSSPLUG_INSTALL=1 as root)\n  \
         CROSSPLUG_WASM=<a sysroot with lib/rustlib/{TARGET}>\n\
         rustup: {rustup:#}\nDebian: {debian:#}",
        DEBIAN_PACKAGES.join(" ")
    )
}

/// What is here already, for `doctor`: installs and builds nothing.
pub(crate) fn look() -> Option<String> {
    from_rustup(false)
        .or_else(|_| from_debian(false))
        .ok()
        .map(|wasm| wasm.found)
}

fn from_rustup(may_add: bool) -> anyhow::Result<Wasm> {
    let sysroot = sysroot_of("rustc")?;
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if !has_std(&library) {
        if !may_add {
            bail!("{} has no standard library", library.display());
        }
        add_target()?;
        if !has_std(&library) {
            bail!(
                "rustup added {TARGET}, but {} is still empty",
                library.display()
            );
        }
    }
    Ok(Wasm {
        found: format!("rustc's own {TARGET} at {}", sysroot.display()),
        variables: Vec::new(),
    })
}

/// `rustup target add`, given up after a minute: it may hang where its server cannot be reached.
fn add_target() -> anyhow::Result<()> {
    let mut child = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("rustup is not on the PATH")?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            if status.success() {
                return Ok(());
            }
            bail!("`rustup target add {TARGET}` ended with {status}");
        }
        if started.elapsed() > Duration::from_secs(60) {
            child.kill()?;
            child.wait()?;
            bail!("`rustup target add {TARGET}` did not end within a minute");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn from_debian(may_build: bool) -> anyhow::Result<Wasm> {
    if !Path::new(DEBIAN_RUSTC).exists() || !Path::new(DEBIAN_LIBRARY).exists() && !debian_sources()
    {
        if !may_build {
            bail!("{DEBIAN_RUSTC} is not installed");
        }
        debian::install(&DEBIAN_PACKAGES)?;
    }
    let commit = debian_commit()?;
    let sysroot = std::env::current_dir()?
        .join("target/wasm-sysroot")
        .join(&commit);
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if !has_std(&library) {
        if !may_build {
            bail!("the private sysroot {} is not built yet", sysroot.display());
        }
        if !debian_sources() {
            debian::install(&DEBIAN_PACKAGES)?;
        }
        build_sysroot(&library)?;
    }
    Ok(with_sysroot(&sysroot, Some(DEBIAN_RUSTC)))
}

fn debian_sources() -> bool {
    sysroot_of(DEBIAN_RUSTC).is_ok_and(|root| {
        root.join("lib/rustlib/src/rust/library/std/Cargo.toml")
            .exists()
    })
}

/// Names the sysroot: cargo does not notice that a sysroot's contents changed.
fn debian_commit() -> anyhow::Result<String> {
    let output = clean(DEBIAN_RUSTC).arg("-vV").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.trim().to_owned())
    };
    let release = field("release:").context("rustc -vV names no release")?;
    let commit = field("commit-hash:").unwrap_or_default();
    Ok(format!(
        "{release}-{}",
        commit.chars().take(12).collect::<String>()
    ))
}

/// Builds the standard library with Debian's compiler and copies it to where a compiler looks for it.
fn build_sysroot(library: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(fs::canonicalize("target")?)?;
    fs::create_dir(folder.path().join("src"))?;
    fs::write(folder.path().join("src/lib.rs"), "")?;
    fs::write(
        folder.path().join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    let mut command = super::cargo();
    command
        .current_dir(folder.path())
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode a guest that asks for link-time optimisation cannot be built.
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Cembed-bitcode=yes",
        )
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .args([
            "build",
            "--release",
            "--target",
            TARGET,
            "-Zbuild-std=std,panic_abort",
        ]);
    step::run("standard library for wasm32", &mut command, Show::OnFailure)?;
    let built = folder
        .path()
        .join("target")
        .join(TARGET)
        .join("release/deps");
    // A half-copied folder must never look finished: copy aside, then rename.
    let parent = library.parent().context("a library folder has a parent")?;
    fs::create_dir_all(parent)?;
    let aside = tempfile::tempdir_in(parent)?;
    for file in step::files_below(&built, &[".rlib"])? {
        let name = file.file_name().context("a file has a name")?;
        fs::copy(&file, aside.path().join(name))?;
    }
    fs::rename(aside.keep(), library)?;
    Ok(())
}

fn with_sysroot(sysroot: &Path, rustc: Option<&str>) -> Wasm {
    let mut flags = OsString::from("--sysroot=");
    flags.push(sysroot);
    let mut variables = vec![("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)];
    if let Some(rustc) = rustc {
        variables.push(("RUSTC", OsString::from(rustc)));
    }
    Wasm {
        found: format!(
            "{} with the sysroot {}",
            rustc.unwrap_or("rustc"),
            sysroot.display()
        ),
        variables,
    }
}

fn has_std(library: &Path) -> bool {
    fs::read_dir(library).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

fn sysroot_of(rustc: &str) -> anyhow::Result<PathBuf> {
    let output = clean(rustc)
        .args(["--print", "sysroot"])
        .output()
        .with_context(|| format!("no {rustc}"))?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTC")
        .env_remove("RUSTFLAGS");
    command
}
