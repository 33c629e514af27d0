//! The program, run as a person runs it. Plugins are a shell script without an SDK, the SDKs' conformance subjects, and
//! what `crossplug new` makes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod building;
mod call;
mod codegen;
mod encodings;
mod exit_codes;
mod inspect;
mod new;
mod raw;
mod sockets;
mod stage;
mod subjects;
