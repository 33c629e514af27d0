//! A plugin's process and its three pipes, as bare as they come. Must not know messages, and must not use the host.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

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

/// What came next from a plugin.
#[derive(Debug)]
pub(crate) enum Heard {
    Line(Vec<u8>),
    /// Its output is closed.
    End,
    /// Nothing in time.
    Silence,
}

/// A running plugin. Dropping it kills its whole process group.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    group: Option<Pid>,
    input: Option<Sender<String>>,
    output: Receiver<Vec<u8>>,
    errors: Arc<Mutex<VecDeque<u8>>>,
    errors_end: Receiver<()>,
}

impl Child {
    /// Starts a plugin.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub(crate) fn start(launch: &Launch) -> std::io::Result<Self> {
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
            std::thread::spawn(move || write(pipe, &lines_in));
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
            process,
            group,
            input: Some(input),
            output,
            errors,
            errors_end,
        })
    }

    /// Sends a line; never blocks. A plugin that is gone is noticed where its answer is awaited.
    pub(crate) fn send(&self, line: &str) {
        if let Some(input) = &self.input {
            let _ = input.send(format!("{line}\n"));
        }
    }

    /// Closes the plugin's input once everything is sent.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// The next line of the plugin.
    pub(crate) fn hear(&self, patience: Duration) -> Heard {
        match self.output.recv_timeout(patience) {
            Ok(line) => Heard::Line(line),
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Waits for the plugin's end.
    pub(crate) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            match self.process.try_wait() {
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
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

fn write(mut pipe: ChildStdin, lines: &Receiver<String>) {
    for line in lines {
        if pipe
            .write_all(line.as_bytes())
            .and_then(|()| pipe.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read(pipe: impl Read, lines: &SyncSender<Vec<u8>>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match pipe
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                if lines.send(line).is_err() {
                    return;
                }
            }
        }
    }
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
