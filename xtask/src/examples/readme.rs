//! Runs the code of the README: every fenced block that names a file (```` ```rust plugin.rs ````) is written to
//! `target/readme/`, built and run, and the host must print what the README says it prints.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::step::{self, Show};
use crate::test::{Counts, Outcome};
use crate::tools::{self, node, python};

/// The README's plugins: language, file, and the command of its manifest.
const PLUGINS: [(&str, &str, &[&str]); 3] = [
    ("rust", "plugin.rs", &["./plugin"]),
    ("python", "plugin.py", &["python3", "-u", "plugin.py"]),
    ("typescript", "plugin.ts", &["node", "plugin.js"]),
];

/// Builds the README's plugins and host and lets the host call each of them.
///
/// # Errors
/// A block is missing, does not build, is longer than it says, or prints something else.
pub(super) fn test(root: &Path) -> Outcome {
    let blocks = blocks(&fs::read_to_string(root.join("README.md"))?);
    let block = |name: &str| {
        blocks
            .get(name)
            .with_context(|| format!("the README has no block for {name}"))
    };
    let folder = root.join("target/readme");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (file, most) in [
        ("plugin.rs", 20),
        ("plugin.py", 20),
        ("plugin.ts", 20),
        ("host.rs", 10),
        ("host.py", 10),
        ("host.ts", 10),
    ] {
        let lines = block(file)?
            .lines()
            .filter(|line| !line.trim().is_empty())
            .count();
        anyhow::ensure!(
            lines <= most,
            "{file} in the README has {lines} lines; it promises {most}"
        );
    }
    rust(
        root,
        &folder.join("build"),
        block("plugin.rs")?,
        block("host.rs")?,
    )?;
    fs::write(folder.join("host.py"), block("host.py")?)?;
    let in_node = folder.join("host");
    fs::create_dir_all(&in_node)?;
    fs::write(in_node.join("host.ts"), block("host.ts")?)?;
    typescript(root, &in_node, "host.ts")?;
    let mut shown = Counts::default();
    for (language, file, command) in PLUGINS {
        let plugin = folder.join(language);
        fs::create_dir_all(&plugin)?;
        fs::write(
            plugin.join("plugin.json"),
            manifest(block("plugin.json")?, language, command)?,
        )?;
        fs::write(plugin.join(file), block(file)?)?;
        match language {
            "rust" => drop(fs::copy(
                root.join("target/debug/readme-plugin"),
                plugin.join("plugin"),
            )?),
            "typescript" => typescript(root, &plugin, file)?,
            _ => {}
        }
        for (name, mut host) in [
            ("Rust", Command::new(root.join("target/debug/readme-host"))),
            ("Python", in_python(root, &folder)?),
            ("TypeScript", in_typescript(&in_node)),
        ] {
            host.arg(&plugin).env("PATH", python::path_with(root)?);
            let what = format!("README, host in {name}, plugin in {language}");
            let output = step::run(&what, &mut host, Show::OnFailure)?;
            let expected = block("output")?;
            if output.trim() != expected.trim() {
                bail!("{what}: prints\n{output}\nand the README says\n{expected}");
            }
            shown.add(Counts::checks(1));
        }
    }
    Ok(shown)
}

/// The README's host in Python.
fn in_python(root: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut host = Command::new(python::interpreter(root)?);
    host.arg(folder.join("host.py"));
    Ok(host)
}

/// The README's host in TypeScript, compiled.
fn in_typescript(folder: &Path) -> Command {
    let mut host = Command::new("node");
    host.arg(folder.join("host.js"));
    host
}

/// The README's manifest, with the language and command of one plugin.
fn manifest(text: &str, language: &str, command: &[&str]) -> anyhow::Result<String> {
    let mut manifest: serde_json::Value =
        serde_json::from_str(text).context("the README's plugin.json")?;
    let members = manifest
        .as_object_mut()
        .context("the README's plugin.json is no object")?;
    members.insert("language".into(), language.into());
    members.insert(
        "doors".into(),
        serde_json::json!({ "process": { "command": command } }),
    );
    Ok(serde_json::to_string_pretty(&manifest)?)
}

fn rust(root: &Path, folder: &Path, plugin: &str, host: &str) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let path = |crate_name: &str| root.join("crates").join(crate_name).display().to_string();
    // Our own crates are no dependencies in the workspace, where they are not optimised either.
    let own = ["protocol", "policy", "plugin", "host"].map(|name| {
        format!("\n[profile.dev.package.crossplug-{name}]\nopt-level = 0\ndebug = \"line-tables-only\"\n")
    });
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[package]\nname = \"readme\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [[bin]]\nname = \"readme-plugin\"\npath = \"plugin.rs\"\n\n[[bin]]\nname = \"readme-host\"\npath = \"host.rs\"\n\n\
             [dependencies]\ncrossplug-plugin = {{ path = {:?} }}\ncrossplug-host = {{ path = {:?} }}\nserde_json = \"1\"\n\n\
             # The workspace's own profile, so that what is built for it serves here.\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\nopt-level = 1\ndebug = false\n{}",
            path("plugin"),
            path("host"),
            own.concat()
        ),
    )?;
    fs::write(folder.join("plugin.rs"), plugin)?;
    fs::write(folder.join("host.rs"), host)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut cargo = tools::cargo();
    cargo
        .arg("build")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root.join("target"));
    step::run("README, Rust", &mut cargo, Show::OnFailure)?;
    Ok(())
}

fn typescript(root: &Path, folder: &Path, file: &str) -> anyhow::Result<()> {
    let config = serde_json::json!({
        "extends": root.join("tsconfig.base.json"),
        "compilerOptions": { "rootDir": ".", "outDir": ".", "composite": false, "declaration": false, "isolatedDeclarations": false, "skipLibCheck": true, "typeRoots": [root.join("node_modules/@types")] },
        "files": [file]
    });
    fs::write(folder.join("tsconfig.json"), config.to_string())?;
    let mut tsc = node::tool(root, "tsc");
    tsc.arg("-p").arg(folder);
    step::run("README, TypeScript", &mut tsc, Show::OnFailure)?;
    Ok(())
}

/// The fenced blocks that name a file: name to text.
fn blocks(markdown: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Option<(String, String)> = None;
    for line in markdown.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let name = info
                    .split_whitespace()
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                open = Some((name, String::new()));
            }
            (Some((name, text)), Some(_)) => {
                if !name.is_empty() {
                    found.insert(std::mem::take(name), std::mem::take(text));
                }
                open = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}
