//! A plugin's process and its three pipes, or a connection to one, as bare as they come. Must not know messages, and must not use the host.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Time that a plugin gets to end after the last line. It need not use it: whatever still runs is killed.
pub(crate) const PARTING: Duration = Duration::from_secs(1);

/// Longest line that is kept; a vector's are far shorter.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;
/// How much of the end of stderr a failure shows.
const STDERR_TAIL: usize = 4 * 1024;
/// Lines that may wait for the player before the plugin has to.
const WAITING_LINES: usize = 1024;
/// What a child gets from the environment, as from a host.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// How to start a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments; never a shell line.
    pub command: Vec<OsString>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Beside PATH, HOME, LANG and TMPDIR.
    pub environment: Vec<(OsString, OsString)>,
}

impl Launch {
    /// The same with more arguments.
    #[must_use]
    pub fn with_arguments(&self, more: &[&str]) -> Self {
        let mut launch = self.clone();
        launch.command.extend(more.iter().map(OsString::from));
        launch
    }
}

/// A plugin that runs already, and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// `unix:PATH` or `tcp:HOST:PORT`.
    pub address: String,
    /// What it wants to be shown in `initialize`.
    pub token: Option<String>,
}

/// How to get to a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entrance {
    /// By starting it.
    Start(Launch),
    /// By connecting to it.
    Connect(Running),
}

impl From<&Launch> for Entrance {
    fn from(launch: &Launch) -> Self {
        Self::Start(launch.clone())
    }
}

impl From<&Running> for Entrance {
    fn from(running: &Running) -> Self {
        Self::Connect(running.clone())
    }
}

impl Entrance {
    /// What a host shows there.
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::Start(_) => None,
            Self::Connect(running) => running.token.as_deref(),
        }
    }
}

impl std::fmt::Display for Entrance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(launch) => write!(out, "start {:?}", launch.command),
            Self::Connect(running) => write!(out, "connect to {}", running.address),
        }
    }
}

/// What came next from a plugin.
#[derive(Debug)]
pub(crate) enum Heard {
    Frame(Frame),
    /// Its output is closed.
    End,
    /// Nothing in time.
    Silence,
}

/// One frame of a plugin.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    /// Its length stood before it; else it is a line.
    pub(crate) counted: bool,
}

/// A running plugin. Dropping it kills its whole process group, where it was started here.
#[derive(Debug)]
pub(crate) struct Child {
    /// None for one that was connected to.
    process: Option<std::process::Child>,
    group: Option<Pid>,
    input: Option<Sender<Vec<u8>>>,
    output: Receiver<Frame>,
    errors: Arc<Mutex<VecDeque<u8>>>,
    errors_end: Receiver<()>,
}

impl Child {
    /// Gets to a plugin.
    ///
    /// # Errors
    /// If the program cannot be started, or nobody listens.
    pub(crate) fn enter(entrance: &Entrance) -> std::io::Result<Self> {
        match entrance {
            Entrance::Start(launch) => Self::start(launch),
            Entrance::Connect(running) => Self::connect(running),
        }
    }

