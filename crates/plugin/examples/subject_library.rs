//! The conformance subject as a native library, of the same source as its program.

#[path = "subject.rs"]
mod subject;
