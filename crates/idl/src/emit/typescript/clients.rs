//! One class with a typed client for each interface that ships: what a host's plugin begins with. Prints the models.

use super::super::{File, Options};
use super::page::Page;
use super::text;
use crate::model::Interface;

/// The module `clients`, for interfaces that have methods.
#[must_use]
pub fn clients(interfaces: &[Interface], options: &Options) -> File {
    let with_methods: Vec<&Interface> = interfaces
        .iter()
        .filter(|interface| !interface.methods.is_empty())
        .collect();
    let mut page = Page::default();
    page.line(format_args!("// {}", options.header));
    page.gap();
    page.line(format_args!(
        "import type {{ Caller }} from \"../codec.js\";"
    ));
    for interface in &with_methods {
        let module = format!("./{}.js", interface.module.typescript);
        page.line(format_args!(
            "import {{ {}Client }} from {};",
            interface.stem,
            text::quoted(&module)
        ));
    }
    page.gap();
    page.doc("The typed clients of the interfaces that ship.");
    page.open(format_args!("export abstract class Clients {{"));
    page.doc("Whom they call.");
    page.line(format_args!("protected abstract readonly caller: Caller;"));
    for interface in &with_methods {
        page.gap();
        page.doc(&format!(
            "Calls the methods of `{}`. Whether the plugin implements it shows with the first call.",
            interface.name
        ));
        page.open(format_args!(
            "get {}(): {}Client {{",
            member(interface),
            interface.stem
        ));
        page.line(format_args!(
            "return new {}Client(this.caller);",
            interface.stem
        ));
        page.close(format_args!("}}"));
    }
    page.close(format_args!("}}"));
    File {
        path: "clients.ts".to_owned(),
        text: page.into_text(),
    }
}

/// `my-notes` → `myNotes`.
fn member(interface: &Interface) -> String {
    let mut letters = interface.stem.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
