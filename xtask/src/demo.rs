//! `cargo xtask demo [FILE]`: the main job. A Rust host loads every example plugin in every language, gives them a real
//! document and compares what they say.
//!
//! The hosts are the examples' own; this file starts them, compares their rows and draws the table.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::examples::{self, LANGUAGES, SCENARIOS};
use crate::tools::python;

/// What one plugin answered to one call.
struct Row {
    scenario: &'static str,
    language: &'static str,
    door: String,
    method: String,
    result: Value,
    millis: f64,
}

/// Runs the examples on `file`, the README by default.
///
/// # Errors
/// Something cannot be built, a plugin fails, or two languages answer differently.
pub(crate) fn run(root: &Path, file: Option<&Path>, as_json: bool) -> anyhow::Result<()> {
    let file = file.unwrap_or(Path::new("README.md"));
    anyhow::ensure!(
        file.is_file(),
        "{}: no such file; give the demo a text",
        file.display()
    );
    examples::build(root)?;
    let mut rows = Vec::new();
    for scenario in SCENARIOS {
        for (language, _) in LANGUAGES {
            rows.extend(rows_of(root, scenario, language, file)?);
        }
    }
    if as_json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({"scenario": row.scenario, "language": row.language, "door": row.door, "method": row.method,
                       "result": row.result, "millis": row.millis})
            })
            .collect();
        println!("{}", json!({ "file": file, "rows": rows }));
    } else {
        print(&rows);
    }
    compare(&rows)
}

fn rows_of(
    root: &Path,
    scenario: &'static str,
    language: &'static str,
    file: &Path,
) -> anyhow::Result<Vec<Row>> {
    let plugin = examples::folder(root, scenario, language);
    let output = Command::new(examples::host(root, scenario))
        .arg(&plugin)
        .arg(file)
        .env("PATH", python::path_with(root)?)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start the host of {scenario}"))?;
    anyhow::ensure!(
        output.status.success(),
        "{scenario}, {language}: the host ended with {}",
        output.status
    );
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line)
                .with_context(|| format!("{scenario}: not a row: {line}"))?;
            let text = |name: &str| {
                row.get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            Ok(Row {
                scenario,
                language,
                door: text("door"),
                method: text("method"),
                result: row.get("result").cloned().unwrap_or_default(),
                millis: row
                    .get("millis")
                    .and_then(Value::as_f64)
                    .unwrap_or_default(),
            })
        })
        .collect()
}

fn print(rows: &[Row]) {
    println!(
        "{:10} {:8} {:20} {:>9}  result",
        "plugin", "door", "method", "ms"
    );
    for row in rows {
        let result = row.result.to_string();
        let shown: String = result.chars().take(96).collect();
        let more = if shown.len() < result.len() {
            "…"
        } else {
            ""
        };
        println!(
            "{:10} {:8} {:20} {:9.2}  {shown}{more}",
            row.language, row.door, row.method, row.millis
        );
    }
}

/// Every language gave the same answers to the same calls.
fn compare(rows: &[Row]) -> anyhow::Result<()> {
    let mut first: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
    let mut answers = 0;
    for row in rows {
        let reference = first.entry((row.scenario, &row.method)).or_insert(row);
        if !equal(&reference.result, &row.result) {
            bail!(
                "{} answers differ:\n{}: {}\n{}: {}",
                row.method,
                reference.language,
                reference.result,
                row.language,
                row.result
            );
        }
        answers += 1;
    }
    let calls = first.len();
    if calls == 0 || answers != calls * LANGUAGES.len() {
        bail!(
            "{answers} answers to {calls} calls; each of {} languages owes one to each",
            LANGUAGES.len()
        );
    }
    println!(
        "{calls} calls, {} languages, {answers} equal answers",
        LANGUAGES.len()
    );
    Ok(())
}

/// Equal as JSON values; `1` and `1.0` are one number.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(language: &'static str, result: Value) -> Row {
        Row {
            scenario: "agent",
            language,
            door: "process".into(),
            method: "m".into(),
            result,
            millis: 0.0,
        }
    }

    #[test]
    fn numbers_are_compared_by_value_and_differences_are_seen() {
        let same = [
            row("rust", json!({"n": 1})),
            row("python", json!({"n": 1.0})),
            row("typescript", json!({"n": 1})),
        ];
        assert!(compare(&same).is_ok());
        let other = [
            row("rust", json!({"n": 1})),
            row("python", json!({"n": 2})),
            row("typescript", json!({"n": 1})),
        ];
        assert!(compare(&other).is_err());
        assert!(
            compare(&same[..2]).is_err(),
            "a language that is missing is seen"
        );
    }
}