    fn connect(running: &Running) -> std::io::Result<Self> {
        match running.address.split_once(':') {
            Some(("unix", path)) => {
                let socket = UnixStream::connect(path)?;
                let ends = |socket: &UnixStream| drop(socket.shutdown(Shutdown::Write));
                Ok(Self::over(socket.try_clone()?, socket, ends))
            }
            Some(("tcp", address)) => {
                let socket = TcpStream::connect(address)?;
                socket.set_nodelay(true)?;
                let ends = |socket: &TcpStream| drop(socket.shutdown(Shutdown::Write));
                Ok(Self::over(socket.try_clone()?, socket, ends))
            }
            _ => Err(std::io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Both ways of a connection. What the plugin writes to stderr is for whoever started it.
    fn over<S: Read + Write + Send + 'static>(
        input: S,
        output: S,
        end: impl Fn(&S) + Send + 'static,
    ) -> Self {
        let (sender, lines_in) = channel();
        let (lines_out, receiver) = sync_channel(WAITING_LINES);
        std::thread::spawn(move || {
            let mut input = input;
            write(&mut input, &lines_in);
            end(&input);
        });
        std::thread::spawn(move || read(output, &lines_out));
        Self {
            process: None,
            group: None,
            input: Some(sender),
            output: receiver,
            errors: Arc::default(),
            errors_end: channel().1,
        }
    }

    fn start(launch: &Launch) -> std::io::Result<Self> {
        let (program, arguments) = launch
            .command
            .split_first()
            .ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&launch.folder)
            .env_clear()
            .process_group(0);
        command.envs(
            PASSED_ON
                .iter()
                .filter_map(|name| std::env::var_os(name).map(|value| (name, value))),
        );
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let (input, lines_in) = channel();
        let (lines_out, output) = sync_channel(WAITING_LINES);
        let errors = Arc::new(Mutex::new(VecDeque::new()));
        let (end, errors_end) = channel::<()>();
        if let Some(pipe) = process.stdin.take() {
            let mut pipe = pipe;
            std::thread::spawn(move || write(&mut pipe, &lines_in));
        }
        if let Some(pipe) = process.stdout.take() {
            std::thread::spawn(move || read(pipe, &lines_out));
        }
        if let Some(pipe) = process.stderr.take() {
            let tail = Arc::clone(&errors);
            std::thread::spawn(move || {
                let _until_it_ends = end;
                keep_tail(pipe, &tail);
            });
        }
        let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        Ok(Self {
            process: Some(process),
            group,
            input: Some(input),
            output,
            errors,
            errors_end,
        })
    }

    /// Sends a line; never blocks. A plugin that is gone is noticed where its answer is awaited.
    pub(crate) fn send(&self, line: &str) {
        self.send_bytes(format!("{line}\n").into_bytes());
    }

    /// Sends a counted frame, in the same way.
    pub(crate) fn send_counted(&self, message: &[u8]) {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        self.send_bytes([&length.to_be_bytes(), message].concat());
    }

    /// Sends bytes as they are, in the same way.
    pub(crate) fn send_bytes(&self, bytes: Vec<u8>) {
        if let Some(input) = &self.input {
            let _ = input.send(bytes);
        }
    }

    /// Closes the plugin's input once everything is sent.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Ends the session with a plugin that runs on, and sees it out: it takes the next host when it is done with this one.
    pub(crate) fn leave(&mut self) {
        self.close_input();
        let until = Instant::now() + PARTING;
        while !self.was_started() {
            let left = until.saturating_duration_since(Instant::now());
            if !matches!(self.hear(left), Heard::Frame(_)) {
                return;
            }
        }
    }

    /// The next frame of the plugin.
    pub(crate) fn hear(&self, patience: Duration) -> Heard {
        match self.output.recv_timeout(patience) {
            Ok(frame) => Heard::Frame(frame),
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Whether it was started here, and has an end that can be seen.
    pub(crate) const fn was_started(&self) -> bool {
        self.process.is_some()
    }

    /// Waits for the plugin's end.
    pub(crate) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + patience;
        let process = self.process.as_mut()?;
        loop {
            match process.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Kills the plugin and gives the end of what it wrote to stderr.
    pub(crate) fn last_words(&mut self) -> String {
        self.kill();
        // All of it is in the pipe now; a process that left the group may hold the pipe open.
        let _ = self.errors_end.recv_timeout(Duration::from_millis(200));
        let tail = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn kill(&mut self) {
        // The group first: once the leader is reaped its number may belong to somebody else.
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
        if let Some(process) = &mut self.process {
            let _ = process.wait();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

fn write(pipe: &mut impl Write, lines: &Receiver<Vec<u8>>) {
    for line in lines {
        if pipe.write_all(&line).and_then(|()| pipe.flush()).is_err() {
            return;
        }
    }
}

fn read(pipe: impl Read, frames: &SyncSender<Frame>) {
    let mut pipe = BufReader::new(pipe);
    while let Some(frame) = frame(&mut pipe) {
        if frames.send(frame).is_err() {
            return;
        }
    }
}

/// The next frame. No text begins with the byte 0, and every length does that is no larger than what is kept.
fn frame(pipe: &mut impl BufRead) -> Option<Frame> {
    let counted = pipe.fill_buf().ok()?.first() == Some(&0);
    let mut bytes = Vec::new();
    if counted {
        let mut length = [0; 4];
        pipe.read_exact(&mut length).ok()?;
        bytes.resize(usize::try_from(u32::from_be_bytes(length)).ok()?, 0);
        pipe.read_exact(&mut bytes).ok()?;
    } else {
        let mut line = pipe.take(LONGEST_LINE);
        if line.read_until(b'\n', &mut bytes).ok()? == 0 {
            return None;
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
    }
    Some(Frame { bytes, counted })
}

fn keep_tail(mut pipe: impl Read, tail: &Mutex<VecDeque<u8>>) {
    let mut block = [0; 4096];
    while let Ok(length @ 1..) = pipe.read(&mut block) {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(block.iter().take(length));
        let surplus = tail.len().saturating_sub(STDERR_TAIL);
        tail.drain(..surplus);
    }
}
