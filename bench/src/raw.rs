//! A child that echoes lines, driven with plain reads and writes: the least that a call over pipes can cost.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;

/// A running echo.
pub(crate) struct RawPeer {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    buffer: Vec<u8>,
}

impl RawPeer {
    /// Starts the program with its arguments.
    pub(crate) fn start(command: &[PathBuf]) -> anyhow::Result<Self> {
        let (program, arguments) = command.split_first().context("a command names a program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("the child has an output")?;
        Ok(Self {
            child,
            input,
            output,
            buffer: vec![0; 128 << 10],
        })
    }

    /// Writes a line and reads as many bytes back.
    pub(crate) fn round_trip(&mut self, line: &[u8]) -> anyhow::Result<()> {
        self.input
            .as_mut()
            .context("the child has an input")?
            .write_all(line)?;
        let mut left = line.len();
        while left > 0 {
            let read = self.output.read(&mut self.buffer)?;
            anyhow::ensure!(read > 0, "the raw peer ended");
            left = left.saturating_sub(read);
        }
        Ok(())
    }
}

impl Drop for RawPeer {
    fn drop(&mut self) {
        // Its input ends, so it ends.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
