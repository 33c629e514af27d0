//! Writing the few scalars that an envelope has. Everything larger arrives here as text already.

/// Appends a string with its quotes, escaped as RFC 8259 demands and no further.
///
/// ```
/// let mut out = Vec::new();
/// crossplug_protocol::json::push_text(&mut out, "a\"\n\u{1}é");
/// assert_eq!(out, "\"a\\\"\\n\\u0001é\"".as_bytes());
/// ```
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest
        .iter()
        .position(|b| *b < 0x20 || *b == b'"' || *b == b'\\')
    {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        if let [b, tail @ ..] = special {
            push_escape(out, *b);
            rest = tail;
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn push_escape(out: &mut Vec<u8>, b: u8) {
    match b {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(b >> 4), digit(b & 15)]);
        }
    }
}

/// Appends an integer.
///
/// ```
/// let mut out = Vec::new();
/// crossplug_protocol::json::push_integer(&mut out, -120);
/// crossplug_protocol::json::push_integer(&mut out, i64::MIN);
/// assert_eq!(out, b"-120-9223372036854775808");
/// ```
pub fn push_integer(out: &mut Vec<u8>, value: i64) {
    let mut rest = value.unsigned_abs();
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a remainder of ten fits in a byte"
        )]
        let digit = (rest % 10) as u8;
        *place = b'0' + digit;
        used += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}
