//! The session vectors, compiled in, so that the program needs no checkout. A test holds the list to the folder.

use crate::case::{BadCase, Case};

macro_rules! sessions {
    ($($path:literal),* $(,)?) => {
        /// Path below `schema/vectors/sessions` and text of every session vector.
        pub const SESSIONS: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../schema/vectors/sessions/", $path)))),*];
    };
}

sessions![];

/// Every session vector, in the order of the list.
///
/// # Errors
/// The first file that is not in the format of `schema/README.md` section 7; a test holds that none is.
pub fn read() -> Result<Vec<Case>, BadCase> {
    SESSIONS
        .iter()
        .map(|(path, text)| Case::read(path, text))
        .collect()
}
