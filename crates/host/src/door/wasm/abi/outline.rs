//! What can be said of a module or a component before it is compiled: which of the two it is, the names of a module's
//! exports, and custom sections. Knows the binary format's outline and runs nothing.

/// The bytes of a module, or of a component.
#[derive(Clone, Copy)]
pub(in crate::door::wasm) struct Outline<'m>(&'m [u8]);

const MAGIC: &[u8] = b"\0asm";
const HEAD: usize = 8;
/// Behind the magic of a component: the version of its format, and the layer that tells it from a module.
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
const CUSTOM: u8 = 0;
const EXPORTS: u8 = 7;

impl<'m> Outline<'m> {
    /// Of a module in its binary form; nothing is found in anything else.
    pub(in crate::door::wasm) const fn of(module: &'m [u8]) -> Self {
        Self(module)
    }

    /// Whether it is a component.
    pub(in crate::door::wasm) fn is_component(self) -> bool {
        (self.0.strip_prefix(MAGIC)).is_some_and(|rest| rest.starts_with(COMPONENT))
    }

    /// Whether a module exports something of this name.
    pub(in crate::door::wasm) fn exports(self, name: &str) -> bool {
        // The sections of a component have other numbers.
        !self.is_component()
            && self
                .sections()
                .filter(|(kind, _)| *kind == EXPORTS)
                .any(|(_, section)| Self::has_export(section, name).unwrap_or(false))
    }

    /// The contents of the custom section of that name.
    pub(in crate::door::wasm) fn custom(self, name: &str) -> Option<&'m [u8]> {
        self.sections()
            .filter(|(kind, _)| *kind == CUSTOM)
            .find_map(|(_, mut section)| {
                (text(&mut section)? == name.as_bytes()).then_some(section)
            })
    }

    fn sections(self) -> impl Iterator<Item = (u8, &'m [u8])> {
        let mut rest = match self.0.split_at_checked(HEAD) {
            Some((head, rest)) if head.starts_with(MAGIC) => rest,
            _ => &[],
        };
        std::iter::from_fn(move || {
            let (kind, after) = rest.split_first()?;
            let mut after = after;
            let section = text(&mut after)?;
            rest = after;
            Some((*kind, section))
        })
    }

    fn has_export(mut section: &[u8], name: &str) -> Option<bool> {
        for _ in 0..number(&mut section)? {
            if text(&mut section)? == name.as_bytes() {
                return Some(true);
            }
            // Its kind and its index.
            section = section.get(1..)?;
            number(&mut section)?;
        }
        Some(false)
    }
}

/// Bytes with their length before them.
fn text<'m>(bytes: &mut &'m [u8]) -> Option<&'m [u8]> {
    let length = usize::try_from(number(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(text)
}

/// A number of up to 32 bits, seven in each byte.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u32;
    for place in 0..5 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(7 * place)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn exports_and_sections_are_found_and_nothing_in_what_is_broken() {
        let text = r#"(module (memory (export "memory") 1)
            (func (export "crossplug_abi") (result i32) (i32.const 1))
            (@custom "crossplug.manifest" "{\"name\":\"x\"}"))"#;
        let module = wat::parse_str(text).unwrap();
        let outline = Outline::of(&module);
        assert!(outline.exports("crossplug_abi") && outline.exports("memory"));
        assert!(!outline.exports("crossplug_ab"));
        assert_eq!(
            outline.custom("crossplug.manifest"),
            Some(&br#"{"name":"x"}"#[..])
        );
        assert_eq!(outline.custom("other"), None);
        assert!(!outline.is_component());
        for length in 0..module.len() {
            let broken = Outline::of(module.get(..length).unwrap());
            assert_eq!(broken.custom("crossplug.manifest"), None);
        }
    }

    #[test]
    fn a_component_is_known_and_has_sections() {
        let text = r#"(component (core module $m (func (export "crossplug_abi")))
            (@custom "crossplug.manifest" "{}"))"#;
        let component = wat::parse_str(text).unwrap();
        let outline = Outline::of(&component);
        assert!(outline.is_component() && !outline.exports("crossplug_abi"));
        assert_eq!(outline.custom("crossplug.manifest"), Some(&b"{}"[..]));
    }
}
