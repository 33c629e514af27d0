//! A plugin as a program: its arguments, its manifest, what it prints, how it is stopped, and which way it talks with hosts.
//! It knows the ways by name and nothing of what is said.
//!
//! The files 0 and 1 are taken away first: whatever prints in this process, native code included, prints into the host's log,
//! or to standard error while there is none, and whatever reads reads nothing.

mod arguments;
mod files;
pub(super) mod prints;
pub(super) mod terminate;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crossplug_protocol::codec::DecodeError;
use crossplug_protocol::frame::Framing;
use crossplug_protocol::handshake::{Encoding, Offer};

use super::stream::pool::End;
use super::{socket, stdio};
use crate::definition::Plugin;
use arguments::{Arguments, Way};

/// The arguments do not make sense, or the manifest or the environment does not.
pub(super) const USAGE: u8 = 2;
/// The system does not let us talk.
pub(super) const BROKEN: u8 = 5;

/// Serves the plugin until its host is done, or for as long as it listens. What [`export!`](crate::export!) calls.
#[must_use]
pub fn main(make: impl FnOnce() -> Result<Plugin, DecodeError>) -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
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
    let (input, output) = (files.input, files.output);
    match arguments.way {
        Way::Stdio => stdio::serve(plugin, &arguments.dialect, input, output, &prints),
        Way::Listen(address) => {
            drop(input);
            socket::listen(plugin, &address, output, &prints)
        }
        Way::Connect(address) => {
            drop((input, output));
            socket::connect(plugin, &address, &prints)
        }
    }
}

/// What a plugin can speak.
pub(super) fn offer() -> Offer {
    Offer::new()
        .with_encodings(&[Encoding::Json, Encoding::Msgpack])
        .with_framings(&[Framing::Ndjson, Framing::Length])
}

/// Says what is wrong, and gives the exit code.
pub(super) fn refuse(problem: &str, code: u8) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::from(code)
}

/// What is done at the end of a process that has one conversation.
pub(super) fn leave(prints: &Arc<prints::Prints>) -> End {
    let prints = Arc::clone(prints);
    Box::new(move |code| {
        prints.finish();
        std::process::exit(code)
    })
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
