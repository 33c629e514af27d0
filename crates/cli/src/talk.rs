//! What the program says to a person, on stderr: errors, notes, logs of the plugin, progress. Must not write to stdout.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a line of progress stands on the terminal and must go before the next line.
static PROGRESS_SHOWN: AtomicBool = AtomicBool::new(false);

/// Colours, by their SGR number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Grey = 90,
}

/// A word in colour, where stderr is a terminal and NO_COLOR is not set (<https://no-color.org>).
pub(crate) fn coloured(text: &str, colour: Colour) -> String {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stderr().is_terminal() {
        format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8)
    } else {
        text.to_owned()
    }
}

/// One line.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stderr().lock();
    let clear = if PROGRESS_SHOWN.swap(false, Ordering::Relaxed) {
        "\r\u{1b}[K"
    } else {
        ""
    };
    // Nobody can be told that stderr is gone.
    let _ = writeln!(out, "{clear}{text}");
}

/// Why the program ends otherwise than asked.
pub(crate) fn error(text: &str) {
    let text = once("error", text);
    line(&format!("{} {text}", coloured("error:", Colour::Red)));
}

/// Something that a person should know.
pub(crate) fn warning(text: &str) {
    let text = once("warning", text);
    line(&format!("{} {text}", coloured("warning:", Colour::Yellow)));
}

/// A text without the word that it begins with, where that word is said before it anyway.
pub(crate) fn once<'t>(word: &str, text: &'t str) -> &'t str {
    match text.split_at_checked(word.len()) {
        Some((begin, rest)) if begin.eq_ignore_ascii_case(word) => {
            rest.strip_prefix(':').map_or(text, str::trim_start)
        }
        _ => text,
    }
}

/// Progress of a call: replaces itself on a terminal and is silent elsewhere.
pub(crate) fn progress(fraction: Option<f64>, message: &str) {
    let mut out = std::io::stderr().lock();
    if !out.is_terminal() {
        return;
    }
    PROGRESS_SHOWN.store(true, Ordering::Relaxed);
    let percent = fraction.map_or(String::new(), |part| {
        format!("{:3.0}% ", part.clamp(0.0, 1.0) * 100.0)
    });
    let _ = write!(out, "\r\u{1b}[K{percent}{message}");
    let _ = out.flush();
}

/// Takes the last line of progress away.
pub(crate) fn progress_ends() {
    if PROGRESS_SHOWN.swap(false, Ordering::Relaxed) {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
}

#[cfg(test)]
mod tests {
    use super::once;

    #[test]
    fn no_word_is_said_twice() {
        assert_eq!(once("error", "error: no such file"), "no such file");
        assert_eq!(once("warning", "Warning: old"), "old");
        for other in [
            "errors: two",
            "an error: x",
            "err",
            "warning: x",
            "ürror: x",
            "",
        ] {
            assert_eq!(once("error", other), other);
        }
    }
}
