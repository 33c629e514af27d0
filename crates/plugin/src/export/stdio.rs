//! A plugin as a child process: frames over what were its standard input and output. Knows two files.

use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::Arc;

use super::program::prints::Prints;
use super::program::{USAGE, leave, offer, refuse, terminate};
use super::stream::input::Input;
use super::stream::output::Output;
use super::stream::pool::{Pool, Token};
use crate::definition::Plugin;
use crate::runtime::Runtime;

/// Serves one host, until it closes the input.
pub(super) fn serve(
    plugin: Plugin,
    dialect: &str,
    input: OwnedFd,
    output: OwnedFd,
    prints: &Arc<Prints>,
) -> ExitCode {
    let output = Output::new(output);
    let pool = Pool::new(output, Arc::clone(prints), Token::None, leave(prints));
    let outside = Box::new(Arc::clone(&pool));
    let Some(runtime) = Runtime::new(plugin, dialect, offer(), outside) else {
        return refuse(&format!("there is no dialect {dialect:?}"), USAGE);
    };
    if let Err(error) = runtime.start() {
        return refuse(&format!("the plugin cannot say what it is: {error}"), USAGE);
    }
    prints.tell(Some(&runtime));
    let (ending, ended) = (Arc::clone(&pool), Arc::clone(&runtime));
    terminate::watch(move || ending.terminate(&ended));
    pool.serve(&runtime, Input::new(input, runtime.frame_limit()))
}
