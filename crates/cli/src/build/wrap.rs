//! A module of `crossplug-abi/1` as a component: the same guest, entered with types in place of addresses. What stands around
//! it is a text (`component.wat`) in which the module has a place; whatever else it imports traps, as hosts let it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::outline::{Import, Outline};
use super::{MANIFEST, section, wrong};
use crate::exit::{Exit, Failure};

/// The component behind the guest.
const AROUND: &str = include_str!("component.wat");
/// What a guest imports to have its last words heard, where a panic ends it (`crossplug.wit`).
const BREAKDOWN: &str = "crossplug:plugin/breakdown@1.0.0";
/// A component of the host's is lowered with the guest's memory, which is there only when the guest is. So the guest is given
/// a function that goes by a table,
const BREAKDOWN_BEFORE: &str = r#"
  (import "crossplug:plugin/breakdown@1.0.0" (instance $host (export "last-words" (func (param "reply" string)))))
  (alias export $host "last-words" (func $last-words))
  (core module $breakdown
    (type $said (func (param i32 i32)))
    (table (export "table") 1 1 funcref)
    (func (export "last-words") (param i32 i32)
      (call_indirect (type $said) (local.get 0) (local.get 1) (i32.const 0))))
  (core instance $breakdown (instantiate $breakdown))
"#;
/// and the table is filled behind it.
const BREAKDOWN_BEHIND: &str = r#"
  (alias core export $guest "memory" (core memory $heard))
  (core func $lowered (canon lower (func $last-words) (memory $heard)))
  (core module $joins
    (import "breakdown" "table" (table 1 1 funcref))
    (import "host" "last-words" (func $last-words (param i32 i32)))
    (elem (i32.const 0) func $last-words))
  (core instance (instantiate $joins
    (with "breakdown" (instance $breakdown))
    (with "host" (instance (export "last-words" (func $lowered))))))
"#;
/// What stands first in a component: magic, version, and an empty module in a section of its own.
const HEAD: &[u8] = b"\0asm\x0d\0\x01\0\x01\x08\0asm\x01\0\0\0";
/// How much of that is before the section.
const PREAMBLE: usize = 8;
/// The section of a module in a component.
const MODULE: u8 = 1;

/// Makes a component of a module: one of the Rust SDK that was built with the feature `component`, or any other that answers
/// `crossplug-abi/1`. Its manifest ([`section::replace`]) is not put there yet.
///
/// # Errors
/// It is no module, does not answer the ABI, or imports something other than functions.
pub(super) fn component(module: &[u8]) -> Result<Vec<u8>, Failure> {
    let outline = Outline::of(module).map_err(Failure::usage)?;
    if !outline.exports.contains(&"crossplug_abi") {
        return Err(Failure::usage(
            "the module does not export `crossplug_abi`: it is no plugin; those of the Rust SDK have `crossplug_plugin::export!`",
        ));
    }
    let mut text = "(component\n  (core module)".to_owned();
    let mut with = String::new();
    let mut breaks_down = false;
    for (index, (from, functions)) in by_module(&outline.imports).into_iter().enumerate() {
        if from == BREAKDOWN {
            breaks_down = true;
            let _ = write!(with, " (with {} (instance $breakdown))", quoted(from));
            continue;
        }
        let _ = write!(text, "\n  (core module $traps{index}");
        for function in functions {
            let name = quoted(function.name);
            let _ = write!(
                text,
                "\n    (func (export {name}) {} unreachable)",
                function.kind
            );
        }
        let _ = write!(
            text,
            ")\n  (core instance $traps{index} (instantiate $traps{index}))"
        );
        let _ = write!(with, " (with {} (instance $traps{index}))", quoted(from));
    }
    let (before, behind) = match breaks_down {
        true => (BREAKDOWN_BEFORE, BREAKDOWN_BEHIND),
        false => ("", ""),
    };
    let _ = write!(
        text,
        "{before}\n  (core instance $guest (instantiate 0{with})){behind}\n{AROUND})"
    );
    let around = wat::parse_str(&text).map_err(|error| broken(&error))?;
    let Some(behind) = around.strip_prefix(HEAD) else {
        return Err(broken(&"the module has no place"));
    };
    let mut component = HEAD.get(..PREAMBLE).unwrap_or_default().to_vec();
    component.push(MODULE);
    section::number(&mut component, module.len());
    component.extend_from_slice(module);
    component.extend_from_slice(behind);
    Ok(component)
}

