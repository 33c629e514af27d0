//! The command line of `crossplug`, as clap reads it. Must not do anything.

mod encoding;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;

pub(crate) use encoding::Encoding;

/// What stands below every help text.
const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  the plugin answered with an error; `codegen --check` found a difference
  2  wrong usage, a refused document included
  3  the plugin broke the protocol or a cap, trapped or died; `conformance` found a failure
  4  the deadline passed
  5  could not load, denied, or a tool is missing

Data goes to stdout, talk to stderr. NO_COLOR switches colours off.";

/// Plugins written in one language, run in a host written in another.
#[derive(Debug, Parser)]
#[command(name = "crossplug", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a small plugin that works: manifest, code, test and README.
    New(New),
    /// Says what a plugin is, without starting it.
    Inspect(Inspect),
    /// Loads a plugin, calls one method and stops the plugin.
    Call(Box<Call>),
    /// Makes of a plugin what a door needs: a WebAssembly component of one in Python or TypeScript.
    Build(Build),
    /// Generates types, author's and host's code from interface documents.
    Codegen(Codegen),
    /// Plays every session vector and interop case that applies against a plugin.
    Conformance(Conformance),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Typescript,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct New {
    /// Folder of the plugin; made if it is not there, refused if it is not empty.
    pub(crate) dir: PathBuf,
    /// Language to write it in.
    #[arg(long, value_enum)]
    pub(crate) lang: Language,
    /// Name of the plugin; the folder's name by default.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A checkout of crossplug whose SDK is used instead of the published one.
    #[arg(long, value_name = "PATH")]
    pub(crate) sdk: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Inspect {
    /// Folder of a plugin, or its plugin.json.
    pub(crate) path: PathBuf,
    /// One JSON object: {name, version, description, language, manifest, interfaces, methods, doors, permissions, warnings}.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Call {
    /// Folder of a plugin, its plugin.json, or a bare WebAssembly module (.wasm, .wat) or shared library (.so).
    pub(crate) path: PathBuf,
    /// Wire name of the method: action.invoke. Of a bare module: the export.
    pub(crate) method: String,
    /// Bytes as they are: stdin goes in and the output comes out on stdout. For WebAssembly modules.
    #[arg(long, conflicts_with_all = ["params", "json", "upload"])]
    pub(crate) raw: bool,
    /// Parameters: JSON, @file, or - for stdin.
    #[arg(
        long,
        default_value = "{}",
        value_name = "JSON|@FILE|-",
        allow_hyphen_values = true
    )]
    pub(crate) params: String,
    /// One JSON object a line: {"item":…}, {"progress":…}, {"event":…}, and at the end {"result":…} or {"error":…}.
    #[arg(long)]
    pub(crate) json: bool,
    /// How long to wait for the answer: 500ms, 3s, 2m; 30s by default. It covers the call alone, not the start of the
    /// plugin. Where it is given, the plugin also has to end quickly afterwards: it is killed within a second.
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    pub(crate) timeout: Option<Duration>,
    /// How long the plugin may take to start, until it has answered `initialize`.
    #[arg(long, value_parser = duration, value_name = "DURATION", default_value = "30s")]
    pub(crate) start_timeout: Duration,
    /// A setting of the plugin; the value is JSON where it can be read as JSON, and else text.
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) config: Vec<(String, Value)>,
    /// What the plugin may do of what its manifest asks for: a host service (kv.get, kv.*, memory:read), emit=PATTERN,
    /// subscribe=PATTERN, plugin=NAME, env=NAME.
    #[arg(long, value_name = "PERMISSION")]
    pub(crate) grant: Vec<String>,
    /// Door to enter it by; by default the first one that can be used.
    #[arg(long)]
    pub(crate) door: Option<String>,
    /// What the plugin speaks, against its manifest: crossplug/1, elizaos-bridge/1.
    #[arg(long)]
    pub(crate) dialect: Option<String>,
    /// How messages become bytes, where the plugin and its door can: json, msgpack.
    #[arg(long, value_enum, default_value_t = Encoding::Json)]
    pub(crate) encoding: Encoding,
    /// Stream the lines of stdin to the plugin, each one a JSON value.
    #[arg(long)]
    pub(crate) upload: bool,
    /// A host service for trying things out: answers every call of NAME with JSON. Grant it, by name or permission.
    #[arg(long, value_name = "NAME=JSON", value_parser = service)]
    pub(crate) service: Vec<(String, Value)>,
    /// Ask the plugin for stack traces in its errors; they are shown below the error.
    #[arg(long)]
    pub(crate) debug: bool,
}

