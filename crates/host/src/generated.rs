//! The door to the generated clients, one module an interface. Written by hand; what is behind it is not.

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
pub mod tool;
