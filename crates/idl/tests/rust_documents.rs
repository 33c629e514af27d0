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
use crossplug_idl::emit::{self, Lang, Layout, Options, Role};
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
        document: "my.json".to_owned(),
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

/// The types as this repository has its own, with the table that the player of vectors needs, and the vectors.
fn table(src: &Path, interfaces: &[Interface]) {
    let options = Options {
        header: "Generated for a test.".to_owned(),
        roles: vec![Role::Types],
        layout: Layout::Repository,
        runtime: None,
    };
    let (mut modules, mut arms) = (String::new(), String::new());
    for interface in interfaces {
        for file in emit::rust::emit(interface, &options) {
            write(&src.join("table").join(file.path), &file.text);
        }
        for file in emit::vectors::emit(interface) {
            write(&src.join("../vectors").join(file.path), &file.text);
        }
        let module = &interface.module.rust;
        let _ = writeln!(modules, "pub mod {module};");
        let _ = writeln!(
            arms,
            "            table::{module}::NAME => table::{module}::with_type(name, visitor),"
        );
    }
    write(
        &src.join("table.rs"),
        &format!("//! The documents' types by name.\n\n{modules}"),
    );
    let player = root().join("crates/protocol/tests/vectors/player.rs");
    write(
        &src.join("../tests/vectors.rs"),
        &format!(
            "#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#[path = {player:?}]
mod player;

use documents::{{codec::ForType, table}};

struct Theirs;

impl player::Table for Theirs {{
    fn with_type<V: ForType>(&self, interface: &str, name: &str, visitor: V) -> Option<V::Output> {{
        match interface {{
{arms}            _ => None,
        }}
    }}
}}

#[test]
fn every_type_of_the_hard_documents_keeps_to_its_vectors() {{
    let folder = std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"vectors\");
    let played = player::play(&Theirs, &folder);
    assert!(played.cases > 5000 && played.packed > 4000);
}}
"
        ),
    );
}

#[test]
fn what_a_user_generates_compiles_without_a_warning_and_keeps_to_its_vectors() {
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
    table(&src, &interfaces);
    let modules = ["all", "around", "author", "caller", "reader", "table"]
        .map(|name| format!("pub mod {name};\n"))
        .concat();
    write(
        &src.join("lib.rs"),
        &format!(
            "//! Generated for a test.\n#![warn(missing_docs)]\n\n{modules}\npub use crossplug_protocol::{{codec, descriptor, error}};\n"
        ),
    );
    let dependency = |name: &str| {
        format!(
            "crossplug-{name} = {{ path = \"{}/crates/{name}\" }}\n",
            root.display()
        )
    };
    // As the workspace has them, so that nothing is compiled twice.
    let libraries =
        "serde = \"1\"\nserde_json = { version = \"1\", features = [\"unbounded_depth\"] }\n";
    // Compiled as the workspace's own crates are, so that they are not compiled twice.
    let own: String = ["plugin", "host", "protocol", "policy"]
        .iter()
        .map(|name| {
            format!(
                "\n[profile.dev.package.crossplug-{name}]\nopt-level = 0\ndebug = \"line-tables-only\"\n"
            )
        })
        .collect();
    let manifest = format!(
        "[package]\nname = \"documents\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [features]\nschemars = []\n\n[dependencies]\n{}{}{}{libraries}\n[profile.dev]\n\
         debug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\nopt-level = 1\ndebug = false\n{own}",
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
    let doc = ["doc", "--quiet", "--offline", "--no-deps"];
    let test = ["test", "--quiet", "--offline", "--", "--nocapture"];
    for arguments in [&clippy[..], &doc, &test] {
        let mut cargo = Command::new(env!("CARGO"));
        // What cargo tells its tests is read by a build script: hosts would be built once more.
        for (name, _) in std::env::vars() {
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(name);
            }
        }
        let output = cargo
            .args(arguments)
            .current_dir(&scratch)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("RUSTDOCFLAGS", "--deny warnings")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {said}{told}");
        told.lines()
            .filter(|line| line.contains("vectors"))
            .for_each(|line| println!("{line}"));
    }
    println!("rust: {files} files of {} documents", interfaces.len());
}
