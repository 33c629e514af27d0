//! A plugin that talks over a Unix socket or TCP: it listens and serves one host after another, or connects to one. What is
//! between two hosts is the author's to keep. `schema/README.md` section 10 is the law.

mod address;
mod bound;
mod neighbour;
mod seat;

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::io::fcntl_dupfd_cloexec;

use super::program::prints::Prints;
use super::program::{BROKEN, USAGE, leave, offer, refuse, terminate};
use super::stream::input::Input;
use super::stream::output::Output;
use super::stream::pool::{Pool, Token};
use crate::definition::Plugin;
use crate::runtime::Runtime;
use bound::Bound;
use seat::Seat;

pub(super) use address::Address;

/// Where both sides find the secret.
const TOKEN: &str = "CROSSPLUG_TOKEN";
/// A connection that has said nothing after this time says nothing worth waiting for.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// Largest first message: a configuration.
const FIRST_FRAME: usize = 8 << 20;
/// Connections that have said nothing yet.
const MOST_MUTE: usize = 16;
/// How long to wait where the system has no room for a further connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Listens, says where on `announce`, and serves one host after another.
pub(super) fn listen(
    plugin: Plugin,
    address: &Address,
    announce: OwnedFd,
    prints: &Arc<Prints>,
) -> ExitCode {
    let token = match token(address, true) {
        Ok(token) => token.map_or(Token::None, Token::Asked),
        Err(problem) => return refuse(&problem, USAGE),
    };
    let bound = match Bound::at(address) {
        Ok(bound) => Arc::new(bound),
        Err(bound::Refused::Usage(problem)) => return refuse(&problem, USAGE),
        Err(bound::Refused::System(problem)) => return refuse(&problem, BROKEN),
    };
    let line = serde_json::json!({ "listening": bound.address().to_string() });
    let mut announce = std::fs::File::from(announce);
    // Nobody may want to know.
    let _ = writeln!(announce, "{line}");
    drop(announce);

    let seat = Arc::new(Seat::default());
    let (ending, listening) = (Arc::clone(&seat), Arc::clone(&bound));
    terminate::watch(move || {
        listening.take_away();
        ending.clear();
    });
    let mute = Arc::new(AtomicUsize::new(0));
    loop {
        let socket = match bound.accept() {
            Ok(socket) => socket,
            Err(error) => {
                if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted) {
                    eprintln!("a connection could not be taken: {error}");
                    std::thread::sleep(NO_ROOM);
                }
                continue;
            }
        };
        if bound.is_unix()
            && let Err(why) = neighbour::pass(socket.as_fd())
        {
            eprintln!("a connection was refused: {why}");
            continue;
        }
        if mute.fetch_add(1, Ordering::SeqCst) >= MOST_MUTE {
            mute.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let guest = Guest {
            plugin: plugin.clone(),
            token: token.clone(),
            prints: Arc::clone(prints),
            seat: Arc::clone(&seat),
        };
        let heard = Mute(Arc::clone(&mute));
        let thread = std::thread::Builder::new().name("crossplug-host".to_owned());
        if let Err(error) = thread.spawn(move || guest.take(socket, heard)) {
            eprintln!("a connection could not be taken: {error}");
        }
    }
}

/// Connects to a host that listens, and serves it.
pub(super) fn connect(plugin: Plugin, address: &Address, prints: &Arc<Prints>) -> ExitCode {
    let token = match token(address, false) {
        Ok(token) => token.map_or(Token::None, Token::Shown),
        Err(problem) => return refuse(&problem, USAGE),
    };
    if let Err(problem) = address.fits() {
        return refuse(&problem, USAGE);
    }
    let ends = address.connect().and_then(|socket| {
        let other = fcntl_dupfd_cloexec(&socket, 3).map_err(|error| error.to_string())?;
        Ok((socket, other))
    });
    let (input, output) = match ends {
        Ok(ends) => ends,
        Err(problem) => return refuse(&problem, BROKEN),
    };
    let pool = Pool::new(
        Output::new(output),
        Arc::clone(prints),
        token,
        leave(prints),
    );
    let Some(runtime) = begin(plugin, &pool) else {
        return ExitCode::from(BROKEN);
    };
    prints.tell(Some(&runtime));
    let (ending, ended) = (Arc::clone(&pool), Arc::clone(&runtime));
    terminate::watch(move || ending.terminate(&ended));
    pool.serve(&runtime, Input::new(input, runtime.frame_limit()))
}

/// What the environment says, where that will do.
fn token(address: &Address, listens: bool) -> Result<Option<Arc<str>>, String> {
    let token = std::env::var(TOKEN).unwrap_or_default();
    if !token.is_empty() {
        return Ok(Some(token.into()));
    }
    if address.needs_token(listens) {
        return Err(format!(
            "over {address} nobody can see who is at the other end: put a secret that the host knows, too, into {TOKEN}"
        ));
    }
    Ok(None)
}

fn begin(plugin: Plugin, pool: &Arc<Pool>) -> Option<Arc<Runtime>> {
    let outside = Box::new(Arc::clone(pool));
    let runtime = Runtime::new(plugin, "crossplug/1", offer(), outside)?;
    runtime.start().ok()?;
    Some(runtime)
}

/// Counts a connection that has said nothing yet.
struct Mute(Arc<AtomicUsize>);

impl Drop for Mute {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a connection needs to become a conversation.
struct Guest {
    plugin: Plugin,
    token: Token,
    prints: Arc<Prints>,
    seat: Arc<Seat>,
}

impl Guest {
    /// Waits for its first word, and then for the seat.
    fn take(self, socket: OwnedFd, mute: Mute) {
        let Ok(output) = fcntl_dupfd_cloexec(&socket, 3) else {
            return;
        };
        let mut input = Input::new(socket, FIRST_FRAME);
        if !input.has_line(FIRST_WORD, FIRST_FRAME) {
            return;
        }
        drop(mute);
        let output = Output::new(output);
        let (seat, prints, talking) = (
            Arc::clone(&self.seat),
            Arc::clone(&self.prints),
            Arc::clone(&output),
        );
        let end = Box::new(move |_code| {
            prints.tell(None);
            // First, so that whoever sees the connection end finds the seat free.
            seat.leave();
            talking.hang_up();
        });
        let pool = Pool::new(
            Arc::clone(&output),
            Arc::clone(&self.prints),
            self.token,
            end,
        );
        let Some(runtime) = begin(self.plugin, &pool) else {
            return;
        };
        if !self.seat.take(&pool, &runtime) {
            input.turn_away(BUSY.as_bytes());
            return;
        }
        self.prints.tell(Some(&runtime));
        input.set_limit(runtime.frame_limit());
        pool.converse(&runtime, input);
    }
}

/// What a host is told that finds another one.
const BUSY: &str = concat!(
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"another host has the plugin"#,
    r#" at the moment","data":{"code":"unavailable","retryable":true}}}"#,
    "\n"
);
