//! The events that a host hears.

use super::super::expression::Scope;
use super::super::page::Page;
use super::super::plugin::{codec_of, rust_of};
use crate::model::{Event, Interface, Side};

/// Events that a host hears.
pub(super) fn heard(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let events: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| matches!(event.from, Side::Plugin | Side::Both))
        .collect();
    if events.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// What a host does with the events of the interface `{}`; for `HostBuilder::on_event`.
pub trait {stem}EventHandler: Send + Sync + 'static {{",
        interface.name
    ));
    for event in &events {
        page.docs("    ", &event.description);
        page.line("    ///");
        page.line(&format!("    /// The event `{}`.", event.wire));
        let payload = rust_of(scope, &event.payload);
        let arguments = [
            "&self".to_owned(),
            "event: &Event".to_owned(),
            format!("payload: {payload}"),
        ];
        page.signature("    ", &format!("fn {}", heard_as(event)), &arguments, " {");
        page.line("        let _ = (event, payload);");
        page.line("    }");
        page.blank();
    }
    page.lines(
        "    /// Hands an event to the method of its name. False for an event of another interface.
    ///
    /// # Errors
    /// `ErrorKind::Protocol` where the payload does not fit its type.
    fn handle(&self, event: &Event) -> Result<bool> {
        match event.name.as_str() {",
    );
    for event in &events {
        let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
        page.line(&format!(
            "            types::events::{} => {{",
            event.name.constant
        ));
        page.line(&format!(
            "                self.{}(event, event.payload.decode::<{codec}>()?);",
            heard_as(event)
        ));
        page.line("            }");
    }
    page.line("            _ => return Ok(false),");
    page.line("        }");
    page.line("        Ok(true)");
    page.line("    }");
    page.line("}");
}

/// The trait has a method of its own besides those of the document.
fn heard_as(event: &Event) -> &str {
    if event.name.rust == "handle" {
        "handle_"
    } else {
        &event.name.rust
    }
}
