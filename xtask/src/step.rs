//! Runs one external program as a named step: says what runs, shows that it lives, keeps its output.
//!
//! On a terminal a running step is one line that is written over; elsewhere it is one line when it ends. A failed
//! step shows the end of its output and where the whole of it lies. A step that runs tests is shown as it goes.

use std::fs;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// How much of a step's output is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Only the end of it, and only if the step fails.
    OnFailure,
    /// Every line as it comes.
    Always,
}

/// Runs `command` and gives its output (both streams, as lines came).
///
/// # Errors
/// The program cannot be started, or ends with another status than 0.
pub(crate) fn run(name: &str, command: &mut Command, show: Show) -> anyhow::Result<String> {
    let started = Instant::now();
    let live = std::io::stderr().is_terminal() && show == Show::OnFailure;
    let log = log_file(name)?;
    if show == Show::Always {
        eprintln!("── {name}");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name}: cannot start {:?}", command.get_program()))?;
    let (sender, lines) = mpsc::channel::<Vec<u8>>();
    let mut readers = Vec::new();
    if let Some(stream) = child.stdout.take() {
        let sender = sender.clone();
        readers.push(std::thread::spawn(move || forward(stream, &sender)));
    }
    if let Some(stream) = child.stderr.take() {
        readers.push(std::thread::spawn(move || forward(stream, &sender)));
    }
    let mut output = String::new();
    let mut last = String::new();
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                if show == Show::Always {
                    println!("{}", line.trim_end_matches('\n'));
                }
                if !line.trim().is_empty() {
                    last = line.trim().to_owned();
                }
                output.push_str(&line);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if live {
            let shown: String = last.chars().take(90).collect();
            eprint!(
                "\r\x1b[K   {name} … {:.0} s  {shown}",
                started.elapsed().as_secs_f32()
            );
        }
    }
    for reader in readers {
        let _ = reader.join();
    }
    let status = child.wait()?;
    if live {
        eprint!("\r\x1b[K");
    }
    fs::write(&log, &output)?;
    let seconds = started.elapsed().as_secs_f32();
    if !status.success() {
        if show == Show::OnFailure {
            let tail: Vec<&str> = output.lines().rev().take(60).collect();
            for line in tail.into_iter().rev() {
                eprintln!("   | {line}");
            }
        }
        bail!(
            "{name}: failed with {status} after {seconds:.1} s; the whole output: {}",
            log.display()
        );
    }
    eprintln!("ok {name} ({seconds:.1} s)");
    std::io::stderr().flush()?;
    Ok(output)
}

fn forward(stream: impl std::io::Read, sender: &mpsc::Sender<Vec<u8>>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(count) = reader.read_until(b'\n', &mut line) {
        if count == 0 || sender.send(std::mem::take(&mut line)).is_err() {
            return;
        }
    }
}

fn log_file(name: &str) -> anyhow::Result<PathBuf> {
    let folder = Path::new("target/xtask/logs");
    fs::create_dir_all(folder)?;
    let stem: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Ok(folder.join(format!("{stem}.log")))
}

/// Runs `work` unless `stamp` says that it was done for the same `inputs`.
///
/// # Errors
/// What `work` gives; an input that cannot be read.
pub(crate) fn unless_done(
    stamp: &str,
    inputs: &[PathBuf],
    work: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let path = Path::new("target/xtask/stamps").join(stamp);
    let mut state = String::new();
    for input in inputs {
        let bytes = fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
        state.push_str(&format!(
            "{} {:016x}\n",
            input.display(),
            fingerprint(&bytes)
        ));
    }
    if fs::read_to_string(&path).is_ok_and(|done| done == state) {
        return Ok(());
    }
    let _ = fs::remove_file(&path);
    work()?;
    fs::create_dir_all("target/xtask/stamps")?;
    fs::write(&path, state)?;
    Ok(())
}

/// Makes [`unless_done`] do its work again: what it made is gone.
///
/// # Errors
/// The stamp cannot be removed.
pub(crate) fn forget(stamp: &str) -> anyhow::Result<()> {
    match fs::remove_file(Path::new("target/xtask/stamps").join(stamp)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// FNV-1a: enough to notice that a file changed; nothing here defends against an attacker.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Every file below `folder` whose name ends in one of `endings`, sorted, without build output.
///
/// # Errors
/// A folder that cannot be read.
pub(crate) fn files_below(folder: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if entry.file_type()?.is_dir() {
                if !matches!(
                    &*name,
                    "target" | "node_modules" | "dist" | ".git" | "__pycache__"
                ) && !name.ends_with(".egg-info")
                {
                    open.push(entry.path());
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
