//! WASI preview 1 for guests that import it: clocks and random numbers, what they print goes to the log, and the folders
//! that were granted. No environment, no arguments, no input, no network.

mod poll;

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crossplug_policy::extism::Folder;
use wasmtime::Linker;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult, pipe::MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, HostMonotonicClock, WasiCtxBuilder};

use super::super::leash::Leash;
use super::guest::Guest;
use crate::door::Home;
use crate::log::{Level, LogSource};
use crate::{Error, ErrorKind, Result};

/// The module that guests import from.
const MODULE: &str = "wasi_snapshot_preview1";
/// A line that is longer is logged in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// A folder as [`WasmDoor::allow_path`](super::super::WasmDoor::allow_path) spells it: `ro:` in front of the host's path is
/// read only.
pub(in crate::door::wasm) fn folder(host: &str, guest: &str) -> Folder {
    Folder::new(host, guest)
}

/// A folder that a manifest in another folder names.
pub(super) fn placed(folder: &Path, named: &str) -> String {
    folder.join(named).to_string_lossy().into_owned()
}

/// Adds the functions. `poll_oneoff` is our own: the library's sleeps past every deadline.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    fn context(guest: &mut Guest) -> &mut WasiP1Ctx {
        guest
            .wasi
            .get_or_insert_with(|| WasiCtxBuilder::new().build_p1())
    }
    wasmtime_wasi::p1::add_to_linker_sync(linker, context)?;
    linker.allow_shadowing(true);
    linker.func_wrap(MODULE, "poll_oneoff", poll::poll)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What one instance sees of the world.
///
/// # Errors
/// [`ErrorKind::Io`] for a folder that cannot be opened.
pub(super) fn context(folders: &[Folder], home: &Home, leash: &Arc<Leash>) -> Result<WasiP1Ctx> {
    let mut builder = WasiCtxBuilder::new();
    builder
        .allow_blocking_current_thread(true)
        .monotonic_clock(Clock(Arc::clone(leash)))
        .stdout(Lines::new(home, LogSource::Stdout, Level::Info))
        .stderr(Lines::new(home, LogSource::Stderr, Level::Warn));
    for folder in folders {
        let rights = if folder.read_only {
            FsPerms::ReadOnly
        } else {
            FsPerms::ReadWrite
        };
        builder
            .preopened_dir(&folder.host, &folder.guest, rights)
            .map_err(|error| {
                let what = format!(
                    "the folder `{}` cannot be given to the plugin as `{}`: {error:#}",
                    folder.host, folder.guest
                );
                Error::new(ErrorKind::Io, "load").with_context(what)
            })?;
    }
    Ok(builder.build_p1())
}

/// The clock of deadlines, so that a guest's absolute times mean the same here.
struct Clock(Arc<Leash>);

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.now()
    }
}

/// What a guest prints, line by line to the host's log. Clones are the same stream.
#[derive(Clone)]
struct Lines(Arc<Printed>);

struct Printed {
    begun: Mutex<Vec<u8>>,
    home: Home,
    source: LogSource,
    level: Level,
}

impl Lines {
    fn new(home: &Home, source: LogSource, level: Level) -> Self {
        Self(Arc::new(Printed {
            begun: Mutex::default(),
            home: home.clone(),
            source,
            level,
        }))
    }
}

impl Printed {
    fn say(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        if !line.is_empty() {
            self.home.log(self.source, self.level, line, None);
        }
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        let rest = std::mem::take(self.begun.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.say(&rest);
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        let mut begun = self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            // Writing to memory does not fail.
            let _ = begun.write_all(piece);
            if piece.ends_with(b"\n") || begun.len() >= LONGEST_LINE {
                self.0.say(&std::mem::take(&mut *begun));
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_LINE)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Asked for by later previews of WASI only.
        MemoryOutputPipe::new(0).async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}
