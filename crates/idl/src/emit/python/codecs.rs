//! The codecs of a module: one for each definition, and those that stand inline.

use super::expression::{Guard, Types, Way};
use super::page::{Page, quoted};
use crate::model::{Shape, Type};

/// The codec of a type, as an expression.
pub(super) fn codec(types: &Types<'_>, ty: &Type, what: &str) -> String {
    if let Type::Ref(id) = ty {
        return codec_name(&types.interface.type_def(*id).name.constant);
    }
    let function = |way| match types.guard(ty, way) {
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
    page.line(&format!(
        "{}: dict[str, _Codec[_t.Any]] = {{",
        types.free("TYPES")
    ));
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
