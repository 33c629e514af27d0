//! A custom section of a WebAssembly file, module or component. Knows that much of the format.

/// What every file begins with: its magic number and its version.
const HEAD: usize = 8;

/// Puts the section behind everything else, in place of those of its name.
pub(super) fn replace(wasm: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut kept = wasm.get(..HEAD).unwrap_or_default().to_vec();
    let mut rest = wasm.get(HEAD..).unwrap_or_default();
    let called = called(name);
    while let Some((id, length, head)) = head(rest) {
        let Some((whole, behind)) = rest.split_at_checked(head + length) else {
            break;
        };
        let body = whole.get(head..).unwrap_or_default();
        if id != 0 || !body.starts_with(&called) {
            kept.extend_from_slice(whole);
        }
        rest = behind;
    }
    // What is no section stays what it is.
    kept.extend_from_slice(rest);
    append(&mut kept, name, contents);
    *wasm = kept;
}

/// Adds the section.
fn append(wasm: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut body = called(name);
    body.extend_from_slice(contents);
    wasm.push(0);
    number(wasm, body.len());
    wasm.extend_from_slice(&body);
}

/// A name, as it stands before what a section holds.
fn called(name: &str) -> Vec<u8> {
    let mut called = Vec::new();
    number(&mut called, name.len());
    called.extend_from_slice(name.as_bytes());
    called
}

/// The kind and length of the section that comes, and how long what says so is.
fn head(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (id, rest) = bytes.split_first()?;
    let mut length = 0usize;
    for (place, byte) in rest.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((*id, length, place + 2));
        }
    }
    None
}

/// A number, seven bits in each byte.
pub(super) fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(0x80 | u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{append, replace};

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn lengths_stand_before_names_and_contents() {
        let mut wasm = HEAD.to_vec();
        append(&mut wasm, "ab", &[7; 200]);
        assert_eq!(wasm.get(8..14), Some(&b"\0\xcb\x01\x02ab"[..]));
        assert_eq!(wasm.len(), 14 + 200);
    }

    #[test]
    fn one_of_a_name_is_left_and_the_others_stay() {
        let mut wasm = HEAD.to_vec();
        append(&mut wasm, "ab", &[7; 200]);
        append(&mut wasm, "abc", b"other");
        wasm.extend_from_slice(b"\x01\x02xx");
        append(&mut wasm, "ab", b"again");
        replace(&mut wasm, "ab", b"now");
        let mut expected = HEAD.to_vec();
        append(&mut expected, "abc", b"other");
        expected.extend_from_slice(b"\x01\x02xx");
        append(&mut expected, "ab", b"now");
        assert_eq!(wasm, expected);
    }

    #[test]
    fn what_breaks_off_is_kept() {
        let mut wasm = [HEAD, b"\x01\x7fx"].concat();
        let whole = wasm.clone();
        replace(&mut wasm, "ab", b"now");
        assert!(wasm.starts_with(&whole));
    }
}
