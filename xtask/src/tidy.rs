//! `cargo xtask tidy`: the structure of the house, as DESIGN and ARCHITECTURE draw it, checked.
//!
//! Each check gives a list of complaints: what is wrong, where, and how to mend it.

mod doors;
mod packages;
mod sources;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// Runs every check and fails with all complaints together.
///
/// # Errors
/// At least one complaint; a file that cannot be read.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let files = tracked(root)?;
    let mut complaints = packages::check(root)?;
    complaints.extend(sources::check(root, &files)?);
    for complaint in &complaints {
        eprintln!("tidy: {complaint}");
    }
    if !complaints.is_empty() {
        bail!("{} complaints", complaints.len());
    }
    println!("tidy: {} files, no complaints", files.len());
    Ok(())
}

/// What git tracks or would track, relative to the root.
fn tracked(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("tidy asks git for the list of files")?;
    let text = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files: Vec<PathBuf> = text
        .lines()
        .map(PathBuf::from)
        .filter(|path| root.join(path).is_file())
        .collect();
    files.dedup();
    Ok(files)
}
