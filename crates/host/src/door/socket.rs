//! The socket door: a plugin that runs already, or that somebody else starts, over a Unix socket or TCP. Either side may
//! listen; `schema/README.md` section 10 is the law.
//!
//! The room `stream` reads, writes and sees the conversation to its end. Here is what is particular to a socket: where it
//! is, whose process is at the other end, and the token. The door starts nothing, and ends nothing but conversations: a
//! plugin that listens lives on, and to load it again is to find it as it was left.
//!
//! ```no_run
//! # fn demo() -> crossplug_host::Result<()> {
//! use crossplug_host::Host;
//! use crossplug_host::door::socket::{Listener, SocketDoor};
//!
//! let host = Host::builder().name("demo").build();
//! // As the manifest says: `"doors": {"socket": {"unix": "run/notes.sock"}}`.
//! let notes = host.load("plugins/notes").door("socket").blocking()?;
//! // Without a manifest: a plugin that was started with `--listen tcp:127.0.0.1:4000`.
//! let door = SocketDoor::connect("tcp:127.0.0.1:4000")?;
//! let other = host.open("other", door).token("c0ffee-and-more").blocking()?;
//! // Plugins that connect by themselves, one a load.
//! let listener = Listener::bind("unix:run/host.sock")?;
//! let third = host.open("third", listener.door()).blocking()?;
//! # Ok(()) }
//! ```
//!
//! | what happens | `ErrorKind` |
//! | --- | --- |
//! | nobody listens there, or nobody connects in time | `Start` |
//! | the token is missing or another one; the process at the other end is another user's | `Denied` |
//! | another host is there already | `Start`, with what the plugin said |
//! | a path is too long, its folder is open to others, something else lies there | `Io` |
//! | the connection ends in a call | `Died`, at once |
//!
//! Whatever else a plugin may do to its host is dealt with as through the [process door](super::process).

mod bound;
mod neighbour;
mod peer;
mod place;
mod reach;

use std::sync::Arc;

use async_trait::async_trait;
use crossplug_policy::Abilities;
use crossplug_policy::door::SocketDoor as Way;
use crossplug_protocol::dialect;

use super::{Door, Home, Opening, Passage, stream};
use crate::{Error, ErrorKind, Result};
use bound::Bound;
use place::Place;

/// Enters plugins over sockets. Every host has one, which goes by manifests; [`SocketDoor::connect`] and
/// [`Listener::door`] are for plugins without one.
#[derive(Debug, Clone, Default)]
pub struct SocketDoor(Means);

#[derive(Debug, Clone, Default)]
enum Means {
    /// As the manifest says.
    #[default]
    Manifest,
    Connect(Place),
    Accept(Arc<Bound>),
}

impl SocketDoor {
    /// The door that goes by manifests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// To a plugin that listens at `unix:PATH` or `tcp:HOST:PORT`, for [`Host::open`](crate::Host::open).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for another text.
    pub fn connect(address: &str) -> Result<Self> {
        Ok(Self(Means::Connect(Place::parse(address)?)))
    }
}

/// A socket at which plugins connect by themselves, for as long as this or one of its doors is there.
///
/// ```no_run
/// # fn demo(host: crossplug_host::Host) -> crossplug_host::Result<()> {
/// use crossplug_host::door::socket::Listener;
///
/// let listener = Listener::bind("tcp:127.0.0.1:0")?;
/// println!("start the plugin with `--connect {}`", listener.address());
/// let plugin = host.open("notes", listener.door()).token("c0ffee-and-more").blocking()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Listener(Arc<Bound>);

impl Listener {
    /// Listens at `unix:PATH` or `tcp:HOST:PORT`; port 0 is any that is free.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for another text, [`ErrorKind::Io`] where the system does not let it listen there.
    pub fn bind(address: &str) -> Result<Self> {
        Ok(Self(Arc::new(Bound::at(Place::parse(address)?)?)))
    }

    /// Where it listens, as a plugin takes it behind `--connect`.
    #[must_use]
    pub fn address(&self) -> String {
        self.0.place().to_string()
    }

    /// Takes the next plugin that connects.
    #[must_use]
    pub fn door(&self) -> SocketDoor {
        SocketDoor(Means::Accept(Arc::clone(&self.0)))
    }
}

#[async_trait]
impl Door for SocketDoor {
    fn name(&self) -> &str {
        "socket"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.socket([dialect::crossplug::NAME])
    }

    async fn open(&self, mut opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let means = match &self.0 {
            Means::Manifest => said(&opening)?,
            means => means.clone(),
        };
        let listens = matches!(means, Means::Accept(_));
        let place = match &means {
            Means::Connect(place) => place,
            Means::Accept(bound) => bound.place(),
            Means::Manifest => return Err(no_door()),
        };
        // Who listens asks for the token, who connects shows it.
        let token = opening.token.clone().filter(|token| !token.is_empty());
        if token.is_none() && place.needs_token(listens) {
            let what = format!(
                "`{place}` needs a token: give the plugin one in `CROSSPLUG_TOKEN`, and the load the same (`token`)"
            );
            return Err(Error::new(ErrorKind::Denied, "load").with_context(what));
        }
        let expected = token.filter(|_| listens);
        if listens {
            opening.token = None;
        }
        let dialect = dialect::crossplug::NAME.to_owned();
        stream::open(dialect, opening, home, move |opening, home, is_given_up| {
            let timeout = opening.start_timeout;
            match means {
                Means::Connect(place) => reach::connect(&place, timeout, is_given_up),
                Means::Accept(bound) => reach::accept(&bound, expected, timeout, home, is_given_up),
                Means::Manifest => Err(no_door()),
            }
        })
        .await
    }
}

/// What the manifest says, with every path followed.
fn said(opening: &Opening) -> Result<Means> {
    let Some(crossplug_policy::Door::Socket(Way {
        address,
        plugin_listens,
        ..
    })) = &opening.way
    else {
        return Err(no_door());
    };
    if *plugin_listens {
        return Ok(Means::Connect(Place::of(address, opening)?));
    }
    let place = Place::to_be(address, opening)?;
    Ok(Means::Accept(Arc::new(Bound::at(place)?)))
}

fn no_door() -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context("the plugin has no socket door")
}
