//! What an author implements and calls: methods, services and events with their codecs. Knows types only by name.

use std::collections::HashSet;

use super::errors;
use super::expression::{Guard, Types, Way};
use super::page::{Page, quoted};
use crate::model::{Event, Method, Shape, Side, Type};

/// The codec of a type, as an expression.
pub(super) fn codec(types: &Types<'_>, ty: &Type, what: &str) -> String {
    if let Type::Ref(id) = ty {
        return codec_name(&types.interface.type_def(*id).name.constant);
    }
    let function = |way| match types.guard(ty) {
        Guard::Never => "_s.anything".to_owned(),
        _ => types.function(ty, way),
    };
    format!(
        "_Codec({}, {}, {})",
        quoted(what),
        function(Way::Read),
        function(Way::Write)
    )
}

/// The name of a definition's codec.
pub(super) fn codec_name(constant: &str) -> String {
    format!("{constant}_CODEC")
}

/// The codecs of all definitions.
pub(super) fn codecs(page: &mut Page, types: &Types<'_>) {
    page.gap();
    for def in &types.interface.types {
        let name = &def.name.python;
        let (read, write) = match def.shape {
            Shape::Object(_) => (format!("{name}._read"), format!("{name}._write")),
            _ => (format!("_read_{name}"), format!("_write_{name}")),
        };
        page.line(&format!(
            "{}: _Codec[{name}] = _Codec({}, {read}, {write})",
            codec_name(&def.name.constant),
            quoted(&def.wire)
        ));
    }
    page.blank();
    page.line("TYPES: dict[str, _Codec[_t.Any]] = {");
    for def in &types.interface.types {
        page.line(&format!(
            "    {}: {},",
            quoted(&def.wire),
            codec_name(&def.name.constant)
        ));
    }
    page.line("}");
    page.docs(
        "",
        "The codec of each definition, by what the document calls it.",
    );
}

