//! One live conversation: ids, deadlines, cancellation, streams, caps. Sans-IO: frames in, things to do out; the clock is
//! an argument; it never looks into params, results, items or payloads, and knows no dialect's spelling.
//!
//! Both sides use it. [`Session::receive`] takes one frame and gives at most one [`Incoming`], which borrows from that
//! frame and not from the session. Everything that has to go out is appended to the caller's [`FrameWriter`]. Times are
//! [`Duration`]s since an origin of the caller's choice.
//!
//! ```
//! use std::time::Duration;
//! use crossplug_protocol::frame::{FrameReader, FrameWriter};
//! use crossplug_protocol::handshake::{Hello, Offer, Welcome};
//! use crossplug_protocol::message::Raw;
//! use crossplug_protocol::session::{CallOptions, Incoming, Session};
//!
//! let mut host = Session::host("crossplug/1", Offer::new()).unwrap();
//! let mut plugin = Session::plugin("crossplug/1", Offer::new()).unwrap();
//! let (mut to_plugin, mut to_host) = (FrameWriter::new(), FrameWriter::new());
//! let now = Duration::ZERO;
//!
//! // One direction of the wire: what waits in the writer arrives in a reader.
//! fn carry(out: &mut FrameWriter, input: &mut FrameReader) { input.push(&out.take()) }
//! let (mut at_plugin, mut at_host) = (FrameReader::new(1 << 20), FrameReader::new(1 << 20));
//!
//! // The handshake.
//! host.initialize(&Hello::new("demo", "1.0.0", "instance-1"), now, None, &mut to_plugin)?;
//! carry(&mut to_plugin, &mut at_plugin);
//! let frame = at_plugin.next_frame(plugin.framing())?.unwrap();
//! let Some(Incoming::Initialize { ticket, .. }) = plugin.receive(frame, &mut to_host)? else { panic!() };
//! let manifest = Raw::trust(br#"{"name":"p"}"#);
//! plugin.accept(ticket, &Welcome::new(manifest, Raw::trust(b"{}")), &mut to_host)?;
//! carry(&mut to_host, &mut at_host);
//! let frame = at_host.next_frame(host.framing())?.unwrap();
//! assert!(matches!(host.receive(frame, &mut to_plugin)?, Some(Incoming::Opened { .. })));
//!
//! // A call.
//! let params = Raw::trust(br#"{"text":"hi"}"#);
//! let options = CallOptions::new().deadline(now + Duration::from_secs(5));
//! let call = host.call("test.echo", Some(&params), &options, now, &mut to_plugin)?;
//! carry(&mut to_plugin, &mut at_plugin);
//! let frame = at_plugin.next_frame(plugin.framing())?.unwrap();
//! match plugin.receive(frame, &mut to_host)? {
//!     Some(Incoming::Request { ticket, method, params, .. }) => {
//!         assert_eq!(method, "test.echo");
//!         plugin.respond(ticket, Ok(&params.unwrap()), &mut to_host)?;
//!     }
//!     other => panic!("{other:?}"),
//! }
//! carry(&mut to_host, &mut at_host);
//! let frame = at_host.next_frame(host.framing())?.unwrap();
//! match host.receive(frame, &mut to_plugin)? {
//!     Some(Incoming::Reply { call: answered, outcome: Ok(result) }) => {
//!         assert_eq!(answered, call);
//!         assert_eq!(result.as_bytes(), br#"{"text":"hi"}"#);
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Who does what
//!
//! | happens | the session | its owner |
//! | --- | --- | --- |
//! | a frame arrives | reads, checks, answers `ping` and mistakes | acts on the [`Incoming`] |
//! | [`Session::next_timeout`] passes | [`Session::expire`] gives each late call once, sends `$/cancel` | tells the caller `deadlineExceeded` |
//! | a reply comes after that | drops it | nothing |
//! | a peer breaks the protocol | host: `Err(Violation)`, closed from then on; plugin: [`Incoming::Tolerated`] | host: stops the plugin; plugin: logs |
//! | a stream's receiver has room | [`Session::grant`] sends credit and counts | decides how much |
//! | a stream's sender has an item | [`Session::send_item`] refuses without credit | waits for [`Incoming::Credit`] |

