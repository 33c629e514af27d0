//! What the packages may depend on: the arrows of the house, licences, one version of each, a reason for each,
//! lock files that name no place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::tools;

/// Every arrow of the house (DESIGN, section 2). A new one needs a record in docs/decisions.
const ARROWS: [(&str, &[&str]); 12] = [
    ("crossplug-protocol", &[]),
    ("crossplug-policy", &["crossplug-protocol"]),
    ("crossplug-plugin", &["crossplug-protocol"]),
    (
        "crossplug-host",
        &["crossplug-protocol", "crossplug-policy"],
    ),
    ("crossplug-idl", &[]),
    ("crossplug-python", &["crossplug-host"]),
    (
        "crossplug-typescript",
        &["crossplug-protocol", "crossplug-policy"],
    ),
    (
        "crossplug-conformance",
        &["crossplug-protocol", "crossplug-host"],
    ),
    (
        "crossplug-cli",
        &["crossplug-host", "crossplug-idl", "crossplug-conformance"],
    ),
    ("xtask", &["crossplug-idl"]),
    ("example", &["crossplug-plugin", "crossplug-host"]),
    ("crossplug-bench", &["crossplug-plugin", "crossplug-host"]),
];

const LICENCES: [&str; 11] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "0BSD",
    "MIT-0",
    "CDLA-Permissive-2.0", // the list of certificate authorities, which is data
];

/// Packages that may stand in the lock file in two versions, with the reason. A star behind a name stands for all that
/// begin so.
const TWICE: [(&str, &str); 23] = [
    (
        "bit-set",
        "the JSON Schema validator's regular expressions and proptest follow different releases; tests only",
    ),
    ("bit-vec", "follows bit-set"),
    (
        "syn",
        "a macro of the JSON Schema validator still uses version 2; tests only",
    ),
    (
        "getrandom",
        "proptest's generator and tempfile follow different releases",
    ),
    (
        "r-efi",
        "follows getrandom; only for a platform that is not ours",
    ),
    ("rand_core", "follows getrandom"),
    (
        "wasi",
        "follows getrandom; only for a platform that is not ours",
    ),
    (
        "base64",
        "Extism's guest kit, whose guests tests run, is one release behind; never compiled",
    ),
    ("sha2", "wasmtime's compiler is one release behind"),
    ("digest", "follows sha2"),
    ("block-buffer", "follows sha2"),
    ("cpufeatures", "follows sha2"),
    ("crypto-common", "follows sha2"),
    (
        "embedded-io",
        "two wishes of postcard's, which wasmtime writes compiled code with; neither is compiled",
    ),
    (
        "hashbrown",
        "wasmtime's reader of debug information is one release behind",
    ),
    (
        "io-lifetimes",
        "WASI's file system and what sets times of files follow different releases",
    ),
    (
        "thiserror",
        "the generator of WASI's bindings uses version 1; at build time only",
    ),
    ("thiserror-impl", "follows thiserror"),
    (
        "wast",
        "the generator of WASI's bindings reads its own old dialect; at build time only",
    ),
    (
        "gimli",
        "wasm-bindgen's tool and wasmtime follow different releases; the tool is part of xtask alone",
    ),
    ("wasm-encoder", "follows gimli"),
    ("wasmparser", "follows gimli"),
    (
        "windows*",
        "rustls, tokio and wasmtime follow different releases; only for a platform that is not ours",
    ),
];

/// All complaints about packages.
///
/// # Errors
/// cargo does not answer; a file that cannot be read.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = tools::cargo()
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--locked",
        ])
        .output()
        .context("cargo metadata")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut complaints = arrows(&metadata);
    complaints.extend(licences_and_versions(&metadata));
    complaints.extend(reasons(&fs::read_to_string(root.join("Cargo.toml"))?));
    complaints.extend(lock_files(root)?);
    Ok(complaints)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn arrows(metadata: &Value) -> Vec<String> {
    let members: BTreeSet<&str> = list(metadata, "workspace_members")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let ours: Vec<&Value> = list(metadata, "packages")
        .iter()
        .filter(|package| members.contains(text(package, "id")))
        .collect();
    let names: BTreeSet<&str> = ours.iter().map(|package| text(package, "name")).collect();
    let mut complaints = Vec::new();
    for package in &ours {
        let name = text(package, "name");
        let room = if text(package, "manifest_path").contains("/examples/") {
            "example"
        } else {
            name
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == room) else {
            complaints.push(format!(
                "{name}: a crate that the plan of the house does not know; see ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let to = text(dependency, "name");
            // Tests may look further than the code: they check rooms against each other.
            let in_tests = text(dependency, "kind") == "dev";
            if names.contains(to) && !allowed.contains(&to) && !in_tests {
                complaints.push(format!(
                    "{name} → {to}: no such arrow in the plan; it needs a record in docs/decisions"
                ));
            }
        }
    }
    complaints
}

fn licences_and_versions(metadata: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        versions
            .entry(name)
            .or_default()
            .insert(text(package, "version"));
        let licence = text(package, "license");
        let fine = licence.split(" OR ").any(|choice| {
            choice.split(" AND ").all(|part| {
                let part = part.trim_matches(|c: char| c == '(' || c == ')' || c == ' ');
                part.split('/').any(|one| LICENCES.contains(&one.trim()))
                    || part == "Apache-2.0 WITH LLVM-exception"
            })
        });
        if !fine {
            complaints.push(format!(
                "{name}: licence `{licence}` is not on the list in xtask/src/tidy/packages.rs"
            ));
        }
    }
    for (name, found) in versions {
        if found.len() > 1 && !TWICE.iter().any(|(known, _)| stands_for(known, name)) {
            let found: Vec<&str> = found.into_iter().collect();
            complaints.push(format!(
                "{name} is here in the versions {}: agree on one, or give the reason",
                found.join(", ")
            ));
        }
    }
    complaints
}

/// A name, or with a star behind it, all that begin so.
fn stands_for(known: &str, name: &str) -> bool {
    known
        .strip_suffix('*')
        .map_or(known == name, |begin| name.starts_with(begin))
}

/// Every dependency of the workspace says why it is there.
fn reasons(manifest: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut inside = false;
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if inside
            && !line.trim().is_empty()
            && !line.starts_with('#')
            && !line.starts_with("crossplug-")
            && !line.contains('#')
        {
            complaints.push(format!(
                "Cargo.toml:{}: say behind a `#` why the dependency is there",
                number + 1
            ));
        }
    }
    complaints
}

fn lock_files(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    let cargo = fs::read_to_string(root.join("Cargo.lock"))?;
    for line in cargo.lines().filter(|line| line.starts_with("source = ")) {
        if line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"" {
            complaints.push(format!(
                "Cargo.lock names another place than crates.io: {line}"
            ));
        }
    }
    let npm = fs::read_to_string(root.join("package-lock.json"))?;
    for (number, line) in npm.lines().enumerate() {
        if line.contains("\"resolved\"") && line.contains("://") {
            complaints.push(format!("package-lock.json:{}: a download address; run npm with omit-lockfile-registry-resolved", number + 1));
        }
    }
    Ok(complaints)
}
