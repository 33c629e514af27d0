//! `elizaos-bridge/1`: one JSON object a line, told apart by `type` (`schema/README.md` section 6). Both sides: a host that
//! speaks to an elizaOS plugin, and a plugin that answers an elizaOS host. It knows the shapes of the interface `agent`,
//! because the dialect names them one by one; it knows no deadlines and no callers.
//!
//! ```
//! use crossplug_protocol::dialect::{Dialect, elizaos::HostSide};
//! use crossplug_protocol::frame::FrameWriter;
//! use crossplug_protocol::message::{Id, Message, Meta, Raw};
//!
//! let (mut host, mut out) = (HostSide::new(), FrameWriter::new());
//! let ready = br#"{"type":"ready","manifest":{"name":"p","language":"python"}}"#;
//! assert_eq!(host.read(ready, &mut out), Ok(None));
//! let ask = Message::Request {
//!     id: Id::Int(2),
//!     method: "provider.get".into(),
//!     params: Some(Raw::trust(br#"{"provider":"PROV","memory":{"content":{}}}"#)),
//!     meta: Meta::default(),
//! };
//! host.write(&ask, &mut out).unwrap();
//! assert_eq!(
//!     out.as_bytes(),
//!     b"{\"type\":\"provider.get\",\"id\":\"req_2\",\"provider\":\"PROV\",\"memory\":{\"content\":{}},\"state\":null}\n"
//! );
//! let reply = br#"{"type":"provider.result","id":"req_2","result":{"text":"hi","values":null,"data":null}}"#;
//! let outcome = Ok(Raw::trust(br#"{"text":"hi"}"#));
//! assert_eq!(host.read(reply, &mut out), Ok(Some(Message::Reply { id: Some(Id::Int(2)), outcome })));
//! ```

mod host;
mod outcome;
mod plugin;
mod reply;
mod shapes;

pub use host::HostSide;
pub use plugin::PluginSide;

use super::Inexpressible;

/// The name of the dialect.
pub const NAME: &str = "elizaos-bridge/1";

/// What a request asks for: decides how its reply is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// `plugin.init`.
    Init,
    /// `action.validate`, of an action or an evaluator.
    Validate,
    /// `action.invoke`, with the action's name.
    Action(String),
    /// `provider.get`.
    Provider,
    /// `evaluator.invoke`.
    Evaluator,
    /// `service.start` or `service.stop`.
    Service {
        /// Which of the two.
        method: &'static str,
        /// The service's type.
        name: String,
        /// How it was asked.
        spelling: Spelling,
    },
    /// `route.handle`.
    Route {
        /// Of the request.
        path: String,
        /// How it was asked.
        spelling: Spelling,
    },
}

/// Services and routes are spelled in two ways; a reply uses the one of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `serviceType`, `service.result`; `request: {…}`, `route.result`.
    Server,
    /// `service`, `service.response`; flat, `route.response`.
    Types,
}

fn not_in_dialect(what: &str) -> Inexpressible {
    Inexpressible::NotInDialect {
        dialect: NAME,
        what: what.to_owned(),
    }
}
