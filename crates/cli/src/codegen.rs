//! `crossplug codegen`: reads documents, has code generated and writes it, or compares. Must not know any language.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crossplug_idl::driver::{self, Collision, Difference, Files, Order};
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
        let (state, difference) = if arguments.check {
            compare(path, &place, text)?
        } else {
            (write(&place, text)?, None)
        };
        if !arguments.json && !matches!(state, "same" | "unchanged") {
            let place = place.display();
            talk::line(&match &difference {
                None => format!("{state} {place}"),
                Some(difference) => format!("{state} {place}:{}", shown(difference)),
            });
        }
        states.push((path, state, difference.map(|difference| difference.line)));
    }
    if arguments.json {
        let files: Vec<Value> = states
            .iter()
            .map(|(path, state, line)| match line {
                None => json!({"path": path, "state": state}),
                Some(line) => json!({"path": path, "state": state, "line": line}),
            })
            .collect();
        output::compact(&json!({ "files": files }))?;
    }
    if arguments.check && states.iter().any(|(_, state, _)| *state != "same") {
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
            document: name.clone(),
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

fn language(target: Target) -> Lang {
    match target {
        Target::Rust => Lang::Rust,
        Target::Python => Lang::Python,
        Target::Typescript => Lang::TypeScript,
        Target::JsonSchema => Lang::JsonSchema,
        Target::Markdown => Lang::Markdown,
    }
}

fn role(role: Role) -> EmitRole {
    match role {
        Role::Types => EmitRole::Types,
        Role::Plugin => EmitRole::Plugin,
        Role::Host => EmitRole::Host,
    }
}

fn compare(
    path: &str,
    place: &Path,
    text: &str,
) -> Result<(&'static str, Option<Difference>), Failure> {
    match std::fs::read(place) {
        Ok(found) if found == text.as_bytes() => Ok(("same", None)),
        Ok(found) => {
            let found = String::from_utf8_lossy(&found);
            Ok(("differs", Some(driver::difference(path, text, &found))))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(("missing", None)),
        Err(error) => Err(unwritable(place, &error)),
    }
}

/// Where a file differs and how, behind its name: a line each.
fn shown(difference: &Difference) -> String {
    let line = |line: &Option<String>| match line {
        Some(text) => format!("`{text}`"),
        None => "the end of the file".to_owned(),
    };
    let (there, expected) = (line(&difference.found), line(&difference.expected));
    format!(
        "{}\n  there:     {there}\n  generated: {expected}",
        difference.line
    )
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
