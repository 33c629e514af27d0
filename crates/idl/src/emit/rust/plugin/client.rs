//! The host's side of the interface for an author's tests: calls with types, through the test kit.

use super::super::expression::Scope;
use super::super::page::Page;
use super::codec_of;
use crate::model::{Interface, Method, Type};

pub(super) fn client(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    if interface.methods.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// Calls a plugin of the interface `{}` with types, as a host does; in tests.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Client<'h> {{
    host: &'h TestHost,
}}

impl<'h> {stem}Client<'h> {{
    /// Calls the plugin of this host.
    #[must_use]
    pub const fn new(host: &'h TestHost) -> Self {{
        Self {{ host }}
    }}",
        interface.name
    ));
    for method in &interface.methods {
        called(method, scope, page);
    }
    page.line("}");
}

fn called(method: &Method, scope: &mut Scope<'_>, page: &mut Page) {
    let params = method.params.map(Type::Ref);
    let params_codec = codec_of(scope, &params, "");
    let result = codec_of(scope, &method.result, &format!("{}Result", method.stem));
    let items = codec_of(scope, &method.items, &format!("{}Item", method.stem));
    let upload = codec_of(scope, &method.upload, &format!("{}Upload", method.stem));
    let mut arguments = vec!["&self".to_owned()];
    let passed = match &params {
        Some(params) => {
            arguments.push(format!("params: {}", scope.rust(params)));
            "&params"
        }
        None => "&()",
    };
    page.blank();
    page.docs("    ", &method.description);
    let tail = format!(" -> TestCall<'h, {result}, {items}, {upload}> {{");
    page.signature(
        "    ",
        &format!("pub fn {}", method.name.rust),
        &arguments,
        &tail,
    );
    page.line(&format!(
        "        self.host.prepare::<{params_codec}, _, _, _>(types::methods::{}, {passed})",
        method.name.constant
    ));
    page.line("    }");
}
