//! Valid and invalid documents of every definition (schema/README.md, section 7), to be judged alike in every language.
//! Deterministic; knows the laws of reading, but no language.

mod doc;
mod faults;
mod formats;
mod misfits;
mod samples;
mod strings;
mod texts;
mod values;

use super::File;
use crate::model::{Interface, TypeId};
use doc::{Fault, Sample};
use samples::Maker;
use serde_json::Value;
use std::collections::HashSet;

/// One file a definition: `<interface>/<Type>.json`.
#[must_use]
pub fn emit(interface: &Interface) -> Vec<File> {
    let maker = Maker::new(interface);
    let mut taken = HashSet::new();
    let mut first_object = true;
    let mut files = Vec::new();
    for (index, def) in interface.types.iter().enumerate() {
        // File systems that do not tell `Note` from `NOTE` are common.
        let mut stem = def.wire.clone();
        while !taken.insert(stem.to_ascii_lowercase()) {
            stem.push('_');
        }
        let strings = strings::Strings::default();
        let id = TypeId(index);
        let valid = samples::of_definition(&maker, &strings, id);
        let mut invalid = faults::of_definition(&maker, &strings, id);
        invalid.extend(texts::of_definition(&maker, id, &mut first_object));
        files.push(File {
            path: format!("{}/{stem}.json", interface.name),
            text: print(&def.wire, valid, invalid),
        });
    }
    files
}

fn print(wire: &str, valid: Vec<Sample>, invalid: Vec<Fault>) -> String {
    let mut names = HashSet::new();
    let mut case = |label: &str| {
        let mut name = label.to_owned();
        let mut count = 1;
        while !names.insert(name.clone()) {
            count += 1;
            name = format!("{label} ({count})");
        }
        Value::from(name).to_string()
    };
    let mut seen = HashSet::new();
    let valid: Vec<String> = valid
        .iter()
        .filter(|sample| seen.insert(sample.doc.text.clone()))
        .map(|sample| {
            format!(
                "    {{\"case\":{},{}}}",
                case(&sample.label),
                sample.doc.print_valid()
            )
        })
        .collect();
    let invalid: Vec<String> = invalid
        .iter()
        .filter(|fault| seen.insert(fault.doc.text.clone()))
        .map(|fault| {
            format!(
                "    {{\"case\":{},\"reason\":\"{}\",\"pointer\":{},{}}}",
                case(&fault.label),
                fault.reason,
                Value::from(fault.pointer.as_str()),
                fault.doc.print()
            )
        })
        .collect();
    let list = |cases: &[String]| {
        if cases.is_empty() {
            "[]".to_owned()
        } else {
            format!("[\n{}\n  ]", cases.join(",\n"))
        }
    };
    format!(
        "{{\n  \"type\": {},\n  \"valid\": {},\n  \"invalid\": {}\n}}\n",
        Value::from(wire),
        list(&valid),
        list(&invalid)
    )
}
