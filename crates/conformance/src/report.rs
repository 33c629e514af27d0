//! Every case against one plugin, and what came of it. Must not print.

use std::time::Duration;

use serde_json::{Value, json};

use crate::case::Case;
use crate::play::{Failure, play};
use crate::target::Target;

/// What came of one case.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The plugin kept to it.
    Passed,
    /// It did not.
    Failed(Box<Failure>),
    /// The case needs what the plugin does not have: the reason.
    NotApplicable(String),
}

/// One case and its verdict.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// File of the case: `crossplug-1/ask.jsonl`, `interop/bytes.jsonl`.
    pub path: String,
    /// What the case shows.
    pub description: String,
    /// What came of it.
    pub verdict: Verdict,
}

impl Outcome {
    /// What came of a case that shows something.
    #[must_use]
    pub fn new(path: impl Into<String>, description: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            path: path.into(),
            description: description.into(),
            verdict,
        }
    }
}

/// What came of all cases.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// In the order in which they were played.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Plays cases against a plugin, one after another, each against a fresh process.
    pub fn play(
        target: &Target,
        cases: &[Case],
        line_time: Duration,
        mut seen: impl FnMut(&Outcome),
    ) -> Self {
        let mut report = Self::default();
        for case in cases {
            let verdict = match target.entrance_for(case) {
                Err(reason) => Verdict::NotApplicable(reason),
                Ok(entrance) => match play(case, entrance, target.encoding, line_time) {
                    Ok(()) => Verdict::Passed,
                    Err(failure) => Verdict::Failed(failure),
                },
            };
            let outcome = Outcome::new(&case.path, &case.description, verdict);
            seen(&outcome);
            report.outcomes.push(outcome);
        }
        report
    }

    /// How many cases the plugin kept to.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Passed))
    }

    /// How many it did not keep to.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// How many it was not asked.
    #[must_use]
    pub fn not_applicable(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::NotApplicable(_)))
    }

    /// `{passed, failed, notApplicable, cases: [{case, description, verdict, reason?, line?, expected?, got?, stderr?}]}`,
    /// where `verdict` is `passed`, `failed` or `notApplicable`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let cases: Vec<Value> = self.outcomes.iter().map(outcome_to_json).collect();
        json!({"passed": self.passed(), "failed": self.failed(), "notApplicable": self.not_applicable(), "cases": cases})
    }

    fn count(&self, which: impl Fn(&Verdict) -> bool) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| which(&outcome.verdict))
            .count()
    }
}

fn outcome_to_json(outcome: &Outcome) -> Value {
    let mut members = serde_json::Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("case", json!(outcome.path));
    set("description", json!(outcome.description));
    match &outcome.verdict {
        Verdict::Passed => {
            set("verdict", json!("passed"));
        }
        Verdict::NotApplicable(reason) => {
            set("verdict", json!("notApplicable"));
            set("reason", json!(reason));
        }
        Verdict::Failed(failure) => {
            set("verdict", json!("failed"));
            set("reason", json!(failure.what));
            set("line", json!(failure.line));
            for (name, text) in [("expected", &failure.expected), ("got", &failure.got)] {
                if let Some(text) = text {
                    set(name, json!(text));
                }
            }
            if !failure.stderr.is_empty() {
                set("stderr", json!(failure.stderr));
            }
        }
    }
    Value::Object(members)
}
