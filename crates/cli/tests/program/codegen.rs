//! `crossplug codegen`.

use serde_json::json;
use tempfile::TempDir;

use crate::stage::{checkout, run};

const NOTES: &str = r##"{"idl": "1", "name": "notes", "version": "1.0.0", "description": "Keeps notes.",
    "methods": {"note.get": {"description": "Gets one.", "params": {"$ref": "#/$defs/Get"}, "result": {"type": "string"}}},
    "$defs": {"Get": {"description": "Which.", "type": "object", "properties": {"id": {"description": "Its id.", "type": "string"}}, "required": ["id"]}}}"##;

fn folder(documents: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in documents {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn codegen(folder: &TempDir, arguments: &[&str]) -> crate::stage::Ran {
    let out = folder.path().join("out");
    let mut all = vec![
        "codegen".to_owned(),
        "--out".to_owned(),
        out.to_str().unwrap().to_owned(),
    ];
    for argument in arguments {
        let is_document = argument.ends_with(".json");
        all.push(if is_document {
            folder.path().join(argument).display().to_string()
        } else {
            (*argument).to_owned()
        });
    }
    run(all)
}

#[test]
fn all_languages_and_roles_are_written() {
    let folder = folder(&[("notes.json", NOTES)]);
    let arguments = [
        "notes.json",
        "--lang",
        "rust,python,typescript,json-schema,markdown",
        "--role",
        "types,plugin,host",
    ];
    let told = codegen(&folder, &[&arguments[..], &["--json"]].concat())
        .exits(0)
        .value();
    let mut paths: Vec<&str> = told["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    let expected = [
        "notes.md",
        "notes.py",
        "notes.rs",
        "notes.schema.json",
        "notes.ts",
    ];
    assert_eq!(paths, expected);
    for path in ["notes.py", "notes.ts", "notes.rs"] {
        let text = std::fs::read_to_string(folder.path().join("out").join(path)).unwrap();
        let first = text.lines().next().unwrap();
        assert!(
            first.contains("`crossplug codegen notes.json --role types,plugin,host`"),
            "{path}: {first}"
        );
        assert!(
            !text.contains(folder.path().to_str().unwrap()),
            "{path} names a path of this machine"
        );
    }
}

#[test]
fn check_fails_where_a_file_differs_and_writes_nothing() {
    let folder = folder(&[("notes.json", NOTES)]);
    let arguments = ["notes.json", "--lang", "python", "--check"];
    codegen(&folder, &arguments)
        .exits(1)
        .says(&["missing", "notes.py"]);
    assert!(!folder.path().join("out").exists());
    codegen(&folder, &arguments[..3]).exits(0);
    codegen(&folder, &arguments).exits(0);
    let file = folder.path().join("out/notes.py");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.clone() + "\n").unwrap();
    codegen(&folder, &arguments).exits(1).says(&[
        "differs",
        &format!("notes.py:{}", text.lines().count() + 2),
        "there:     ``",
        "generated: the end of the file",
    ]);
    let told = codegen(&folder, &[&arguments[..], &["--json"]].concat())
        .exits(1)
        .value();
    assert_eq!(
        told,
        json!({"files": [{"path": "notes.py", "state": "differs", "line": text.lines().count() + 2}]})
    );
    codegen(&folder, &arguments[..3]).exits(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn the_spelling_of_the_command_changes_nothing() {
    let folder = folder(&[("notes.json", NOTES)]);
    let all = ["--lang", "rust,python,typescript,json-schema,markdown"];
    codegen(&folder, &["notes.json", all[0], all[1]]).exits(0);
    for (langs, roles) in [
        ("python", "plugin,types"),
        ("typescript,rust", "types,plugin,types"),
        ("json-schema", "host"),
        ("markdown", "plugin"),
    ] {
        let arguments = ["notes.json", "--lang", langs, "--role", roles, "--check"];
        codegen(&folder, &arguments).exits(0);
    }
}

#[test]
fn the_role_of_hosts_gives_every_language_a_client() {
    let folder = folder(&[("notes.json", NOTES)]);
    let arguments = ["notes.json", "--lang", "rust,python,typescript"];
    codegen(&folder, &[&arguments[..], &["--role", "host"]].concat()).exits(0);
    for file in ["notes.rs", "notes.py", "notes.ts"] {
        let text = std::fs::read_to_string(folder.path().join("out").join(file)).unwrap();
        let client = ["struct NotesClient", "class NotesClient"];
        assert!(
            client.iter().any(|client| text.contains(client)),
            "{file} has none"
        );
    }
}

#[test]
fn every_mistake_of_every_document_is_told_with_its_cure() {
    let other = NOTES
        .replace("\"name\": \"notes\"", "\"name\": \"Notes\"")
        .replace("\"1.0.0\"", "\"1\"");
    let folder = folder(&[
        ("good.json", NOTES),
        ("bad.json", &other),
        ("empty.json", "{}"),
    ]);
    let arguments = ["good.json", "bad.json", "empty.json", "--lang", "rust"];
    let ran = codegen(&folder, &arguments).exits(2);
    ran.says(&[
        "bad.json#/name: ",
        "bad.json#/version: ",
        "empty.json#",
        "  cure: ",
    ]);
    assert!(
        !folder.path().join("out").exists(),
        "nothing is written where anything is refused"
    );
    let told = codegen(&folder, &[&arguments[..], &["--json"]].concat())
        .exits(2)
        .value();
    let first = &told["refusals"][0];
    assert!(first["document"].as_str().unwrap().ends_with("bad.json"));
    for member in ["pointer", "what", "cure"] {
        assert!(first[member].is_string(), "{first}");
    }
}

#[test]
fn two_documents_may_not_want_one_file() {
    let folder = folder(&[("a.json", NOTES), ("b.json", NOTES)]);
    codegen(&folder, &["a.json", "b.json", "--lang", "typescript"])
        .exits(2)
        .says(&["notes.ts", "rename"]);
    codegen(&folder, &["no.json", "--lang", "rust"])
        .exits(2)
        .says(&["no.json"]);
    codegen(
        &folder,
        &["a.json", "--lang", "rust,python", "--runtime", "x"],
    )
    .exits(2)
    .says(&["--runtime"]);
}

#[test]
fn the_documents_that_ship_are_good() {
    let out = TempDir::new().unwrap();
    let schema = checkout().join("schema");
    let mut documents: Vec<_> = std::fs::read_dir(schema.join("interfaces"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    documents.push(schema.join("protocol.json"));
    documents.push(schema.join("manifest.json"));
    let mut arguments = vec![
        "codegen".into(),
        "--lang".into(),
        "python".into(),
        "--out".into(),
        out.path().into(),
    ];
    arguments.extend(documents);
    run(arguments).exits(0);
}
