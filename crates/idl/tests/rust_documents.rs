//! The hard documents as a user's Rust: everything that the emitter gives for them compiles without a warning.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crossplug_idl::driver::{Order, codegen};
use crossplug_idl::emit::{Lang, Role};
use crossplug_idl::model::Interface;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn interfaces() -> Vec<Interface> {
    let folder = root().join("crates/idl/tests/documents");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        crossplug_idl::compile(&text, &path.display().to_string())
            .unwrap_or_else(|refusals| panic!("{refusals:?}"))
    };
    paths.iter().map(read).collect()
}

/// Writes only what differs, so that a second run compiles nothing.
fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if std::fs::read_to_string(path).ok().as_deref() != Some(text) {
        std::fs::write(path, text).unwrap();
    }
}

/// A user who wants these roles, in a module of the scratch crate.
fn user(
    src: &Path,
    name: &str,
    roles: &[Role],
    runtime: Option<&str>,
    interfaces: &[Interface],
) -> usize {
    let order = Order {
        langs: vec![Lang::Rust],
        roles: roles.to_vec(),
        runtime: runtime.map(str::to_owned),
        command: "crossplug codegen".to_owned(),
    };
    let files = codegen(interfaces, &order).unwrap();
    for (path, text) in &files {
        write(&src.join(name).join(path), text);
    }
    let mut door = format!("//! The documents for the roles `{roles:?}`.\n");
    for interface in interfaces {
        let _ = write!(
            door,
            "\n#[rustfmt::skip]\npub mod {};\n",
            interface.module.rust
        );
    }
    write(&src.join(format!("{name}.rs")), &door);
    files.len()
}

/// Types and traits that a user writes around the generated ones.
fn around(interfaces: &[Interface]) -> String {
    let mut text = "//! An author's and a host's own code around each document.\n".to_owned();
    for interface in interfaces {
        let (module, stem) = (&interface.module.rust, &interface.stem);
        let plain = module.trim_end_matches('_');
        let _ = write!(
            text,
            "
/// Implements nothing of `{module}` itself.
#[derive(Debug)]
pub struct Author{stem};

impl crate::all::{module}::plugin::{stem} for Author{stem} {{}}

/// The plugin of `{module}`.
#[must_use]
pub fn {plain}_plugin() -> crossplug_plugin::Plugin {{
    crossplug_plugin::Plugin::new(\"{module}\", \"1.0.0\").with(crate::all::{module}::plugin::{stem}Dispatch::new(Author{stem}))
}}

/// The client of `{module}`.
#[must_use]
pub fn {plain}_client(plugin: &crossplug_host::Plugin) -> crate::all::{module}::host::{stem}Client {{
    crate::all::{module}::host::{stem}Client::new(plugin)
}}
"
        );
    }
    text
}

#[test]
fn what_a_user_generates_compiles_without_a_warning() {
    let (root, interfaces) = (root(), interfaces());
    assert!(
        interfaces.len() >= 8,
        "the hard documents are fewer than they were"
    );
    let scratch = root.join("target/documents/rust");
    let src = scratch.join("src");
    let all = [Role::Types, Role::Plugin, Role::Host];
    let files = user(&src, "all", &all, None, &interfaces)
        + user(&src, "author", &[Role::Plugin], None, &interfaces)
        + user(
            &src,
            "caller",
            &[Role::Types, Role::Host],
            None,
            &interfaces,
        )
        + user(
            &src,
            "reader",
            &[Role::Types],
            Some("crossplug_protocol"),
            &interfaces,
        );
    write(&src.join("around.rs"), &around(&interfaces));
    let modules = ["all", "around", "author", "caller", "reader"]
        .map(|name| format!("pub mod {name};\n"))
        .concat();
    write(
        &src.join("lib.rs"),
        &format!("//! Generated for a test.\n#![warn(missing_docs)]\n\n{modules}"),
    );
    let dependency = |name: &str| {
        format!(
            "crossplug-{name} = {{ path = \"{}/crates/{name}\" }}\n",
            root.display()
        )
    };
    let manifest = format!(
        "[package]\nname = \"documents\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [dependencies]\n{}{}{}\n[profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\n\
         opt-level = 1\ndebug = false\n",
        dependency("plugin"),
        dependency("host"),
        dependency("protocol"),
    );
    write(&scratch.join("Cargo.toml"), &manifest);
    if !scratch.join("Cargo.lock").exists() {
        std::fs::copy(root.join("Cargo.lock"), scratch.join("Cargo.lock")).unwrap();
    }
    let clippy = [
        "clippy",
        "--quiet",
        "--offline",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    for arguments in [&clippy[..], &["doc", "--quiet", "--offline", "--no-deps"]] {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&scratch)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("RUSTDOCFLAGS", "--deny warnings")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }
    println!("rust: {files} files of {} documents", interfaces.len());
}
