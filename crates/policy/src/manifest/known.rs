//! Slips of the pen: members that are spelled almost as one that means something. Unknown members are allowed, so a slip
//! is never an error, but it deserves a word.

use serde_json::Value;

use super::tolerate::join;
use crate::finding::Findings;

/// The records in which a slip would go unnoticed, and what they may hold. A test holds these to schema/manifest.json.
pub(super) const RECORDS: [(&str, &[&str]); 10] = [
    (
        "",
        &[
            "name",
            "description",
            "version",
            "language",
            "interfaces",
            "doors",
            "permissions",
            "dependencies",
            "config",
            "actions",
            "providers",
            "evaluators",
            "services",
            "routes",
            "events",
            "interop",
            "interopProtocols",
        ],
    ),
    ("/doors", &["process", "wasm", "native", "module", "socket"]),
    ("/doors/process", &["command", "dialect", "cwd"]),
    ("/doors/wasm", &["path", "abi"]),
    ("/doors/native", &["path", "abi"]),
    ("/doors/module", &["python", "typescript"]),
    ("/doors/socket", &["unix", "tcp", "listen", "dialect"]),
    (
        "/permissions",
        &[
            "services",
            "files",
            "net",
            "env",
            "processes",
            "plugins",
            "events",
        ],
    ),
    ("/permissions/files", &["read", "write"]),
    ("/permissions/events", &["subscribe", "emit"]),
];

pub(super) fn look_for_slips(root: &Value, findings: &mut Findings) {
    for (pointer, known) in RECORDS {
        for name in root
            .pointer(pointer)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|members| members.keys())
        {
            if known.contains(&name.as_str()) {
                continue;
            }
            match nearest(name, known) {
                Some(meant) => findings.warning(
                    join(pointer, name),
                    format!("`{name}` means nothing here"),
                    format!("write `{meant}` if that is what it should be"),
                ),
                None if pointer == "/doors" => findings.warning(
                    join(pointer, name),
                    format!("there is no door `{name}`"),
                    format!("the doors are {}", known.join(", ")),
                ),
                // elizaOS and others keep members of their own at the root and in doors; that is their right.
                None if pointer == "/permissions" => findings.warning(
                    join(pointer, name),
                    format!("there is no permission `{name}`; it is neither asked for nor granted"),
                    format!("the permissions are {}", known.join(", ")),
                ),
                None => {}
            }
        }
    }
}

/// The known name that is at most two letters away.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let length = name.chars().count();
    let near = known
        .iter()
        .filter(|meant| length.abs_diff(meant.len()) <= 2);
    let (distance, meant) = near.map(|meant| (distance(name, meant), *meant)).min()?;
    (distance <= 2 && distance * 2 < meant.len()).then_some(meant)
}

/// How many letters must be written, taken out, changed or exchanged with their neighbour to make one of the other,
/// letter case aside.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut left: Option<char> = None;
    for (row, &letter) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        let mut previous: Option<char> = None;
        for (column, &wanted) in other.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut least = (at(&line, column) + 1).min(at(&above, column + 1) + 1);
            least = least.min(at(&above, column) + usize::from(letter != wanted));
            if column > 0 && left == Some(wanted) && previous == Some(letter) {
                least = least.min(at(&before, column - 1).saturating_add(1));
            }
            line.push(least);
            previous = Some(wanted);
        }
        left = Some(letter);
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::{RECORDS, distance};
    use serde_json::Value;

    #[test]
    fn the_list_is_that_of_the_document() {
        let document: Value =
            serde_json::from_str(include_str!("../../../../schema/manifest.json")).unwrap();
        let of = |name: &str| -> BTreeSet<String> {
            document["$defs"][name]["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        let names = [
            "Manifest",
            "Doors",
            "ProcessDoor",
            "WasmDoor",
            "NativeDoor",
            "ModuleDoor",
            "SocketDoor",
            "Permissions",
            "FilePermissions",
            "EventPermissions",
        ];
        for ((pointer, known), name) in RECORDS.into_iter().zip(names) {
            let known: BTreeSet<String> = known.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(known, of(name), "{pointer}");
        }
    }

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("doors", "doors", 0),
            ("dors", "doors", 1),
            ("odors", "doors", 1),
            ("nmae", "name", 1),
            ("Doors", "doors", 0),
            ("x", "doors", 5),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }
}
