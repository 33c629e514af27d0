//! Remembers which steps have passed on the files that are here now, so that a second run does what is left.
//!
//! The files are those that git knows or would take; where there is no git, nothing is remembered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Counts;
use crate::{step, tools};

/// What a tree and its tools are known by.
pub(super) struct Tree(String);

impl Tree {
    /// Of the files as they are; none without git.
    pub(super) fn of(root: &Path) -> Option<Self> {
        let mut git = Command::new("git");
        git.args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = git.current_dir(root).output().ok()?;
        if !listed.status.success() {
            return None;
        }
        let mut all = Vec::new();
        for name in listed.stdout.split(|byte| *byte == 0) {
            // What is gone is left out, and so are links to folders: what those hold is listed by itself.
            let Ok(contents) = fs::read(root.join(String::from_utf8_lossy(name).as_ref())) else {
                continue;
            };
            all.extend_from_slice(name);
            all.extend_from_slice(&step::fingerprint(&contents).to_le_bytes());
        }
        for tool in ["rustc", "python3", "node"] {
            let version = tools::version_of(tool, "--version");
            all.extend_from_slice(version.unwrap_or_default().as_bytes());
        }
        Some(Self(format!("{:016x}", step::fingerprint(&all))))
    }

    /// What the step counted when it passed on this tree.
    pub(super) fn passed(&self, root: &Path, step: &str) -> Option<Counts> {
        let kept = fs::read_to_string(place(root, step)).ok()?;
        kept.starts_with(&self.0).then(|| Counts::read(&kept))
    }

    /// Keeps what a step counted that has passed. Without tests it prepares something, which it looks for itself.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn keep(&self, root: &Path, step: &str, counts: &Counts) -> std::io::Result<()> {
        if counts.passed == 0 {
            return Ok(());
        }
        let place = place(root, step);
        fs::create_dir_all(place.parent().unwrap_or(root))?;
        fs::write(
            place,
            format!("{}\n{counts}\n# pass {}\n", self.0, counts.passed),
        )
    }
}

fn place(root: &Path, step: &str) -> PathBuf {
    root.join("target/xtask/passed").join(step)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let ran = Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .output();
        assert!(ran.unwrap().status.success());
    }

    #[test]
    fn a_step_is_done_until_a_file_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(Tree::of(root).is_none(), "there is no git here");
        git(root, &["init", "--quiet"]);
        fs::write(root.join("a"), "1").unwrap();
        fs::write(root.join(".gitignore"), "target\n").unwrap();
        let counts = Counts::read("test result: ok. 7 passed; 0 failed\nvectors types rust 3\n");
        let first = Tree::of(root).unwrap();
        assert!(first.passed(root, "a step").is_none());
        first.keep(root, "a step", &counts).unwrap();
        let again = Tree::of(root).unwrap().passed(root, "a step").unwrap();
        assert_eq!(again.to_string(), counts.to_string());
        for (file, contents) in [("a", "2"), ("b", "")] {
            fs::write(root.join(file), contents).unwrap();
            assert!(
                Tree::of(root).unwrap().passed(root, "a step").is_none(),
                "{file}"
            );
            fs::write(root.join("a"), "1").unwrap();
        }
        fs::remove_file(root.join("b")).unwrap();
        assert!(Tree::of(root).unwrap().passed(root, "a step").is_some());
    }
}
