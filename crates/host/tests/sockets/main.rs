//! The socket door against the conformance subject of each SDK and against peers that know no SDK of ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]
#![cfg(unix)]

mod peers;
mod places;
mod running;
mod sessions;
mod strangers;