mod answers;
mod apart;
mod calls;
mod events;
mod flow;
mod hash;
mod incoming;
mod limits;
mod opening;
mod receive;
mod refused;
mod send;
mod streams;

pub use answers::Ticket;
pub use calls::CallId;
pub use incoming::{Incoming, StreamId};
pub use limits::Limits;
pub use refused::{CallOptions, Refused};

use std::time::Duration;

use answers::Answers;
use calls::Calls;
use events::Sequences;

use crate::dialect::{self, Capabilities, Dialect, Inexpressible, Role};
use crate::frame::{FrameError, FrameWriter, Framing};
use crate::handshake::{Choice, Encoding, Offer};
use crate::message::{Failure, Message, Raw};

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing was said.
    Fresh,
    /// `initialize` is on its way or being answered.
    Opening,
    /// Both sides may send what they like.
    Open,
    /// `shutdown` was asked for, or the input ended: what is in flight may finish.
    Closing,
    /// Over: after [`Session::close`], or a violation met by a host.
    Closed,
}

/// One side of one conversation.
#[derive(Debug)]
pub struct Session {
    role: Role,
    dialect: Box<dyn Dialect>,
    capabilities: Capabilities,
    limits: Limits,
    offer: Offer,
    choice: Choice,
    state: State,
    calls: Calls,
    answers: Answers,
    /// Requests in flight that this side has given credit for. Counted apart from the peer's, since credit of both may be
    /// under way at once and neither could keep a common cap.
    streams: usize,
    peer_streams: usize,
    sent: Sequences,
    seen: Sequences,
    /// What a plugin has chosen, until its answer has gone out the old way.
    chosen: Option<Choice>,
    /// The host's `initialize`, while it is in flight.
    opening: Option<CallId>,
    /// The plugin's `shutdown` request, until everything before it is answered.
    shutdown: Option<crate::message::RequestId>,
    /// Handlers of events, which a plugin's end waits for as it waits for answers.
    handling: usize,
}

impl Session {
    /// The host's side, in a dialect of [`dialect::NAMES`]. `None` for another name.
    #[must_use]
    pub fn host(dialect: &str, offer: Offer) -> Option<Self> {
        dialect::by_name(dialect, Role::Host).map(|dialect| Self::new(Role::Host, dialect, offer))
    }

    /// The plugin's side, in a dialect of [`dialect::NAMES`]; `offer` is what the plugin can speak. `None` for another
    /// name.
    #[must_use]
    pub fn plugin(dialect: &str, offer: Offer) -> Option<Self> {
        dialect::by_name(dialect, Role::Plugin)
            .map(|dialect| Self::new(Role::Plugin, dialect, offer))
    }

    /// A side with a dialect of its own. The dialect must have been made for the same role.
    #[must_use]
    pub fn new(role: Role, dialect: Box<dyn Dialect>, offer: Offer) -> Self {
        let first = match role {
            Role::Host => 1,
            Role::Plugin => -1,
        };
        Self {
            role,
            capabilities: dialect.capabilities(),
            dialect,
            limits: Limits::default(),
            offer,
            choice: Choice::plain(),
            state: State::Fresh,
            calls: Calls::new(first),
            answers: Answers::default(),
            streams: 0,
            peer_streams: 0,
            sent: Sequences::default(),
            seen: Sequences::default(),
            chosen: None,
            opening: None,
            shutdown: None,
            handling: 0,
        }
    }

