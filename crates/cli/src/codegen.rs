//! `crossplug codegen`: reads documents, has code generated and writes it, or compares. Must not know any language.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crossplug_idl::driver::{self, Collision, Files, Order};
use crossplug_idl::emit::{Lang, Role as EmitRole};
use crossplug_idl::model::Interface;
use crossplug_idl::{Refusal, compile};
use serde_json::{Value, json};

use crate::args::{Codegen, Role, Target};
use crate::exit::{Exit, Failure};
use crate::{output, talk};

/// Generates and writes, or compares with `--check`.
///
/// # Errors
/// Documents that are refused or cannot be read; files that differ; a folder that cannot be written.
pub(crate) fn run(arguments: &Codegen) -> Result<(), Failure> {
    if arguments.runtime.is_some() && arguments.lang.len() > 1 {
        return Err(Failure::usage(
            "--runtime is for one language; run the command once for each",
        ));
    }
    let documents = documents(arguments)?;
    let files = generate(arguments, &documents)?;
    let mut states = Vec::new();
    for (path, text) in &files {
        let place = arguments.out.join(path);
        let state = if arguments.check {
            compare(&place, text)?
        } else {
            write(&place, text)?
        };
        if !arguments.json {
            match state {
                "same" | "unchanged" => {}
                _ => talk::line(&format!("{state} {}", place.display())),
            }
        }
        states.push((path, state));
    }
    if arguments.json {
        let files: Vec<Value> = states
            .iter()
            .map(|(path, state)| json!({"path": path, "state": state}))
            .collect();
        output::compact(&json!({ "files": files }))?;
    }
    if arguments.check && states.iter().any(|(_, state)| *state != "same") {
        let message =
            "what is there is not what would be generated; run the same command without --check";
        return Err(Failure::new(Exit::Answered, message));
    }
    Ok(())
}

/// Every document, read and checked; the mistakes of all of them are told at once.
fn documents(arguments: &Codegen) -> Result<Vec<(String, Interface)>, Failure> {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for path in &arguments.documents {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
        let name = path
            .file_name()
            .map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
        match compile(&text, &name) {
            Ok(interface) => good.push((name, interface)),
            Err(refusals) => {
                bad.extend(refusals.into_iter().map(|refusal| (shown.clone(), refusal)))
            }
        }
    }
    if bad.is_empty() {
        Ok(good)
    } else {
        Err(refused(arguments.json, &bad)?)
    }
}

fn refused(json: bool, refusals: &[(String, Refusal)]) -> Result<Failure, Failure> {
    if json {
        let list = refusals.iter().map(
            |(
                document,
                Refusal {
                    pointer,
                    what,
                    cure,
                },
            )| {
                json!({"document": document, "pointer": pointer, "what": what, "cure": cure})
            },
        );
        output::compact(&json!({ "refusals": list.collect::<Vec<_>>() }))?;
    } else {
        for (
            document,
            Refusal {
                pointer,
                what,
                cure,
            },
        ) in refusals
        {
            talk::line(&format!("{document}#{pointer}: {what}\n  cure: {cure}"));
        }
    }
    let count = match refusals.len() {
        1 => "one mistake".to_owned(),
        more => format!("{more} mistakes"),
    };
    Ok(Failure::usage(format!(
        "refused for {count}; nothing was written"
    )))
}

/// All files. Each names the document that it comes of in its first line.
fn generate(arguments: &Codegen, documents: &[(String, Interface)]) -> Result<Files, Failure> {
    let mut files = BTreeMap::new();
    for (name, interface) in documents {
        let order = Order {
            langs: arguments.lang.iter().map(|lang| language(*lang)).collect(),
            roles: arguments.role.iter().map(|wanted| role(*wanted)).collect(),
            runtime: arguments.runtime.clone(),
            command: command(arguments, name),
        };
        let made = driver::codegen(std::slice::from_ref(interface), &order);
        for (path, text) in made.map_err(collision)? {
            if files.contains_key(&path) {
                return Err(collision(Collision {
                    path,
                    interface: interface.name.clone(),
                }));
            }
            files.insert(path, text);
        }
    }
    Ok(files)
}

fn collision(collision: Collision) -> Failure {
    Failure::usage(collision.to_string())
}

/// What generates the file again, from the document's own folder: no path of this machine, so that the text is the same
/// on every one.
fn command(arguments: &Codegen, document: &str) -> String {
    let list = |names: Vec<&str>| names.join(",");
    let langs = list(arguments.lang.iter().map(|lang| lang.as_str()).collect());
    let roles = list(arguments.role.iter().map(|role| role.as_str()).collect());
    let runtime = arguments
        .runtime
        .as_ref()
        .map_or(String::new(), |runtime| format!(" --runtime {runtime}"));
    format!("crossplug codegen {document} --lang {langs} --role {roles}{runtime}")
}

fn language(target: Target) -> Lang {
    match target {
        Target::Rust => Lang::Rust,
        Target::Python => Lang::Python,
        Target::Typescript => Lang::TypeScript,
        Target::JsonSchema => Lang::JsonSchema,
    }
}

fn role(role: Role) -> EmitRole {
    match role {
        Role::Types => EmitRole::Types,
        Role::Plugin => EmitRole::Plugin,
        Role::Host => EmitRole::Host,
    }
}

fn compare(place: &Path, text: &str) -> Result<&'static str, Failure> {
    match std::fs::read(place) {
        Ok(found) if found == text.as_bytes() => Ok("same"),
        Ok(_) => Ok("differs"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok("missing"),
        Err(error) => Err(unwritable(place, &error)),
    }
}

/// Leaves a file alone that is right already, so that build tools do not take it for new.
fn write(place: &Path, text: &str) -> Result<&'static str, Failure> {
    if matches!(std::fs::read(place), Ok(found) if found == text.as_bytes()) {
        return Ok("unchanged");
    }
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(place, text))
        .map_err(|error| unwritable(place, &error))?;
    Ok("written")
}

fn unwritable(place: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("{}: {error}", place.display()))
}
