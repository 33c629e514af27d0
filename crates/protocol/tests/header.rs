//! `schema/crossplug.h` and [`crossplug_protocol::native`] are the same tables: the system's C and C++ compilers judge the
//! one by the sizes, places and numbers of the other.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::Command;

use crossplug_protocol::native::{self, Buffer, Bytes, Head, Host, Library};

/// A compiler of the system's; none is a named skip for a person and a failure where everything must be there.
fn compiler(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).unwrap_or_else(|| name.into());
    let found = Command::new(&named).arg("--version").output();
    if found.is_ok_and(|found| found.status.success()) {
        return Some(named.into());
    }
    let what = format!("there is no {}: install a compiler", named.display());
    assert!(std::env::var_os("CI").is_none(), "{what}");
    println!("skipped: {what}");
    None
}

/// What has to hold, in words of C and of C++.
fn statements() -> String {
    let mut source = String::from("#include \"crossplug.h\"\n");
    let mut same = |what: &str, number: usize| {
        source += &format!("static_assert({what} == {number}, \"{what} is {number} in Rust\");\n");
    };
    same("sizeof(crossplug_head)", size_of::<Head>());
    same("sizeof(crossplug_bytes)", size_of::<Bytes>());
    same("sizeof(crossplug_buffer)", size_of::<Buffer>());
    same("sizeof(crossplug_host)", size_of::<Host>());
    same("sizeof(crossplug_library)", size_of::<Library>());
    macro_rules! places {
        ($kind:ty, $name:literal: $($member:ident),+) => {
            $(same(
                concat!("offsetof(", $name, ", ", stringify!($member), ")"),
                offset_of!($kind, $member),
            );)+
        };
    }
    places!(Head, "crossplug_head": magic, version, size);
    places!(Bytes, "crossplug_bytes": data, length);
    places!(Buffer, "crossplug_buffer": data, length, owner);
    places!(Host, "crossplug_host": head, said);
    places!(Library, "crossplug_library": head, open, methods, call, push, close, release);
    let mut number = |what: &str, number: i64| {
        source += &format!("static_assert({what} == {number}, \"{what} is {number} in Rust\");\n");
    };
    number("CROSSPLUG_MAGIC", native::MAGIC.into());
    number("CROSSPLUG_VERSION", native::VERSION.into());
    number("CROSSPLUG_DONE", native::DONE.into());
    number("CROSSPLUG_FAILED", native::FAILED.into());
    number("CROSSPLUG_PENDING", native::PENDING.into());
    number("CROSSPLUG_TAKEN", native::TAKEN.into());
    number("CROSSPLUG_ENDED", native::ENDED.into());
    number("CROSSPLUG_GONE", native::GONE.into());
    number("CROSSPLUG_LEFT", native::LEFT.into());
    source
}

fn compile(compiler: &Path, source: &str, ending: &str, standard: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    let file =
        std::env::temp_dir().join(format!("crossplug-header-{}.{ending}", std::process::id()));
    std::fs::write(&file, source).unwrap();
    let told = Command::new(compiler)
        .args([
            standard,
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
            "-I",
        ])
        .arg(schema)
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{standard}: {said}");
}

#[test]
fn c() {
    if let Some(compiler) = compiler("CC", "cc") {
        let source = format!("#include <assert.h>\n{}", statements());
        compile(&compiler, &source, "c", "-std=c11");
    }
}

#[test]
fn cpp() {
    if let Some(compiler) = compiler("CXX", "c++") {
        compile(&compiler, &statements(), "cpp", "-std=c++11");
    }
}

#[test]
fn the_entries_have_the_names_of_the_header() {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/crossplug.h");
    let header = std::fs::read_to_string(header).unwrap();
    for name in [native::ENTRY, native::MANIFEST] {
        assert!(header.contains(&format!("{name}(void);")), "{name}");
    }
}
