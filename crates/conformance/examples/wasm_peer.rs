//! A module of `crossplug-abi/1` as a process: its messages are this program's lines. It uses the exports as anybody could
//! who has read `schema/README.md` section 8, and nothing of our host, so that the session vectors judge the guest alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unsafe_code,
    reason = "a program for tests, which compile the module for it, once"
)]

use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    begin: Instant,
}

/// The messages that a guest gives, and whether it has ended.
type Said = wasmtime::Result<(Vec<u8>, bool)>;

impl Guest {
    fn new(engine: &Engine, module: &Module, begin: Instant) -> Self {
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Self {
            store,
            instance,
            memory,
            begin,
        }
    }

    fn export<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
        &mut self,
        name: &str,
    ) -> TypedFunc<P, R> {
        self.instance
            .get_typed_func(&mut self.store, name)
            .expect(name)
    }

    fn now(&self) -> i64 {
        i64::try_from(self.begin.elapsed().as_micros()).unwrap()
    }

    fn read(&self, packed: i64) -> (Vec<u8>, bool) {
        let packed = packed.cast_unsigned();
        let at = usize::try_from(packed & 0xffff_ffff).unwrap();
        let length = usize::try_from(packed >> 32 & 0x1fff_ffff).unwrap();
        let bytes = self.memory.data(&self.store).get(at..at + length).unwrap();
        (bytes.to_vec(), packed >> 62 == 1)
    }

    fn push(&mut self, frame: &[u8]) -> Said {
        let length = i32::try_from(frame.len()).unwrap();
        let reserve = self.export::<i32, i32>("crossplug_reserve");
        let at = reserve.call(&mut self.store, length)?;
        let at = usize::try_from(at.cast_unsigned()).unwrap();
        self.memory.write(&mut self.store, at, frame).unwrap();
        let push = self.export::<(i32, i64), i64>("crossplug_push");
        let now = self.now();
        let packed = push.call(&mut self.store, (length, now))?;
        Ok(self.read(packed))
    }

    fn timed(&mut self, name: &str) -> Said {
        let export = self.export::<i64, i64>(name);
        let now = self.now();
        let packed = export.call(&mut self.store, now)?;
        Ok(self.read(packed))
    }

    /// How long it can be left alone.
    fn patience(&mut self) -> Option<Duration> {
        let next = self.export::<(), i64>("crossplug_next");
        let at = u64::try_from(next.call(&mut self.store, ()).unwrap()).ok()?;
        Some(Duration::from_micros(at).saturating_sub(self.begin.elapsed()))
    }

    fn last_words(&mut self) -> Vec<u8> {
        let words = self.export::<(), i64>("crossplug_last_words");
        let packed = words.call(&mut self.store, ()).unwrap();
        self.read(packed).0
    }
}

fn main() {
    let path = std::env::args()
        .nth(1)
        .expect("the path of a compiled module");
    let engine = Engine::default();
    // SAFETY: the test that starts this has just written the file, with the same engine.
    let module = unsafe { Module::deserialize_file(&engine, path) }.unwrap();
    let begin = Instant::now();
    let mut guest = Guest::new(&engine, &module, begin);
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
    while !over {
        let patience = guest.patience();
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
            Err(RecvTimeoutError::Timeout) => guest.timed("crossplug_turn"),
            Err(RecvTimeoutError::Disconnected) => {
                closed = true;
                guest.timed("crossplug_close")
            }
        };
        let bytes = match said {
            Ok((bytes, ended)) => {
                over = ended;
                bytes
            }
            Err(_) => {
                let words = guest.last_words();
                guest = Guest::new(&engine, &module, begin);
                if let Some(hello) = &hello {
                    guest.push(hello).unwrap();
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
