//! Writing heads and scalars, in their shortest forms; floats always have eight bytes.

/// Appends null.
pub fn push_null(out: &mut Vec<u8>) {
    out.push(0xc0);
}

/// Appends a boolean.
pub fn push_boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xc3 } else { 0xc2 });
}

/// Appends an integer that is not negative.
///
/// ```
/// let mut out = Vec::new();
/// crossplug_protocol::msgpack::push_unsigned(&mut out, 7);
/// crossplug_protocol::msgpack::push_unsigned(&mut out, u64::MAX);
/// assert_eq!(out, b"\x07\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
/// ```
#[allow(
    clippy::cast_possible_truncation,
    reason = "each arm has looked at the size"
)]
pub fn push_unsigned(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=0x7f => out.push(value as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, value as u8]),
        0x100..=0xffff => marked(out, 0xcd, (value as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => marked(out, 0xce, (value as u32).to_be_bytes()),
        _ => marked(out, 0xcf, value.to_be_bytes()),
    }
}

/// Appends an integer.
///
/// ```
/// let mut out = Vec::new();
/// crossplug_protocol::msgpack::push_signed(&mut out, -1);
/// crossplug_protocol::msgpack::push_signed(&mut out, -129);
/// assert_eq!(out, b"\xff\xd1\xff\x7f");
/// ```
#[allow(
    clippy::cast_possible_truncation,
    reason = "each arm has looked at the size"
)]
pub fn push_signed(out: &mut Vec<u8>, value: i64) {
    match value {
        0.. => push_unsigned(out, value.unsigned_abs()),
        -0x20..0 => out.push((value as i8).cast_unsigned()),
        -0x80..-0x20 => marked(out, 0xd0, (value as i8).to_be_bytes()),
        -0x8000..-0x80 => marked(out, 0xd1, (value as i16).to_be_bytes()),
        -0x8000_0000..-0x8000 => marked(out, 0xd2, (value as i32).to_be_bytes()),
        _ => marked(out, 0xd3, value.to_be_bytes()),
    }
}

/// Appends a float. Nobody reads one that is not finite.
pub fn push_float(out: &mut Vec<u8>, value: f64) {
    marked(out, 0xcb, value.to_be_bytes());
}

/// Appends a string. One of 4 GiB does not fit a message.
///
/// ```
/// let mut out = Vec::new();
/// crossplug_protocol::msgpack::push_text(&mut out, "é");
/// assert_eq!(out, b"\xa2\xc3\xa9");
/// ```
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(length @ 0..=0x1f) => out.push(0xa0 | length),
        Ok(length) => out.extend_from_slice(&[0xd9, length]),
        Err(_) => long(out, text.len(), 0xda),
    }
    out.extend_from_slice(text.as_bytes());
}

/// Appends bytes. 4 GiB do not fit a message.
pub fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match u8::try_from(bytes.len()) {
        Ok(length) => out.extend_from_slice(&[0xc4, length]),
        Err(_) => long(out, bytes.len(), 0xc5),
    }
    out.extend_from_slice(bytes);
}

/// Begins an array of so many elements.
pub fn push_array(out: &mut Vec<u8>, count: usize) {
    match u8::try_from(count) {
        Ok(count @ 0..=0xf) => out.push(0x90 | count),
        _ => long(out, count, 0xdc),
    }
}

/// Begins a map of so many members.
pub fn push_map(out: &mut Vec<u8>, count: usize) {
    match u8::try_from(count) {
        Ok(count @ 0..=0xf) => out.push(0x80 | count),
        _ => long(out, count, 0xde),
    }
}

/// A length of 16 bits, or of 32 with the marker behind.
fn long(out: &mut Vec<u8>, length: usize, marker: u8) {
    match u16::try_from(length) {
        Ok(length) => marked(out, marker, length.to_be_bytes()),
        Err(_) => marked(
            out,
            marker + 1,
            u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes(),
        ),
    }
}

#[inline]
fn marked<const N: usize>(out: &mut Vec<u8>, marker: u8, bytes: [u8; N]) {
    out.push(marker);
    out.extend_from_slice(&bytes);
}
