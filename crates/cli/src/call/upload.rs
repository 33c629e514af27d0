//! Streams the lines of stdin to a plugin, as fast as it takes them. Must not look into them.

use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

use crossplug_host::{Payload, Uploader};

/// An upload in a thread of its own, which ends with the program if stdin does not end before.
pub(crate) struct Upload {
    stopped: Arc<Mutex<Option<Stopped>>>,
}

/// An upload that could not go on. An uploader that is dropped says that all is sent, so this one is kept until the call
/// is cancelled.
struct Stopped {
    why: String,
    _uploader: Uploader,
}

impl Upload {
    /// Begins; `waiting` is woken when a line cannot be sent.
    pub(crate) fn begin(mut uploader: Uploader, waiting: Thread) -> Self {
        let stopped = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&stopped);
        std::thread::spawn(move || {
            if let Err(why) = send(&mut uploader) {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopped {
                    why,
                    _uploader: uploader,
                });
                waiting.unpark();
            }
        });
        Self { stopped }
    }

    /// Why the upload stopped, where the plugin is not to blame.
    pub(crate) fn failed(&self) -> Option<String> {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.as_ref().map(|stopped| stopped.why.clone())
    }
}

fn send(uploader: &mut Uploader) -> Result<(), String> {
    for (index, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let number = index + 1;
        let line = line.map_err(|error| format!("--upload: stdin: {error}"))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let item = Payload::parse(line).map_err(|error| {
            format!(
                "--upload: line {number} is not JSON that can be sent: {}",
                error.context()
            )
        })?;
        // An error means that the call is over: its result, or what ended it, says more.
        if uploader.send_blocking(item).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
