//! The interop cases, read: what a program sees that uses a host, whatever the host's language, the plugin's and the door.
//! `schema/README.md` section 7 gives the format. Pure; must not play anything.

mod fill;
mod step;

use serde_json::{Map, Value};

pub use fill::fill;
pub use step::{Calling, Moment, Step, Streaming};

use crate::case::BadCase;

macro_rules! cases {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every interop case, compiled in, so that the program needs no checkout. A test holds the list to
        /// the folder.
        pub const CASES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../interop/", $name)))),*];
    };
}

cases![
    "bytes.jsonl",
    "context.jsonl",
    "crash.jsonl",
    "deadline.jsonl",
    "error.jsonl",
    "events-in.jsonl",
    "events-out.jsonl",
    "every-kind.jsonl",
    "give-up.jsonl",
    "int64-limits.jsonl",
    "invalid-params.jsonl",
    "logs.jsonl",
    "many.jsonl",
    "no-such-method.jsonl",
    "nothing.jsonl",
    "progress.jsonl",
    "reload.jsonl",
    "service-big.jsonl",
    "service-error.jsonl",
    "service-stream.jsonl",
    "service.jsonl",
    "sixteen-mebibytes.jsonl",
    "stream-both.jsonl",
    "stream-down.jsonl",
    "stream-given-up.jsonl",
    "stream-up.jsonl",
    "stream-wrong-item.jsonl",
    "text.jsonl",
    "three-states.jsonl",
    "together.jsonl",
    "unknown-members.jsonl",
];

/// One case: a plugin is loaded for it, and these things are done with it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InteropCase {
    /// Its file: `every-kind.jsonl`.
    pub path: String,
    /// What it shows.
    pub description: String,
    /// What the plugin is loaded with.
    pub config: Map<String, Value>,
    /// What is done, each step with its line in the file, counted from 1.
    pub steps: Vec<(usize, Step)>,
}

impl InteropCase {
    /// Reads the text of a `.jsonl` file.
    ///
    /// # Errors
    /// The first line that is not what the format allows.
    ///
    /// ```
    /// use crossplug_conformance::interop::InteropCase;
    /// let text = "{\"case\":{\"description\":\"Nothing.\"}}\n{\"call\":\"test.nothing\",\"result\":null}";
    /// assert_eq!(InteropCase::read("nothing.jsonl", text)?.steps.len(), 1);
    /// # Ok::<(), crossplug_conformance::BadCase>(())
    /// ```
    pub fn read(path: &str, text: &str) -> Result<Self, BadCase> {
        let mut lines = text.lines().enumerate().map(|(index, line)| {
            let number = index + 1;
            let members = match serde_json::from_str(line) {
                Ok(Value::Object(members)) => Ok(members),
                Ok(_) => Err("a line is an object".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            members
                .map(|members: Map<String, Value>| (number, members))
                .map_err(|what| BadCase::new(path, number, what))
        });
        let headless = || BadCase::new(path, 1, "the first line is {\"case\":{…}}".to_owned());
        let (_, head) = lines.next().ok_or_else(headless)??;
        let head = head
            .get("case")
            .and_then(Value::as_object)
            .ok_or_else(headless)?;
        let description = head.get("description").and_then(Value::as_str);
        let mut case = Self {
            path: path.to_owned(),
            description: description.ok_or_else(headless)?.to_owned(),
            config: Map::new(),
            steps: Vec::new(),
        };
        if let Some(config) = head.get("config") {
            case.config = config.as_object().ok_or_else(headless)?.clone();
        }
        for line in lines {
            let (number, members) = line?;
            let step = Step::read(&members).map_err(|what| BadCase::new(path, number, what))?;
            case.steps.push((number, step));
        }
        Ok(case)
    }
}

/// Every case, in the order of the list.
///
/// # Errors
/// The first file that is not in the format; a test holds that none is.
pub fn read() -> Result<Vec<InteropCase>, BadCase> {
    CASES
        .iter()
        .map(|(path, text)| InteropCase::read(path, text))
        .collect()
}
