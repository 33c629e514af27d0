//! What holds for every input and every order of things, tried with random ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "properties/conversation.rs"]
mod conversation;
#[path = "properties/garbage.rs"]
mod garbage;
#[path = "properties/scanner.rs"]
mod scanner;
