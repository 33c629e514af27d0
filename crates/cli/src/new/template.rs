//! The templates, compiled in, and how their places are filled. Must not write files.

use std::path::Path;

use crate::args::Language;

/// A file of a new project.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

macro_rules! template {
    ($lang:literal: $($path:literal from $source:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $lang, "/", $source)))),*]
    };
}

// Cargo leaves folders with a `Cargo.toml` and hidden files out of a package, hence the other names.
const RUST: &[(&str, &str)] = template![
    "rust":
    "Cargo.toml" from "Cargo.toml.template",
    "src/plugin.rs" from "src/plugin.rs",
    "src/main.rs" from "src/main.rs",
    "plugin.json" from "plugin.json",
    "README.md" from "README.md",
    ".gitignore" from "gitignore",
];

const PYTHON: &[(&str, &str)] = template![
    "python":
    "requirements.txt" from "requirements.txt",
    "plugin.py" from "plugin.py",
    "test_plugin.py" from "test_plugin.py",
    "plugin.json" from "plugin.json",
    "README.md" from "README.md",
    ".gitignore" from "gitignore",
];

const TYPESCRIPT: &[(&str, &str)] = template![
    "typescript":
    "package.json" from "package.json",
    "tsconfig.json" from "tsconfig.json",
    "src/plugin.ts" from "src/plugin.ts",
    "src/plugin.test.ts" from "src/plugin.test.ts",
    "plugin.json" from "plugin.json",
    "README.md" from "README.md",
    ".gitignore" from "gitignore",
];

/// The files of a project. `sdk` is the folder of the language's SDK; without it the published one is used.
pub(crate) fn files(language: Language, name: &str, sdk: Option<&Path>) -> Vec<File> {
    let template = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Typescript => TYPESCRIPT,
    };
    let dependency = dependency(language, sdk);
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{library}}", &name.replace('-', "_"))
            .replace("{{sdk}}", &dependency)
    };
    template
        .iter()
        .map(|(path, text)| File {
            path: (*path).to_owned(),
            text: fill(text),
        })
        .collect()
}

/// How the project's own list of dependencies says where the SDK comes from.
fn dependency(language: Language, sdk: Option<&Path>) -> String {
    // What the program was released with; SDK and program share their version.
    let version = env!("CARGO_PKG_VERSION");
    match (language, sdk.map(|folder| folder.display())) {
        (Language::Rust, Some(folder)) => {
            format!("{{ path = \"{}\" }}", escaped(&folder.to_string()))
        }
        (Language::Rust, None) => format!("\"{version}\""),
        (Language::Python, Some(folder)) => folder.to_string(),
        (Language::Python, None) => format!("crossplug~={version}"),
        (Language::Typescript, Some(folder)) => escaped(&format!("file:{folder}")),
        (Language::Typescript, None) => format!("^{version}"),
    }
}

/// Text as it stands between quotes, in TOML and in JSON alike.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    quoted
        .get(1..quoted.len() - 1)
        .unwrap_or_default()
        .to_owned()
}
