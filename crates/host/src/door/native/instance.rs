//! One instance of a library, as things that can be asked of it. Knows pointers, and nothing of messages.
#![allow(unsafe_code, reason = "pointers of another language's")]

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Weak;
use std::time::Duration;

use crossplug_protocol::native::{self, Buffer, Head};

use super::library::Library;
use super::seat::Seat;
use crate::{Error, ErrorKind, Result};

/// What a plugin speaks to: the table that it knows, and who listens. Freed when the instance is gone.
#[repr(C)]
struct Ear {
    table: native::Host,
    seat: Weak<Seat>,
}

/// An instance that can be entered. Dropped without having been closed, it is lost to the process.
#[derive(Debug)]
pub(super) struct Instance {
    table: &'static native::Library,
    opaque: NonNull<native::Instance>,
    ear: NonNull<Ear>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").finish_non_exhaustive()
    }
}

// SAFETY: the ABI says from which threads each entry may come, and the room `seat` keeps to it.
unsafe impl Send for Instance {}
// SAFETY: as above; entries at the same time are allowed.
unsafe impl Sync for Instance {}

/// What became of a direct call.
#[derive(Debug)]
pub(super) enum Called {
    Done(Vec<u8>),
    Failed(Vec<u8>),
    Pending,
    /// A status that there is not.
    Wrong(i32),
}

/// What a message of the plugin comes in by. Whatever goes wrong here ends at this border.
unsafe extern "C" fn said(host: *const native::Host, message: *const u8, length: usize) {
    if host.is_null() || message.is_null() {
        return;
    }
    // SAFETY: the table is the beginning of an `Ear`, which lives until the instance is gone.
    let ear = unsafe { &*host.cast::<Ear>() };
    // SAFETY: the plugin keeps so many bytes there until this returns.
    let message = unsafe { std::slice::from_raw_parts(message, length) };
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        if let Some(seat) = ear.seat.upgrade() {
            seat.hear(message);
        }
    }));
}

fn missing() -> Error {
    // The table was looked through when the library was loaded.
    Error::new(ErrorKind::Incompatible, "call").with_context("the library's table has a gap")
}

impl Instance {
    /// Makes an instance that speaks to `seat`.
    ///
    /// # Errors
    /// [`ErrorKind::Start`] with what the library says.
    pub(super) fn open(library: &Library, seat: Weak<Seat>) -> Result<Self> {
        let table = library.table;
        let open = table.open.ok_or_else(missing)?;
        let ear = Box::new(Ear {
            table: native::Host {
                head: Head::of::<native::Host>(),
                said: Some(said),
            },
            seat,
        });
        let ear = NonNull::from(Box::leak(ear));
        let mut error = Buffer::empty();
        // SAFETY: the table outlives the instance, and there is a place for the error.
        let opaque = unsafe { open(ear.as_ptr().cast::<native::Host>(), &raw mut error) };
        let words = taken(table, error);
        match NonNull::new(opaque) {
            Some(opaque) => Ok(Self { table, opaque, ear }),
            None => {
                // SAFETY: it came of a box, and a library that has made nothing speaks to nobody.
                drop(unsafe { Box::from_raw(ear.as_ptr()) });
                let why = message_of(&words).unwrap_or_else(|| "it does not say why".to_owned());
                let what = format!("it cannot begin: {why}");
                Err(Error::new(ErrorKind::Start, "load").with_context(what))
            }
        }
    }

    /// The numbers of the methods by their names.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] where the list is none.
    pub(super) fn methods(&self) -> Result<HashMap<String, u32>> {
        let methods = self.table.methods.ok_or_else(missing)?;
        // SAFETY: the instance is open.
        let bytes = unsafe { methods(self.opaque.as_ptr()) };
        let list: &[u8] = if bytes.data.is_null() {
            b""
        } else {
            // SAFETY: so many bytes are there until the instance is closed.
            unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }
        };
        let names: Vec<String> = serde_json::from_slice(list).map_err(|error| {
            Error::new(ErrorKind::Protocol, "load")
                .with_context(format!("its list of methods is none: {error}"))
                .with_source(error)
        })?;
        let numbered = names.into_iter().zip(0..);
        Ok(numbered.collect())
    }

    /// Calls a method on this thread.
    pub(super) fn call(
        &self,
        method: u32,
        params: &[u8],
        id: i64,
        timeout: Option<Duration>,
    ) -> Called {
        let Some(call) = self.table.call else {
            return Called::Wrong(-1);
        };
        let mut answer = Buffer::empty();
        // SAFETY: the instance is open and stays so while somebody is in it; params stay until it returns, and there is a
        // place for the answer.
        let status = unsafe {
            call(
                self.opaque.as_ptr(),
                method,
                params.as_ptr(),
                params.len(),
                id,
                timeout.map_or(-1, micros),
                &raw mut answer,
            )
        };
        let answer = taken(self.table, answer);
        match status {
            native::DONE => Called::Done(answer),
            native::FAILED => Called::Failed(answer),
            native::PENDING => Called::Pending,
            other => Called::Wrong(other),
        }
    }

    /// Hands a message in. False: it was the last.
    pub(super) fn push(&self, message: &[u8]) -> bool {
        let Some(push) = self.table.push else {
            return false;
        };
        // SAFETY: the instance is open, one thread at a time is here, and the message stays until it returns.
        let status = unsafe { push(self.opaque.as_ptr(), message.as_ptr(), message.len()) };
        status == native::TAKEN
    }

    /// The last entry. False: something of the instance runs on, and it is lost to the process.
    pub(super) fn close(&self, patience: Duration) -> bool {
        let Some(close) = self.table.close else {
            return false;
        };
        // SAFETY: nobody is in the instance, and nobody enters it any more.
        let status = unsafe { close(self.opaque.as_ptr(), micros(patience)) };
        if status != native::GONE {
            return false;
        }
        // SAFETY: it came of a box, and a library whose instance is gone speaks to it no more.
        drop(unsafe { Box::from_raw(self.ear.as_ptr()) });
        true
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// The bytes of a buffer, which goes back to its library.
fn taken(table: &native::Library, mut buffer: Buffer) -> Vec<u8> {
    if buffer.data.is_null() {
        return Vec::new();
    }
    // SAFETY: the library has put so many bytes there, which are the host's until it gives them back.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.data, buffer.length) }.to_vec();
    if let Some(release) = table.release {
        // SAFETY: the library's own buffer, once.
        unsafe { release(&raw mut buffer) };
    }
    bytes
}

/// What an error object says.
fn message_of(error: &[u8]) -> Option<String> {
    let error: serde_json::Value = serde_json::from_slice(error).ok()?;
    Some(error.get("message")?.as_str()?.to_owned())
}
