//! Manifests: `plugin.json` of crossplug and of elizaOS, read into one record. Text in, a record or everything that is
//! wrong with it out; whether the files that it names exist is for whoever opens them.
//!
//! [`read`] takes all that the two systems really write: null for an absent member, `type` for a route's `method`,
//! `interop` instead of `doors`, neither of them. [`validate`] says what of that a strict reader would not take.

mod check;
mod eliza;
mod entrance;
mod examine;
mod known;
mod mend;
mod tolerate;

use std::collections::BTreeMap;

use crossplug_protocol::generated::manifest::Manifest;
use semver::{Version, VersionReq};
use serde_json::Value;

use crate::door::Door;
use crate::finding::{Finding, Findings, Refused, Weight};

pub use examine::MOST_BYTES;

/// A manifest that can be used.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// As it was written, with the tolerated forms brought into ours: no null for absent, routes with `method`.
    pub manifest: Manifest,
    /// The manifest's version.
    pub version: Version,
    /// What the plugin implements; empty where only the plugin itself knows.
    pub interfaces: BTreeMap<String, VersionReq>,
    /// Other plugins that must be there first, in the author's order.
    pub dependencies: Vec<Requirement>,
    /// How the plugin can be entered, in the author's order.
    pub doors: Vec<Door>,
    /// Where the doors come from.
    pub entrance: Entrance,
    /// What its author should know.
    pub warnings: Vec<Finding>,
}

impl Record {
    /// Where the manifest and what the plugin says of itself differ, one sentence each: `said` gives the version of an
    /// interface that the plugin implements. A version that is none is nobody's business here.
    ///
    /// ```
    /// let text = br#"{"name":"p","description":"d","version":"1.0.0","language":"rust","interfaces":{"agent":"1","chat":"1"}}"#;
    /// let record = crossplug_policy::manifest::read(text, "plugin.json").unwrap();
    /// let differences = record.differences(|name| (name == "agent").then_some("2.0.0"));
    /// assert_eq!(differences[0], "its manifest says that it implements `agent` ^1; the plugin itself says 2.0.0");
    /// assert_eq!(differences[1], "its manifest says that it implements `chat`; the plugin itself does not");
    /// ```
    pub fn differences<'s>(&self, said: impl Fn(&str) -> Option<&'s str>) -> Vec<String> {
        let differs = |(name, wanted): (&String, &VersionReq)| {
            let implements = format!("its manifest says that it implements `{name}`");
            let Some(own) = said(name) else {
                return Some(format!("{implements}; the plugin itself does not"));
            };
            let own = Version::parse(own).ok()?;
            (!wanted.matches(&own))
                .then(|| format!("{implements} {wanted}; the plugin itself says {own}"))
        };
        self.interfaces.iter().filter_map(differs).collect()
    }
}

/// Another plugin that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The `name` of its manifest.
    pub name: String,
    /// Which versions will do.
    pub version: VersionReq,
    /// Whether the plugin can do without.
    pub optional: bool,
}

/// Where the doors of a record come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Entrance {
    /// The manifest's `doors`.
    Doors,
    /// The manifest's `interop`.
    Interop,
    /// The conventions of elizaOS for the language; the manifest says nothing.
    Convention,
    /// Nowhere: the manifest was told over the wire and says nothing.
    Unsaid,
}

/// Reads the text of a manifest. `file` is what findings call it: a path, most often.
///
/// # Errors
/// [`Refused`] with every mistake at once, each with its JSON pointer and a cure.
///
/// ```
/// use crossplug_policy::manifest;
///
/// let refused = manifest::read(br#"{"name":"My Plugin","version":"1","language":"rust"}"#, "plugin.json").unwrap_err();
/// let pointers: Vec<&str> = refused.findings.iter().map(|finding| finding.pointer.as_str()).collect();
/// assert_eq!(pointers, ["/name", "/version", "/description"]);
/// ```
pub fn read(text: &[u8], file: &str) -> Result<Record, Refused> {
    let mut findings = Findings::new(file);
    let record = examine::text(text, &mut findings);
    settle(record, findings)
}

/// Reads a manifest that a file carries which is itself the plugin: a module or a library. How it is entered is clear
/// without a word about doors.
///
/// # Errors
/// As for [`read`].
///
/// ```
/// use crossplug_policy::manifest;
///
/// let text = br#"{"name":"a","description":"","version":"1.0.0","language":"rust"}"#;
/// assert!(manifest::read_carried(text, "a.wasm")?.warnings.is_empty());
/// # Ok::<(), crossplug_policy::Refused>(())
/// ```
pub fn read_carried(text: &[u8], file: &str) -> Result<Record, Refused> {
    let mut record = read(text, file)?;
    record
        .warnings
        .retain(|warning| warning.pointer != "/doors");
    Ok(record)
}

/// Reads a manifest that a plugin told over the wire, in the result of `initialize` or in elizaOS's `ready`. A member
/// that says nothing about doors leaves the record without any.
///
/// # Errors
/// As for [`read`].
pub fn read_value(value: Value, from: &str) -> Result<Record, Refused> {
    let mut findings = Findings::new(from);
    let record = examine::value(value, examine::Source::Wire, &mut findings);
    settle(record, findings)
}

/// Everything that a strict reader would say about a manifest: its errors, its warnings, and each form that [`read`]
/// takes though the system's own schema does not. Empty for a manifest that every reader takes.
///
/// ```
/// use crossplug_policy::manifest;
///
/// let text = br#"{"name":"a","description":"","version":"2.0.0-alpha.1","language":"rust","interop":null}"#;
/// assert!(manifest::read(text, "plugin.json").is_ok());
/// let pointers: Vec<String> = manifest::validate(text, "plugin.json").into_iter().map(|found| found.pointer).collect();
/// assert_eq!(pointers, ["/version", "/interop", "/doors"]);
/// ```
#[must_use]
pub fn validate(text: &[u8], file: &str) -> Vec<Finding> {
    let mut findings = Findings::new(file);
    let record = examine::text(text, &mut findings);
    if let Some(record) = record {
        eliza::compare(&record.manifest, &mut findings);
    }
    findings.into_list()
}

fn settle(record: Option<Record>, findings: Findings) -> Result<Record, Refused> {
    let refused = findings.has_errors();
    let mut findings = findings.into_list();
    findings.retain(|finding| finding.weight != Weight::Deviation);
    match record {
        Some(mut record) if !refused => {
            record.warnings = findings;
            Ok(record)
        }
        _ => Err(Refused { findings }),
    }
}
