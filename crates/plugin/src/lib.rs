//! Write a crossplug plugin in Rust