/// A door that something can be built for, as a manifest calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BuildDoor {
    /// A program that hosts start.
    Process,
    /// A WebAssembly module (Rust) or component (Python, TypeScript).
    Wasm,
    /// A shared library.
    Native,
    /// What hosts in the language's own program import; of Rust both of the following.
    Module,
    /// A module that hosts in Python import.
    #[value(name = "module.python")]
    ModulePython,
    /// A module that hosts in JavaScript import; of Rust a package of npm, by wasm-bindgen.
    #[value(name = "module.typescript")]
    ModuleTypescript,
    /// Nothing is built for it.
    #[value(hide = true)]
    Socket,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Build {
    /// Folder of the plugin's source, or its plugin.json; or a module of WebAssembly (`.wasm`), which becomes a component.
    #[arg(value_name = "DIR")]
    pub(crate) path: PathBuf,
    /// What to build it for, by commas or repeated; by default every door that its language has.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) door: Vec<BuildDoor>,
    /// Folder to write to, which hosts load as it is; by default `build` beside the manifest. Doors that were built into it
    /// before stay. Of a component the file, by default beside the module.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The program: of Python and TypeScript a file in the plugin's folder, by default what the process door starts; of Rust the
    /// name of a binary, by default the package's only one or its `default-run`.
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    /// A file or a folder of the plugin that it reads when it runs, to be copied as it is. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) with: Vec<PathBuf>,
    /// Of Rust: a component for the door `wasm`, in place of a module. Plugins in Python and TypeScript are components anyway.
    #[arg(long)]
    pub(crate) component: bool,
    /// Compile Rust without optimising, which is faster. A plugin's modules of WebAssembly are many times as large then.
    #[arg(long)]
    pub(crate) debug: bool,
    /// One JSON object: {folder, doors}, the doors as the manifest has them; {file} of a component that was made of a module.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Types,
    Plugin,
    Host,
}

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    Rust,
    Python,
    Typescript,
    /// A plain JSON Schema of the types, for editors and validators.
    JsonSchema,
    /// A reference page, for people.
    Markdown,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Codegen {
    /// Interface documents.
    #[arg(required = true)]
    pub(crate) documents: Vec<PathBuf>,
    /// Languages, with commas between; or a schema or a page.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub(crate) lang: Vec<Target>,
    /// Roles, with commas between.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "types,plugin"
    )]
    pub(crate) role: Vec<Role>,
    /// Folder to write to.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Where generated code finds the runtime, where that is not the SDK itself (one language only).
    #[arg(long)]
    pub(crate) runtime: Option<String>,
    /// Write nothing; fail if a file is not what would be written.
    #[arg(long)]
    pub(crate) check: bool,
    /// One JSON object: {files: [{path, state, line?}]} or {refusals: [{document, pointer, what, cure}]}.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Conformance {
    /// Folder of a plugin, its plugin.json, or a file that a host loads by itself (.wasm).
    pub(crate) path: PathBuf,
    /// Door to enter it by; by default the first one that can be used. Sessions are played with programs alone.
    #[arg(long)]
    pub(crate) door: Option<String>,
    /// What to speak in the cases: json, msgpack.
    #[arg(long, value_enum, default_value_t = Encoding::Json)]
    pub(crate) encoding: Encoding,
    /// Only cases whose path contains this, or one of these, by commas.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Loads a plugin again and again as often where that starts a process or a component, 1,000 times, as where it does not.
    #[arg(long)]
    pub(crate) soak: bool,
    /// One JSON object: {passed, failed, notApplicable, cases: [{case, description, verdict, …}]}.
    #[arg(long)]
    pub(crate) json: bool,
    /// How long to wait for each line of the plugin: 500ms, 3s, 2m.
    #[arg(long, value_parser = duration, default_value = "10s")]
    pub(crate) timeout: Duration,
    /// Name every case that does not apply, not only how many there are for each reason.
    #[arg(long)]
    pub(crate) verbose: bool,
}

/// `500ms`, `3s`, `1.5s`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write 500ms, 3s, 2m or 1h");
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
    if duration.is_zero() {
        Err(format!("`{text}` leaves no time at all"))
    } else {
        Ok(duration)
    }
}

fn setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = pair(text, "KEY=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name, value))
}

fn service(text: &str) -> Result<(String, Value), String> {
    let (name, value) = pair(text, "NAME=JSON")?;
    let value = serde_json::from_str(value)
        .map_err(|error| format!("what `{name}` answers is not JSON: {error}"))?;
    Ok((name, value))
}

fn pair<'t>(text: &'t str, form: &str) -> Result<(String, &'t str), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value)),
        _ => Err(format!("`{text}` is not of the form {form}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use clap::CommandFactory;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(duration("1.5s").unwrap(), Duration::from_millis(1500));
        assert_eq!(duration("2m").unwrap(), Duration::from_secs(120));
        for wrong in [
            "",
            "3",
            "s",
            "-1s",
            "1d",
            "1..2s",
            "0s",
            "1e9h",
            "99999999999999999999h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn settings_are_json_or_text() {
        assert_eq!(setting("a=1").unwrap().1, json!(1));
        assert_eq!(setting("a=x=y").unwrap().1, json!("x=y"));
        assert_eq!(setting("a=").unwrap().1, json!(""));
        assert!(setting("a").is_err() && setting("=a").is_err());
        assert!(service("kv.get=oops").is_err());
    }
}
