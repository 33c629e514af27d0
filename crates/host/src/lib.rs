//! Load crossplug plugins from Rust and call them
