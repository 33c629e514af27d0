//! What has to be known of a module of WebAssembly before it can stand in a component: the functions that it imports with
//! their types, the names of its exports, its manifest. Knows the binary format's outline and runs nothing.

/// A module, as far as that.
#[derive(Debug, Default)]
pub(super) struct Outline<'m> {
    pub(super) imports: Vec<Import<'m>>,
    pub(super) exports: Vec<&'m str>,
    /// The text of its `plugin.json`.
    pub(super) manifest: Option<&'m [u8]>,
}

/// A function that is imported.
#[derive(Debug)]
pub(super) struct Import<'m> {
    pub(super) from: &'m str,
    pub(super) name: &'m str,
    /// Its type as texts of WebAssembly have it.
    pub(super) kind: String,
}

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;
const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

impl<'m> Outline<'m> {
    /// Of a module in its binary form.
    ///
    /// # Errors
    /// It is none, or imports what is no function.
    pub(super) fn of(module: &'m [u8]) -> Result<Self, String> {
        let Some(rest) = module.strip_prefix(MAGIC) else {
            return Err("it is no module of WebAssembly".to_owned());
        };
        let (mut outline, mut types, mut reader) = (Self::default(), Vec::new(), Reader(rest));
        let cut = || "it breaks off: it is no whole module of WebAssembly".to_owned();
        while let Some(kind) = reader.byte() {
            let mut section = Reader(reader.bytes().ok_or_else(cut)?);
            match kind {
                CUSTOM if section.text() == Some("crossplug.manifest") => {
                    outline.manifest = outline.manifest.or(Some(section.0));
                }
                TYPES => types = section.types().ok_or_else(cut)?,
                IMPORTS => outline.imports = section.imports(&types)?,
                EXPORTS => outline.exports = section.exports().ok_or_else(cut)?,
                _ => {}
            }
        }
        Ok(outline)
    }
}

/// What of a module is not read yet.
struct Reader<'m>(&'m [u8]);

impl<'m> Reader<'m> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// A number of up to 32 bits, seven in each byte.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0u32;
        for place in 0..5 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(7 * place)?;
            if byte & 0x80 == 0 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// Bytes with their length before them.
    fn bytes(&mut self) -> Option<&'m [u8]> {
        let length = self.number()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'m str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// The types of functions, up to the first that is of something else: what follows it cannot be found.
    fn types(&mut self) -> Option<Vec<String>> {
        const FUNCTION: u8 = 0x60;
        let mut types = Vec::new();
        for _ in 0..self.number()? {
            if self.byte()? != FUNCTION {
                break;
            }
            let mut text = String::new();
            for part in ["param", "result"] {
                for _ in 0..self.number()? {
                    let Some(name) = value(self.byte()?) else {
                        return Some(types);
                    };
                    text.push_str(&format!("({part} {name}) "));
                }
            }
            types.push(text);
        }
        Some(types)
    }

    fn imports(&mut self, types: &[String]) -> Result<Vec<Import<'m>>, String> {
        const FUNCTION: u8 = 0;
        let cut = || "its imports break off".to_owned();
        let mut imports = Vec::new();
        for _ in 0..self.number().ok_or_else(cut)? {
            let from = self.text().ok_or_else(cut)?;
            let name = self.text().ok_or_else(cut)?;
            let is_function = self.byte().ok_or_else(cut)? == FUNCTION;
            let kind = (is_function.then(|| self.number()).flatten())
                .and_then(|index| types.get(index).cloned());
            let Some(kind) = kind else {
                return Err(format!(
                    "it imports `{name}` from `{from}`, which is no function of plain numbers; a plugin needs no imports"
                ));
            };
            imports.push(Import { from, name, kind });
        }
        Ok(imports)
    }

    fn exports(&mut self) -> Option<Vec<&'m str>> {
        let mut exports = Vec::new();
        for _ in 0..self.number()? {
            exports.push(self.text()?);
            self.byte()?;
            self.number()?;
        }
        Some(exports)
    }
}

/// What a value is called that a function takes or gives.
fn value(code: u8) -> Option<&'static str> {
    Some(match code {
        0x7f => "i32",
        0x7e => "i64",
        0x7d => "f32",
        0x7c => "f64",
        0x7b => "v128",
        0x70 => "funcref",
        0x6f => "externref",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::Outline;

    #[test]
    fn imports_exports_and_the_manifest_are_found_and_what_is_broken_is_refused() {
        let text = r#"(module
            (import "env" "abort" (func (param i32 f64) (result i64)))
            (func (export "crossplug_abi") (result i32) (i32.const 1))
            (@custom "crossplug.manifest" "{}"))"#;
        let module = wat::parse_str(text).unwrap();
        let outline = Outline::of(&module).unwrap();
        let import = &outline.imports[0];
        assert_eq!((import.from, import.name), ("env", "abort"));
        assert_eq!(import.kind, "(param i32) (param f64) (result i64) ");
        assert_eq!(outline.exports, ["crossplug_abi"]);
        assert_eq!(outline.manifest, Some(&b"{}"[..]));
        for length in 0..8 {
            Outline::of(&module[..length]).unwrap_err();
        }
        assert!(
            Outline::of(&module[..20])
                .unwrap_err()
                .contains("breaks off")
        );
    }

    #[test]
    fn memories_that_are_imported_are_refused_by_name() {
        let module = wat::parse_str(r#"(module (import "env" "memory" (memory 1)))"#).unwrap();
        let refused = Outline::of(&module).unwrap_err();
        assert!(refused.contains("`memory` from `env`"), "{refused}");
    }
}
