//! `crossplug build`: what it refuses, and what it makes where no tool has to be installed for it. Components and packages of npm
//! are made by `cargo xtask`, for the tests of the hosts and for the demo.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::stage::{Ran, Stage, checkout, program, ran, run};

fn manifest(language: &str, command: Value) -> Stage {
    Stage::manifest(&json!({
        "name": "built", "description": "x", "version": "1.0.0", "language": language,
        "interfaces": {}, "doors": { "process": { "command": command } },
    }))
}

impl Stage {
    fn put(&self, name: &str, text: &str) -> &Self {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    fn build(&self, arguments: &[&str]) -> Ran {
        self.build_where(arguments, &[])
    }

    /// Builds with a few variables of the environment changed.
    fn build_where(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = program();
        command.arg("build").arg(self.path()).args(arguments);
        command.env_remove("RUSTC");
        command.envs(variables.iter().copied());
        ran(command.output().unwrap())
    }

    fn built(&self) -> Value {
        let text = fs::read_to_string(self.path().join("build/plugin.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[test]
fn what_cannot_be_built_says_why_and_what_to_do() {
    let shell = manifest("shell", json!(["sh", "plugin.sh"]));
    shell.build(&[]).exits(2).says(&["`shell`", "typescript"]);
    let none = manifest("python", json!(["./plugin"]));
    none.build(&[]).exits(2).says(&["--program"]);
    let gone = manifest("python", json!(["python3", "plugin.py"]));
    gone.build(&[])
        .exits(2)
        .says(&["plugin.py", "no such program"]);
    let gone = manifest("typescript", json!(["node", "dist/plugin.js"]));
    let cure = ["dist/plugin.js", "compile it first", "--program"];
    gone.build(&[]).exits(2).says(&cure);
    let away = manifest("python", json!(["python3", "../plugin.py"]));
    away.build(&[]).exits(2).says(&["in the plugin's folder"]);
    let broken = Stage::text("{");
    broken.build(&[]).exits(2).says(&["plugin.json"]);
    run(["build", "no-such-folder"])
        .exits(2)
        .says(&["plugin.json"]);
    run(["build", "no-such.wasm"])
        .exits(2)
        .says(&["no-such.wasm"]);
}

#[test]
fn doors_that_a_language_does_not_have_say_why() {
    let python = manifest("python", json!(["python3", "plugin.py"]));
    let has = ["interpreter", "process, wasm, module.python"];
    python.build(&["--door", "native"]).exits(2).says(&has);
    let has = ["of JavaScript", "it has"];
    python
        .build(&["--door", "module.typescript"])
        .exits(2)
        .says(&has);
    let typescript = manifest("typescript", json!(["node", "plugin.js"]));
    typescript
        .build(&["--door", "wasm,native"])
        .exits(2)
        .says(&["`native`"]);
    let listens = ["--door", "process", "--door", "socket"];
    typescript.build(&listens).exits(2).says(&["--listen"]);
    typescript
        .build(&["--door", "window"])
        .exits(2)
        .says(&["window"]);
}

#[test]
fn a_plugin_in_python_is_what_its_program_imports() {
    let stage = manifest("python", json!(["python3", "-u", "plugin.py"]));
    stage.put("plugin.py", "import json\nfrom inner import words\n");
    stage.put(
        "inner/words.py",
        "from . import __name__\nfrom .numbers import ONE as WORDS\n",
    );
    stage.put("inner/numbers.py", "ONE = 1\n");
    stage.put("inner/other.py", "");
    stage.put("test_plugin.py", "import plugin\n");
    stage.put(".venv/lib/other.py", "");
    stage.put("venv/pyvenv.cfg", "").put("venv/other.py", "");
    stage.put("words.txt", "hello");
    let text = fs::read(stage.path().join("plugin.json")).unwrap();
    let made = stage
        .build(&["--door", "process", "--with", "words.txt"])
        .exits(0);
    let folder = stage.path().join("build");
    assert_eq!(Path::new(made.out.trim()), folder.canonicalize().unwrap());
    for (file, is_there) in [
        ("plugin.py", true),
        ("inner/words.py", true),
        ("inner/numbers.py", true),
        ("inner/other.py", false),
        ("words.txt", true),
        ("test_plugin.py", false),
        (".venv", false),
        ("venv", false),
    ] {
        assert_eq!(folder.join(file).exists(), is_there, "{file}");
    }
    assert_eq!(
        stage.built()["doors"],
        json!({ "process": { "command": ["python3", "-u", "plugin.py"] } })
    );
    assert_eq!(stage.built()["name"], "built");
    // The source's own manifest is nobody's to change, and what is built is no part of the source.
    assert_eq!(fs::read(stage.path().join("plugin.json")).unwrap(), text);
    let more = stage
        .build(&["--door", "module", "--json"])
        .exits(0)
        .value();
    assert!(!folder.join("build").exists());
    assert_eq!(
        more["doors"],
        json!({ "process": { "command": ["python3", "-u", "plugin.py"] }, "module": { "python": "plugin" } }),
        "what was built before is still there"
    );
    run(["inspect", folder.to_str().unwrap()]).exits(0);
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with('.')),
        "{left:?}"
    );
}

#[test]
fn a_program_that_does_not_compile_says_where() {
    let stage = manifest("python", json!(["python3", "plugin.py"]));
    stage.put("plugin.py", "def oops(:\n");
    stage
        .build(&["--door", "process"])
        .exits(5)
        .says(&["SyntaxError", "plugin.py", "oops"]);
    assert!(!stage.path().join("build/plugin.json").exists());
}

#[test]
fn a_socket_is_that_of_the_program() {
    let stage = Stage::manifest(&json!({
        "name": "built", "description": "x", "version": "1.0.0", "language": "python",
        "doors": { "socket": { "unix": "run/it" }, "process": { "command": ["python3", "plugin.py"], "dialect": "crossplug/1" } },
    }));
    stage.put("plugin.py", "");
    stage.build(&["--door", "module"]).exits(0);
    assert_eq!(
        stage.built()["doors"],
        json!({ "module": { "python": "plugin" } })
    );
    stage.build(&["--door", "process"]).exits(0);
    let doors = stage.built()["doors"].clone();
    let order: Vec<&String> = doors.as_object().unwrap().keys().collect();
    assert_eq!(
        order,
        ["socket", "process", "module"],
        "as its author has it"
    );
    assert_eq!(doors["process"]["dialect"], "crossplug/1");
}

#[test]
fn a_module_door_that_names_nothing_is_refused() {
    let stage = Stage::manifest(&json!({
        "name": "built", "description": "x", "version": "1.0.0", "language": "python",
        "doors": { "process": { "command": ["python3", "plugin.py"] }, "module": { "python": "elsewhere" } },
    }));
    stage.put("plugin.py", "");
    stage
        .build(&["--door", "module"])
        .exits(2)
        .says(&["`elsewhere`", "doors.module.python"]);
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let stage = manifest("python", json!(["python3", "plugin.py"]));
    stage.put("plugin.py", "").put("mine/notes", "");
    let out = stage.path().join("mine");
    let out = ["--door", "process", "--out", out.to_str().unwrap()];
    stage.build(&out).exits(2).says(&["mine", "--out"]);
    // Nor is the source a place to build into.
    let out = ["--door", "process", "--out", stage.path().to_str().unwrap()];
    stage.build(&out).exits(2).says(&["--out"]);
    let out = ["--with", "../x", "--door", "process"];
    stage.build(&out).exits(2).says(&["../x"]);
    stage
        .build(&["--with", "no", "--door", "process"])
        .exits(2)
        .says(&["no: is not"]);
}

#[test]
fn a_missing_tool_is_named_with_its_cure() {
    let python = manifest("python", json!(["python3", "plugin.py"]));
    python.put("plugin.py", "");
    let none = [("CROSSPLUG_PYTHON", "/nowhere/python3")];
    let cure = ["/nowhere/python3", "Python 3.10"];
    python
        .build_where(&["--door", "process"], &none)
        .exits(5)
        .says(&cure);
    python
        .build_where(&["--door", "wasm"], &none)
        .exits(5)
        .says(&cure);
    let tools = tempfile::tempdir().unwrap();
    let nothing = [
        ("PATH", ""),
        ("CROSSPLUG_TOOLS", tools.path().to_str().unwrap()),
    ];
    let typescript = manifest("typescript", json!(["node", "plugin.js"]));
    typescript.put("plugin.ts", "");
    typescript
        .build_where(&[], &nothing)
        .exits(5)
        .says(&["npm", "Node 20"]);
    let rust = crate_of("[[bin]]\nname = \"built\"\npath = \"main.rs\"\n");
    let none = [("CARGO", "/nowhere/cargo")];
    rust.build_where(&["--door", "process"], &none)
        .exits(5)
        .says(&["/nowhere/cargo", "rustup.rs"]);
    // A compiler whose standard library for WebAssembly is not there.
    rust.put("rustc", "#!/bin/sh\necho /nowhere/lib\n");
    let fake = rust.path().join("rustc");
    executable(&fake);
    let none = [("RUSTC", fake.to_str().unwrap()), ("RUSTUP_TOOLCHAIN", "")];
    let cure = ["wasm32-unknown-unknown", "rustup target add", "RUSTC"];
    rust.build_where(&["--door", "wasm"], &none[..1])
        .exits(5)
        .says(&cure);
}

#[cfg(unix)]
fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A plugin in Rust with these targets, which needs nothing.
fn crate_of(targets: &str) -> Stage {
    let stage = manifest("rust", json!(["./built"]));
    let package = "[package]\nname = \"built\"\nversion = \"1.0.0\"\nedition = \"2024\"\nautobins = false\nautolib = false\n";
    stage.put("Cargo.toml", &format!("{package}{targets}\n[workspace]\n"));
    stage.put("main.rs", "fn main() {}\n").put("lib.rs", "");
    stage
}

#[test]
fn a_package_without_what_a_door_needs_says_which_lines_are_missing() {
    let none = manifest("rust", json!(["./built"]));
    none.build(&[])
        .exits(2)
        .says(&["Cargo.toml", "beside its plugin.json"]);
    let program = "[[bin]]\nname = \"built\"\npath = \"main.rs\"\n";
    let cure = [
        "`native`",
        "`module.python`",
        "crate-type = [\"cdylib\"]",
        "--door",
    ];
    crate_of(program).build(&[]).exits(2).says(&cure);
    let library = "[lib]\npath = \"lib.rs\"\n";
    crate_of(library)
        .build(&["--door", "native"])
        .exits(2)
        .says(&cure[..1]);
    let library = "[lib]\npath = \"lib.rs\"\ncrate-type = [\"cdylib\"]\n";
    crate_of(library)
        .build(&["--door", "process"])
        .exits(2)
        .says(&["`process`", "src/main.rs"]);
    let two = "[[bin]]\nname = \"one\"\npath = \"main.rs\"\n[[bin]]\nname = \"two\"\npath = \"main.rs\"\n";
    let several = crate_of(two);
    several
        .build(&["--door", "process"])
        .exits(2)
        .says(&["one, two", "default-run", "--program"]);
    let three = ["--door", "process", "--program", "three"];
    several
        .build(&three)
        .exits(2)
        .says(&["`three`", "one, two"]);
}

#[test]
fn a_plugin_in_rust_is_built_by_cargo() {
    let stage = crate_of(
        "[[bin]]\nname = \"one\"\npath = \"main.rs\"\n[lib]\nname = \"built_lib\"\npath = \"lib.rs\"\ncrate-type = [\"cdylib\"]\n",
    );
    let target = stage.path().join("target");
    let there = [("CARGO_TARGET_DIR", target.to_str().unwrap())];
    let both = ["--debug", "--door", "process,native"];
    stage.build_where(&both, &there).exits(0);
    let doors = stage.built()["doors"].clone();
    assert_eq!(doors["process"]["command"], json!(["./built"]));
    let library = doors["native"]["path"].as_str().unwrap();
    for file in ["built", library] {
        assert!(stage.path().join("build").join(file).is_file(), "{file}");
    }
    // Cargo says where a program is wrong, and what was built before stays as it was.
    stage.put("main.rs", "fn main() { oops() }\n");
    stage
        .build_where(&both, &there)
        .exits(5)
        .says(&["oops", "cargo build failed"]);
}

#[test]
fn a_module_that_is_no_plugin_makes_no_component() {
    let stage = manifest("rust", json!(["./built"]));
    let module = stage.path().join("empty.wasm");
    fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let module = module.to_str().unwrap();
    run(["build", module]).exits(2).says(&["crossplug_abi"]);
    run(["build", module, "--door", "native"])
        .exits(2)
        .says(&["a component"]);
}

#[test]
fn a_module_of_ours_becomes_a_component_with_its_manifest() {
    let module = checkout().join("target/guests/textstats.wasm");
    if !module.exists() {
        assert!(std::env::var_os("CI").is_none(), "CI skips nothing");
        eprintln!("skipped: `cargo xtask test --only guests` builds the module");
        return;
    }
    let stage = manifest("rust", json!(["./built"]));
    let out = stage.path().join("component.wasm");
    let [module, file] = [&module, &out].map(|path| path.to_str().unwrap());
    let made = run(["build", module, "--json", "--out", file])
        .exits(0)
        .value();
    assert_eq!(made["file"], file);
    assert!(fs::read(&out).unwrap().starts_with(b"\0asm\x0d\0\x01\0"));
    let params = r#"{"text": "One two three."}"#;
    let says = |path| {
        run(["call", path, "text.analyse", "--params", params])
            .exits(0)
            .lines()
    };
    assert_eq!(says(file), says(module));
}
