//! The custom section `crossplug.manifest`, made while the author's crate is compiled.

/// A text as the bytes of a section.
#[must_use]
#[allow(
    clippy::indexing_slicing,
    reason = "a constant: a mistake is an error of the compiler's"
)]
pub const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let (from, mut to, mut at) = (text.as_bytes(), [0; N], 0);
    while at < N {
        to[at] = from[at];
        at += 1;
    }
    to
}

/// The manifest of a crate that gives none: its `Cargo.toml`.
#[must_use]
pub const fn plain<const N: usize>(name: &str, version: &str, description: &str) -> [u8; N] {
    let mut to = [0; N];
    write(&mut to, name, version, description);
    to
}

/// How long [`plain`] is.
#[must_use]
pub const fn plain_length(name: &str, version: &str, description: &str) -> usize {
    write(&mut [], name, version, description)
}

const fn write(to: &mut [u8], name: &str, version: &str, description: &str) -> usize {
    let at = raw(to, 0, "{\"name\":\"");
    let at = text(to, at, name);
    let at = raw(to, at, "\",\"version\":\"");
    let at = text(to, at, version);
    let at = raw(to, at, "\",\"description\":\"");
    let at = text(to, at, description);
    raw(to, at, "\",\"language\":\"rust\"}")
}

const fn raw(to: &mut [u8], at: usize, text: &str) -> usize {
    let (from, mut index) = (text.as_bytes(), 0);
    while index < from.len() {
        put(to, at + index, at_index(from, index));
        index += 1;
    }
    at + index
}

/// The inside of a JSON string.
const fn text(to: &mut [u8], mut at: usize, text: &str) -> usize {
    const HEX: &[u8] = b"0123456789abcdef";
    let (from, mut index) = (text.as_bytes(), 0);
    while index < from.len() {
        let byte = at_index(from, index);
        if byte == b'"' || byte == b'\\' {
            put(to, at, b'\\');
            put(to, at + 1, byte);
            at += 2;
        } else if byte < b' ' {
            at = raw(to, at, "\\u00");
            put(to, at, at_index(HEX, (byte >> 4) as usize));
            put(to, at + 1, at_index(HEX, (byte & 15) as usize));
            at += 2;
        } else {
            put(to, at, byte);
            at += 1;
        }
        index += 1;
    }
    at
}

#[allow(
    clippy::indexing_slicing,
    reason = "a constant: a mistake is an error of the compiler's"
)]
const fn at_index(from: &[u8], index: usize) -> u8 {
    from[index]
}

/// Where there is no room at all, only the length is wanted.
#[allow(
    clippy::indexing_slicing,
    reason = "a constant: a mistake is an error of the compiler's"
)]
const fn put(to: &mut [u8], at: usize, byte: u8) {
    if !to.is_empty() {
        to[at] = byte;
    }
}
