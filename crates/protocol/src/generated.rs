//! The door to the generated types, one module a document of `schema/`. Written by hand; what is behind it is not.
//!
//! Every type reads and writes itself through [`crate::codec`]; optional members are set with `with_…`.
//!
//! ```
//! use crossplug_protocol::generated::agent::{Content, Memory};
//!
//! let memory = Memory::new(Content::new().with_text("hello"));
//! assert_eq!(memory.content.text.as_deref(), Some("hello"));
//! ```

#[rustfmt::skip]
pub mod agent;
#[rustfmt::skip]
pub mod chat;
#[rustfmt::skip]
pub mod conformance;
#[rustfmt::skip]
pub mod events;
#[rustfmt::skip]
pub mod http;
#[rustfmt::skip]
pub mod manifest;
#[rustfmt::skip]
pub mod protocol;
#[rustfmt::skip]
pub mod tool;

use crate::codec::RoundTrip;

/// Reads a document as a type of an interface and writes it again, for the vectors.
#[doc(hidden)]
#[must_use]
pub fn round_trip(interface: &str, name: &str) -> Option<RoundTrip> {
    match interface {
        agent::NAME => agent::round_trip(name),
        chat::NAME => chat::round_trip(name),
        conformance::NAME => conformance::round_trip(name),
        events::NAME => events::round_trip(name),
        http::NAME => http::round_trip(name),
        manifest::NAME => manifest::round_trip(name),
        protocol::NAME => protocol::round_trip(name),
        tool::NAME => tool::round_trip(name),
        _ => None,
    }
}

/// What the types of every interface say about themselves: interface to `$defs`.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[must_use]
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    type Tell = fn(&mut schemars::SchemaGenerator);
    let interfaces: [(&str, Tell); 8] = [
        (agent::NAME, agent::schemas),
        (chat::NAME, chat::schemas),
        (conformance::NAME, conformance::schemas),
        (events::NAME, events::schemas),
        (http::NAME, http::schemas),
        (manifest::NAME, manifest::schemas),
        (protocol::NAME, protocol::schemas),
        (tool::NAME, tool::schemas),
    ];
    let told = |tell: Tell| {
        let mut generator = schemars::SchemaGenerator::default();
        tell(&mut generator);
        generator.take_definitions(true).into()
    };
    interfaces
        .into_iter()
        .map(|(name, tell)| (name, told(tell)))
        .collect()
}
