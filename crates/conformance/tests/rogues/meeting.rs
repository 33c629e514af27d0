//! One host and one rogue: what is done, and what must come of it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_conformance::Encoding;
use crossplug_conformance::rogues::{At, Rogue};
use crossplug_host::door::Patience;
use crossplug_host::{Call, Host, Limits, Plugin, Result, ServiceResult};
use rustix::process::{getpid, set_child_subreaper};
use serde_json::json;
use tempfile::TempDir;

use crate::census::{self, Holdings};

/// From the beginning of the load to the end of the stop.
const MOST_TIME: Duration = Duration::from_secs(10);
/// By which a host may grow meanwhile, in bytes.
const MOST_GROWTH: u64 = 64 << 20;
/// For a call that is never answered.
const DEADLINE: Duration = Duration::from_secs(2);
/// For every other call: behind a flood, on a busy machine.
const LONG_DEADLINE: Duration = Duration::from_secs(9);
/// Until threads and children that were told to end are gone.
const SETTLING: Duration = Duration::from_secs(2);
/// Before a stream is read.
const SLOWNESS: Duration = Duration::from_millis(300);
/// What may wait at the host, in bytes: far less than it may grow by, and soon reached with small messages.
const BUFFERED: usize = 4 << 20;
/// Streams that are open at once.
const STREAMS: usize = 40;
/// A well-behaved rogue, met first: what the host makes once and keeps is no leak of the meeting.
const WARM_UP: &str = "optional-feature";

/// How the host's program waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// On the thread that reads.
    Blocking,
    /// As a future.
    Async,
}

impl Manner {
    pub(crate) const ALL: [Self; 2] = [Self::Blocking, Self::Async];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Async => "async",
        }
    }
}

/// A plugin folder for one rogue.
pub(crate) struct Meeting {
    _folder: TempDir,
    /// Where its manifest is.
    place: PathBuf,
    /// Log lines and events that reached the program.
    heard: Arc<AtomicU64>,
    /// The process that the host started and must reap itself.
    process: Cell<Option<u32>>,
}

impl Meeting {
    /// Meets a rogue and gives the time and memory it took, or what was not as it must be. Its program is started, or where it
    /// has a folder already, reached as the manifest there says.
    pub(crate) fn hold(
        rogue: &Rogue,
        manner: Manner,
        folder: Option<PathBuf>,
    ) -> std::result::Result<String, String> {
        set_child_subreaper(Some(getpid())).unwrap();
        let warm_up = Self::new(WARM_UP);
        warm_up
            .misbehave(At::Call, Encoding::Json, false, Manner::Blocking)
            .map_err(|error| format!("warm-up: {error:?}"))?;
        let before = settled(|now| now.threads == 1);
        census::reset_peak();
        let (resident, begin) = (census::resident(), Instant::now());

        let mut meeting = Self::new(&rogue.name);
        meeting.place = folder.unwrap_or(meeting.place);
        let unanswered = rogue.kind.as_deref() == Some("Deadline");
        let outcome = meeting.misbehave(rogue.at, rogue.encoding, unanswered, manner);
        let took = begin.elapsed();
        let growth = census::peak().saturating_sub(resident);
        let after = settled(|now| {
            census::reap_orphans(meeting.process.get());
            *now == before
        });

        let got = outcome.as_ref().err().map(|error| error.kind().as_str());
        if got != rogue.kind.as_deref() {
            return Err(format!("expected {:?}, got {outcome:?}", rogue.kind));
        }
        let context = outcome
            .err()
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        let told = format!(
            "{:5.2} s, {:2} MiB, {} reports{context}",
            took.as_secs_f64(),
            growth >> 20,
            meeting.heard.load(Ordering::Relaxed)
        );
        if took > MOST_TIME || growth > MOST_GROWTH {
            return Err(format!("too slow or too large: {told}"));
        }
        if after != before {
            return Err(format!(
                "left behind: {after:#?}\nbefore: {before:#?}\n{told}"
            ));
        }
        Ok(told)
    }

    fn new(rogue: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_rogue"));
        let beside = folder.path().join("rogue");
        // A link, where the folder is on the same disk; a symbolic one would leave the folder.
        if std::fs::hard_link(program, &beside).is_err() {
            std::fs::copy(program, &beside).unwrap();
        }
        let manifest = json!({
            "name": "rogue", "description": "Misbehaves.", "version": "1.0.0", "language": "rust",
            "interfaces": {"conformance": "1"},
            "permissions": {"services": ["test.hold"], "events": {"emit": ["*"]}},
            "doors": {"process": {"command": ["./rogue", rogue]}},
        });
        std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
        Self {
            place: folder.path().to_owned(),
            _folder: folder,
            heard: Arc::default(),
            process: Cell::default(),
        }
    }

