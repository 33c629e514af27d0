//! The raw limit of a Rust child: reads a line, writes the line back, knows no protocol.

use std::io::{BufRead as _, BufReader, Write as _};

fn main() -> std::io::Result<()> {
    let mut source = BufReader::new(std::io::stdin());
    let mut sink = std::io::stdout();
    let mut line = Vec::new();
    while source.read_until(b'\n', &mut line)? > 0 {
        sink.write_all(&line)?;
        sink.flush()?;
        line.clear();
    }
    Ok(())
}