/// Everything that roles other than the types need.
pub(super) fn emit(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    let stem = &interface.stem;
    errors::classes(page, types);
    page.gap();
    page.line("ERRORS: dict[str, type[_CodedError]] = {");
    page.block("", &errors::table(interface));
    page.line("}");
    page.docs("", "The class of each error code of the interface.");

    page.gap();
    page.line(&format!("class {stem}Methods:"));
    page.docs(
        "    ",
        &format!(
            "The methods of `{}`, for `@plugin.method(…)` and for typed calls.",
            interface.name
        ),
    );
    for method in &interface.methods {
        page.blank();
        descriptor(page, types, method, &handler_type(types, method));
        page.docs("    ", &method.description);
    }

    page.gap();
    page.line(&format!("class {stem}Services:"));
    page.docs(
        "    ",
        &format!(
            "The host's services of `{}`, typed: `{stem}Services(ctx)`. Every name that ends in `_blocking` blocks; its twin is awaited.",
            interface.name
        ),
    );
    page.blank();
    page.line("    __slots__ = (\"_ctx\",)");
    for service in &interface.services {
        page.blank();
        descriptor(page, types, service, "None");
        page.docs("    ", &service.description);
    }
    page.blank();
    page.line("    def __init__(self, ctx: _Context) -> None:");
    page.line("        self._ctx = ctx");
    for service in &interface.services {
        service_methods(page, types, service);
    }

    page.gap();
    page.line(&format!("class {stem}Events:"));
    page.docs(
        "    ",
        &format!(
            "The events of `{}`; those that a plugin sends are emitted by `{stem}Events(ctx)`.",
            interface.name
        ),
    );
    page.blank();
    page.line("    __slots__ = (\"_ctx\",)");
    let on = handler_names(types);
    for (event, on) in interface.events.iter().zip(&on) {
        page.blank();
        let payload = event
            .payload
            .as_ref()
            .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty));
        let mut arguments = vec![quoted(&event.wire), quoted(on)];
        arguments.extend(
            event
                .payload
                .as_ref()
                .map(|ty| codec(types, ty, &format!("payload of {}", event.wire))),
        );
        let head = format!(
            "{}: _t.Final[_EventType[{payload}]] = _EventType",
            event.name.constant
        );
        page.call("    ", &head, &arguments, "");
        page.docs("    ", &event.description);
    }
    page.blank();
    page.line("    def __init__(self, ctx: _Context) -> None:");
    page.line("        self._ctx = ctx");
    for event in interface
        .events
        .iter()
        .filter(|event| event.from != Side::Host)
    {
        emitter(page, types, event);
    }

    page.gap();
    page.line("INTERFACE = _Interface(");
    page.line(&format!("    {},", quoted(&interface.name)));
    page.line(&format!("    {},", quoted(&interface.version)));
    page.line(&format!("    {},", quoted(&interface.hash)));
    let list = |name: &str, class: &str, constants: Vec<&str>| {
        let items: Vec<String> = constants
            .iter()
            .map(|constant| format!("{stem}{class}.{constant},"))
            .collect();
        format!("    {name}=({}),", items.join(" "))
    };
    page.line(&list(
        "methods",
        "Methods",
        interface
            .methods
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line(&list(
        "services",
        "Services",
        interface
            .services
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line(&list(
        "events",
        "Events",
        interface
            .events
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line("    errors=ERRORS,");
    page.line(")");
    page.docs(
        "",
        "The interface, and the hash of the document that this module was generated from.",
    );

    author(page, types, &on);
}

/// `Method[params, result, items, upload, handler]`
fn descriptor(page: &mut Page, types: &Types<'_>, method: &Method, handler: &str) {
    let part = |ty: &Option<Type>| {
        ty.as_ref()
            .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty))
    };
    let params = method.params.map(Type::Ref);
    let parameters = [
        part(&params),
        part(&method.result),
        part(&method.items),
        part(&method.upload),
        handler.to_owned(),
    ];
    let mut arguments = vec![quoted(&method.wire), quoted(&method.name.python)];
    for (name, ty, what) in [
        ("params", &params, "params"),
        ("result", &method.result, "result"),
        ("items", &method.items, "items"),
        ("upload", &method.upload, "upload"),
    ] {
        if let Some(ty) = ty {
            arguments.push(format!(
                "{name}={}",
                codec(types, ty, &format!("{what} of {}", method.wire))
            ));
        }
    }
    arguments.push("errors=ERRORS".to_owned());
    if let Some(timeout) = method.timeout_ms {
        arguments.push(format!("timeout={}", seconds(timeout)));
    }
    page.line(&format!("    {}: _t.Final[", method.name.constant));
    page.line(&format!("        _Method[{}]", parameters.join(", ")));
    page.call("    ", "] = _Method", &arguments, "");
}

/// Milliseconds as a Python float of seconds.
fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
        .trim_end_matches('0')
        .to_owned()
        + "0"
}

/// What a handler of the method is: a function of the context, the params and the streams.
fn handler_type(types: &Types<'_>, method: &Method) -> String {
    let arguments: Vec<String> = arguments(types, method)
        .into_iter()
        .map(|(_, annotation)| annotation)
        .collect();
    format!(
        "_t.Callable[[{}], {}]",
        arguments.join(", "),
        answer(types, method)
    )
}

fn arguments(types: &Types<'_>, method: &Method) -> Vec<(&'static str, String)> {
    let mut arguments = vec![("ctx", "_Context".to_owned())];
    if let Some(params) = method.params {
        arguments.push(("params", types.annotation(&Type::Ref(params))));
    }
    if let Some(items) = &method.items {
        arguments.push(("items", format!("_ItemSender[{}]", types.annotation(items))));
    }
    if let Some(upload) = &method.upload {
        arguments.push((
            "upload",
            format!("_ItemReceiver[{}]", types.annotation(upload)),
        ));
    }
    arguments
}

fn answer(types: &Types<'_>, method: &Method) -> String {
    let result = result(types, method);
    format!("{result} | _t.Awaitable[{result}]")
}

fn result(types: &Types<'_>, method: &Method) -> String {
    method
        .result
        .as_ref()
        .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty))
}

/// The description, and what it raises of the interface's own.
fn described(types: &Types<'_>, method: &Method) -> String {
    let raised: Vec<String> = types
        .interface
        .errors
        .iter()
        .filter(|error| method.errors.contains(&error.wire))
        .map(|error| format!("`{}`", errors::error_class(types.interface, error)))
        .collect();
    if raised.is_empty() {
        method.description.clone()
    } else {
        format!("{}\n\nRaises {}.", method.description, raised.join(", "))
    }
}

