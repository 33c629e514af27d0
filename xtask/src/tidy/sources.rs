//! What the source files may look like: names, sizes, no IO where only thinking is allowed,
//! unsafe code only where another world begins, nothing unfinished, links that lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

/// Above this a hand-written file has outgrown its room.
const MOST_LINES: usize = 600;

/// Names that say nothing (DESIGN, section 1).
const EMPTY_NAMES: [&str; 7] = [
    "manager", "utils", "helpers", "common", "core", "bridge", "misc",
];

/// Rooms that think and never act (invariant 1): what would be an act.
const PURE_ROOMS: [&str; 3] = ["crates/protocol/src", "crates/policy/src", "crates/idl/src"];
const ACTS: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "Instant::now",
    "SystemTime",
    "std::io::std",
];

/// Rooms that touch another world, where unsafe code may stand.
const UNSAFE_ROOMS: [&str; 7] = [
    "crates/host/src/door/",
    "crates/host/src/platform",
    "crates/plugin/src/export/",
    "crates/conformance/",
    "crates/host/tests/",
    "crates/host/examples/native_round_trip.rs", // calls a C function to measure against
    "crates/protocol/tests/allocations.rs",      // an allocator that counts
];

/// All complaints about files.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in files {
        let name = path.to_string_lossy();
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        if EMPTY_NAMES.contains(&stem.as_str()) {
            complaints.push(format!(
                "{name}: `{stem}` says nothing; name the file after what it does"
            ));
        }
        if name.ends_with("/mod.rs") {
            complaints.push(format!("{name}: write foo.rs beside foo/"));
        }
        if name.ends_with("build.rs") && name.starts_with("crates/") && !name.contains("/src/") {
            complaints.push(format!(
                "{name}: no build scripts; what is generated is committed by `cargo xtask codegen`"
            ));
        }
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        if is_source(&name) {
            complaints.extend(source(&name, &text));
            complaints.extend(super::doors::check(&name, &text));
        }
        if name.ends_with(".md") {
            complaints.extend(links(root, path, &text));
        }
        complaints.extend(places(&name, &text));
    }
    Ok(complaints)
}

fn is_source(name: &str) -> bool {
    [".rs", ".py", ".ts"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn is_generated(text: &str) -> bool {
    text.lines()
        .next()
        .is_some_and(|line| line.contains("@generated"))
}

fn source(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES && !is_generated(text) {
        complaints.push(format!(
            "{name}: {lines} lines; a hand-written file has at most {MOST_LINES}"
        ));
    }
    if is_generated(text) && !name.contains("generated") && !name.contains("interfaces/") {
        complaints.push(format!(
            "{name}: generated, but not in a folder for generated files"
        ));
    }
    let pure = PURE_ROOMS.iter().any(|room| name.starts_with(room));
    let may_be_unsafe = UNSAFE_ROOMS.iter().any(|room| name.starts_with(room));
    // This file names what it looks for.
    let about_itself = name == "xtask/src/tidy/sources.rs";
    let mut safety = false;
    let mut in_attribute = false;
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{name}:{}", number + 1);
        let code = line.trim_start();
        let comment = code.starts_with("//") || code.starts_with('#') && name.ends_with(".py");
        if pure && !comment {
            for act in ACTS.iter().filter(|act| line.contains(**act)) {
                complaints.push(format!(
                    "{}: `{act}` in a room that only thinks; hand the result in as an argument",
                    place()
                ));
            }
        }
        if !about_itself
            && !comment
            && [
                "todo!(",
                "unimplemented!(",
                "raise NotImplementedError",
                "FIXME",
            ]
            .iter()
            .any(|word| line.contains(word))
        {
            complaints.push(format!("{}: unfinished", place()));
        }
        if name.ends_with(".rs")
            && !comment
            && !about_itself
            && (line.contains("unsafe {")
                || line.contains("unsafe fn")
                || line.contains("unsafe impl"))
        {
            if !may_be_unsafe {
                complaints.push(format!(
                    "{}: unsafe code belongs where another world begins",
                    place()
                ));
            } else if !safety && !line.contains("unsafe fn") {
                complaints.push(format!(
                    "{}: a `// SAFETY:` line above says why it is sound",
                    place()
                ));
            }
        }
        in_attribute |= code.starts_with("#[");
        if comment {
            safety |= code.contains("SAFETY:");
        } else if in_attribute {
            in_attribute = !code.trim_end().ends_with(']');
        } else {
            safety = false;
        }
    }
    complaints
}

/// Paths of a machine and addresses of registries do not belong into the tree.
fn places(name: &str, text: &str) -> Vec<String> {
    if name == "xtask/src/tidy/sources.rs"
        || name.ends_with(".lock")
        || name.ends_with("package-lock.json")
    {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if ["/root/", "/home/runner", "/Users/"]
            .iter()
            .any(|place| line.contains(place))
        {
            complaints.push(format!("{name}:{}: a path of one machine", number + 1));
        }
        if ["registry.npmjs.org", "pypi.org/simple", "index.crates.io"]
            .iter()
            .any(|place| line.contains(place))
        {
            complaints.push(format!(
                "{name}:{}: an address of a package registry",
                number + 1
            ));
        }
    }
    complaints
}

/// Relative links of a Markdown file lead to a file.
fn links(root: &Path, path: &Path, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.contains(' ') {
                continue;
            }
            if !root.join(folder).join(file).exists() {
                complaints.push(format!(
                    "{}:{}: the link to {file} leads nowhere",
                    path.display(),
                    number + 1
                ));
            }
        }
    }
    complaints
}
