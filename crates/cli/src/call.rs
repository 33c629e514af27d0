//! `crossplug call`: one call of one method, with everything that the plugin says meanwhile. Must not know interfaces.

mod params;
mod raw;
mod service;
mod show;
mod upload;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crossplug_host::door::Patience;
use crossplug_host::policy::DoorKind;
use crossplug_host::{Error, ErrorKind, Grants, Host, Load, Payload, Plugin, Stream};

use crate::args::Call;
use crate::exit::{Exit, Failure, of_kind};
use crate::{output, talk};
use service::Answer;
use show::Show;
use upload::Upload;

/// The dialect in which calls can stream.
const STREAMING: &str = "crossplug/1";
/// For a plugin that let a call's time go by: whoever set that time wants the program to end soon after it. Together less
/// than a second.
const HURRY: Patience = Patience {
    shutdown: Duration::from_millis(400),
    end_of_input: Duration::from_millis(250),
    terminate: Duration::from_millis(200),
};

/// Loads, calls, shows and stops.
///
/// # Errors
/// Wrong usage, or whatever went wrong with the plugin or the call.
pub(crate) fn run(arguments: &Call) -> Result<(), Failure> {
    if arguments.upload && arguments.params == "-" {
        return Err(Failure::usage(
            "--upload and --params - both read stdin; give the parameters as JSON or @FILE",
        ));
    }
    let show = Show::new(arguments.json);
    let input = if arguments.raw {
        Input::Bytes(raw::input()?)
    } else {
        Input::Params(params::read(&arguments.params)?)
    };
    let load = load(arguments, show)?;
    let plugin = load.blocking().map_err(|error| failed(show, &error))?;
    let outcome = match input {
        Input::Bytes(bytes) => raw::call(arguments, &plugin, bytes).map(Output::Bytes),
        Input::Params(params) => call(arguments, &plugin, params, show).map(Output::Result),
    };
    match &outcome {
        Err(CallFailure::Host(error)) if error.kind() == ErrorKind::Deadline => {
            plugin.stop_with_blocking(HURRY)
        }
        _ => plugin.stop_blocking(),
    };
    talk::progress_ends();
    match outcome {
        Ok(Output::Result(result)) => show.result(&result),
        Ok(Output::Bytes(bytes)) => output::bytes(&bytes),
        Err(CallFailure::Host(error)) => Err(failed(show, &error)),
        Err(CallFailure::Here(failure)) => Err(failure),
    }
}

/// What goes in.
enum Input {
    Params(Payload),
    Bytes(Vec<u8>),
}

/// What comes out.
enum Output {
    Result(Payload),
    Bytes(Vec<u8>),
}

/// Shows an error as data where data was asked for; the person is told by whoever gets the failure.
fn failed(show: Show, error: &Error) -> Failure {
    match show.error(error) {
        Ok(()) => Failure::new(of_kind(error.kind()), show.told(error)),
        Err(failure) => failure,
    }
}

fn load(arguments: &Call, show: Show) -> Result<Load, Failure> {
    let grants = Grants::parse(&arguments.grant)
        .map_err(|error| Failure::usage(format!("--grant: {error}")))?;
    let mut host = Host::builder()
        .name("crossplug")
        .version(env!("CARGO_PKG_VERSION"))
        .debug(arguments.debug)
        .start_timeout(arguments.start_timeout)
        .encoding(arguments.encoding.into())
        .on_log(show::log)
        .on_event(move |event| show.event(event));
    for (name, answer) in &arguments.service {
        host = host.services(Answer::new(name, answer).map_err(|error| failed(show, &error))?);
    }
    let host = host.build();
    let load = match raw::module(&arguments.path) {
        Some((name, door)) => host.open(name, door),
        None => host.load(&arguments.path),
    };
    let mut load = load.grants(grants);
    if let Some(door) = &arguments.door {
        if DoorKind::named(door).is_none() {
            let doors: Vec<&str> = DoorKind::ALL.iter().map(|kind| kind.as_str()).collect();
            return Err(Failure::usage(format!(
                "--door: there is no door `{door}`, only {}",
                doors.join(", ")
            )));
        }
        load = load.door(door);
    }
    if let Some(token) = crate::plugin::token() {
        load = load.token(&token);
    }
    if let Some(dialect) = &arguments.dialect {
        load = load.dialect(dialect);
    }
    for (name, value) in &arguments.config {
        load = load.config(name, value.clone());
    }
    Ok(load)
}

/// Why a call gave no result.
enum CallFailure {
    Host(Error),
    /// The plugin is not to blame.
    Here(Failure),
}

impl From<Error> for CallFailure {
    fn from(error: Error) -> Self {
        Self::Host(error)
    }
}

impl From<Failure> for CallFailure {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

fn call(
    arguments: &Call,
    plugin: &Plugin,
    params: Payload,
    show: Show,
) -> Result<Payload, CallFailure> {
    let mut call = plugin
        .call(&arguments.method, params)
        .on_progress(move |progress| show.progress(&progress));
    if let Some(timeout) = arguments.timeout {
        call = call.timeout(timeout);
    }
    let dialect = &plugin.introduction().dialect;
    if dialect != STREAMING {
        if arguments.upload {
            return Err(
                Failure::usage(format!("--upload: nothing can be streamed in {dialect}")).into(),
            );
        }
        return Ok(call.blocking()?);
    }
    // Declared before the stream to be dropped after it: a failed upload ends when the call is cancelled, not before.
    let upload;
    // Whether the method streams is not known here; of one that does not, the stream is empty.
    let mut stream = call.stream()?;
    upload = if arguments.upload {
        Some(Upload::begin(stream.uploader(), std::thread::current()))
    } else {
        stream.uploader().end();
        None
    };
    while let Some(item) = next(&mut stream, upload.as_ref())? {
        show.item(&item)?;
    }
    Ok(stream.result_blocking()?)
}

/// The next item, unless the upload fails first: then the stream is dropped, which cancels the call.
fn next(stream: &mut Stream, upload: Option<&Upload>) -> Result<Option<Payload>, CallFailure> {
    let Some(upload) = upload else {
        return Ok(stream.next_blocking()?);
    };
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut item = pin!(stream.next());
    loop {
        if let Poll::Ready(item) = item.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(item?);
        }
        if let Some(what) = upload.failed() {
            return Err(Failure::new(Exit::Usage, what).into());
        }
        std::thread::park();
    }
}

/// Wakes a thread.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