/// Whether a path that is to be built is a module that was built already.
pub(super) fn is_module(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "wasm") && path.is_file()
}

/// Makes a component of a module's file, with the manifest that the module carries; by default beside it.
///
/// # Errors
/// As [`component`], or a file cannot be read or written.
pub(super) fn file(path: &Path, out: Option<&Path>) -> Result<PathBuf, Failure> {
    let module = std::fs::read(path).map_err(|error| wrong(path, &error))?;
    let told = |failure: Failure| Failure::usage(format!("{}: {failure}", path.display()));
    let mut made = component(&module).map_err(told)?;
    let outline = Outline::of(&module).map_err(Failure::usage).map_err(told)?;
    if let Some(manifest) = outline.manifest {
        section::replace(&mut made, MANIFEST, manifest);
    }
    let out = out.map_or_else(|| path.with_extension("component.wasm"), Path::to_owned);
    // Beside, then renamed: whoever loads it meanwhile sees a whole file.
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let beside = tempfile::tempdir_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| wrong(&out, &error))?;
    let whole = beside.path().join("component.wasm");
    std::fs::write(&whole, &made)
        .and_then(|()| std::fs::rename(&whole, &out))
        .map_err(|error| wrong(&out, &error))?;
    Ok(out)
}

/// What is imported from each module, in order.
fn by_module<'m, 'i>(imports: &'i [Import<'m>]) -> Vec<(&'m str, Vec<&'i Import<'m>>)> {
    let mut modules: Vec<(&str, Vec<&Import<'_>>)> = Vec::new();
    for import in imports {
        let place = modules.iter_mut().find(|(from, _)| *from == import.from);
        match place {
            Some((_, functions)) if functions.iter().any(|known| known.name == import.name) => {}
            Some((_, functions)) => functions.push(import),
            None => modules.push((import.from, vec![import])),
        }
    }
    modules
}

/// A name as texts of WebAssembly have it, whatever is in it.
fn quoted(name: &str) -> String {
    let mut text = "\"".to_owned();
    for byte in name.bytes() {
        let _ = write!(text, "\\{byte:02x}");
    }
    text.push('"');
    text
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Unavailable,
        format!("no component can be made of the module; report this: {error}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_no_plugin_is_refused_with_a_cure() {
        for (text, expected) in [
            ("(module)", "crossplug_abi"),
            (
                r#"(module (import "env" "t" (table 1 funcref)))"#,
                "`t` from `env`",
            ),
            ("(component)", "no module"),
        ] {
            let refused = component(&wat::parse_str(text).unwrap()).unwrap_err();
            assert!(refused.message.contains(expected), "{}", refused.message);
        }
    }

    #[test]
    fn the_module_stands_in_the_component_whole_and_its_imports_are_met() {
        let text = r#"(module
            (import "a\"b" "f" (func (param i32))) (import "a\"b" "f" (func (param i32)))
            (import "crossplug:plugin/breakdown@1.0.0" "last-words" (func (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "crossplug_abi") (result i32) (i32.const 1)))"#;
        let module = wat::parse_str(text).unwrap();
        let component = component(&module).unwrap();
        assert!(component.starts_with(b"\0asm\x0d\0\x01\0\x01"));
        assert!(component.windows(module.len()).any(|part| part == module));
        let says = |text: &[u8]| component.windows(text.len()).any(|part| part == text);
        assert!(says(b"crossplug:plugin/guest@1.0.0") && says(BREAKDOWN.as_bytes()));
    }
}
