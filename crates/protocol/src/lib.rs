//! What is said between a crossplug host and a plugin: types, frames, the session, the dialects
