//! `cargo xtask interop`: every host × plugin × door that can be, on the same cases (`schema/vectors/interop`).
//!
//! Each cell is a program of the host's language that plays the cases on a conformance subject through one door; this file
//! starts them and draws the grid.

mod absent;
mod grid;
mod hosts;
mod listener;
mod strangers;
mod subjects;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::bail;
use serde_json::{Value, json};

use crate::test::{Counts, Outcome};
use crate::tools;
use hosts::HOSTS;

/// One host, plugin and door, and what came of the cases.
struct Cell {
    host: &'static str,
    plugin: &'static str,
    door: &'static str,
    passed: u64,
    failed: u64,
    /// Cases that were not played.
    skipped: u64,
    /// What failed, a line for each.
    told: Vec<String>,
    seconds: f32,
}

/// What becomes of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It is printed.
    Table,
    /// It is printed as JSON.
    Json,
    /// It is printed and put into the README.
    Written,
    /// It is printed, and the README must show the same.
    Checked,
}

/// What is played.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish<'w> {
    /// Only cells whose `host/plugin/door` contains this.
    pub(crate) only: Option<&'w str>,
    /// Processes and components are loaded again and again as often as modules, too.
    pub(crate) soak: bool,
}

/// Plays every cell, or those that are wished for.
///
/// # Errors
/// Something cannot be built, or a case failed or was not played.
pub(crate) fn run(root: &Path, wish: &Wish<'_>, shown: Shown) -> Outcome {
    absent::check()?;
    let (cells, whole) = cells(root, wish)?;
    let grid = grid::markdown(&cells);
    match shown {
        Shown::Json => println!("{}", to_json(&cells)),
        _ => print!("{grid}"),
    }
    let mut wrong = 0;
    for cell in &cells {
        for line in &cell.told {
            eprintln!(
                "{} host, {} plugin, {}: {line}",
                cell.host, cell.plugin, cell.door
            );
        }
        wrong += cell.failed + cell.skipped;
    }
    if wrong > 0 || cells.is_empty() {
        bail!(
            "{wrong} cases of the grid's {} cells failed or were not played",
            cells.len()
        );
    }
    let page = format!("{grid}\n{}", absent::markdown());
    match shown {
        Shown::Written if whole => grid::write(root, &page)?,
        Shown::Checked if whole => grid::check(root, &page)?,
        _ => {}
    }
    Ok(Counts::checks(cells.iter().map(|cell| cell.passed).sum()))
}

/// All cells, two at a time, most of them waiting for programs to start; and whether none was left out.
fn cells(root: &Path, wish: &Wish<'_>) -> anyhow::Result<(Vec<Cell>, bool)> {
    let cases = std::fs::read_dir(root.join("schema/vectors/interop"))?.count() as u64;
    let laid_out = subjects::lay_out(root)?;
    // A person may have no compiler for one of them.
    let has_all = absent::PLUGINS
        .iter()
        .all(|plugin| laid_out.iter().any(|(laid, _)| laid == plugin));
    let (mut wanted, mut whole) = (Vec::new(), wish.only.is_none() && has_all);
    for host in HOSTS {
        let prepared = (host.prepare)(root);
        if let Err(missing) = prepared {
            if tools::in_ci() {
                return Err(missing.context(format!("the host `{}`", host.name)));
            }
            eprintln!("skipped the host `{}`: {missing:#}", host.name);
            whole = false;
            continue;
        }
        for (plugin, door) in &laid_out {
            let name = format!("{}/{plugin}/{door}", host.name);
            if host.takes(plugin, door) && wish.only.is_none_or(|part| name.contains(part)) {
                wanted.push((host, *plugin, *door));
            }
        }
    }
    // The hosts that take longest for a cell stand last, and begin: nobody waits for them alone in the end.
    wanted.reverse();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((host, plugin, door)) = wanted.get(index) else {
                        return;
                    };
                    let cases = strangers::cases(plugin).map_or(cases, |some| some.len() as u64);
                    let cell = hosts::play(root, host, plugin, door, wish, cases);
                    eprintln!(
                        "   {} host, {plugin} plugin, {door}: {} passed, {} failed, {:.1} s",
                        host.name, cell.passed, cell.failed, cell.seconds
                    );
                    if let Ok(mut done) = done.lock() {
                        done.insert(index, cell);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_default();
    Ok((done.into_values().rev().collect(), whole))
}

fn to_json(cells: &[Cell]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .map(|cell| {
            json!({"host": cell.host, "plugin": cell.plugin, "door": cell.door,
                   "passed": cell.passed, "failed": cell.failed, "skipped": cell.skipped})
        })
        .collect();
    json!({ "cells": cells })
}

impl Cell {
    fn new(host: &'static str, plugin: &'static str, door: &'static str) -> Self {
        Self {
            host,
            plugin,
            door,
            passed: 0,
            failed: 0,
            skipped: 0,
            told: Vec::new(),
            seconds: 0.0,
        }
    }

    /// Reads a player's report.
    fn read(mut self, report: &Value, cases: u64, began: Instant) -> Self {
        for case in report
            .get("cases")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
            if !text("case").starts_with("interop/") {
                continue; // sessions are the plugin's own affair, and have tests of their own
            }
            match text("verdict") {
                "passed" => self.passed += 1,
                "failed" => {
                    self.failed += 1;
                    let line = case.get("line").and_then(Value::as_u64).unwrap_or_default();
                    self.told
                        .push(format!("{}:{line}: {}", text("case"), text("reason")));
                }
                _ => {}
            }
        }
        self.skipped = cases.saturating_sub(self.passed + self.failed);
        self.seconds = began.elapsed().as_secs_f32();
        self
    }
}
