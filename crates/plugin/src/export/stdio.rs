//! A plugin as a child process: frames over what were its standard input and output. Knows files and threads.
//!
//! The files 0 and 1 are taken away first: whatever prints in this process, native code included, prints into the host's log,
//! or to standard error while there is none, and whatever reads reads nothing.

mod files;
mod input;
mod output;
mod pool;
mod prints;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crossplug_protocol::codec::DecodeError;
use crossplug_protocol::frame::Framing;
use crossplug_protocol::handshake::Offer;

use crate::definition::Plugin;
use crate::runtime::Runtime;

/// The arguments do not make sense, or the manifest does not.
const USAGE: u8 = 2;
/// The system does not let us talk.
const BROKEN: u8 = 5;

/// Serves the plugin until its host is done. What [`export!`](crate::export!) calls.
#[must_use]
pub fn main(make: impl FnOnce() -> Result<Plugin, DecodeError>) -> ExitCode {
    let dialect = match dialect(std::env::args().skip(1)) {
        Ok(dialect) => dialect,
        Err(problem) => return refuse(&problem, USAGE),
    };
    // Before the author's code runs: it may print, too.
    let files = match files::take() {
        Ok(files) => files,
        Err(error) => {
            return refuse(
                &format!("standard input and output cannot be set up: {error}"),
                BROKEN,
            );
        }
    };
    let prints = prints::follow(files.prints);
    let plugin = match make()
        .map_err(|error| format!("the manifest in the code: {error}"))
        .and_then(beside)
    {
        Ok(plugin) => plugin,
        Err(problem) => return refuse(&problem, USAGE),
    };
    let offer = Offer::new().with_framings(&[Framing::Ndjson, Framing::Length]);
    let pool = pool::Pool::new(output::Output::new(files.output), Arc::clone(&prints));
    let Some(runtime) = Runtime::new(plugin, &dialect, offer, Box::new(Arc::clone(&pool))) else {
        return refuse(&format!("there is no dialect {dialect:?}"), USAGE);
    };
    if let Err(error) = runtime.start() {
        return refuse(&format!("the plugin cannot say what it is: {error}"), USAGE);
    }
    prints.tell(&runtime);
    pool.serve(
        &runtime,
        input::Input::new(files.input, runtime.frame_limit()),
    )
}

fn refuse(problem: &str, code: u8) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::from(code)
}

/// `--dialect NAME`, or our own.
fn dialect(mut arguments: impl Iterator<Item = String>) -> Result<String, String> {
    let mut dialect = "crossplug/1".to_owned();
    while let Some(argument) = arguments.next() {
        if let Some(name) = argument.strip_prefix("--dialect=") {
            name.clone_into(&mut dialect);
        } else if argument == "--dialect" {
            dialect = arguments
                .next()
                .ok_or("--dialect needs a name, such as elizaos-bridge/1")?;
        } else {
            return Err(format!(
                "this plugin is started by a host; it takes --dialect NAME and not {argument:?}"
            ));
        }
    }
    Ok(dialect)
}

/// The manifest that lies beside the program, or where the host says that it lies.
fn beside(plugin: Plugin) -> Result<Plugin, String> {
    let named = std::env::var_os("CROSSPLUG_MANIFEST").map(PathBuf::from);
    let found = || {
        std::env::current_exe()
            .ok()
            .and_then(|program| Some(program.parent()?.join("plugin.json")))
    };
    let path = match named {
        Some(path) => path,
        None => match found().filter(|path| path.is_file()) {
            Some(path) => path,
            None => return Ok(plugin),
        },
    };
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    plugin
        .with_manifest_text(&text)
        .map_err(|error| format!("{}: {error}", path.display()))
}
