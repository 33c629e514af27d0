//! SIGTERM: who stops the plugin so wants it to end as it does with its input. Knows the signal and nothing of plugins.

use std::ffi::c_int;
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::pipe;
use rustix::process::Signal;

/// Where the handler writes; none yet.
static BELL: AtomicI32 = AtomicI32::new(-1);

#[allow(unsafe_code, reason = "rustix has no signal handlers")]
unsafe extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
}

/// Calls `told` for every SIGTERM, on a thread of its own. Where there is none to be had the signal ends the process, as it
/// does without us.
pub(in crate::export) fn watch(told: impl Fn() + Send + 'static) {
    let Ok((heard, bell)) = pipe() else { return };
    if fcntl_setfd(&heard, FdFlags::CLOEXEC).is_err()
        || fcntl_setfd(&bell, FdFlags::CLOEXEC).is_err()
    {
        return;
    }
    let watch = move || {
        let mut byte = [0];
        loop {
            match rustix::io::read(&heard, &mut byte) {
                Ok(1..) => told(),
                Err(rustix::io::Errno::INTR) => {}
                _ => return,
            }
        }
    };
    let watcher = std::thread::Builder::new().name("crossplug-signal".to_owned());
    if watcher.spawn(watch).is_ok() {
        BELL.store(bell.into_raw_fd(), Ordering::Release);
        // SAFETY: the handler does nothing but write to a file, which a signal handler may.
        #[allow(unsafe_code, reason = "rustix has no signal handlers")]
        unsafe {
            signal(Signal::TERM.as_raw(), ring)
        };
    }
}

extern "C" fn ring(_signal: c_int) {
    // SAFETY: the pipe's end was leaked to this handler, so it stays open.
    #[allow(unsafe_code, reason = "a file that is known by its number")]
    let bell = unsafe { BorrowedFd::borrow_raw(BELL.load(Ordering::Acquire)) };
    let _ = rustix::io::write(bell, &[0]);
}
