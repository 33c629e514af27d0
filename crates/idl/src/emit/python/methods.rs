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

/// What a function that answers is given: first what it knows of its call, then the params and the streams.
pub(super) struct Answering {
    call: (&'static str, &'static str),
    items: &'static str,
    upload: &'static str,
}

/// In a plugin: a handler of a method.
pub(super) const HANDLER: Answering = Answering {
    call: ("ctx", "_Context"),
    items: "_ItemSender",
    upload: "_ItemReceiver",
};

/// In a host: a service.
pub(super) const SERVICE: Answering = Answering {
    call: ("call", "_Asked"),
    items: "_AskedItems",
    upload: "_AskedUpload",
};

impl Answering {
    /// The type of such a function.
    pub(super) fn function(&self, types: &Types<'_>, method: &Method) -> String {
        let arguments = self.arguments(types, method).into_iter();
        let annotations: Vec<String> = arguments.map(|(_, annotation)| annotation).collect();
        let answer = answer(types, method);
        format!("_t.Callable[[{}], {answer}]", annotations.join(", "))
    }

    /// The arguments of one that is written as a method of a class.
    pub(super) fn signature(&self, types: &Types<'_>, method: &Method) -> Vec<String> {
        let arguments = self.arguments(types, method).into_iter();
        std::iter::once("self".to_owned())
            .chain(arguments.map(|(name, annotation)| format!("{name}: {annotation}")))
            .collect()
    }

    fn arguments(&self, types: &Types<'_>, method: &Method) -> Vec<(&'static str, String)> {
        let (name, annotation) = self.call;
        let mut arguments = vec![(name, annotation.to_owned())];
        if let Some(params) = method.params {
            arguments.push(("params", types.annotation(&Type::Ref(params))));
        }
        let streams = [
            ("items", &method.items, self.items),
            ("upload", &method.upload, self.upload),
        ];
        for (name, ty, generic) in streams {
            if let Some(ty) = ty {
                arguments.push((name, format!("{generic}[{}]", types.annotation(ty))));
            }
        }
        arguments
    }
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
