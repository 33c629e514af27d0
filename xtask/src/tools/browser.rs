//! A browser for the tests of hosts in pages: Debian's, or the one that `CROSSPLUG_BROWSER` names.

use std::path::Path;

use anyhow::bail;

use super::debian;

/// Where Debian puts it, and where the tests look unless they are told otherwise.
const BROWSER: &str = "/usr/bin/chromium";

/// Where it is, if it is.
pub(crate) fn look() -> Option<String> {
    let named = std::env::var("CROSSPLUG_BROWSER").unwrap_or_else(|_| BROWSER.to_owned());
    Path::new(&named).is_file().then_some(named)
}

/// There is one; installed now, where that is allowed.
///
/// # Errors
/// There is none.
pub(crate) fn check() -> anyhow::Result<()> {
    if let Some(named) = std::env::var_os("CROSSPLUG_BROWSER") {
        if Path::new(&named).is_file() {
            return Ok(());
        }
        bail!("CROSSPLUG_BROWSER names no file: {}", named.display());
    }
    if Path::new(BROWSER).is_file() {
        return Ok(());
    }
    debian::install(&["chromium"])
}
