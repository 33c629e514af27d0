//! Every vector of every generated type.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "vectors/player.rs"]
mod player;

use std::path::Path;

use crossplug_protocol::codec::ForType;
use crossplug_protocol::generated::with_type;
use player::Table;

/// The types of this repository.
struct Ours;

impl Table for Ours {
    fn with_type<V: ForType>(&self, interface: &str, name: &str, visitor: V) -> Option<V::Output> {
        with_type(interface, name, visitor)
    }
}

#[test]
fn every_type_keeps_to_its_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/types");
    let played = player::play(&Ours, &folder);
    let (cases, packed) = (played.cases, played.packed);
    println!("vectors types rust {cases}");
    println!("vectors packed rust {packed}");
    assert!(cases > 5000, "the corpus is smaller than it was: {cases}");
}
