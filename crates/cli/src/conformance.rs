//! `crossplug conformance`: plays the session vectors and the interop cases against a plugin and prints what came of them.
//! Must not judge.

use std::collections::BTreeMap;
use std::path::Path;

use crossplug_conformance::interop::{self as cases, InteropCase};
use crossplug_conformance::play::Failure as Misstep;
use crossplug_conformance::{Case, Encoding, Entrance, Outcome, Report, Target, Verdict, corpus};
use serde_json::Value;

use crate::args::{self, Conformance};
use crate::exit::{Exit, Failure};
use crate::interop::{self, Subject};
use crate::output;
use crate::plugin::Found;
use crate::talk::{self, Colour, coloured};

/// What interop cases are called in reports, and where they lie below `schema/vectors`.
const INTEROP: &str = "interop/";
/// The interface that interop cases call.
const INTERFACE: &str = "conformance";

/// Plays every case that applies.
///
/// # Errors
/// A plugin that cannot be started (5), a filter that leaves nothing (2), a case that the plugin failed (3).
pub(crate) fn run(arguments: &Conformance) -> Result<(), Failure> {
    let (sessions, interop) = cases(arguments.filter.as_deref())?;
    let seen = |outcome: &Outcome| {
        if !arguments.json {
            tell(outcome, arguments.verbose);
        }
    };
    let mut report = Report::default();
    if !sessions.is_empty() {
        report = play_sessions(arguments, &sessions, seen)?;
    }
    if !interop.is_empty() {
        play_interop(arguments, &interop, &mut report, seen)?;
    }
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

fn cases(filter: Option<&str>) -> Result<(Vec<Case>, Vec<InteropCase>), Failure> {
    let unreadable =
        |error: crossplug_conformance::BadCase| Failure::new(Exit::Unavailable, error.to_string());
    let mut sessions = corpus::read().map_err(unreadable)?;
    let mut interop = cases::read().map_err(unreadable)?;
    if let Some(filter) = filter {
        let is_wanted = |path: &str| filter.split(',').any(|part| path.contains(part));
        sessions.retain(|case| is_wanted(&case.path));
        interop.retain(|case| is_wanted(&format!("{INTEROP}{}", case.path)));
        if sessions.is_empty() && interop.is_empty() {
            return Err(Failure::usage(format!(
                "--filter {filter}: no case has this in its path"
            )));
        }
    }
    Ok((sessions, interop))
}

/// Sessions are played with the plugin's program, without any host.
fn play_sessions(
    arguments: &Conformance,
    cases: &[Case],
    mut seen: impl FnMut(&Outcome),
) -> Result<Report, Failure> {
    let why_not = if arguments
        .door
        .as_deref()
        .is_some_and(|door| !["process", "socket"].contains(&door))
    {
        Some("sessions are played through the process door and the socket door")
    } else if is_bare(&arguments.path) {
        Some("sessions are played with programs, and this is a file that a host loads")
    } else {
        None
    };
    if let Some(reason) = why_not {
        let mut report = Report::default();
        for case in cases {
            let verdict = Verdict::NotApplicable(reason.to_owned());
            let outcome = Outcome::new(&case.path, &case.description, verdict);
            seen(&outcome);
            report.outcomes.push(outcome);
        }
        return Ok(report);
    }
    let found = Found::at(&arguments.path)?;
    let entrance = if arguments.door.as_deref() == Some("socket") {
        Entrance::from(&found.running()?)
    } else {
        Entrance::from(&found.launch()?)
    };
    let target = Target::probe(entrance, arguments.timeout)
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?
        .in_encoding(match arguments.encoding {
            args::Encoding::Json => Encoding::Json,
            args::Encoding::Msgpack => Encoding::Msgpack,
        });
    Ok(Report::play(&target, cases, arguments.timeout, seen))
}

/// Whether the path is a file that a host loads without a manifest beside it.
fn is_bare(path: &Path) -> bool {
    path.is_file() && path.extension().is_none_or(|extension| extension != "json")
}

/// Interop cases are played by a host, through whatever door.
fn play_interop(
    arguments: &Conformance,
    cases: &[InteropCase],
    report: &mut Report,
    mut seen: impl FnMut(&Outcome),
) -> Result<(), Failure> {
    let subject = Subject {
        path: arguments.path.clone(),
        door: arguments.door.clone(),
        is_component: is_component(&arguments.path).unwrap_or(false),
        encoding: arguments.encoding.into(),
        patience: arguments.timeout,
        soak: arguments.soak,
    };
    let why_not = match subject.implements(INTERFACE) {
        Ok(true) => None,
        Ok(false) => Some(format!("the plugin does not implement {INTERFACE}")),
        Err(error) => return Err(Failure::new(Exit::Unavailable, error)),
    };
    for case in cases {
        let path = format!("{INTEROP}{}", case.path);
        let verdict = match &why_not {
            Some(reason) => Verdict::NotApplicable(reason.clone()),
            None => match interop::play(case, &subject) {
                Ok(()) => Verdict::Passed,
                Err((line, what)) => Verdict::Failed(Box::new(Misstep::new(&path, line, what))),
            },
        };
        let outcome = Outcome::new(path, &case.description, verdict);
        seen(&outcome);
        report.outcomes.push(outcome);
    }
    Ok(())
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

/// Whether what the door `wasm` of a plugin's folder enters is a component: its first bytes say so.
fn is_component(folder: &Path) -> Option<bool> {
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    let manifest = std::fs::read(folder.join("plugin.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let module = manifest.pointer("/doors/wasm/path")?.as_str()?;
    let bytes = std::fs::read(folder.join(module)).ok()?;
    Some(bytes.starts_with(COMPONENT))
}
