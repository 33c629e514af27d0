//! A line to a plugin in the host's own process: two ends that pass messages on in memory. For doors whose plugins have
//! threads of their own and are peers of the conversation, such as a module of the host's language: the door starts such a
//! plugin with one end, and [`open`] makes a passage of the other.
//!
//! What runs in the host's own process is trusted code: nobody can end it, and what breaks it may break the host. So the
//! host looks after itself alone. A call that is past its deadline is abandoned at once, and the plugin is told; one that
//! is not answered after the [patience](super::Patience::shutdown) for a shutdown either makes the plugin unusable: it is
//! over as if it had died, its input ends, and what it still does is its own affair. So it is with a plugin that does not
//! end when it is stopped.
//!
//! ```
//! use std::sync::Arc;
//! use crossplug_host::door::{Door, Home, Opening, Passage, line};
//! use crossplug_host::{Host, Result, async_trait};
//! use serde_json::{Value, json};
//!
//! /// A plugin that answers every method with the method's name.
//! struct Parrot;
//!
//! #[async_trait]
//! impl Door for Parrot {
//!     fn name(&self) -> &str {
//!         "parrot"
//!     }
//!
//!     async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
//!         line::open(opening, home, |_, line| {
//!             std::thread::spawn(move || {
//!                 while let Some(messages) = line.read() {
//!                     for message in messages.split(|byte| *byte == b'\n').filter(|message| !message.is_empty()) {
//!                         let message: Value = serde_json::from_slice(message).unwrap_or_default();
//!                         let result = match message["method"].as_str() {
//!                             Some("initialize") => json!({
//!                                 "protocol": { "version": "1.0" },
//!                                 "manifest": { "name": "parrot", "version": "1.0.0" },
//!                                 "interfaces": {},
//!                             }),
//!                             method => json!(method),
//!                         };
//!                         let reply = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
//!                         line.say(format!("{reply}\n").as_bytes());
//!                     }
//!                 }
//!             });
//!             Ok(())
//!         })
//!         .await
//!     }
//! }
//!
//! let plugin = Host::builder().build().open("parrot", Parrot).blocking()?;
//! assert_eq!(plugin.call_blocking("hello", ())?.as_json(), r#""hello""#);
//! assert!(plugin.stop_blocking().error.is_none());
//! # Ok::<(), crossplug_host::Error>(())
//! ```

mod ends;
mod life;
mod passage;

use std::sync::Arc;

use super::conversation::{Conversation, Party as _, Stage, greet, session, stopped};
use super::{Home, Opening, Passage};
use crate::Result;
use crossplug_protocol::frame::Framing;

use ends::Ends;
use passage::LinePassage;

const DIALECT: &str = "crossplug/1";
const FRAMINGS: [Framing; 2] = [Framing::Ndjson, Framing::Length];

/// The plugin's end. Clones are the same end; with the last of them the plugin has ended.
#[derive(Clone)]
pub struct Line(Arc<Held>);

struct Held(Arc<Ends>);

impl Line {
    /// Waits for what the host has to say: one message or more, in NDJSON, or as the plugin has chosen when it was
    /// initialised. None: nothing more comes.
    #[must_use]
    pub fn read(&self) -> Option<Vec<u8>> {
        self.0.0.read()
    }

    /// Tells the host something: messages in the same framing, whole ones or in pieces. Never waits for the host's program.
    pub fn say(&self, bytes: &[u8]) {
        self.0.0.told(bytes);
    }

    /// Nothing of the plugin runs any more. `why`: what went wrong, where something did.
    pub fn hang_up(&self, why: Option<String>) {
        self.0.0.hung_up(why);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.hung_up(None);
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Line")
            .field(&self.0.0.home().name())
            .finish()
    }
}

/// Opens a plugin at the other end of a line. `enter` starts it and does not wait for it: from then on the plugin reads,
/// on a thread of its own, and begins with the answer to `initialize`.
///
/// # Errors
/// Those of `enter`; [`Start`](crate::ErrorKind::Start), [`Protocol`](crate::ErrorKind::Protocol) or
/// [`Incompatible`](crate::ErrorKind::Incompatible).
pub async fn open(
    opening: Opening,
    home: Home,
    enter: impl FnOnce(&Opening, Line) -> Result<()>,
) -> Result<Arc<dyn Passage>> {
    let mut talk = Conversation::new(session(DIALECT, &FRAMINGS, &opening)?);
    greet(&mut talk.session, &opening, &home, &mut talk.out)?;
    let ends = Ends::new(&opening, home, talk);
    // Dropped before the end of the handshake, this future leaves a plugin whose input has ended.
    let unopened = Unopened(Some(Arc::clone(&ends)));
    enter(&opening, Line(Arc::new(Held(Arc::clone(&ends)))))?;
    ends.opened.taken().await?;
    let introduction = match &ends.lock().talk.stage {
        Stage::Open(introduction) => Arc::clone(introduction),
        Stage::Ended(error) => return Err(error.in_operation("load")),
        Stage::Opening | Stage::Stopping => return Err(stopped("load")),
    };
    unopened.succeeded();
    Ok(Arc::new(LinePassage { ends, introduction }))
}

/// A plugin that nobody has yet.
struct Unopened(Option<Arc<Ends>>);

impl Unopened {
    fn succeeded(mut self) {
        self.0 = None;
    }
}

impl Drop for Unopened {
    fn drop(&mut self) {
        if let Some(ends) = &self.0 {
            ends.end(stopped("load"));
        }
    }
}
