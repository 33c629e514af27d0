//! Events: those that a host sends, and those that it hears.

use super::super::expression::Scope;
use super::super::page::Page;
use super::super::plugin::{codec_of, rust_of};
use crate::model::{Event, Interface, Side};

/// Events that a host emits.
pub(super) fn sent(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let events: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| matches!(event.from, Side::Host | Side::Both))
        .collect();
    if events.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// The events of the interface `{}` that a host sends to a plugin.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Events<'p> {{
    plugin: &'p Plugin,
    stream: Option<&'p str>,
}}

impl<'p> {stem}Events<'p> {{
    /// Events outside any stream.
    #[must_use]
    pub const fn new(plugin: &'p Plugin) -> Self {{
        Self {{ plugin, stream: None }}
    }}

    /// Events of a stream, such as `location:room1`, in which their order counts.
    #[must_use]
    pub const fn on_stream(plugin: &'p Plugin, stream: &'p str) -> Self {{
        Self {{ plugin, stream: Some(stream) }}
    }}",
        interface.name
    ));
    for event in events {
        let name = if event.name.rust == "on_stream" {
            "on_stream_"
        } else {
            &event.name.rust
        };
        let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
        let mut arguments = vec!["&self".to_owned()];
        let passed = match &event.payload {
            Some(payload) => {
                arguments.push(format!("payload: {}", scope.rust(payload)));
                "&payload"
            }
            None => "&()",
        };
        page.blank();
        page.docs("    ", &event.description);
        page.line("    ///");
        page.line("    /// # Errors");
        page.line("    /// As for [`Plugin::emit`].");
        page.signature(
            "    ",
            &format!("pub fn {name}"),
            &arguments,
            " -> Result<()> {",
        );
        page.line(&format!(
            "        let payload = Payload::encode::<{codec}>({passed});"
        ));
        page.line(&format!(
            "        self.plugin.emit(types::events::{}, self.stream, payload)",
            event.name.constant
        ));
        page.line("    }");
    }
    page.line("}");
}

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
