//! Frames to the host. Nobody who reads or computes ever waits for a host that does not read: what does not fit into the
//! pipe at once is written by a thread that has nothing else to do.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crossplug_protocol::frame::FrameWriter;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;

use crate::lock::locked;
use crate::runtime::Runtime;

/// What `poll` says of a socket whose other end says nothing more.
#[cfg(target_os = "linux")]
const HUNG_UP: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
const HUNG_UP: PollFlags = PollFlags::HUP;

/// The writing end of the conversation.
pub(in crate::export) struct Output {
    file: OwnedFd,
    /// What is on its way: the session's writer and this one change places.
    going: Mutex<FrameWriter>,
    /// A thread waits for the host to read; it takes everything that comes.
    stuck: AtomicBool,
    /// The host does not listen any more.
    dead: AtomicBool,
}

impl Output {
    pub(in crate::export) fn new(file: OwnedFd) -> Arc<Self> {
        // A terminal or a file is shared with others, who would not expect it; a pipe's end is ours alone.
        let ours = fstat(&file).is_ok_and(|stat| {
            matches!(
                FileType::from_raw_mode(stat.st_mode),
                FileType::Fifo | FileType::Socket
            )
        });
        if ours && let Ok(flags) = fcntl_getfl(&file) {
            let _ = fcntl_setfl(&file, flags | OFlags::NONBLOCK);
        }
        Arc::new(Self {
            file,
            going: Mutex::new(FrameWriter::new()),
            stuck: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        })
    }

    /// Writes what waits, as far as it goes without waiting.
    pub(super) fn flush(self: &Arc<Self>, runtime: &Arc<Runtime>) {
        if self.stuck.load(Ordering::SeqCst) {
            return;
        }
        let going = locked(&self.going);
        if self.write(going, runtime) {
            return;
        }
        if !self.stuck.swap(true, Ordering::SeqCst) {
            let (output, own) = (Arc::clone(self), Arc::clone(runtime));
            let spawned = std::thread::Builder::new()
                .name("crossplug-output".to_owned())
                .spawn(move || output.wait_and_write(&own));
            if spawned.is_err() {
                self.wait_and_write(runtime);
            }
        }
    }

    /// Everything is written, or nobody would read it.
    pub(super) fn is_done(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
            || (!self.stuck.load(Ordering::SeqCst) && locked(&self.going).is_empty())
    }

    /// Whether the host has stopped listening.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Whether the host has hung up, which the input shows when it is read to its end.
    pub(super) fn has_been_hung_up_on(&self) -> bool {
        let mut socket = [PollFd::new(&self.file, HUNG_UP)];
        let now = Timespec::default();
        matches!(poll(&mut socket, Some(&now)), Ok(1..))
            && socket.iter().any(|socket| {
                let gone = PollFlags::HUP | PollFlags::ERR | HUNG_UP;
                socket.revents().intersects(gone)
            })
    }

    /// Hangs up, where this is a socket: the host is told nothing more, and nobody waits for it to read.
    pub(in crate::export) fn hang_up(&self) {
        self.dead.store(true, Ordering::SeqCst);
        let _ = rustix::net::shutdown(&self.file, rustix::net::Shutdown::Both);
    }

    /// False where the host has to read first.
    fn write(
        &self,
        mut going: std::sync::MutexGuard<'_, FrameWriter>,
        runtime: &Arc<Runtime>,
    ) -> bool {
        loop {
            if going.is_empty() {
                runtime.with(|state| std::mem::swap(&mut state.out, &mut going));
                if going.is_empty() {
                    break;
                }
            }
            match rustix::io::write(&self.file, going.as_bytes()) {
                Ok(count) => going.consume(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return false,
                Err(_) => {
                    self.dead.store(true, Ordering::SeqCst);
                    let all = going.len();
                    going.consume(all);
                }
            }
        }
        drop(going);
        runtime.drained();
        true
    }

    fn wait_and_write(self: &Arc<Self>, runtime: &Arc<Runtime>) {
        while !self.write(locked(&self.going), runtime) {
            let _ = poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], None);
        }
        self.stuck.store(false, Ordering::SeqCst);
        // What came between the last look and now was left to this thread.
        self.flush(runtime);
    }
}
