//! The events that one side emits: a struct that has them by name. Plugin and host differ in what they emit by.

use super::expression::Scope;
use super::page::Page;
use super::plugin::codec_of;
use crate::model::{Event, Interface, Side};

/// What a side emits its events by.
pub(super) struct Emitter {
    /// Whose events they are.
    pub(super) side: Side,
    /// What the struct is for, in front of and behind the interface's name.
    pub(super) docs: [&'static str; 2],
    /// The lifetime, the field and the type that the struct borrows.
    pub(super) lifetime: &'static str,
    pub(super) field: &'static str,
    pub(super) borrowed: &'static str,
    /// The section on errors, and what comes back.
    pub(super) errors: &'static str,
    pub(super) result: &'static str,
    /// The lines that send the event: of its codec, its name and what it is encoded from.
    pub(super) send: fn(codec: &str, event: &str, payload: &str) -> Vec<String>,
}

impl Emitter {
    fn emits(&self, event: &Event) -> bool {
        event.from == self.side || event.from == Side::Both
    }

    /// Writes the struct, where there are events for it.
    pub(super) fn write(&self, interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
        let events: Vec<&Event> = interface
            .events
            .iter()
            .filter(|event| self.emits(event))
            .collect();
        if events.is_empty() {
            return;
        }
        let (stem, name) = (&interface.stem, &interface.name);
        let Self {
            docs: [before, behind],
            lifetime,
            field,
            borrowed,
            ..
        } = self;
        page.blank();
        page.lines(&format!(
            "/// {before} `{name}` {behind}.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Events<{lifetime}> {{
    {field}: &{lifetime} {borrowed},
    stream: Option<&{lifetime} str>,
}}

impl<{lifetime}> {stem}Events<{lifetime}> {{
    /// Events outside any stream.
    #[must_use]
    pub const fn new({field}: &{lifetime} {borrowed}) -> Self {{
        Self {{ {field}, stream: None }}
    }}

    /// Events of a stream, such as `location:room1`, in which their order counts.
    #[must_use]
    pub const fn on_stream({field}: &{lifetime} {borrowed}, stream: &{lifetime} str) -> Self {{
        Self {{ {field}, stream: Some(stream) }}
    }}"
        ));
        for event in events {
            self.event(event, scope, page);
        }
        page.line("}");
    }

    fn event(&self, event: &Event, scope: &mut Scope<'_>, page: &mut Page) {
        // `new` is kept free by the names themselves.
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
        page.line(&format!("    /// {}", self.errors));
        let tail = format!(" -> {} {{", self.result);
        page.signature("    ", &format!("pub fn {name}"), &arguments, &tail);
        let constant = format!("types::events::{}", event.name.constant);
        for line in (self.send)(&codec, &constant, passed) {
            page.line(&format!("        {line}"));
        }
        page.line("    }");
    }
}
