//! `crossplug new`: makes a project from a template. Must not know what stands in the templates.

mod template;

use std::path::{Path, PathBuf};

use crate::args::{Language, New};
use crate::exit::{Exit, Failure};
use crate::{output, talk};

/// Names that a Rust package cannot have, or should not.
const RUST_KEEPS: [&str; 46] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "core",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "std", "struct", "super", "test", "trait", "true", "type",
    "while",
];

/// Makes the project and prints its folder.
///
/// # Errors
/// A name or folder that cannot be used; a checkout without the SDK; a folder that cannot be written.
pub(crate) fn run(arguments: &New) -> Result<(), Failure> {
    let name = name(arguments)?;
    let sdk = arguments
        .sdk
        .as_deref()
        .map(|checkout| sdk(checkout, arguments.lang))
        .transpose()?;
    must_be_free(&arguments.dir)?;
    for file in template::files(arguments.lang, &name, sdk.as_deref()) {
        write(&arguments.dir.join(&file.path), &file.text)?;
    }
    output::line(&arguments.dir.display().to_string())?;
    talk::line(&format!(
        "made the plugin `{name}`; its README.md says how to build, test and call it"
    ));
    Ok(())
}

fn name(arguments: &New) -> Result<String, Failure> {
    // `.` and `..` have no name of their own; a folder that is not there yet has the one it was given.
    let dir = arguments
        .dir
        .canonicalize()
        .unwrap_or_else(|_| arguments.dir.clone());
    let folder = dir
        .file_name()
        .and_then(|name| name.to_str())
        .map(str::to_owned);
    let name = arguments.name.clone().or(folder).unwrap_or_default();
    let mut letters = name.chars();
    let good = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
        && letters
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    if !good {
        return Err(Failure::usage(format!(
            "`{name}` cannot be the name of a plugin: use small letters, digits and `-`, a letter first; say --name my-plugin"
        )));
    }
    if arguments.lang == Language::Rust && RUST_KEEPS.contains(&name.as_str()) {
        return Err(Failure::usage(format!(
            "Rust keeps the name `{name}` for itself; say --name {name}-plugin"
        )));
    }
    Ok(name)
}

/// What the project's list of dependencies names for the SDK of the language in a checkout.
fn sdk(checkout: &Path, language: Language) -> Result<PathBuf, Failure> {
    // The Python package is built from the root.
    let (part, sign) = match language {
        Language::Rust => ("crates/plugin", "crates/plugin/Cargo.toml"),
        Language::Python => (".", "bindings/python/src/crossplug/__init__.py"),
        Language::Typescript => ("bindings/typescript", "bindings/typescript/package.json"),
    };
    if !checkout.join(sign).is_file() {
        let missing = checkout.join(sign);
        let cure = "give the root of a checkout of crossplug";
        return Err(Failure::usage(format!(
            "--sdk: {} is not there; {cure}",
            missing.display()
        )));
    }
    let folder = checkout.join(part);
    folder
        .canonicalize()
        .map_err(|error| Failure::new(Exit::Unavailable, format!("{}: {error}", folder.display())))
}

fn must_be_free(dir: &Path) -> Result<(), Failure> {
    let taken = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Failure::usage(format!("{}: {error}", dir.display()))),
    };
    if taken {
        return Err(Failure::usage(format!(
            "{} is not empty; choose a folder that is not there yet",
            dir.display()
        )));
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| {
            Failure::new(
                Exit::Unavailable,
                format!("cannot write {}: {error}", path.display()),
            )
        })
}
