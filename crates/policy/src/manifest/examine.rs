//! The way of a manifest from text to record, one station after the other. The stations themselves live in the
//! neighbouring files.

use crossplug_protocol::{codec, json};
use serde_json::Value;

use super::{Record, check, entrance, known, mend, tolerate};
use crate::finding::Findings;

/// A manifest is written by hand; one above this size is a mistake or an attack. In bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Where a manifest comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A file beside the plugin: what it does not say about doors, conventions say.
    File,
    /// A message of a plugin that is entered already.
    Wire,
}

pub(super) fn text(text: &[u8], findings: &mut Findings) -> Option<Record> {
    if text.len() > MOST_BYTES {
        findings.error(
            "",
            format!("the manifest has {} bytes", text.len()),
            format!("keep it below {MOST_BYTES} bytes"),
        );
        return None;
    }
    if text.starts_with(&[0xEF, 0xBB, 0xBF]) {
        findings.error(
            "",
            "the file begins with a byte order mark",
            "save it as UTF-8 without one",
        );
        return None;
    }
    match codec::decode::<codec::Any>(text) {
        Ok(parsed) => value(parsed, Source::File, findings),
        Err(error) => {
            findings.error(
                error.pointer.clone(),
                place(text).unwrap_or_else(|| error.message.clone()),
                mend::cure(error.reason),
            );
            None
        }
    }
}

/// What is wrong with a text, with its place as an editor counts it. `None`: nothing.
fn place(text: &[u8]) -> Option<String> {
    let error = json::check(text, json::DEFAULT_DEPTH).err()?;
    let before = String::from_utf8_lossy(text.get(..error.at)?);
    let line = before.split('\n').count();
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some(format!("{} in line {line}, column {column}", error.what))
}

pub(super) fn value(mut value: Value, source: Source, findings: &mut Findings) -> Option<Record> {
    if !value.is_object() {
        findings.error(
            "",
            "a manifest is a JSON object",
            "write `{ \"name\": …, \"description\": …, \"version\": …, \"language\": … }`",
        );
        return None;
    }
    findings.follow(value.clone());
    tolerate::tolerate(&mut value, findings);
    known::look_for_slips(&value, findings);
    let order = entrance::order(&value);
    let manifest = mend::decode_all(value, findings)?;
    let checked = check::check(&manifest, findings);
    let (doors, entrance) = entrance::doors(&manifest, &order, source, findings);
    let checked = checked?;
    Some(Record {
        manifest,
        version: checked.version,
        interfaces: checked.interfaces,
        dependencies: checked.dependencies,
        doors,
        entrance,
        warnings: Vec::new(),
    })
}
