//! The interfaces that ship, by name: what is known of a plugin without starting it. Must not read files.

use crossplug_host::protocol::descriptor::Descriptor;
use crossplug_host::protocol::generated::{agent, chat, conformance, events, http, tool};

/// Every interface that ships.
pub(crate) const SHIPPED: [&Descriptor; 6] = [
    &agent::DESCRIPTOR,
    &chat::DESCRIPTOR,
    &conformance::DESCRIPTOR,
    &events::DESCRIPTOR,
    &http::DESCRIPTOR,
    &tool::DESCRIPTOR,
];

/// The interface of the name.
pub(crate) fn interface(name: &str) -> Option<&'static Descriptor> {
    SHIPPED.into_iter().find(|shipped| shipped.name == name)
}
