//! What a host must make of each rogue peer: the table `rogues.json`, read. Must not start anything.
//!
//! The peers are the program `rogue` of this crate; other languages' hosts read the same table.

use std::fmt;

use serde_json::Value;

use crate::Encoding;

/// The table as data, for readers in other languages.
pub const TABLE: &str = include_str!("../rogues.json");

/// What a test does with a rogue before it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum At {
    /// Loading it fails.
    Load,
    /// Loading it works; one call is made.
    Call,
    /// The first call may go either way; a second one is judged.
    Next,
    /// A call with a stream of items is made and read to its end.
    Stream,
    /// Forty calls with a stream of items are made, and read only when all of them have been answered.
    Streams,
    /// A call with 8 MiB of parameters is made.
    Large,
}

/// One rogue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rogue {
    /// Argument of the program `rogue`.
    pub name: String,
    /// Where the host meets the misbehaviour.
    pub at: At,
    /// What the host would like to speak.
    pub encoding: Encoding,
    /// Name of the host's `ErrorKind`; none where the host must get along.
    pub kind: Option<String>,
    /// What it does, for a person.
    pub about: String,
}

/// Why the table could not be read: the entry and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTable(String);

impl fmt::Display for BadTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rogues.json: {}", self.0)
    }
}

impl std::error::Error for BadTable {}

/// Every rogue, in the order of the table.
///
/// # Errors
/// If the table is not what its readers agreed on; it is compiled in, so a test holds it.
///
/// ```
/// let rogues = crossplug_conformance::rogues::read()?;
/// assert!(rogues.iter().any(|rogue| rogue.name == "never-answers"));
/// # Ok::<(), crossplug_conformance::rogues::BadTable>(())
/// ```
pub fn read() -> Result<Vec<Rogue>, BadTable> {
    let entries: Vec<Value> =
        serde_json::from_str(TABLE).map_err(|error| BadTable(error.to_string()))?;
    entries.iter().map(rogue).collect()
}

fn rogue(entry: &Value) -> Result<Rogue, BadTable> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let missing = |name: &str| BadTable(format!("`{name}` is missing or not text in {entry}"));
    let at = match text("at").as_deref() {
        Some("load") => At::Load,
        Some("call") => At::Call,
        Some("next") => At::Next,
        Some("stream") => At::Stream,
        Some("streams") => At::Streams,
        Some("large") => At::Large,
        _ => {
            return Err(BadTable(format!(
                "`at` is none of load, call, next, stream, streams, large in {entry}"
            )));
        }
    };
    let encoding = match text("encoding").as_deref() {
        None => Encoding::Json,
        Some("msgpack") => Encoding::Msgpack,
        _ => return Err(BadTable(format!("`encoding` is not msgpack in {entry}"))),
    };
    Ok(Rogue {
        encoding,
        name: text("name").ok_or_else(|| missing("name"))?,
        at,
        kind: text("kind"),
        about: text("about").ok_or_else(|| missing("about"))?,
    })
}
