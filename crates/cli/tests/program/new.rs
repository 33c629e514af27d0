//! `crossplug new`: what it makes is built, tested and run as its README says, word for word.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::stage::{Ran, checkout, ran, run};

/// Makes a project in a folder that survives the test. What is slow to make anew survives in it.
fn project(language: &str, slow: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("new")
        .join(language);
    let (folder, kept) = (home.join("hello-world"), home.join(slow));
    fs::create_dir_all(&home).unwrap();
    if folder.join(slow).exists() {
        let _ = fs::remove_dir_all(&kept);
        fs::rename(folder.join(slow), &kept).unwrap();
    }
    let _ = fs::remove_dir_all(&folder);
    let sdk = checkout();
    let arguments = [
        "new",
        "--lang",
        language,
        "--sdk",
        sdk.to_str().unwrap(),
        folder.to_str().unwrap(),
    ];
    let made = run(arguments).exits(0);
    assert_eq!(made.out.trim(), folder.to_str().unwrap());
    if kept.exists() {
        fs::rename(&kept, folder.join(slow)).unwrap();
    }
    folder
}

/// The commands of a README, as one script.
fn commands(readme: &str) -> String {
    let blocks = readme.split("```sh\n").skip(1);
    let commands: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(
        commands.len() >= 2,
        "a README has commands to build and commands to call"
    );
    commands.concat()
}

/// Runs every command of the project's README in one shell and checks what they print.
fn follow_readme(folder: &Path) -> Ran {
    let script = commands(&fs::read_to_string(folder.join("README.md")).unwrap());
    let program = Path::new(env!("CARGO_BIN_EXE_crossplug"))
        .parent()
        .unwrap()
        .to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let path: OsString =
        std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-eux", "-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        // `pip install` of the checkout builds the native module as tests do, and not for speed.
        .env("MATURIN_PEP517_ARGS", "--profile dev")
        .stdin(Stdio::null());
    // What cargo tells its tests would reach the cargo of the project.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_") || name == "RUSTFLAGS")
        {
            shell.env_remove(name);
        }
    }
    let ran = ran(shell.output().unwrap()).exits(0);
    for part in [
        "hello-world 0.1.0",
        "Hello! You said: I am new here",
        "Moin! You said: nothing",
        r#"{"result":{"text":"There have been 0 greetings.","values":{"greetings":0}}}"#,
        " passed, 0 failed, ",
    ] {
        assert!(
            ran.out.contains(part),
            "`{part}` is not in\n{}\n{}",
            ran.out,
            ran.err
        );
    }
    ran
}

/// Whether the tools are here. A missing one fails the test in CI and skips it, by name, elsewhere.
fn have(tools: &[&[&str]]) -> bool {
    for tool in tools {
        let (program, arguments) = tool.split_first().unwrap();
        let found = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os("CI").is_none(),
                "`{}` does not work, and CI skips nothing",
                tool.join(" ")
            );
            eprintln!("skipped: `{}` does not work", tool.join(" "));
            return false;
        }
    }
    true
}

#[test]
fn a_rust_plugin_is_what_its_readme_says() {
    if have(&[&["cargo", "--version"]]) {
        let ran = follow_readme(&project("rust", "target"));
        assert!(ran.out.contains("test result: ok. 2 passed"), "{}", ran.out);
    }
}

#[test]
fn a_python_plugin_is_what_its_readme_says() {
    if have(&[&["python3", "-m", "venv", "--help"]]) {
        let ran = follow_readme(&project("python", ".venv"));
        assert!(ran.err.contains("Ran 2 tests"), "{}", ran.err);
    }
}

#[test]
fn a_typescript_plugin_is_what_its_readme_says() {
    if have(&[&["node", "--version"], &["npm", "--version"]]) {
        let package = checkout().join("bindings/typescript/dist/plugin.js");
        assert!(package.exists(), "build the package first: npm run build");
        let ran = follow_readme(&project("typescript", "node_modules"));
        assert!(ran.out.contains("# pass 2"), "{}", ran.out);
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine"), "").unwrap();
    let path = folder.path().to_str().unwrap();
    run(["new", "--lang", "rust", "--name", "a", path])
        .exits(2)
        .says(&["not empty"]);
    run([
        "new",
        "--lang",
        "rust",
        "--name",
        "a",
        &format!("{path}/mine"),
    ])
    .exits(2);
    assert_eq!(fs::read_dir(path).unwrap().count(), 1);
}

#[test]
fn names_that_cannot_be_are_refused_with_a_better_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("My Plugin");
    let path = path.to_str().unwrap();
    run(["new", "--lang", "python", path])
        .exits(2)
        .says(&["My Plugin", "--name"]);
    run(["new", "--lang", "rust", "--name", "struct", path])
        .exits(2)
        .says(&["struct-plugin"]);
    run(["new", "--lang", "cobol", "--name", "a", path])
        .exits(2)
        .says(&["rust", "python", "typescript"]);
    run([
        "new",
        "--lang",
        "rust",
        "--name",
        "a",
        "--sdk",
        "/no/checkout",
        path,
    ])
    .exits(2)
    .says(&["/no/checkout"]);
    assert!(!Path::new(path).exists());
    run(["new", "--lang", "python", "--name", "struct", path]).exits(0);
    let manifest = fs::read_to_string(Path::new(path).join("plugin.json")).unwrap();
    assert!(manifest.contains(r#""name": "struct""#));
}

#[test]
fn without_a_checkout_the_published_sdk_is_used() {
    let version = env!("CARGO_PKG_VERSION");
    for (language, file, dependency) in [
        (
            "rust",
            "Cargo.toml",
            format!("crossplug-plugin = \"{version}\""),
        ),
        (
            "python",
            "requirements.txt",
            format!("crossplug~={version}"),
        ),
        (
            "typescript",
            "package.json",
            format!("\"crossplug\": \"^{version}\""),
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("hello");
        run(["new", "--lang", language, path.to_str().unwrap()]).exits(0);
        let text = fs::read_to_string(path.join(file)).unwrap();
        assert!(text.contains(&dependency), "{text}");
        let left = fs::read_dir(&path)
            .unwrap()
            .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok());
        assert!(
            left.into_iter().all(|text| !text.contains("{{")),
            "a place of the template was not filled"
        );
    }
}

#[test]
fn the_template_builds_with_the_compiler_of_the_workspace() {
    let read = |path: &str| fs::read_to_string(checkout().join(path)).unwrap();
    let root: serde_json::Value = serde_json::from_str(&read("package.json")).unwrap();
    let template: serde_json::Value =
        serde_json::from_str(&read("crates/cli/templates/typescript/package.json")).unwrap();
    for (name, version) in template["devDependencies"].as_object().unwrap() {
        assert_eq!(&root["devDependencies"][name], version, "{name}");
    }
}

#[test]
fn the_rust_template_is_formatted() {
    if have(&[&["rustfmt", "--version"]]) {
        let file = checkout().join("crates/cli/templates/rust/src/plugin.rs");
        let ran = ran(Command::new("rustfmt")
            .args(["--edition", "2024", "--check"])
            .arg(file)
            .output()
            .unwrap());
        assert_eq!(ran.code, 0, "{}", ran.out);
    }
}

#[test]
fn the_folder_of_here_has_a_name() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("right-here");
    fs::create_dir(&folder).unwrap();
    let made = ran(crate::stage::program()
        .args(["new", ".", "--lang", "python"])
        .current_dir(&folder)
        .output()
        .unwrap());
    made.exits(0).says(&["`right-here`"]);
    assert!(folder.join("plugin.json").is_file());
}
