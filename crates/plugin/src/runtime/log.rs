//! What is said to the host's log: at once, once the conversation is open, or aside where the host cannot be told.

use std::sync::Arc;

use crossplug_protocol::codec::{AnyMap, JsonMap};
use crossplug_protocol::message::{Level, Raw};
use crossplug_protocol::session;

use super::{Runtime, State};

/// So many lines wait for the conversation to open; further ones go aside.
const MOST: usize = 1000;

/// Lines that were logged before the host could be told.
#[derive(Default)]
pub(super) struct Early(Vec<Line>);

struct Line {
    level: Level,
    message: String,
    fields: Option<JsonMap>,
}

impl Runtime {
    /// Logs a line at the host, or aside where it cannot be told.
    pub(crate) fn log(self: &Arc<Self>, level: Level, message: &str, fields: Option<&JsonMap>) {
        let said = self.with(|state| {
            state.hold_back(level, message, fields) || state.log(level, message, fields)
        });
        self.flush();
        if !said {
            self.outside.aside(&format!("{}: {message}", level.name()));
        }
    }

    /// Logs a line at the host, now. False where it cannot be told.
    pub(crate) fn try_log(
        self: &Arc<Self>,
        level: Level,
        message: &str,
        fields: Option<&JsonMap>,
    ) -> bool {
        let said = self.with(|state| state.log(level, message, fields));
        self.flush();
        said
    }

    /// Tells the host what was logged before it could be, or says it aside where it never could.
    pub(super) fn tell_early(self: &Arc<Self>) {
        for line in self.with(|state| std::mem::take(&mut state.early.0)) {
            if !self.try_log(line.level, &line.message, line.fields.as_ref()) {
                self.outside
                    .aside(&format!("{}: {}", line.level.name(), line.message));
            }
        }
    }
}

impl State {
    fn log(&mut self, level: Level, message: &str, fields: Option<&JsonMap>) -> bool {
        let encoding = self.session.encoding();
        let encode = |fields| encoding.encode::<AnyMap>(fields).ok().map(Raw::owned);
        let fields = fields.and_then(encode);
        self.session
            .log(level, message, fields.as_ref(), &mut self.out)
            .is_ok()
    }

    /// Keeps a line for the time when the host can be told. False where that is now or never.
    fn hold_back(&mut self, level: Level, message: &str, fields: Option<&JsonMap>) -> bool {
        let early = matches!(
            self.session.state(),
            session::State::Fresh | session::State::Opening
        );
        let kept = early && self.session.capabilities().logs && self.early.0.len() < MOST;
        if kept {
            self.early.0.push(Line {
                level,
                message: message.to_owned(),
                fields: fields.cloned(),
            });
        }
        kept
    }
}
