//! A custom section behind everything else of a WebAssembly file. Knows that much of the format.

/// Adds the section.
pub(super) fn append(wasm: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut body = Vec::new();
    number(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(contents);
    wasm.push(0);
    number(wasm, body.len());
    wasm.extend_from_slice(&body);
}

/// A number, seven bits in each byte.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(0x80 | u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn lengths_stand_before_names_and_contents() {
        let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
        append(&mut wasm, "ab", &[7; 200]);
        assert_eq!(wasm.get(8..14), Some(&b"\0\xcb\x01\x02ab"[..]));
        assert_eq!(wasm.len(), 14 + 200);
    }
}
