//! The crates as they would be published: packed, unpacked, and put where a project's cargo would find those of the registry.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, Show};
use crate::tools;

/// What is published, in the order in which it would be.
const PUBLISHED: [&str; 7] = [
    "crossplug-protocol",
    "crossplug-policy",
    "crossplug-plugin",
    "crossplug-host",
    "crossplug-idl",
    "crossplug-conformance",
    "crossplug-cli",
];

const HOST: &str = r#"use crossplug_host::agent::{ActionInvoke, AgentClient, Content, Memory};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (folder, text) = (arguments.next().ok_or("which plugin?")?, arguments.next().ok_or("what is said?")?);
    let plugin = crossplug_host::Host::builder().name("packed").build().load(folder).blocking()?;
    let memory = Memory::new(Content::new().with_text(text));
    let greeted = AgentClient::new(&plugin).action_invoke_blocking(ActionInvoke::new("GREET", memory))?;
    println!("{}", greeted.text.unwrap_or_default());
    plugin.stop_blocking();
    Ok(())
}
"#;

/// The unpacked crates.
pub(super) struct Crates {
    home: PathBuf,
    /// What stands in a project's `Cargo.toml` for a registry that has them.
    patch: String,
}

impl Crates {
    pub(super) fn pack(root: &Path, home: &Path) -> anyhow::Result<Self> {
        let mut cargo = tools::cargo();
        // Built below, by the projects that use them.
        cargo.args([
            "package",
            "--no-verify",
            "--allow-dirty",
            "--quiet",
            "--locked",
        ]);
        cargo.arg("--target-dir").arg(root.join("target"));
        for name in PUBLISHED {
            cargo.args(["--package", name]);
        }
        step::run("cargo package", &mut cargo, Show::OnFailure)?;
        let unpacked = home.join("crates");
        if unpacked.exists() {
            fs::remove_dir_all(&unpacked)?;
        }
        fs::create_dir_all(&unpacked)?;
        let mut patch = "\n[patch.crates-io]\n".to_owned();
        for name in PUBLISHED {
            let file = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
            let mut tar = Command::new("tar");
            // With the time of now: cargo would take changed files of the same old time for unchanged ones.
            tar.arg("-xzmf")
                .arg(root.join("target/package").join(format!("{file}.crate")));
            tar.arg("-C").arg(&unpacked);
            step::run(&format!("unpack {name}"), &mut tar, Show::OnFailure)?;
            writeln!(patch, "{name} = {{ path = {:?} }}", unpacked.join(file))?;
        }
        Ok(Self {
            home: home.to_owned(),
            patch,
        })
    }

    /// A new plugin in Rust, built; gives its folder.
    pub(super) fn greeter(&self, root: &Path) -> anyhow::Result<PathBuf> {
        let folder = self.home.join("greeter-rust");
        super::new(root, "rust", &folder)?;
        let file = folder.join("Cargo.toml");
        let text = fs::read_to_string(&file)? + &self.patch;
        fs::write(file, text)?;
        let built = self.build(root, &folder, &["--release"])?.join("release");
        let name = format!("greeter-rust{}", std::env::consts::EXE_SUFFIX);
        fs::create_dir_all(folder.join("target/release"))?;
        fs::copy(built.join(&name), folder.join("target/release").join(name))?;
        Ok(folder)
    }

    /// A program that hosts, built. Without WebAssembly, which would be a second build of all that runs it.
    pub(super) fn host(&self, root: &Path) -> anyhow::Result<PathBuf> {
        let folder = self.home.join("host-rust");
        fs::create_dir_all(folder.join("src"))?;
        let mut manifest =
            "[package]\nname = \"packed-host\"\nedition = \"2024\"\n\n[workspace]\n\n".to_owned();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(
            manifest,
            "[dependencies]\ncrossplug-host = {{ version = \"{version}\", default-features = false }}"
        )?;
        fs::write(folder.join("Cargo.toml"), manifest + &self.patch)?;
        fs::write(folder.join("src/main.rs"), HOST)?;
        let built = self.build(root, &folder, &[])?.join("debug");
        Ok(built.join(format!("packed-host{}", std::env::consts::EXE_SUFFIX)))
    }

    /// Builds a project; gives cargo's target directory, which the projects share.
    fn build(&self, root: &Path, folder: &Path, arguments: &[&str]) -> anyhow::Result<PathBuf> {
        // The versions of everything else are those that the workspace was tested with.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let target = self.home.join("cargo");
        let mut cargo = tools::cargo();
        cargo
            .arg("build")
            .args(arguments)
            .arg("--target-dir")
            .arg(&target)
            .current_dir(folder);
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        step::run(&format!("cargo build, {name}"), &mut cargo, Show::OnFailure)?;
        Ok(target)
    }
}