    fn host(&self) -> Host {
        let patience = Patience {
            shutdown: Duration::from_millis(300),
            end_of_input: Duration::from_millis(300),
            terminate: Duration::from_millis(500),
        };
        let (logs, events) = (Arc::clone(&self.heard), Arc::clone(&self.heard));
        Host::builder()
            .name("rogues")
            .patience(patience)
            .limits(Limits {
                buffered_bytes: BUFFERED,
                ..Limits::default()
            })
            .service("test.hold", |_| std::future::pending::<ServiceResult>())
            .start_timeout(DEADLINE)
            .on_log(move |_| {
                logs.fetch_add(1, Ordering::Relaxed);
            })
            .on_event(move |_| {
                events.fetch_add(1, Ordering::Relaxed);
            })
            .build()
    }

    /// Loads the rogue, does what brings its misbehaviour out, stops it and lets go of everything.
    fn misbehave(
        &self,
        at: At,
        encoding: Encoding,
        unanswered: bool,
        manner: Manner,
    ) -> Result<()> {
        let plugin = self
            .host()
            .load(&self.place)
            .encoding(spoken(encoding))
            .grant("emit=*")?
            .grant("test.hold")?
            .blocking()?;
        self.process.set(plugin.introduction().process);
        let deadline = if unanswered { DEADLINE } else { LONG_DEADLINE };
        let outcome = act(&plugin, at, deadline, manner);
        match manner {
            Manner::Blocking => drop(plugin.stop_blocking()),
            Manner::Async => drop(wait(plugin.stop())),
        }
        outcome
    }
}

/// The same in the host's words.
fn spoken(encoding: Encoding) -> crossplug_host::protocol::handshake::Encoding {
    crossplug_host::protocol::handshake::Encoding::from_name(encoding.name()).unwrap()
}

fn act(plugin: &Plugin, at: At, deadline: Duration, manner: Manner) -> Result<()> {
    let echo = |params: serde_json::Value| {
        finish(plugin.call("test.echo", params).timeout(deadline), manner)
    };
    match at {
        At::Call => echo(json!({})),
        At::Next => {
            // The second answer may be there before the first one is looked at.
            let _ = echo(json!({}));
            echo(json!({}))
        }
        At::Large => echo(json!({"text": "x".repeat(8 << 20)})),
        At::Stream => {
            let mut stream = plugin
                .call("test.count", json!({"to": 1000}))
                .timeout(deadline)
                .stream()?;
            // A slow reader gives no new credit meanwhile, so a peer that heeds none goes past it.
            std::thread::sleep(SLOWNESS);
            let mut next = || match manner {
                Manner::Blocking => stream.next_blocking(),
                Manner::Async => wait(stream.next()),
            };
            while next()?.is_some() {}
            Ok(())
        }
        At::Streams => {
            let open = || {
                plugin
                    .call("test.count", json!({"to": 1}))
                    .timeout(LONG_DEADLINE)
                    .stream()
            };
            let streams = (0..STREAMS).map(|_| open()).collect::<Result<Vec<_>>>()?;
            // Answered after all of them, so everything is there; and the plugin must still be.
            finish(
                plugin.call("test.echo", json!({})).timeout(LONG_DEADLINE),
                manner,
            )?;
            let results = streams.into_iter().map(|stream| match manner {
                Manner::Blocking => stream.result_blocking().map(drop),
                Manner::Async => wait(stream.result()).map(drop),
            });
            results.collect::<Vec<_>>().into_iter().collect()
        }
        // Loading it should have failed.
        _ => Ok(()),
    }
}

fn finish(call: Call, manner: Manner) -> Result<()> {
    match manner {
        Manner::Blocking => call.blocking(),
        Manner::Async => wait(call.into_future()),
    }
    .map(drop)
}

/// Waits for a future on this thread, as any executor would.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

/// What this process holds, once it is as wished or the time for that is up.
fn settled(wished: impl Fn(&Holdings) -> bool) -> Holdings {
    let until = Instant::now() + SETTLING;
    loop {
        let now = Holdings::now();
        if wished(&now) || Instant::now() > until {
            return now;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
