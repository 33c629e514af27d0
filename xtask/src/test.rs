//! `cargo xtask test`: every check of every language, in the order in which a failure is cheapest to see.
//!
//! A missing toolchain is a failure in CI and a named skip for a person.

mod counts;
mod steps;

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use crate::tools;
pub(crate) use counts::Counts;

/// What a step gives: how many tests it ran, and the sizes of the shared corpora that it played.
pub(crate) type Outcome = anyhow::Result<Counts>;

/// One named check.
pub(crate) struct Step {
    name: &'static str,
    /// The toolchain without which a person may skip it.
    needs: Option<fn() -> anyhow::Result<()>>,
    run: fn(&Path) -> Outcome,
}

/// Runs the steps whose name contains `only`.
///
/// # Errors
/// A step fails; in CI also a toolchain that is missing.
pub(crate) fn run(root: &Path, only: Option<&str>, list: bool) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut total = Counts::default();
    let mut skipped = Vec::new();
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
                bail!("{}: {missing:#}", step.name);
            }
            println!("skipped {}: {missing:#}", step.name);
            skipped.push(step.name);
            continue;
        }
        total.add((step.run)(root)?);
    }
    if list {
        return Ok(());
    }
    if only.is_none() && skipped.is_empty() {
        total.compare()?;
    }
    println!("{total}");
    println!("all of it took {:.0} s", started.elapsed().as_secs_f32());
    println!(
        "{} passed, 0 failed, {} skipped",
        total.passed,
        skipped.len()
    );
    Ok(())
}
