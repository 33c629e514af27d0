//! The grid: one line for each plugin and door, one column for each host. The README shows it, generated.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::Cell;
use super::hosts::HOSTS;

const BEGIN: &str = "<!-- the grid, written by `cargo xtask interop --write` -->\n";
const END: &str = "<!-- the end of the grid -->\n";

/// The grid as a table of Markdown, which a terminal shows well enough.
pub(super) fn markdown(cells: &[Cell]) -> String {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        if !lines.contains(&(cell.plugin, cell.door)) {
            lines.push((cell.plugin, cell.door));
        }
    }
    lines.sort_by_key(|(plugin, _)| cells.iter().position(|cell| cell.plugin == *plugin));
    let mut text = "| plugin | door |".to_owned();
    for host in HOSTS {
        let _ = write!(text, " {} host |", title(host.name));
    }
    let _ = write!(text, "\n| --- | --- |{}\n", " ---: |".repeat(HOSTS.len()));
    for (plugin, door) in lines {
        let _ = write!(text, "| {} | `{door}` |", title(plugin));
        for host in HOSTS {
            let place = (host.name, plugin, door);
            let cell = cells
                .iter()
                .find(|cell| (cell.host, cell.plugin, cell.door) == place);
            let shown = cell.map_or(String::new(), |cell| match cell.failed + cell.skipped {
                0 => cell.passed.to_string(),
                wrong => format!("{} passed, {wrong} not", cell.passed),
            });
            let _ = write!(text, " {shown} |");
        }
        text.push('\n');
    }
    text
}

fn title(name: &str) -> &str {
    match name {
        "rust" => "Rust",
        "python" => "Python",
        "typescript" => "TypeScript",
        "c" => "C",
        "assemblyscript" => "AssemblyScript",
        "json-rpc" => "plain JSON-RPC",
        "node" => "Node",
        "browser" => "browser",
        other => other,
    }
}

/// Puts the grid into the README.
///
/// # Errors
/// The README has no place for it, or cannot be written.
pub(super) fn write(root: &Path, grid: &str) -> anyhow::Result<()> {
    let file = root.join("README.md");
    let text = fs::read_to_string(&file)?;
    let (before, _, after) = parts(&text)?;
    fs::write(&file, format!("{before}{BEGIN}{grid}{END}{after}"))?;
    Ok(())
}

/// Holds the README's grid to this one.
///
/// # Errors
/// It shows another.
pub(super) fn check(root: &Path, grid: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(root.join("README.md"))?;
    let (_, shown, _) = parts(&text)?;
    anyhow::ensure!(
        shown == grid,
        "README.md shows another grid; `cargo xtask interop --write` writes this one:\n{grid}"
    );
    Ok(())
}

/// What stands before the grid, the grid, and what stands behind it.
fn parts(text: &str) -> anyhow::Result<(&str, &str, &str)> {
    let place = "README.md has no place for the grid";
    let (before, rest) = text.split_once(BEGIN).context(place)?;
    let (grid, after) = rest.split_once(END).context(place)?;
    Ok((before, grid, after))
}
