//! The same plugin for hosts that only call: each method is an export, its params are the input, its result is the output.
//! What a host of ours would say beside that (the beginning, credit, that it gives up) is said here. Knows no memory; that is
//! for `ffi`.

#[cfg(all(
    target_arch = "wasm32",
    not(any(feature = "component", feature = "wasm-bindgen"))
))]
pub mod ffi;

use std::time::Duration;

use crossplug_protocol::dialect::crossplug::Crossplug;
use crossplug_protocol::dialect::{Dialect, Role};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::FrameWriter;
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::json;
use crossplug_protocol::message::{Failure, Id, Level, Message, Raw, RequestId};

use super::{Guest, Status};

/// What is given with each pending call: its items are dropped, so that its result comes.
const CREDIT: u32 = u32::MAX >> 1;
/// A handler that has not ended after so many sleeps is not waited for any more.
const MOST_SLEEPS: usize = 10_000;

/// The answer to a request, where it is there.
type Answered = Option<Result<Vec<u8>, PluginError>>;

/// A plugin and what its host does not know.
#[derive(Debug)]
pub struct Lone {
    guest: Guest,
    opened: bool,
    last: i64,
    now: Duration,
    logs: Vec<(Level, String)>,
}

impl Lone {
    /// A plugin that nobody has called yet.
    #[must_use]
    pub const fn new(guest: Guest) -> Self {
        Self {
            guest,
            opened: false,
            last: 0,
            now: Duration::ZERO,
            logs: Vec::new(),
        }
    }

    /// What the plugin has logged since the last look.
    pub fn take_logs(&mut self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.logs)
    }

    /// Calls a method. No params are those of none; `config` is a JSON object, and read before the first call alone.
    ///
    /// # Errors
    /// Those of the plugin, and `failedPrecondition` where it waits for what nobody will bring.
    pub fn call(
        &mut self,
        method: &str,
        params: &[u8],
        config: impl FnOnce() -> Option<String>,
    ) -> Result<Vec<u8>, PluginError> {
        if !self.opened {
            self.open(&config().unwrap_or_else(|| "{}".to_owned()))?;
            self.opened = true;
        }
        let number = self.guest.methods.iter().position(|name| *name == method);
        let params: &[u8] = if params.is_empty() { b"{}" } else { params };
        self.last += 1;
        let id = self.last;
        let number = number.unwrap_or(usize::MAX);
        match self.guest.call(number, params, id, None, self.now) {
            Status::Pending => self.wait(id),
            status => {
                let answer = self.guest.answer().to_vec();
                if self.guest.has_news() {
                    self.guest.turn(self.now);
                    self.read(id);
                }
                match status {
                    Status::Done => Ok(answer),
                    _ => Err(error_of(&answer)),
                }
            }
        }
    }

    fn open(&mut self, config: &str) -> Result<(), PluginError> {
        if json::check(config.as_bytes(), 100).is_err() {
            let what = "the config of the key `crossplug` is not a JSON object";
            return Err(PluginError::failed_precondition(what));
        }
        self.last += 1;
        let id = self.last;
        let params = format!(
            r#"{{"protocol":{{"version":"1.0"}},"host":{{"name":"extism","version":"1"}},"instanceId":"extism","granted":{{}},"config":{config}}}"#
        );
        let message = Message::Request {
            id: Id::Int(id),
            method: "initialize".into(),
            params: Some(Raw::trust(params.as_bytes())),
            meta: Default::default(),
        };
        self.push(&message);
        self.until_answered(id).map(drop)
    }

    /// The answer of a call that does not come at once.
    fn wait(&mut self, id: i64) -> Result<Vec<u8>, PluginError> {
        self.push(&Message::Credit {
            id: Id::Int(id),
            items: CREDIT,
            bytes: CREDIT,
        });
        self.until_answered(id)
    }

    /// There is no clock: whoever sleeps has slept.
    fn until_answered(&mut self, id: i64) -> Result<Vec<u8>, PluginError> {
        for _ in 0..MOST_SLEEPS {
            if let Some(outcome) = self.read(id) {
                return outcome;
            }
            let Some(next) = self.guest.next() else {
                break;
            };
            self.now = self.now.max(next);
            self.guest.turn(self.now);
        }
        self.push(&Message::Cancel { id: Id::Int(id) });
        let what = "the plugin waits for what a host of Extism does not bring";
        match self.read(id) {
            // What it made of the cancellation of a call that nobody gave up says less.
            Some(Err(error)) if error.code != "cancelled" => Err(error),
            Some(Ok(result)) => Ok(result),
            _ => Err(PluginError::failed_precondition(what)),
        }
    }

    fn push(&mut self, message: &Message<'_>) {
        let mut frame = FrameWriter::new();
        if Crossplug::new(Role::Host)
            .write(message, &mut frame)
            .is_ok()
        {
            let frame = frame.take();
            self.guest.push(frame.trim_ascii_end(), self.now);
        }
    }

    /// Reads what the plugin has said: its logs, and the answer to that request. What it asks of its host is refused.
    fn read(&mut self, of: i64) -> Answered {
        let (mut answer, mut asked) = self.look(of);
        while let Some(id) = asked.pop() {
            let what = "a host of Extism has no services";
            self.push(&Message::Reply {
                id: Some(id.as_id()),
                outcome: Err(Failure::new("permissionDenied", what)),
            });
            let (then, further) = self.look(of);
            answer = then.or(answer);
            asked.extend(further);
        }
        answer
    }

    /// What lies in the outbox: the answer to that request, and requests.
    fn look(&mut self, of: i64) -> (Answered, Vec<RequestId>) {
        let (mut answer, mut asked) = (None, Vec::new());
        let mut dialect = Crossplug::new(Role::Host);
        let mut nothing = FrameWriter::new();
        let lines = self.guest.outbox().split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            match dialect.read(line, &mut nothing) {
                Ok(Some(Message::Reply { id, outcome })) if id == Some(Id::Int(of)) => {
                    answer = Some(match outcome {
                        Ok(result) => Ok(result.as_bytes().to_vec()),
                        Err(failure) => Err(PluginError::of_failure(failure, Encoding::Json)),
                    });
                }
                Ok(Some(Message::Log { level, message, .. })) => {
                    self.logs.push((level, message.into_owned()));
                }
                Ok(Some(Message::Request { id, .. })) => asked.push(id.keep()),
                // Items that nobody asked for, progress, events: there is nobody to tell.
                _ => {}
            }
        }
        (answer, asked)
    }
}

/// An error object, as a direct call gives it.
fn error_of(object: &[u8]) -> PluginError {
    let mut reply = br#"{"jsonrpc":"2.0","id":0,"error":"#.to_vec();
    reply.extend_from_slice(object);
    reply.push(b'}');
    match Crossplug::new(Role::Host).read(&reply, &mut FrameWriter::new()) {
        Ok(Some(Message::Reply {
            outcome: Err(failure),
            ..
        })) => PluginError::of_failure(failure, Encoding::Json),
        _ => PluginError::internal("the plugin failed and cannot say how"),
    }
}

#[cfg(test)]
mod tests;
