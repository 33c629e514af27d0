//! The typed methods of a plugin, as whoever calls it has them.

use std::collections::HashSet;

use super::expression::Types;
use super::methods::{described, result, stream_types};
use super::page::Page;
use crate::model::{Method, Type};

/// The class of the client.
pub(super) fn emit(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    let stem = &interface.stem;
    page.gap();
    page.line(&format!("class {stem}Client:"));
    page.docs(
        "    ",
        &format!(
            "Calls a plugin of `{}` with types: `{stem}Client(plugin)` in a host, `{stem}Client(test_host)` in tests. Every name that ends in `_blocking` blocks; its twin is awaited. `timeout` is in seconds; None: what the interface says, or else the host.",
            interface.name
        ),
    );
    page.blank();
    page.line("    __slots__ = (\"_plugin\",)");
    page.blank();
    page.line("    def __init__(self, plugin: _Caller) -> None:");
    page.line("        self._plugin = plugin");
    let mut taken: HashSet<String> = interface
        .methods
        .iter()
        .map(|method| method.name.python.clone())
        .collect();
    for method in &interface.methods {
        let mut twin = format!("{}_blocking", method.name.python);
        while !taken.insert(twin.clone()) {
            twin.push('_');
        }
        calls(page, types, method, &twin);
    }
}

fn calls(page: &mut Page, types: &Types<'_>, method: &Method, twin: &str) {
    let name = &method.name.python;
    let mut arguments = vec!["self".to_owned()];
    let mut passed = format!("{}Methods.{}", types.interface.stem, method.name.constant);
    if let Some(params) = method.params {
        arguments.push(format!("params: {}", types.annotation(&Type::Ref(params))));
        passed.push_str(", params");
    }
    arguments.push("*".to_owned());
    arguments.push("timeout: float | None = None".to_owned());
    let described = described(types, method);
    if method.items.is_some() || method.upload.is_some() {
        page.blank();
        page.call(
            "    ",
            &format!("def {name}"),
            &arguments,
            &format!(" -> _Call[{}]:", stream_types(types, method)),
        );
        page.docs(
            "        ",
            &format!("{described}\n\nGives the call in flight, for its streams and its result."),
        );
        page.line(&format!(
            "        return self._plugin.start({passed}, timeout=timeout)"
        ));
        return;
    }
    let result = result(types, method);
    for (head, call) in [
        (format!("async def {name}"), "await self._plugin.call"),
        (format!("def {twin}"), "self._plugin.call_blocking"),
    ] {
        page.blank();
        page.call("    ", &head, &arguments, &format!(" -> {result}:"));
        page.docs("        ", &described);
        page.line(&format!("        return {call}({passed}, timeout=timeout)"));
    }
}
