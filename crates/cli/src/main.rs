//! The `crossplug` program.
fn main() {}
