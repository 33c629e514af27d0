//! Plays session vectors against any crossplug plugin, and knows what a host must make of the rogue peers.
//!
//! The player has an input and output of its own and shares no code with the host or the SDKs that it judges.
//! `crossplug conformance PATH` and the tests of the three SDKs' conformance subjects stand on it.

pub mod case;
mod child;
pub mod corpus;
pub mod interop;
pub mod matching;
pub mod packed;
pub mod play;
pub mod report;
pub mod rogues;
pub mod target;

pub use case::{BadCase, Case};
pub use child::{Entrance, Launch, Running};
pub use packed::Encoding;
pub use play::{Failure, LINE_TIME};
pub use report::{Outcome, Report, Verdict};
pub use target::{Target, Unusable};
