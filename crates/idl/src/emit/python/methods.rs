//! Methods and services as descriptors, and what their handlers take and give.

use super::codecs::codec;
use super::errors;
use super::expression::Types;
use super::page::{Page, quoted};
use crate::model::{Method, Type};

/// `Method[params, result, items, upload, handler]`
pub(super) fn descriptor(page: &mut Page, types: &Types<'_>, method: &Method, handler: &str) {
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
    arguments.push(format!("errors={}", types.free("ERRORS")));
    if let Some(timeout) = method.timeout_ms {
        arguments.push(format!("timeout={}", seconds(timeout)));
    }
    if let Some(permission) = &method.permission {
        arguments.push(format!("permission={}", quoted(permission)));
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
pub(super) fn handler_type(types: &Types<'_>, method: &Method) -> String {
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

pub(super) fn arguments(types: &Types<'_>, method: &Method) -> Vec<(&'static str, String)> {
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

pub(super) fn answer(types: &Types<'_>, method: &Method) -> String {
    let result = result(types, method);
    format!("{result} | _t.Awaitable[{result}]")
}

pub(super) fn result(types: &Types<'_>, method: &Method) -> String {
    method
        .result
        .as_ref()
        .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty))
}

/// Result, items and upload: the type parameters of a call in flight.
pub(super) fn stream_types(types: &Types<'_>, method: &Method) -> String {
    let part = |ty: &Option<Type>| {
        ty.as_ref()
            .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty))
    };
    let [result, items, upload] = [&method.result, &method.items, &method.upload].map(part);
    format!("{result}, {items}, {upload}")
}

/// The description, and what it raises of the interface's own.
pub(super) fn described(types: &Types<'_>, method: &Method) -> String {
    let raised: Vec<String> = types
        .interface
        .errors
        .iter()
        .filter(|error| method.errors.contains(&error.wire))
        .map(|error| format!("`{}`", errors::error_class(types, error)))
        .collect();
    if raised.is_empty() {
        method.description.clone()
    } else {
        format!("{}\n\nRaises {}.", method.description, raised.join(", "))
    }
}
