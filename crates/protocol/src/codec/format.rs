//! The grammars of the string formats, whole strings over bytes: `schema/README.md`, "Formats". Knows no type.

use std::fmt;

/// A format with a grammar of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `2024-02-29T12:00:00.5+01:00`
    DateTime,
    /// `2024-02-29`
    Date,
    /// `P1DT2H`
    Duration,
    /// `00000000-0000-4000-8000-000000000001`
    Uuid,
    /// `https://example.org/a?b#c`
    Uri,
}

impl Format {
    /// As a document spells it: `date-time`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Duration => "duration",
            Self::Uuid => "uuid",
            Self::Uri => "uri",
        }
    }

    /// Whether the whole text is of the format.
    ///
    /// ```
    /// use crossplug_protocol::codec::Format;
    ///
    /// assert!(Format::Date.accepts("2024-02-29"));
    /// assert!(!Format::Date.accepts("2023-02-29"));
    /// ```
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        let text = text.as_bytes();
        match self {
            Self::DateTime => date_time(text),
            Self::Date => date(text),
            Self::Duration => duration(text),
            Self::Uuid => uuid(text),
            Self::Uri => uri(text),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number of digits only, and of few enough of them to fit.
fn number(digits: &[u8]) -> Option<u32> {
    let plain = !digits.is_empty() && digits.len() <= 9 && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| {
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    })
}

fn date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        number(&[y1, y2, y3, y4]),
        number(&[m1, m2]),
        number(&[d1, d2]),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn two_digits_below(text: &[u8], bound: u32) -> bool {
    text.len() == 2 && number(text).is_some_and(|value| value < bound)
}

fn date_time(text: &[u8]) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else {
        return false;
    };
    let Some((clock, rest)) = rest.split_at_checked(9) else {
        return false;
    };
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else {
        return false;
    };
    let clock_fits = two_digits_below(&[h1, h2], 24)
        && two_digits_below(&[m1, m2], 60)
        && two_digits_below(&[s1, s2], 60);
    date(day) && clock_fits && zone(after_fraction(rest))
}

/// Passes over `\.[0-9]{1,9}` where it stands; a fraction without digits is left for the next to refuse.
fn after_fraction(text: &[u8]) -> &[u8] {
    let [b'.', rest @ ..] = text else { return text };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits..) {
        Some(after) if (1..=9).contains(&digits) => after,
        _ => text,
    }
}

fn zone(text: &[u8]) -> bool {
    match *text {
        [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            two_digits_below(&[h1, h2], 24) && two_digits_below(&[m1, m2], 60)
        }
        _ => false,
    }
}

fn duration(text: &[u8]) -> bool {
    let [b'P', rest @ ..] = text else {
        return false;
    };
    if let [weeks @ .., b'W'] = rest {
        return number(weeks).is_some();
    }
    let (days, clock) = match rest.iter().position(|byte| *byte == b'T') {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
        None => (rest, None),
    };
    let days_fit = match days {
        [] => clock.is_some(),
        [digits @ .., b'D'] => number(digits).is_some(),
        _ => false,
    };
    days_fit && clock.is_none_or(clock_parts)
}

/// `nH`, `nM`, `nS` in this order, at least one of them.
fn clock_parts(mut text: &[u8]) -> bool {
    let mut parts = 0;
    for unit in [b'H', b'M', b'S'] {
        let Some(at) = text.iter().position(|byte| *byte == unit) else {
            continue;
        };
        let (digits, rest) = (
            text.get(..at).unwrap_or_default(),
            text.get(at + 1..).unwrap_or_default(),
        );
        let whole = match digits.iter().position(|byte| *byte == b'.') {
            Some(dot)
                if unit == b'S'
                    && after_fraction(digits.get(dot..).unwrap_or_default()).is_empty() =>
            {
                digits.get(..dot)
            }
            Some(_) => None,
            None => Some(digits),
        };
        if whole.and_then(number).is_none() {
            return false;
        }
        (text, parts) = (rest, parts + 1);
    }
    parts > 0 && text.is_empty()
}

fn uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn uri(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let (scheme, mut rest) = (
        text.get(..colon).unwrap_or_default(),
        text.get(colon + 1..).unwrap_or_default(),
    );
    let scheme_fits = match scheme {
        [first, more @ ..] => {
            first.is_ascii_alphabetic()
                && more
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
        }
        [] => false,
    };
    if !scheme_fits || rest.is_empty() {
        return false;
    }
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, more @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                more
            }
            [byte, more @ ..]
                if byte.is_ascii_alphanumeric() || b"._~:/?#[]@!$&'()*+,;=-".contains(byte) =>
            {
                more
            }
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn the_grammars_hold_at_their_edges() {
        let cases = [
            (Format::Date, "0000-02-29", true),
            (Format::Date, "1900-02-29", false),
            (Format::Date, "2024-04-31", false),
            (Format::Date, "2024-00-01", false),
            (Format::Date, "2024-1-01", false),
            (Format::DateTime, "2024-02-29T23:59:59Z", true),
            (
                Format::DateTime,
                "2024-02-29T23:59:59.123456789-23:59",
                true,
            ),
            (Format::DateTime, "2024-02-29T23:59:59.1234567890Z", false),
            (Format::DateTime, "2024-02-29T23:59:59.Z", false),
            (Format::DateTime, "2024-02-29T23:59:60Z", false),
            (Format::DateTime, "2024-02-29t23:59:59Z", false),
            (Format::DateTime, "2024-02-29T23:59:59", false),
            (Format::DateTime, "2024-02-29T24:00:00Z", false),
            (Format::DateTime, "2024-02-29T23:59:59+24:00", false),
            (Format::Duration, "P1D", true),
            (Format::Duration, "PT0.5S", true),
            (Format::Duration, "P1DT2H3M4S", true),
            (Format::Duration, "P2W", true),
            (Format::Duration, "P", false),
            (Format::Duration, "PT", false),
            (Format::Duration, "P1DT", false),
            (Format::Duration, "P1W2D", false),
            (Format::Duration, "PT1S2H", false),
            (Format::Duration, "PT1.5H", false),
            (Format::Duration, "PT.5S", false),
            (Format::Duration, "P1Y", false),
            (Format::Duration, "P1234567890D", false),
            (Format::Uuid, "00000000-0000-4000-8000-00000000000A", true),
            (Format::Uuid, "00000000-0000-4000-8000-00000000000G", false),
            (Format::Uuid, "00000000000040008000000000000000abcd", false),
            (Format::Uri, "a:b", true),
            (Format::Uri, "https://example.org/%20?a=[1]#x", true),
            (Format::Uri, "https:", false),
            (Format::Uri, "1a:b", false),
            (Format::Uri, "a:%2", false),
            (Format::Uri, "a:b c", false),
            (Format::Uri, "a:ü", false),
        ];
        for (format, text, accepted) in cases {
            assert_eq!(format.accepts(text), accepted, "{format} {text}");
        }
    }
}
