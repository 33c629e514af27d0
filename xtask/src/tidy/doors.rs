//! Doors: `lib.rs`, `__init__.py` and `index.ts` hold docs, imports and named exports. Logic lives behind them.

/// The complaint about a line, if it is logic or a glob; `None` for a file that is no door.
pub(super) fn check(name: &str, text: &str) -> Vec<String> {
    let Some(door) = Door::of(name) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    let mut in_docs = false;
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let quotes = match door {
            Door::Python => code.matches("\"\"\"").count(),
            Door::Rust | Door::TypeScript => 0,
        };
        let is_docs = in_docs || quotes > 0 || door.is_comment(code);
        in_docs ^= quotes % 2 == 1;
        if !is_docs && (door.is_logic(code) || door.is_glob(code)) {
            complaints.push(format!(
                "{name}:{}: a door holds docs, imports and named exports, no logic and no globs",
                number + 1
            ));
        }
    }
    complaints
}

#[derive(Clone, Copy)]
enum Door {
    Rust,
    Python,
    TypeScript,
}

impl Door {
    fn of(name: &str) -> Option<Self> {
        let in_package = name.starts_with("bindings/") && name.contains("/src/");
        if name.starts_with("crates/") && name.ends_with("/src/lib.rs") {
            Some(Self::Rust)
        } else if in_package && name.ends_with("/__init__.py") {
            Some(Self::Python)
        } else if in_package && name.ends_with("/index.ts") {
            Some(Self::TypeScript)
        } else {
            None
        }
    }

    fn is_comment(self, code: &str) -> bool {
        match self {
            Self::Rust => code.starts_with("//"),
            Self::Python => code.starts_with('#'),
            Self::TypeScript => ["//", "/*", "*"].iter().any(|mark| code.starts_with(mark)),
        }
    }

    fn is_logic(self, code: &str) -> bool {
        let words: &[&str] = match self {
            Self::Rust => &["fn", "impl", "const", "static"],
            // `if TYPE_CHECKING:` guards imports.
            Self::Python if code.starts_with("if TYPE_CHECKING") => &[],
            Self::Python => &[
                "def", "async", "class", "if", "for", "while", "try", "with", "return", "raise",
            ],
            Self::TypeScript => &[
                "function", "async", "class", "const", "let", "if", "for", "while", "try",
            ],
        };
        let mut code = code;
        for prefix in ["pub ", "pub(crate) ", "export ", "default "] {
            code = code.strip_prefix(prefix).unwrap_or(code);
        }
        words.iter().any(|word| {
            code.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with([' ', '(', ':']))
        })
    }

    fn is_glob(self, code: &str) -> bool {
        match self {
            Self::Rust => code.contains("::*;"),
            Self::Python => code.ends_with("import *"),
            Self::TypeScript => code.starts_with("export *"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn logic_is_found_and_docs_are_not() {
        let python = "\"\"\"Docs::\n\n    def greet(ctx):\n        return 1\n\"\"\"\n\nfrom x import y\n\nif TYPE_CHECKING:\n    from z import w\n\n__all__ = [\"y\"]\n";
        let name = "bindings/python/src/crossplug/__init__.py";
        assert!(check(name, python).is_empty());
        for logic in [
            "def f():",
            "class A:",
            "try:",
            "from x import *",
            "if VERSION:",
        ] {
            let found = check(name, &format!("{python}{logic}\n"));
            assert_eq!(found.len(), 1, "{logic}");
            assert!(found.iter().all(|one| one.contains(":13: ")), "{found:?}");
        }
        let typescript = "/**\n * const x = 1;\n */\nexport { a } from \"./a.js\";\nexport type { B } from \"./b.js\";\n";
        let name = "bindings/typescript/src/index.ts";
        assert!(check(name, typescript).is_empty());
        for logic in [
            "export const a = 1;",
            "function f() {}",
            "export * from \"./a.js\";",
            "if (a) {",
        ] {
            assert_eq!(check(name, &format!("{typescript}{logic}\n")).len(), 1);
        }
        let rust = "//! fn f\npub use a::B;\nmod c;\n";
        assert!(check("crates/host/src/lib.rs", rust).is_empty());
        assert_eq!(
            check(
                "crates/host/src/lib.rs",
                &format!("{rust}pub fn f() {{}}\npub use a::*;\n")
            )
            .len(),
            2
        );
        assert!(
            check("bindings/python/tests/__init__.py", "def f():\n").is_empty(),
            "no door"
        );
    }
}
