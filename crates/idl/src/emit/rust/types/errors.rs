//! The errors of an interface as one enum, to and from what crosses the wire.

use super::super::Place;
use super::super::expression::Scope;
use super::super::page::{Page, quoted};
use crate::model::{ErrorDef, Interface};

/// The errors of the interface as one enum, to and from what crosses the wire.
pub(super) fn write_errors(
    scope: &mut Scope<'_>,
    interface: &Interface,
    place: &Place,
    page: &mut Page,
) {
    let name = format!("{}Error", interface.stem);
    let error = format!("{}::error::PluginError", place.protocol);
    let details: Vec<Option<(String, String)>> = interface
        .errors
        .iter()
        .map(|def| {
            def.details.as_ref().map(|ty| {
                (
                    scope.rust(ty),
                    scope.codec(ty, &format!("{name}{}", def.name.rust)),
                )
            })
        })
        .collect();
    let errors: Vec<(&ErrorDef, &Option<(String, String)>)> =
        interface.errors.iter().zip(&details).collect();
    page.blank();
    page.docs(
        "",
        &format!(
            "The errors that the interface `{}` adds to the protocol's own.",
            interface.name
        ),
    );
    page.line("#[derive(Debug, Clone, PartialEq)]");
    page.line("#[non_exhaustive]");
    page.line(&format!("pub enum {name} {{"));
    for (def, details) in &errors {
        page.docs("    ", &def.description);
        page.line(&format!("    {} {{", def.name.rust));
        page.line("        /// One line for a person.");
        page.line("        message: String,");
        if let Some((rust, _)) = details {
            page.line("        /// For a program.");
            page.line(&format!("        details: Option<{rust}>,"));
        }
        page.line("    },");
    }
    page.line("}");
    page.blank();
    page.line(&format!("impl {name} {{"));
    page.line("    /// As the wire spells it.");
    page.line("    #[must_use]");
    page.line("    pub const fn code(&self) -> &'static str {");
    page.line("        match self {");
    for (def, _) in &errors {
        page.line(&format!(
            "            Self::{} {{ .. }} => {},",
            def.name.rust,
            quoted(&def.wire)
        ));
    }
    page.line("        }");
    page.line("    }");
    page.blank();
    page.line("    /// Whether trying again may help.");
    page.line("    #[must_use]");
    page.line("    pub const fn retryable(&self) -> bool {");
    page.line("        match self {");
    for (def, _) in &errors {
        page.line(&format!(
            "            Self::{} {{ .. }} => {},",
            def.name.rust, def.retryable
        ));
    }
    page.line("        }");
    page.line("    }");
    page.blank();
    page.line("    /// The error of the interface behind what crossed the wire; `None` for a code of the protocol or of another.");
    page.line("    #[must_use]");
    page.line(&format!(
        "    pub fn of(error: &{error}) -> Option<Self> {{"
    ));
    page.line("        match error.code.as_str() {");
    for (def, details) in &errors {
        page.line(&format!(
            "            {} => Some(Self::{} {{",
            quoted(&def.wire),
            def.name.rust
        ));
        page.line("                message: error.message.clone(),");
        if let Some((_, codec)) = details {
            page.line(&format!(
                "                details: error.details_as::<{codec}>(),"
            ));
        }
        page.line("            }),");
    }
    page.line("            _ => None,");
    page.line("        }");
    page.line("    }");
    page.line("}");
    page.blank();
    page.line(&format!("impl From<{name}> for {error} {{"));
    page.line(&format!("    fn from(error: {name}) -> Self {{"));
    page.line("        let (code, retryable) = (error.code(), error.retryable());");
    page.line("        let base = |message| Self::new(code, message).with_retryable(retryable);");
    page.line("        match error {");
    for (def, details) in &errors {
        let variant = &def.name.rust;
        match details {
            Some((_, codec)) => {
                page.line(&format!(
                    "            {name}::{variant} {{ message, details }} => {{"
                ));
                page.line(&format!(
                    "                base(message).with_details_as::<{codec}>(details.as_ref())"
                ));
                page.line("            }");
            }
            None => page.line(&format!(
                "            {name}::{variant} {{ message }} => base(message),"
            )),
        }
    }
    page.line("        }");
    page.line("    }");
    page.line("}");
}