    /// The same with other caps. A host announces them; a plugin keeps the stricter ones of both.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.dialect
            .settle(self.choice.encoding, self.choice.framing, &limits);
        self.limits = limits;
        self
    }

    /// The same, with traces in errors where the dialect's host has no way to ask for them (elizaOS has switches in the
    /// environment instead).
    #[must_use]
    pub fn with_traces(mut self, on: bool) -> Self {
        self.dialect.trace(on);
        self
    }

    /// Says what the dialect says before the first message. A plugin calls it once, with its manifest; in `crossplug/1`
    /// it writes nothing.
    ///
    /// # Errors
    /// [`Inexpressible`] where the manifest does not fit.
    pub fn start(
        &mut self,
        manifest: Option<&Raw<'_>>,
        out: &mut FrameWriter,
    ) -> Result<(), Inexpressible> {
        self.dialect.open(manifest, out)
    }

    /// Host or plugin.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// How the next frame that comes in is told apart. It changes once, with the handshake: ask before every frame.
    #[must_use]
    pub const fn framing(&self) -> Framing {
        self.choice.framing
    }

    /// What the handshake chose.
    #[must_use]
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The encoding of whatever this side says behind the handshake. A plugin knows it as soon as it was offered.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.chosen.as_ref().unwrap_or(&self.choice).encoding
    }

    /// The caps that hold.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What the dialect can express.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// The dialect's name.
    #[must_use]
    pub fn dialect(&self) -> &'static str {
        self.dialect.name()
    }

    /// Requests of this side in flight, late ones that were given up on included.
    #[must_use]
    pub fn pending_calls(&self) -> usize {
        self.calls.len()
    }

    /// Requests of the peer that this side has not answered yet.
    #[must_use]
    pub fn pending_answers(&self) -> usize {
        self.answers.len()
    }

    /// Streams that are open: what this side has given credit for, and what the peer has.
    #[must_use]
    pub const fn open_streams(&self) -> usize {
        self.streams + self.peer_streams
    }

    /// Whether [`Session::grant`] may give a request its first credit.
    #[must_use]
    pub const fn can_open_stream(&self) -> bool {
        self.streams < self.limits.open_streams
    }

    /// Whether everything is answered and handled after [`Session::input_ended`] or `shutdown`: a plugin may exit.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        matches!(self.state, State::Closing | State::Closed) && !self.is_busy()
    }

    /// Whether anything of the peer's is in flight: a request without an answer, an event with a handler.
    fn is_busy(&self) -> bool {
        self.answers.len() + self.handling > 0
    }

    /// The peer will send nothing more. A plugin finishes what is in flight; [`Session::is_drained`] says when.
    pub fn input_ended(&mut self) {
        if self.state != State::Closed {
            self.state = State::Closing;
        }
    }

    /// The peer's bytes give no further frames. A frame that is too large is complained of without an id, since nobody knows
    /// which request it was; then it is as if the input had ended.
    pub fn input_broken(&mut self, error: FrameError, out: &mut FrameWriter) {
        if let FrameError::TooLong { .. } = error
            && self.state != State::Closed
        {
            let failure = Failure::new("resourceExhausted", error.to_string());
            self.say(
                &Message::Reply {
                    id: None,
                    outcome: Err(failure),
                },
                out,
            );
        }
        self.input_ended();
    }

    /// Ends the conversation: gives the calls that nobody will answer any more, each once, and forgets everything.
    pub fn close(&mut self) -> Vec<CallId> {
        self.state = State::Closed;
        self.answers = Answers::default();
        self.streams = 0;
        self.peer_streams = 0;
        self.opening = None;
        self.shutdown = None;
        self.calls.take_waiting()
    }

    /// When [`Session::expire`] should next be called, if no frame comes before. It may be early, never late.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Duration> {
        self.calls.earliest()
    }

    /// A call whose deadline has passed, each once; call it until it gives `None`. The caller of such a call is told
    /// `deadlineExceeded` at once; `$/cancel` goes out, and its reply, whenever it comes, is dropped.
    pub fn expire(&mut self, now: Duration, out: &mut FrameWriter) -> Option<CallId> {
        let late = self.calls.late(now)?;
        self.abandon(late, out);
        Some(late)
    }

    /// Writes a message that the session itself has to say. What the dialect cannot say is left unsaid: the caller has
    /// asked the capabilities where that matters.
    fn say(&mut self, message: &Message<'_>, out: &mut FrameWriter) {
        let _ = self.dialect.write(message, out);
    }

    /// A request is over: its streams are too.
    fn closed_flow(&mut self, flow: &flow::Flow) {
        self.streams = self.streams.saturating_sub(usize::from(flow.is_opened()));
        self.peer_streams = self
            .peer_streams
            .saturating_sub(usize::from(flow.is_opened_by_peer()));
    }
}
