//! What cargo knows of a package, and cargo at work. Both are the user's: `CARGO` and `RUSTC` of the environment hold.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::super::tools::cargo;
use super::super::{missing, tool, usage};
use crate::exit::{Exit, Failure};

/// What modules are compiled for.
pub(super) const WASM: &str = "wasm32-unknown-unknown";
/// Where a compiler without that target is told of another standard library.
const WASM_FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// A package, as `cargo metadata` tells of it.
pub(super) struct Package {
    /// Its `Cargo.toml`.
    pub(super) manifest: PathBuf,
    /// The name of the library, where it is one that others can load.
    pub(super) library: Option<String>,
    programs: Vec<String>,
    default_run: Option<String>,
}

/// What is made of it.
pub(super) enum Target {
    Program(String),
    Library(String),
}

impl Package {
    /// The package whose `Cargo.toml` lies in the folder.
    ///
    /// # Errors
    /// There is none, or no cargo.
    pub(super) fn of(folder: &Path) -> Result<Self, Failure> {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(usage(
                &manifest,
                "a plugin in Rust has it beside its plugin.json",
            ));
        }
        let mut ask = cargo();
        ask.args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ]);
        let told = tool("cargo metadata", ask.arg(&manifest))?;
        let told: Value = serde_json::from_str(&told).unwrap_or_default();
        let packages = told.get("packages").and_then(Value::as_array);
        let of = |package: &&Value| {
            let path = package.get("manifest_path").and_then(Value::as_str);
            path.is_some_and(|path| Path::new(path) == manifest)
        };
        let package = (packages.into_iter().flatten().find(of))
            .ok_or_else(|| usage(&manifest, "has no package: is it a workspace's alone?"))?;
        let targets = package.get("targets").and_then(Value::as_array);
        let mut programs = Vec::new();
        let mut library = None;
        for target in targets.into_iter().flatten() {
            let name = target
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let is = |member: &str, word: &str| {
                let words = target.get(member).and_then(Value::as_array);
                words.into_iter().flatten().any(|kind| kind == word)
            };
            if is("kind", "bin") {
                programs.push(name.to_owned());
            } else if is("crate_types", "cdylib") && !is("kind", "example") {
                library = Some(name.to_owned());
            }
        }
        Ok(Self {
            default_run: (package.get("default_run").and_then(Value::as_str)).map(str::to_owned),
            manifest,
            library,
            programs,
        })
    }

    /// The program that is the plugin; none where the package has none.
    ///
    /// # Errors
    /// There is no such program, or there are several and nobody says which.
    pub(super) fn program(&self, named: Option<&str>) -> Result<Option<String>, Failure> {
        let named = named.or(self.default_run.as_deref());
        match (named, self.programs.as_slice()) {
            (Some(name), programs) if programs.iter().any(|program| program == name) => {
                Ok(Some(name.to_owned()))
            }
            (Some(name), programs) => {
                let what = format!("has no program `{name}`; it has: {}", programs.join(", "));
                Err(usage(&self.manifest, &what))
            }
            (None, [] | [_]) => Ok(self.programs.first().cloned()),
            (None, several) => {
                let what = format!(
                    "has several programs ({}); say with `default-run`, or with --program, which one is the plugin",
                    several.join(", ")
                );
                Err(usage(&self.manifest, &what))
            }
        }
    }
}

/// Whether the compiler has a standard library for a target.
///
/// # Errors
/// It has none, or there is no compiler.
pub(super) fn can_target(target: &str, folder: &Path) -> Result<(), Failure> {
    // Whoever names flags for it knows where it lies.
    if std::env::var_os(WASM_FLAGS).is_some() {
        return Ok(());
    }
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", target]);
    let library = tool(
        "looking for the standard library",
        rustc.current_dir(folder),
    )?;
    let library = Path::new(library.trim());
    let has = std::fs::read_dir(library).is_ok_and(|mut entries| entries.next().is_some());
    if has {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Unavailable,
        format!(
            "the Rust compiler has no standard library for {target} ({} is not there): `rustup target add {target}`, or name a compiler that has it in RUSTC, or flags for it (`--sysroot=…`) in {WASM_FLAGS}",
            library.display()
        ),
    ))
}

/// Compiles one target and gives its file. What cargo says goes to the person as it comes.
///
/// # Errors
/// It does not compile.
pub(super) fn build(
    package: &Package,
    target: &Target,
    is_debug: bool,
    further: &[&str],
) -> Result<PathBuf, Failure> {
    let mut cargo = cargo();
    // On macOS a module of Python has to be told that Python is in the process that loads it.
    let tells_linker = cfg!(target_os = "macos") && further.contains(&"crossplug-plugin/python");
    cargo.arg(if tells_linker { "rustc" } else { "build" });
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.arg("--manifest-path").arg(&package.manifest);
    if !is_debug {
        cargo.arg("--release");
    }
    match target {
        Target::Program(name) => cargo.args(["--bin", name]),
        Target::Library(_) => cargo.arg("--lib"),
    };
    cargo.args(further);
    if tells_linker {
        cargo.args(["--", "-Clink-arg=-undefined", "-Clink-arg=dynamic_lookup"]);
    }
    // A module finds Python in the process that loads it; to everything else this says nothing.
    cargo.env("PYO3_BUILD_EXTENSION_MODULE", "1");
    cargo.stdin(Stdio::null()).stderr(Stdio::inherit());
    let ran = (cargo.output()).map_err(|error| missing("cargo build", &cargo, &error))?;
    if !ran.status.success() {
        let what = format!("cargo build failed with {}; it said why", ran.status);
        return Err(Failure::new(Exit::Unavailable, what));
    }
    let told = String::from_utf8_lossy(&ran.stdout);
    let mut artifacts = told.lines().filter_map(|line| artifact(line, target));
    artifacts.next_back().ok_or_else(|| {
        let what = format!(
            "cargo made nothing that can be loaded of {}",
            package.manifest.display()
        );
        Failure::new(Exit::Unavailable, what)
    })
}

/// The file that a line of cargo's tells of, where it is the target's.
fn artifact(line: &str, target: &Target) -> Option<PathBuf> {
    let told: Value = serde_json::from_str(line).ok()?;
    let (name, kind) = match target {
        Target::Program(name) => (name, "bin"),
        Target::Library(name) => (name, "cdylib"),
    };
    let of = told.get("target")?;
    let kinds = of.get("kind")?.as_array()?;
    if of.get("name")?.as_str()? != name || !kinds.iter().any(|known| known == kind) {
        return None;
    }
    let loadable = ["wasm", std::env::consts::DLL_EXTENSION];
    let files = told
        .get("filenames")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str);
    let module = files.map(Path::new).find(|file| {
        (file.extension()).is_some_and(|ending| loadable.iter().any(|known| ending == *known))
    });
    let program = told
        .get("executable")
        .and_then(Value::as_str)
        .map(Path::new);
    module.or(program).map(Path::to_owned)
}
