//! Emitter for Python: one module an interface, with types, what an author implements, and what he calls.
//!
//! The module is written out: reading and writing a record is straight-line code, so that nothing is looked up about a
//! class at run time and importing the module is little more than loading its byte code. Only what is used is imported,
//! under names that no definition can have (`_Record`, `_t`).

mod errors;
mod expression;
mod page;
mod records;
mod roles;
mod sets;

use super::{File, Options, Role};
use crate::model::{Interface, Shape};
use expression::Types;
use page::Page;

/// The package that generated code stands on, unless the options name another.
const PACKAGE: &str = "crossplug";

/// The files of an interface: its module, and for the protocol itself the module of its error codes.
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> Vec<File> {
    let package = options.runtime.as_deref().unwrap_or(PACKAGE);
    let mut files = vec![File {
        path: format!("{}.py", interface.module.python),
        text: module(interface, options, package),
    }];
    if interface.name == "protocol" && package == PACKAGE {
        files.push(File {
            path: "protocol_errors.py".to_owned(),
            text: errors::protocol_errors(&options.header, package),
        });
    }
    files
}

fn module(interface: &Interface, options: &Options, package: &str) -> String {
    let types = Types::new(interface);
    let roles = options.has(Role::Plugin) || options.has(Role::Host);
    let mut page = Page::new(&options.header);
    // Names of the wire and descriptions are what they are: wide, unsorted, sometimes like a builtin's.
    page.line("# ruff: noqa: A, D, E501, E731, I001, N, PYI, RUF, UP, RET, SIM, PIE");
    page.line("# fmt: off");
    page.docs(
        "",
        &format!(
            "{}\n\nThe interface `{}` {}.",
            interface.description, interface.name, interface.version
        ),
    );
    page.blank();
    imports(&mut page, interface, package, roles);
    for rule in types.rules() {
        page.line(&rule);
    }
    for def in &interface.types {
        match &def.shape {
            Shape::Object(object) => records::emit(&mut page, &types, def, object),
            Shape::Enum(set) => sets::enumeration(&mut page, def, set),
            Shape::TaggedUnion(union) => sets::unknown(&mut page, &types, def, union),
            Shape::KindUnion(_) | Shape::Alias(_) => {}
        }
    }
    page.blank();
    sets::names(&mut page, &types);
    for def in &interface.types {
        sets::functions(&mut page, &types, def);
    }
    roles::codecs(&mut page, &types);
    if roles {
        roles::emit(&mut page, &types);
    }
    page.finish()
}

fn imports(page: &mut Page, interface: &Interface, package: &str, roles: bool) {
    page.line("from __future__ import annotations");
    page.blank();
    let shape = |wanted: fn(&Shape) -> bool| interface.types.iter().any(|def| wanted(&def.shape));
    page.line(&format!("from {package}.codec import runtime as _s"));
    page.line(&format!(
        "from {package}.codec.codec import Codec as _Codec"
    ));
    if shape(|shape| matches!(shape, Shape::Object(_) | Shape::TaggedUnion(_))) {
        page.line(&format!(
            "from {package}.codec.record import UNSET as _UNSET, Record as _Record, Unset as _Unset"
        ));
    }
    if shape(|shape| matches!(shape, Shape::Enum(_))) {
        page.line(&format!(
            "from {package}.codec.strenum import ClosedEnum as _ClosedEnum, OpenEnum as _OpenEnum"
        ));
    }
    if !Types::new(interface).rules().is_empty() {
        page.line(&format!(
            "from {package}.codec.strings import StringRule as _StringRule"
        ));
    }
    if shape(|shape| matches!(shape, Shape::KindUnion(_) | Shape::TaggedUnion(_))) {
        page.line(&format!(
            "from {package}.codec.unions import LongText as _LongText, Unknown as _Unknown"
        ));
    }
    page.line(&format!(
        "from {package}.errors import CodedError as _CodedError, RefusedValue as _Refused"
    ));
    if roles {
        page.line(&format!(
            "from {package}.plugin.method import EventType as _EventType, Interface as _Interface, Method as _Method, not_implemented as _not_implemented"
        ));
    }
    page.blank();
    page.line("TYPE_CHECKING = False");
    page.line("if TYPE_CHECKING:");
    page.line("    import typing as _t");
    if roles {
        page.blank();
        page.line(&format!(
            "    from {package}.plugin.context import Context as _Context"
        ));
        page.line(&format!(
            "    from {package}.plugin.service import ServiceCall as _ServiceCall"
        ));
        page.line(&format!(
            "    from {package}.plugin.stream import ItemReceiver as _ItemReceiver, ItemSender as _ItemSender"
        ));
    }
    page.blank();
    page.line("_set = object.__setattr__");
}
