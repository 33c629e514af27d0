//! `cargo xtask codegen`: writes what is generated from `schema/` and from the examples' own documents, or compares.
//!
//! The generator is a pure function in `crossplug-idl`; this file reads and writes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use crossplug_idl::driver::{self, Files, GENERATED_FOLDERS, Order};
use crossplug_idl::emit::Lang;

use crate::step;

/// The example with an interface of its own, generated as a user would.
const EXAMPLE: &str = "examples/textstats";

/// Writes every generated file, or with `check` fails on the first difference.
///
/// # Errors
/// A document that is refused; with `check`, a file that differs, is missing, or should not be there.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let wanted = generate(root)?;
    let there = on_disk(root)?;
    if let Some(difference) = driver::compare(&wanted, &there) {
        if check {
            bail!("{difference}");
        }
        write(root, &wanted, &there)?;
    } else if let Some(left_over) = there.keys().find(|path| !wanted.contains_key(*path)) {
        if check {
            bail!(
                "{left_over} comes from no document; run `cargo xtask codegen`, which removes it"
            );
        }
        write(root, &wanted, &there)?;
    }
    println!("codegen: {} files are what the documents say", wanted.len());
    Ok(())
}

/// Every generated file of the repository, by its path.
fn generate(root: &Path) -> anyhow::Result<Files> {
    let mut sources = Files::new();
    for file in step::files_below(&root.join("schema"), &[".json"])? {
        let name = relative(root, &file)?;
        if driver::is_document(&name) {
            sources.insert(name, fs::read_to_string(&file)?);
        }
    }
    let mut files = driver::repository(&sources)?;
    let document = format!("{EXAMPLE}/textstats.json");
    let interface = crossplug_idl::compile(&fs::read_to_string(root.join(&document))?, &document)
        .map_err(|refusals| driver::Failure::Refused {
        source: document,
        refusals,
    })?;
    let order = Order {
        langs: vec![Lang::Rust, Lang::Python, Lang::TypeScript],
        roles: driver::ROLES.to_vec(),
        runtime: None,
        document: "textstats.json".to_owned(),
    };
    for (path, text) in driver::codegen(&[interface], &order)? {
        files.insert(format!("{EXAMPLE}/generated/{path}"), text);
    }
    Ok(files)
}

/// What lies where generated files go.
fn on_disk(root: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let example = format!("{EXAMPLE}/generated");
    for folder in GENERATED_FOLDERS.iter().copied().chain([example.as_str()]) {
        let folder = root.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for file in step::files_below(&folder, &[".rs", ".py", ".ts", ".json"])? {
            let name = relative(root, &file)?;
            if driver::is_generated(&name) || name.starts_with(&example) {
                files.insert(name, fs::read_to_string(&file)?);
            }
        }
    }
    Ok(files)
}

fn write(root: &Path, wanted: &Files, there: &Files) -> anyhow::Result<()> {
    for (path, text) in wanted {
        if there.get(path) != Some(text) {
            let file = root.join(path);
            fs::create_dir_all(file.parent().context("a generated file lies in a folder")?)?;
            fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        }
    }
    for path in there.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root.join(path)).with_context(|| format!("cannot remove {path}"))?;
    }
    Ok(())
}

fn relative(root: &Path, file: &Path) -> anyhow::Result<String> {
    let path = file
        .strip_prefix(root)?
        .to_str()
        .context("a file name is not UTF-8")?;
    Ok(path.replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::path::PathBuf;

    use super::*;

    /// A copy of everything that `codegen` reads and writes.
    fn copy() -> tempfile::TempDir {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let copy = tempfile::tempdir().unwrap();
        let folders = GENERATED_FOLDERS.iter().copied().chain(["schema", EXAMPLE]);
        for folder in folders {
            for file in
                step::files_below(&root.join(folder), &[".rs", ".py", ".ts", ".json"]).unwrap()
            {
                let target = copy.path().join(file.strip_prefix(root).unwrap());
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::copy(&file, target).unwrap();
            }
        }
        copy
    }

    fn edit(file: PathBuf, from: &str, to: &str) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{} has no {from}", file.display());
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    #[test]
    fn check_sees_an_edited_file_a_missing_one_a_left_over_one_and_an_edited_document() {
        let copy = copy();
        let root = copy.path();
        run(root, true).unwrap();

        for file in [
            "crates/protocol/src/generated/agent.rs",
            "bindings/python/src/crossplug/interfaces/agent.py",
        ] {
            edit(
                root.join(file),
                "Whether it did what it is for.",
                "Whether it did what it was for.",
            );
            let complaint = run(root, true).unwrap_err().to_string();
            assert!(complaint.contains(file), "{complaint}");
            run(root, false).unwrap();
            run(root, true).unwrap();
        }

        fs::remove_file(root.join("bindings/typescript/src/interfaces/tool.ts")).unwrap();
        assert!(
            run(root, true)
                .unwrap_err()
                .to_string()
                .contains("tool.ts is missing")
        );
        fs::write(root.join("crates/host/src/generated/ghost.rs"), "").unwrap();
        run(root, false).unwrap();
        assert!(
            !root.join("crates/host/src/generated/ghost.rs").exists(),
            "what no document gives is removed"
        );
        run(root, true).unwrap();

        edit(
            root.join("schema/interfaces/agent.json"),
            "\"memory.search\"",
            "\"memory.find\"",
        );
        assert!(
            run(root, true).is_err(),
            "an edited document makes the generated files stale"
        );

        edit(
            root.join("schema/interfaces/agent.json"),
            "\"type\": \"boolean\"",
            "\"type\": \"bool\"",
        );
        let complaint = run(root, false).unwrap_err().to_string();
        assert!(
            complaint.contains("agent.json"),
            "a broken document is refused with its place: {complaint}"
        );
    }

    #[test]
    fn check_sees_the_example_too() {
        let copy = copy();
        edit(
            copy.path().join("examples/textstats/textstats.json"),
            "\"topWords\"",
            "\"commonWords\"",
        );
        assert!(
            run(copy.path(), true)
                .unwrap_err()
                .to_string()
                .contains("examples/textstats/generated")
        );
    }
}
