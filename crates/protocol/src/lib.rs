//! What is said between a crossplug host and a plugin: types, frames, the session, the dialects.
//!
//! A call runs through the rooms of this crate in one direction and back:
//! bytes → [`frame`] → [`dialect`] → [`session`] → (dispatch, elsewhere). A frame knows lengths, a dialect knows shapes, the
//! session knows ids, deadlines and streams. [`json`] checks every text once, on its way in; [`codec`] turns checked text
//! into the types of [`generated`]. No IO, no clock, no threads: everything here also builds for WebAssembly.

pub mod codec;
pub mod descriptor;
pub mod dialect;
pub mod error;
pub mod frame;
pub mod generated;
pub mod handshake;
pub mod json;
pub mod message;
pub mod msgpack;
pub mod native;
pub mod session;
pub mod violation;
