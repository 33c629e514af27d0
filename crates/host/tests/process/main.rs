//! The process door against small peers that know no SDK of ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]
#![cfg(unix)]

mod calls;
mod care;
mod elizaos;
mod peer;
mod services;
mod start;
mod streams;
mod waiting;
