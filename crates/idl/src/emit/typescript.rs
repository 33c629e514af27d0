//! TypeScript: one module an interface, with its types and codecs, what an author implements, and the typed clients.
//! Prints the model; refuses nothing and looks at no JSON Schema.
//!
//! Everything of the runtime is reached through one namespace import, `$`, so that no name of a document can hide it.

mod clients;
mod codecs;
mod expression;
mod facts;
mod names;
mod page;
mod roles;
mod text;
mod types;

use super::{File, Layout, Options, Role};
use crate::model::Interface;
pub use clients::clients;
use names::Names;
use page::Page;

/// Where a user's module finds the runtime.
const PACKAGE: &str = "crossplug/codec";
/// Where a module of the package itself finds it.
const INSIDE: &str = "../codec.js";

/// The files of an interface.
///
/// ```
/// use crossplug_idl::emit::{Layout, Options, Role, typescript};
/// let document = r##"{"idl":"1","name":"tiny","version":"1.0.0","description":"Tiny.",
///   "$defs":{"Color":{"description":"A color.","enum":["red","green"]}}}"##;
/// let interface = crossplug_idl::compile(document, "tiny.json").unwrap();
/// let options = Options { header: "generated".into(), roles: vec![Role::Types], layout: Layout::User, runtime: None };
/// let files = typescript::emit(&interface, &options);
/// assert_eq!(files[0].path, "tiny.ts");
/// assert!(files[0].text.contains(r#"export type Color = "red" | "green";"#));
/// ```
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> Vec<File> {
    let names = Names::new(interface);
    let runtime = match (&options.runtime, options.layout) {
        (Some(runtime), _) => runtime,
        (None, Layout::User) => PACKAGE,
        (None, Layout::Repository) => INSIDE,
    };
    let mut page = Page::default();
    page.line(format_args!("// {}", options.header));
    page.line(format_args!(
        "// Interface {} {}",
        interface.name, interface.version
    ));
    let mut body = Page::default();
    for id in names.ids() {
        types::definition(&mut body, interface, &names, id);
    }
    if options.has(Role::Plugin) || options.has(Role::Host) {
        roles::errors(&mut body, interface, &names);
    }
    if options.has(Role::Plugin) {
        roles::plugin(&mut body, interface, &names);
    }
    if options.has(Role::Host) {
        roles::host(&mut body, interface, &names);
    }
    codecs::functions(&mut body, interface, &names);
    if body.as_str().contains("$.") {
        page.gap();
        page.line(format_args!(
            "import * as $ from {};",
            text::quoted(runtime)
        ));
    } else {
        // A module without imports or exports would be a script.
        page.gap();
        page.line(format_args!("export {{}};"));
    }
    page.append(body);
    vec![File {
        path: format!("{}.ts", interface.module.typescript),
        text: page.into_text(),
    }]
}
