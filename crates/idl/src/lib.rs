//! From an interface document to code: the model, the checks and the emitters. Pure functions.
//!
//! The order of the data: [`read`] makes JSON of a text, the checks hold it to the laws of `schema/README.md`, the
//! normaliser makes a [`model::Interface`] of it in which all names are fixed, and the emitters under [`emit`] print that.
//!
//! ```
//! let text = r#"{"idl": "1", "name": "notes", "version": "1.0.0", "description": "Keeps notes."}"#;
//! let interface = crossplug_idl::compile(text, "notes.json").unwrap();
//! assert_eq!(interface.stem, "Notes");
//! let refusals = crossplug_idl::compile(r#"{"idl": "1", "name": "Notes"}"#, "notes.json").unwrap_err();
//! assert_eq!(refusals.len(), 3, "the name, the version and the description");
//! ```

mod check;
mod compile;
pub mod driver;
pub mod emit;
mod hash;
pub mod model;
pub mod names;
mod normalise;
pub mod pattern;
pub mod read;
mod refusal;

pub use check::PROTOCOL_CODES;
pub use compile::compile;
pub use refusal::Refusal;
