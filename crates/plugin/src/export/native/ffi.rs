//! The functions of the table: pointers in, pointers out. Whatever panics behind them is caught here.
#![allow(unsafe_code, reason = "pointers of another language's")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossplug_protocol::codec::DecodeError;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::native::{self, Buffer, Host, Instance as Opaque};
pub use crossplug_protocol::native::{Bytes, Head, Library};

use super::{Instance, Said, Status};
use crate::definition::Plugin;
use crate::runtime::error_object;

/// How the author's crate makes its plugin.
pub type Make = fn() -> Result<Plugin, DecodeError>;

/// An author's crate: how it makes its plugin. [`export!`](crate::export!) implements it.
pub trait Author {
    /// Makes a plugin.
    const MAKE: Make;
}

/// The table for a crate. One constant for each, so that it stays.
#[must_use]
pub const fn library<A: Author>() -> Library {
    Library {
        head: Head::of::<Library>(),
        open: Some(open::<A>),
        methods: Some(methods),
        call: Some(call),
        push: Some(push),
        close: Some(close),
        release: Some(release),
    }
}

/// Bytes that stay.
#[must_use]
pub const fn stays(bytes: &'static [u8]) -> Bytes {
    Bytes {
        data: bytes.as_ptr(),
        length: bytes.len(),
    }
}

/// A host's table, which may be spoken to from any thread.
struct Ear(*const Host);

// SAFETY: the ABI says that `said` may be called from any thread until the instance is closed, and `Output` calls it no
// longer than that.
unsafe impl Send for Ear {}
// SAFETY: as above; calls at the same time are allowed, too.
unsafe impl Sync for Ear {}

impl Ear {
    /// What a host that can be spoken to says.
    fn of(host: *const Host) -> Result<Said, PluginError> {
        let unfit = |what: String| PluginError::failed_precondition(what);
        if host.is_null() {
            return Err(unfit("the host gives no table".to_owned()));
        }
        // SAFETY: every table begins with a head.
        let head = unsafe { host.cast::<Head>().read() };
        if head.magic != native::MAGIC {
            return Err(unfit("the host's table is none of crossplug's".to_owned()));
        }
        if head.version != native::VERSION {
            let (theirs, own) = (head.version, native::VERSION);
            let what = format!("the host is of crossplug-abi/{theirs}, the plugin of {own}");
            return Err(unfit(what));
        }
        if head.size < size_of::<Host>() {
            return Err(unfit("the host's table is too small".to_owned()));
        }
        // SAFETY: it is of this version, and large enough.
        let said = unsafe { host.read() }.said;
        let Some(said) = said else {
            return Err(unfit("the host cannot be told anything".to_owned()));
        };
        let ear = Self(host);
        Ok(Box::new(move |message| {
            // The whole of it, and not the pointer alone: it is the one that may go to another thread.
            let Ear(host) = &ear;
            // SAFETY: the table is valid until the instance is closed, and nothing is said after that.
            unsafe { said(*host, message.as_ptr(), message.len()) }
        }))
    }
}

/// Runs something of ours or of the author's; a panic in it is an error.
fn caught<T>(act: impl FnOnce() -> T) -> Result<T, PluginError> {
    catch_unwind(AssertUnwindSafe(act))
        .map_err(|panic| crate::runtime::error_of_panic(&*panic, None))
}

fn given<'b>(data: *const u8, length: usize) -> &'b [u8] {
    if data.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: whoever enters keeps so many bytes there until the entry returns, and nobody here keeps them longer.
    unsafe { std::slice::from_raw_parts(data, length) }
}

fn time(microseconds: i64) -> Option<Duration> {
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}

/// Lays bytes out for the host, which gives them back to [`release`].
fn lay_out(bytes: Vec<u8>, to: *mut Buffer) {
    if to.is_null() {
        return;
    }
    let mut bytes = std::mem::ManuallyDrop::new(bytes);
    let buffer = if bytes.capacity() == 0 {
        Buffer::empty()
    } else {
        Buffer {
            data: bytes.as_mut_ptr(),
            length: bytes.len(),
            owner: std::ptr::without_provenance_mut::<c_void>(bytes.capacity()),
        }
    };
    // SAFETY: the host has given a place for it.
    unsafe { to.write(buffer) }
}

unsafe extern "C" fn open<A: Author>(host: *const Host, error: *mut Buffer) -> *mut Opaque {
    let made = caught(|| {
        let said = Ear::of(host)?;
        let plugin = (A::MAKE)().map_err(|error| {
            let what = format!("the manifest in the code: {error}");
            PluginError::failed_precondition(what)
        })?;
        Instance::new(plugin, said)
    });
    match made.and_then(|made| made) {
        Ok(instance) => Box::into_raw(Box::new(instance)).cast(),
        Err(problem) => {
            lay_out(error_object(&problem), error);
            std::ptr::null_mut()
        }
    }
}

/// The instance behind a pointer that a host has.
fn instance<'i>(opaque: *mut Opaque) -> &'i Instance {
    // SAFETY: the host got it of `open`, and gives it to nobody once it has given it to `close`.
    unsafe { &*opaque.cast::<Instance>() }
}

unsafe extern "C" fn methods(opaque: *mut Opaque) -> Bytes {
    let methods = instance(opaque).methods();
    Bytes {
        data: methods.as_ptr(),
        length: methods.len(),
    }
}

unsafe extern "C" fn call(
    opaque: *mut Opaque,
    method: u32,
    params: *const u8,
    length: usize,
    id: i64,
    timeout: i64,
    answer: *mut Buffer,
) -> i32 {
    let params = given(params, length);
    let called = caught(|| instance(opaque).call(method, params, id, time(timeout)));
    match called.unwrap_or_else(|error| Status::Failed(error_object(&error))) {
        Status::Done(result) => {
            lay_out(result, answer);
            native::DONE
        }
        Status::Failed(error) => {
            lay_out(error, answer);
            native::FAILED
        }
        Status::Pending => native::PENDING,
    }
}

unsafe extern "C" fn push(opaque: *mut Opaque, message: *const u8, length: usize) -> i32 {
    let message = given(message, length);
    match caught(|| instance(opaque).push(message)) {
        Ok(true) => native::TAKEN,
        // After a panic nothing is sure any more.
        Ok(false) | Err(_) => native::ENDED,
    }
}

unsafe extern "C" fn close(opaque: *mut Opaque, patience: i64) -> i32 {
    let patience = time(patience).unwrap_or_default();
    if !matches!(caught(|| instance(opaque).close(patience)), Ok(true)) {
        return native::LEFT;
    }
    // SAFETY: it came of a box in `open`, nothing of it runs any more, and the host has given it away with this call.
    let own = unsafe { Box::from_raw(opaque.cast::<Instance>()) };
    // The author's own destructors may panic, too.
    let _ = caught(|| drop(own));
    native::GONE
}

unsafe extern "C" fn release(buffer: *mut Buffer) {
    if buffer.is_null() {
        return;
    }
    // SAFETY: the host gives a place that `call` or `open` has filled.
    let own = unsafe { buffer.replace(Buffer::empty()) };
    if !own.data.is_null() {
        // SAFETY: `lay_out` took these three from a vector, which nobody else has.
        drop(unsafe { Vec::from_raw_parts(own.data, own.length, own.owner.addr()) });
    }
}

#[cfg(test)]
mod tests;
