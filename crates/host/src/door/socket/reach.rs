//! On the keeper's thread: a connection, whoever makes it, up to the first byte.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::bound::{Bound, fits};
use super::neighbour;
use super::peer::Neighbour;
use super::place::Place;
use crate::door::Home;
use crate::door::stream::Reached;
use crate::log::Level;
use crate::{Error, ErrorKind, Result};

/// How often to look whether anybody still waits.
const SLICE: Duration = Duration::from_millis(100);
/// How long to wait for room in the queue of a plugin that is slow to take connections.
const FULL: Duration = Duration::from_millis(10);

/// Connects to a plugin that listens.
pub(super) fn connect(
    place: &Place,
    timeout: Duration,
    is_given_up: &dyn Fn() -> bool,
) -> Result<Reached> {
    let until = Instant::now().checked_add(timeout);
    match place {
        Place::Unix(path) => {
            fits(path)?;
            let socket =
                connect_unix(path, until, is_given_up).map_err(|why| nobody(place, why))?;
            let process = neighbour::pass(socket.as_fd())
                .map_err(|why| Error::new(ErrorKind::Denied, "load").with_context(why))?;
            Ok(reached(socket, process, None))
        }
        Place::Tcp(address) => {
            let socket =
                connect_tcp(address, until, is_given_up).map_err(|why| nobody(place, why))?;
            Ok(reached(socket, None, None))
        }
    }
}

/// Takes the next plugin that connects and may.
pub(super) fn accept(
    bound: &Bound,
    expected_token: Option<Arc<str>>,
    timeout: Duration,
    home: &Home,
    is_given_up: &dyn Fn() -> bool,
) -> Result<Reached> {
    let until = Instant::now().checked_add(timeout);
    loop {
        let left = until.map_or(SLICE, |until| {
            until.saturating_duration_since(Instant::now())
        });
        if is_given_up() || left.is_zero() {
            let what = format!(
                "no plugin has connected to `{}` within {timeout:?}; start it with `--connect`, or allow more with \
                 `start_timeout`",
                bound.place()
            );
            return Err(Error::new(ErrorKind::Start, "load").with_context(what));
        }
        let slice = left.min(SLICE);
        let slice = Timespec {
            tv_sec: 0,
            tv_nsec: slice.subsec_nanos().into(),
        };
        let _ = poll(
            &mut [PollFd::from_borrowed_fd(bound.as_fd(), PollFlags::IN)],
            Some(&slice),
        );
        // Nobody, or somebody who is gone again.
        let Ok(socket) = bound.accept() else {
            continue;
        };
        let process = match bound.place() {
            Place::Unix(_) => neighbour::pass(socket.as_fd()),
            Place::Tcp(_) => Ok(None),
        };
        match process {
            Ok(process) => return Ok(reached(socket, process, expected_token)),
            Err(why) => home.note(Level::Warn, format!("a connection was refused: {why}")),
        }
    }
}

fn reached(socket: OwnedFd, process: Option<u32>, expected_token: Option<Arc<str>>) -> Reached {
    let socket = Arc::new(socket);
    Reached {
        input: Arc::clone(&socket),
        outlet: socket,
        peer: Box::new(Neighbour {
            process,
            expected_token,
        }),
    }
}

/// Without ever blocking: a listener with a full queue would hold a blocking socket for as long as it likes.
fn connect_unix(
    path: &Path,
    until: Option<Instant>,
    is_given_up: &dyn Fn() -> bool,
) -> io::Result<OwnedFd> {
    let address = SocketAddrUnix::new(path)?;
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    loop {
        match rustix::net::connect(&socket, &address) {
            Ok(()) | Err(Errno::ISCONN) => return Ok(socket),
            Err(Errno::AGAIN | Errno::INTR | Errno::INPROGRESS | Errno::ALREADY)
                if !is_given_up() && until.is_none_or(|until| Instant::now() < until) =>
            {
                std::thread::sleep(FULL);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn connect_tcp(
    address: &str,
    until: Option<Instant>,
    is_given_up: &dyn Fn() -> bool,
) -> io::Result<OwnedFd> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        if is_given_up() {
            break;
        }
        let left = until.map_or(Duration::from_secs(3600), |until| {
            until.saturating_duration_since(Instant::now())
        });
        // Nothing is no timeout to the system.
        match TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                return Ok(stream.into());
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn nobody(place: &Place, error: io::Error) -> Error {
    let what = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            format!("nobody listens at `{place}`; start the plugin first, with `--listen {place}`")
        }
        _ => format!("`{place}` cannot be reached: {error}"),
    };
    Error::new(ErrorKind::Start, "load")
        .with_context(what)
        .with_source(error)
}
