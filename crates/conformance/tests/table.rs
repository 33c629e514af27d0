//! The table of the rogues names every behaviour of the program `rogue`, and no other.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::process::Command;

use crossplug_conformance::rogues;
use crossplug_host::ErrorKind;

const KINDS: [ErrorKind; 6] = [
    ErrorKind::Start,
    ErrorKind::Protocol,
    ErrorKind::Limit,
    ErrorKind::Incompatible,
    ErrorKind::Deadline,
    ErrorKind::Died,
];

#[test]
fn the_table_is_the_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_rogue")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let listed = String::from_utf8(output.stderr).unwrap();
    let mut behaviours: BTreeSet<&str> = listed.lines().skip(1).map(str::trim).collect();
    assert!(
        behaviours.remove("sleeper"),
        "a grandchild is no rogue of its own"
    );
    let rogues = rogues::read().unwrap();
    let table: BTreeSet<&str> = rogues.iter().map(|rogue| rogue.name.as_str()).collect();
    assert_eq!(table, behaviours);
}

#[test]
fn kinds_are_kinds_of_the_host() {
    for rogue in rogues::read().unwrap() {
        if let Some(kind) = &rogue.kind {
            assert!(
                KINDS.iter().any(|known| known.as_str() == kind),
                "{}: {kind}",
                rogue.name
            );
        }
    }
}
