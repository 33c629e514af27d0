//! `crossplug conformance`: plays the session vectors against a plugin and prints what came of them. Must not judge.

use std::collections::BTreeMap;

use crossplug_conformance::{Case, Outcome, Report, Target, Verdict, corpus};

use crate::args::Conformance;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::plugin::Found;
use crate::talk::{self, Colour, coloured};

/// Plays every case that applies.
///
/// # Errors
/// A plugin that cannot be started (5), a filter that leaves nothing (2), a case that the plugin failed (3).
pub(crate) fn run(arguments: &Conformance) -> Result<(), Failure> {
    let cases = cases(arguments.filter.as_deref())?;
    let launch = Found::at(&arguments.path)?.launch()?;
    let target = Target::probe(&launch, arguments.timeout)
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    let report = Report::play(&target, &cases, arguments.timeout, |outcome| {
        if !arguments.json {
            tell(outcome, arguments.verbose);
        }
    });
    if arguments.json {
        output::compact(&report.to_json())?;
    } else {
        if !arguments.verbose {
            tell_reasons(&report);
        }
        let (passed, failed, rest) = (report.passed(), report.failed(), report.not_applicable());
        output::line(&format!(
            "{passed} passed, {failed} failed, {rest} not applicable"
        ))?;
    }
    if report.failed() > 0 {
        return Err(Failure::said(Exit::Broken));
    }
    if report.passed() == 0 {
        return Err(Failure::new(
            Exit::Unavailable,
            "no case applies to the plugin, so nothing is shown",
        ));
    }
    Ok(())
}

fn cases(filter: Option<&str>) -> Result<Vec<Case>, Failure> {
    let mut cases =
        corpus::read().map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    if let Some(filter) = filter {
        cases.retain(|case| case.path.contains(filter));
        if cases.is_empty() {
            return Err(Failure::usage(format!(
                "--filter {filter}: no case has this in its path"
            )));
        }
    }
    Ok(cases)
}

/// Why cases do not apply, each reason once.
fn tell_reasons(report: &Report) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in &report.outcomes {
        if let Verdict::NotApplicable(reason) = &outcome.verdict {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in reasons {
        let cases = if count == 1 { "case" } else { "cases" };
        talk::line(&format!(
            "{}     {count} {cases}: {reason}",
            coloured("n/a", Colour::Grey)
        ));
    }
}

fn tell(outcome: &Outcome, verbose: bool) {
    match &outcome.verdict {
        Verdict::Failed(failure) => {
            talk::line(&format!(
                "{}  {}: {}",
                coloured("failed", Colour::Red),
                outcome.path,
                outcome.description
            ));
            talk::line(&failure.to_string());
        }
        Verdict::NotApplicable(_) if !verbose => {}
        Verdict::NotApplicable(reason) => {
            talk::line(&format!(
                "{}     {}: {reason}",
                coloured("n/a", Colour::Grey),
                outcome.path
            ));
        }
        _ => talk::line(&format!(
            "{}      {}",
            coloured("ok", Colour::Green),
            outcome.path
        )),
    }
}
