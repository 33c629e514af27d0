//! Which doors there is something to build for, in which language, and why not in others. Must not build.

use std::fmt;

use super::source::Language;
use crate::args::BuildDoor;
use crate::exit::Failure;

/// A way in that is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Process,
    Wasm,
    Native,
    ModulePython,
    ModuleTypescript,
}

impl Way {
    /// Where a manifest says something of it: the door, and the member of the door.
    pub(super) fn place(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Process => ("process", None),
            Self::Wasm => ("wasm", None),
            Self::Native => ("native", None),
            Self::ModulePython => ("module", Some("python")),
            Self::ModuleTypescript => ("module", Some("typescript")),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            (door, Some(member)) => write!(out, "{door}.{member}"),
            (door, None) => out.write_str(door),
        }
    }
}

/// All that a language has, in the order in which a manifest lists them unless its author did.
fn of(language: Language) -> &'static [Way] {
    match language {
        Language::Rust => &[
            Way::Process,
            Way::Wasm,
            Way::Native,
            Way::ModulePython,
            Way::ModuleTypescript,
        ],
        Language::Python => &[Way::Process, Way::Wasm, Way::ModulePython],
        Language::Typescript => &[Way::Process, Way::Wasm, Way::ModuleTypescript],
    }
}

/// What is to be built: what was asked for, or everything.
///
/// # Errors
/// A door that the language does not have; why.
pub(super) fn chosen(language: Language, doors: &[BuildDoor]) -> Result<Vec<Way>, Failure> {
    let mut asked = Vec::new();
    for door in doors {
        match door {
            BuildDoor::Process => asked.push(Way::Process),
            BuildDoor::Wasm => asked.push(Way::Wasm),
            BuildDoor::Native => asked.push(Way::Native),
            BuildDoor::ModulePython => asked.push(Way::ModulePython),
            BuildDoor::ModuleTypescript => asked.push(Way::ModuleTypescript),
            BuildDoor::Module => {
                let own = of(language).iter();
                asked.extend(own.filter(|way| way.place().0 == "module"));
            }
            BuildDoor::Socket => {
                return Err(Failure::usage(
                    "nothing is built for the door `socket`: what is built for `process` listens where it is started with `--listen ADDRESS`",
                ));
            }
        }
    }
    if let Some(way) = asked.iter().find(|way| !of(language).contains(way)) {
        let has: Vec<String> = of(language).iter().map(Way::to_string).collect();
        return Err(Failure::usage(format!(
            "a plugin in {language} has no door `{way}`: {}; it has {}",
            why_not(*way),
            has.join(", ")
        )));
    }
    let mut all = of(language).to_vec();
    all.retain(|way| asked.is_empty() || asked.contains(way));
    Ok(all)
}

fn why_not(way: Way) -> &'static str {
    match way {
        Way::Native => "an interpreter runs it, and a library would have to be one",
        Way::ModulePython => "hosts in Python import modules of Python, or of Rust",
        Way::ModuleTypescript => "hosts in JavaScript import modules of JavaScript, or of Rust",
        Way::Process | Way::Wasm => "it cannot be built",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn each_is_built_once_and_in_one_order() {
        let asked = [
            BuildDoor::Module,
            BuildDoor::Process,
            BuildDoor::ModulePython,
        ];
        let chosen = chosen(Language::Rust, &asked).unwrap();
        let names: Vec<String> = chosen.iter().map(Way::to_string).collect();
        assert_eq!(names, ["process", "module.python", "module.typescript"]);
    }

    #[test]
    fn what_a_language_cannot_have_says_why() {
        for (language, door) in [
            (Language::Python, BuildDoor::Native),
            (Language::Typescript, BuildDoor::Native),
            (Language::Python, BuildDoor::ModuleTypescript),
            (Language::Typescript, BuildDoor::ModulePython),
            (Language::Rust, BuildDoor::Socket),
        ] {
            let said = chosen(language, &[door]).unwrap_err().message;
            assert!(said.contains("process"), "{said}");
        }
    }
}
