//! The exports themselves: numbers in, numbers out, bytes in the module's own memory. One thread, one plugin.

use std::cell::RefCell;
use std::time::Duration;

use crossplug_protocol::codec::DecodeError;

use super::{Guest, Status, words};
use crate::definition::Plugin;

/// How the author's crate makes its plugin.
pub type Make = fn() -> Result<Plugin, DecodeError>;

/// An input buffer that grew beyond this is given back when less is wanted.
const KEEP: usize = 1 << 20;

thread_local! {
    static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) };
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The list of methods, which stays where it is.
    static METHODS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn with<T>(make: Make, act: impl FnOnce(&mut Guest) -> T) -> T {
    GUEST.with_borrow_mut(|place| act(place.get_or_insert_with(|| guest(make))))
}

/// A fresh plugin.
pub(super) fn guest(make: Make) -> Guest {
    words::listen();
    #[allow(
        clippy::panic,
        reason = "a module has no other way to say that it cannot begin"
    )]
    let guest = match make() {
        Ok(plugin) => Guest::new(plugin),
        Err(error) => panic!("the manifest in the code: {error}"),
    };
    #[allow(clippy::expect_used, reason = "the dialect is our own")]
    guest.expect("the plugin can say what it is")
}

fn pack(status: i64, news: bool, bytes: &[u8]) -> i64 {
    let at = bytes.as_ptr() as usize as i64 & 0xffff_ffff;
    let length = bytes.len() as i64 & 0x1fff_ffff;
    status << 62 | i64::from(news) << 61 | length << 32 | at
}

fn time(microseconds: i64) -> Duration {
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}

fn with_input<T>(length: i32, act: impl FnOnce(&[u8]) -> T) -> T {
    let input = INPUT.take();
    let length = usize::try_from(length).unwrap_or(0);
    let done = act(input.get(..length).unwrap_or_default());
    INPUT.set(input);
    done
}

/// `crossplug_reserve`.
#[must_use]
pub fn reserve(length: i32) -> i32 {
    let Ok(length) = usize::try_from(length) else {
        return 0;
    };
    INPUT.with_borrow_mut(|input| {
        if input.len() > KEEP && length <= KEEP {
            *input = Vec::new();
        }
        if input.len() < length {
            let more = length - input.len();
            if input.try_reserve_exact(more).is_err() {
                return 0;
            }
            input.resize(length, 0);
        }
        if input.is_empty() {
            input.resize(64, 0);
        }
        input.as_ptr() as usize as i32
    })
}

/// `crossplug_methods`.
#[must_use]
pub fn methods(make: Make) -> i64 {
    let list = with(make, |guest| guest.methods());
    METHODS.with_borrow_mut(|place| {
        *place = list;
        pack(0, false, place)
    })
}

/// `crossplug_call`.
#[must_use]
pub fn call(make: Make, method: i32, length: i32, id: i64, timeout: i64, now: i64) -> i64 {
    with(make, |guest| {
        let method = usize::try_from(method).unwrap_or(usize::MAX);
        let timeout = u64::try_from(timeout).ok().map(Duration::from_micros);
        let status = with_input(length, |params| {
            guest.call(method, params, id, timeout, time(now))
        });
        let status = match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Pending => 2,
        };
        pack(status, guest.has_news(), guest.answer())
    })
}

fn outbox(guest: &Guest) -> i64 {
    pack(i64::from(guest.is_over()), false, guest.outbox())
}

/// `crossplug_push`.
#[must_use]
pub fn push(make: Make, length: i32, now: i64) -> i64 {
    with(make, |guest| {
        with_input(length, |frame| guest.push(frame, time(now)));
        outbox(guest)
    })
}

/// `crossplug_turn`.
#[must_use]
pub fn turn(make: Make, now: i64) -> i64 {
    with(make, |guest| {
        guest.turn(time(now));
        outbox(guest)
    })
}

/// `crossplug_close`.
#[must_use]
pub fn close(make: Make, now: i64) -> i64 {
    with(make, |guest| {
        guest.close(time(now));
        outbox(guest)
    })
}

/// `crossplug_next`.
#[must_use]
pub fn next(make: Make) -> i64 {
    with(make, |guest| match guest.next() {
        Some(at) => i64::try_from(at.as_micros()).unwrap_or(i64::MAX),
        None => -1,
    })
}

/// `crossplug_last_words`.
#[must_use]
pub fn last_words() -> i64 {
    words::with_last(|words| pack(0, false, words))
}
