//! `cargo xtask test`: every check of every language, in the order in which a failure is cheapest to see.
//!
//! A missing toolchain is a failure in CI and a named skip for a person. What has passed on the very same files is not run
//! again, but in CI.

mod counts;
mod steps;
mod suites;
mod unchanged;

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use crate::tools;
pub(crate) use counts::Counts;
use unchanged::Tree;

/// What a step gives: how many tests it ran, and the sizes of the shared corpora that it played.
pub(crate) type Outcome = anyhow::Result<Counts>;

/// One named check.
pub(crate) struct Step {
    name: &'static str,
    /// The toolchain without which a person may skip it.
    needs: Option<fn() -> anyhow::Result<()>>,
    run: fn(&Path) -> Outcome,
}

/// What a person asks for.
pub(crate) struct Wish<'a> {
    /// Only the steps whose name contains this; these are run in any case.
    pub(crate) only: Option<&'a str>,
    /// Also what has passed on these files.
    pub(crate) again: bool,
    /// Names the steps and runs none.
    pub(crate) list: bool,
}

/// Runs the steps. One that fails does not keep the others from running: whoever mends a change wants to know all of it.
///
/// # Errors
/// Names the steps that failed; in CI also those whose toolchain is missing.
pub(crate) fn run(root: &Path, wish: &Wish<'_>) -> anyhow::Result<()> {
    let Wish { only, again, list } = *wish;
    let started = Instant::now();
    let tree = if tools::in_ci() { None } else { Tree::of(root) };
    let mut total = Counts::default();
    let (mut skipped, mut failed, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps::ALL
        .iter()
        .filter(|step| only.is_none_or(|part| step.name.contains(part)))
    {
        if list {
            println!("{}", step.name);
            continue;
        }
        if let Some(Err(missing)) = step.needs.map(|needs| needs()) {
            if tools::in_ci() {
                eprintln!("{}: {missing:#}", step.name);
                failed.push(step.name);
            } else {
                println!("skipped {}: {missing:#}", step.name);
                skipped.push(step.name);
            }
            continue;
        }
        let before = tree.as_ref().filter(|_| only.is_none() && !again);
        if let Some(counts) = before.and_then(|tree| tree.passed(root, step.name)) {
            println!("passed before on these files: {}", step.name);
            total.add(counts);
            continue;
        }
        let began = Instant::now();
        match (step.run)(root) {
            Ok(counts) => {
                if let Some(tree) = &tree {
                    tree.keep(root, step.name, &counts)?;
                }
                total.add(counts);
            }
            Err(error) => {
                eprintln!("{}: {error:#}", step.name);
                failed.push(step.name);
            }
        }
        times.push((step.name, began.elapsed().as_secs_f32()));
    }
    if list {
        return Ok(());
    }
    for (name, seconds) in times {
        println!("{seconds:>7.1} s  {name}");
    }
    println!("{total}");
    println!("all of it took {:.0} s", started.elapsed().as_secs_f32());
    if !failed.is_empty() {
        bail!(
            "{} of the steps failed: {}",
            failed.len(),
            failed.join(", ")
        );
    }
    if only.is_none() && skipped.is_empty() {
        total.compare()?;
    }
    println!(
        "{} passed, 0 failed, {} skipped",
        total.passed,
        skipped.len()
    );
    Ok(())
}
