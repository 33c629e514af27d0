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

use crate::codec::ForType;

/// Does something with a type of an interface, for the vectors.
#[doc(hidden)]
pub fn with_type<V: ForType>(interface: &str, name: &str, visitor: V) -> Option<V::Output> {
    match interface {
        agent::NAME => agent::with_type(name, visitor),
        chat::NAME => chat::with_type(name, visitor),
        conformance::NAME => conformance::with_type(name, visitor),
        events::NAME => events::with_type(name, visitor),
        http::NAME => http::with_type(name, visitor),
        manifest::NAME => manifest::with_type(name, visitor),
        protocol::NAME => protocol::with_type(name, visitor),
        tool::NAME => tool::with_type(name, visitor),
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
