//! A guest of `crossplug-abi/1` as a process: its messages are this program's lines. It enters a module or a component as
//! anybody could who has read `schema/README.md` section 8 and `schema/crossplug.wit`, with nothing of our host, so that the
//! session vectors judge the guest alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unsafe_code,
    reason = "a program for tests, which compile the guest for it, once"
)]

mod component;
mod module;

use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use wasmtime::component::Component;
use wasmtime::{Engine, Module, Precompiled};

/// What a guest says, and when it wants to be entered again.
struct Outbox {
    messages: Vec<u8>,
    over: bool,
    next: Option<Duration>,
}

trait Guest {
    fn push(&mut self, frame: &[u8]) -> wasmtime::Result<Outbox>;
    fn turn(&mut self) -> wasmtime::Result<Outbox>;
    fn close(&mut self) -> wasmtime::Result<Outbox>;
    fn last_words(&mut self) -> Vec<u8>;
}

/// Makes instances of the file, which `Engine::precompile_*` wrote.
fn maker(path: &str, begin: Instant) -> Box<dyn Fn() -> Box<dyn Guest>> {
    let engine = Engine::default();
    if let Some(Precompiled::Component) = Engine::detect_precompiled_file(path).unwrap() {
        // SAFETY: the test that starts this has just written the file, with the same engine.
        let component = unsafe { Component::deserialize_file(&engine, path) }.unwrap();
        return Box::new(move || Box::new(component::Typed::new(&engine, &component, begin)));
    }
    // SAFETY: as above.
    let module = unsafe { Module::deserialize_file(&engine, path) }.unwrap();
    Box::new(move || Box::new(module::Bare::new(&engine, &module, begin)))
}

fn main() {
    let path = std::env::args()
        .nth(1)
        .expect("the path of a compiled guest");
    let begin = Instant::now();
    let make = maker(&path, begin);
    let mut guest = make();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().split(b'\n').map_while(Result::ok) {
            // White space around a line belongs to the lines, which end here.
            let is_space = |byte: &u8| b" \t\r".contains(byte);
            if let Some(start) = line.iter().position(|byte| !is_space(byte)) {
                let end = line
                    .iter()
                    .rposition(|byte| !is_space(byte))
                    .unwrap_or(start);
                let _ = sender.send(line[start..=end].to_vec());
            }
        }
    });
    let (mut hello, mut closed, mut over) = (None, false, false);
    let mut next = None;
    while !over {
        // How long it can be left alone.
        let patience = next.map(|at: Duration| at.saturating_sub(begin.elapsed()));
        let line = match patience {
            _ if closed => {
                std::thread::sleep(patience.unwrap_or(Duration::from_millis(1)));
                Err(RecvTimeoutError::Timeout)
            }
            Some(patience) => lines.recv_timeout(patience),
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let said = match &line {
            Ok(line) => {
                if hello.is_none() && line.windows(12).any(|part| part == b"\"initialize\"") {
                    hello = Some(line.clone());
                }
                guest.push(line)
            }
            Err(RecvTimeoutError::Timeout) => guest.turn(),
            Err(RecvTimeoutError::Disconnected) => {
                closed = true;
                guest.close()
            }
        };
        let bytes = match said {
            Ok(said) => {
                (over, next) = (said.over, said.next);
                said.messages
            }
            Err(_) => {
                let words = guest.last_words();
                guest = make();
                next = None;
                if let Some(hello) = &hello {
                    next = guest.push(hello).unwrap().next;
                }
                words
            }
        };
        std::io::stdout().write_all(&bytes).unwrap();
        std::io::stdout().flush().unwrap();
    }
    // One that ends by itself could not read what it was given.
    std::process::exit(i32::from(!closed));
}
