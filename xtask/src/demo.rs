//! `cargo xtask demo [FILE]`: the main job. Hosts in Rust, Python and TypeScript load every example plugin in every language
//! through every door that it was built for, give it a real document and compare what they say.
//!
//! The hosts are the examples' own; this file starts them, compares their rows and draws the table.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::examples::{self, SCENARIOS};
use crate::listening::{self, Listener};
use crate::tools::python;

/// A plugin's language, a door, and the language of the host that enters it there: one host for each door, since what every host
/// makes of every door is what `cargo xtask interop` is about.
type Way = [&'static str; 3];

/// What a component is called in the table, where there is a module, too; hosts call the door `wasm`.
const COMPONENT: &str = "component";

/// What a host shows, where a plugin cannot ask the system whose process it is.
const TOKEN: &str = "demo";

const WAYS: [Way; 16] = [
    ["rust", "process", "rust"],
    ["rust", "wasm", "rust"],
    ["rust", COMPONENT, "rust"],
    ["rust", "native", "rust"],
    ["rust", "module", "python"],
    ["rust", "module", "typescript"],
    ["rust", listening::DOOR, "rust"],
    ["python", "process", "rust"],
    ["python", "wasm", "rust"],
    ["python", "module", "python"],
    ["python", listening::DOOR, "python"],
    ["typescript", "process", "rust"],
    ["typescript", "wasm", "rust"],
    ["typescript", "wasm", "typescript"],
    ["typescript", "module", "typescript"],
    ["typescript", listening::DOOR, "typescript"],
];

/// What one plugin answered to one call.
struct Row {
    scenario: &'static str,
    way: Way,
    method: String,
    result: Value,
    millis: f64,
}

/// Runs the examples on `file`, the README by default.
///
/// # Errors
/// Something cannot be built, a plugin fails, or two ways answer differently.
pub(crate) fn run(root: &Path, file: Option<&Path>, as_json: bool) -> anyhow::Result<()> {
    let file = file.unwrap_or(Path::new("README.md"));
    anyhow::ensure!(
        file.is_file(),
        "{}: no such file; give the demo a text",
        file.display()
    );
    examples::build(root)?;
    // Whoever edits it meanwhile changes no answers.
    let mut document = tempfile::NamedTempFile::new_in("target")?;
    document.write_all(&fs::read(file)?)?;
    let mut rows = Vec::new();
    for scenario in SCENARIOS {
        for way in WAYS {
            let [language, door, host] = way;
            let answers = rows_of(root, scenario, way, document.path()).with_context(|| {
                format!("{scenario} in {language}, through {door}, from a host in {host}")
            })?;
            rows.extend(answers);
        }
    }
    if as_json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                let [language, door, host] = row.way;
                json!({"scenario": row.scenario, "language": language, "door": door, "host": host, "method": row.method,
                       "result": row.result, "millis": row.millis})
            })
            .collect();
        println!("{}", json!({ "file": file, "rows": rows }));
    } else {
        print(&rows);
    }
    let told = compare(&rows)?;
    // The only other thing on stdout would be no JSON.
    if as_json {
        eprintln!("{told}");
    } else {
        println!("{told}");
    }
    Ok(())
}

/// Starts what the process door starts, with the address of the socket door.
fn listener(root: &Path, folder: &Path) -> anyhow::Result<Listener> {
    let manifest = folder.join("plugin.json");
    let said: Value = serde_json::from_str(&fs::read_to_string(&manifest)?)?;
    let command = said.pointer("/doors/process/command");
    let words = command.and_then(Value::as_array).into_iter().flatten();
    let mut words: Vec<&str> = words.filter_map(Value::as_str).collect();
    let address = said.pointer("/doors/socket/unix").and_then(Value::as_str);
    let address = format!("unix:{}", address.context("it has no socket door")?);
    words.extend(["--listen", &address]);
    Listener::start(root, folder, &words, &manifest, TOKEN)
}

/// Has a host call a plugin through a door, and reads what it prints.
fn rows_of(root: &Path, scenario: &'static str, way: Way, file: &Path) -> anyhow::Result<Vec<Row>> {
    let [language, door, host] = way;
    let plugin = examples::folder(root, scenario, language);
    let _running = match door {
        listening::DOOR => Some(listener(root, &plugin)?),
        _ => None,
    };
    let mut command = examples::host(root, scenario, host)?;
    match door {
        COMPONENT => command.arg(examples::component(root, scenario)),
        _ => command.arg(&plugin),
    };
    command.arg(file);
    command.arg(if door == COMPONENT { "wasm" } else { door });
    let output = command
        .env("PATH", python::path_with(root)?)
        .env(listening::TOKEN, TOKEN)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("the host cannot be started")?;
    anyhow::ensure!(
        output.status.success(),
        "the host ended with {}",
        output.status
    );
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| {
            let row: Value =
                serde_json::from_str(line).with_context(|| format!("not a row: {line}"))?;
            let method = row.get("method").and_then(Value::as_str);
            Ok(Row {
                scenario,
                way,
                method: method.unwrap_or_default().to_owned(),
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
        "{:10} {:9} {:10} {:18} {:>8}  result",
        "plugin", "door", "host", "method", "ms"
    );
    for row in rows {
        let [language, door, host] = row.way;
        let result = row.result.to_string();
        let shown: String = result.chars().take(80).collect();
        let more = if shown.len() < result.len() {
            "…"
        } else {
            ""
        };
        println!(
            "{language:10} {door:9} {host:10} {:18} {:8.2}  {shown}{more}",
            row.method, row.millis
        );
    }
}

/// Every way gave the same answers to the same calls.
fn compare(rows: &[Row]) -> anyhow::Result<String> {
    let mut first: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
    for row in rows {
        let reference = first.entry((row.scenario, &row.method)).or_insert(row);
        if !equal(&reference.result, &row.result) {
            bail!(
                "{} answers differ:\n{}: {}\n{}: {}",
                row.method,
                reference.way.join(", "),
                reference.result,
                row.way.join(", "),
                row.result
            );
        }
    }
    let (calls, answers, ways) = (first.len(), rows.len(), WAYS.len());
    if calls == 0 || answers != calls * ways {
        bail!("{answers} answers to {calls} calls; each of {ways} ways owes one to each");
    }
    Ok(format!(
        "{calls} calls, {ways} ways, {answers} equal answers"
    ))
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

    /// An answer of every way, and what the last of them says.
    fn rows(last: Value) -> Vec<Row> {
        let said = |way, result| Row {
            scenario: "agent",
            way,
            method: "m".into(),
            result,
            millis: 0.0,
        };
        let mut rows: Vec<Row> = WAYS
            .iter()
            .map(|way| said(*way, json!({ "n": 1 })))
            .collect();
        rows.pop();
        rows.extend(WAYS.last().map(|way| said(*way, last)));
        rows
    }

    #[test]
    fn numbers_are_compared_by_value_and_differences_are_seen() {
        assert!(compare(&rows(json!({ "n": 1.0 }))).is_ok());
        assert!(compare(&rows(json!({ "n": 2 }))).is_err());
        let mut missing = rows(json!({ "n": 1 }));
        missing.pop();
        assert!(compare(&missing).is_err(), "a way that is missing is seen");
    }
}