fn service_methods(page: &mut Page, types: &Types<'_>, service: &Method) {
    let name = &service.name.python;
    let constant = &service.name.constant;
    let mut arguments = vec!["self".to_owned()];
    let mut passed = format!("{}Services.{constant}", types.interface.stem);
    if let Some(params) = service.params {
        arguments.push(format!("params: {}", types.annotation(&Type::Ref(params))));
        passed.push_str(", params");
    }
    arguments.push("*".to_owned());
    arguments.push("timeout: float | None = None".to_owned());
    if service.items.is_some() || service.upload.is_some() {
        let part = |ty: &Option<Type>| {
            ty.as_ref()
                .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty))
        };
        let call = format!(
            "_ServiceCall[{}, {}, {}]",
            part(&service.result),
            part(&service.items),
            part(&service.upload)
        );
        page.blank();
        page.call(
            "    ",
            &format!("def {name}"),
            &arguments,
            &format!(" -> {call}:"),
        );
        page.docs(
            "        ",
            &format!(
                "{}\n\nGives the call in flight, for its streams and its result.",
                described(types, service)
            ),
        );
        page.line(&format!(
            "        return self._ctx.start({passed}, timeout=timeout)"
        ));
        return;
    }
    let result = result(types, service);
    page.blank();
    page.call(
        "    ",
        &format!("async def {name}"),
        &arguments,
        &format!(" -> {result}:"),
    );
    page.docs("        ", &described(types, service));
    page.line(&format!(
        "        return await self._ctx.call({passed}, timeout=timeout)"
    ));
    page.blank();
    page.call(
        "    ",
        &format!("def {name}_blocking"),
        &arguments,
        &format!(" -> {result}:"),
    );
    page.docs("        ", &described(types, service));
    page.line(&format!(
        "        return self._ctx.call_blocking({passed}, timeout=timeout)"
    ));
}

fn emitter(page: &mut Page, types: &Types<'_>, event: &Event) {
    let mut arguments = vec!["self".to_owned()];
    let mut passed = format!("{}Events.{}", types.interface.stem, event.name.constant);
    if let Some(payload) = &event.payload {
        arguments.push(format!("payload: {}", types.annotation(payload)));
        passed.push_str(", payload");
    }
    arguments.push("*".to_owned());
    arguments.push("stream: str | None = None".to_owned());
    page.blank();
    page.call(
        "    ",
        &format!("def {}", event.name.python),
        &arguments,
        " -> None:",
    );
    page.docs("        ", &event.description);
    page.line(&format!("        self._ctx.emit({passed}, stream=stream)"));
}

/// What an author's class calls the handlers of events.
fn handler_names(types: &Types<'_>) -> Vec<String> {
    let mut taken: HashSet<String> = types
        .interface
        .methods
        .iter()
        .map(|method| method.name.python.clone())
        .collect();
    types
        .interface
        .events
        .iter()
        .map(|event| {
            let mut name = format!("on_{}", event.name.python);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            name
        })
        .collect()
}

/// The class that an author derives from.
fn author(page: &mut Page, types: &Types<'_>, on: &[String]) {
    let interface = types.interface;
    page.gap();
    page.line(&format!("class {}:", interface.stem));
    page.docs(
        "    ",
        &format!(
            "{}\n\nDerive from it and override what the plugin has; every other method answers `methodNotFound`. Each \
             override may be `async def` or plain.",
            interface.description
        ),
    );
    page.blank();
    page.line("    INTERFACE: _t.ClassVar[_Interface] = INTERFACE");
    for method in &interface.methods {
        page.blank();
        let arguments: Vec<String> = std::iter::once("self".to_owned())
            .chain(
                arguments(types, method)
                    .into_iter()
                    .map(|(name, annotation)| format!("{name}: {annotation}")),
            )
            .collect();
        page.call(
            "    ",
            &format!("def {}", method.name.python),
            &arguments,
            &format!(" -> {}:", answer(types, method)),
        );
        page.docs("        ", &described(types, method));
        page.line(&format!(
            "        raise _not_implemented({})",
            quoted(&method.wire)
        ));
    }
    for (event, name) in interface
        .events
        .iter()
        .zip(on)
        .filter(|(event, _)| event.from != Side::Plugin)
    {
        page.blank();
        let mut arguments = vec!["self".to_owned(), "ctx: _Context".to_owned()];
        arguments.extend(
            event
                .payload
                .as_ref()
                .map(|ty| format!("payload: {}", types.annotation(ty))),
        );
        page.call(
            "    ",
            &format!("def {name}"),
            &arguments,
            " -> None | _t.Awaitable[None]:",
        );
        page.docs("        ", &event.description);
        page.line("        return None");
    }
}
