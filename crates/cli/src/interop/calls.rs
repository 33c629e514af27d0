//! Calls of a case: plain, many, all at once, streaming, given up.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossplug_conformance::interop::{Calling, Moment, Streaming, fill};
use crossplug_host::{Call, Plugin, Progress};
use serde_json::{Map, Value, json};

use super::judge;

/// How long a call is left to the plugin before it is given up.
const A_WHILE: Duration = Duration::from_millis(50);

/// Makes a call as often as the case says.
pub(super) fn call(plugin: &Plugin, call: &Calling) -> Result<(), String> {
    if !call.together {
        return (0..call.times).try_for_each(|number| one(plugin, call, number));
    }
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..call.times)
            .map(|number| scope.spawn(move || one(plugin, call, number)))
            .collect();
        calls.into_iter().try_for_each(|call| {
            call.join()
                .unwrap_or_else(|_| Err("a thread of the player panicked".to_owned()))
        })
    })
}

fn one(plugin: &Plugin, call: &Calling, number: usize) -> Result<(), String> {
    let told = Told::default();
    let got = told.hear(ready(plugin, call, number)).blocking();
    let expected = match &call.outcome {
        Ok(result) => Ok(fill(result, number)),
        Err(error) => Err(error.clone()),
    };
    judge::outcome(&expected, got)?;
    told.judge(call.progress.as_ref())
}

/// A call with the params and the time of the case.
fn ready(plugin: &Plugin, call: &Calling, number: usize) -> Call {
    let ready = plugin.call(&call.method, fill(&call.params, number));
    match call.timeout {
        Some(timeout) => ready.timeout(timeout),
        None => ready,
    }
}

/// Makes a call whose items go both ways.
pub(super) fn stream(plugin: &Plugin, stream: &Streaming) -> Result<(), String> {
    let told = Told::default();
    let started = told.hear(ready(plugin, &stream.call, 0)).stream();
    let mut flight = started.map_err(|error| error.to_string())?;
    let mut items = Vec::new();
    let uploader = flight.uploader();
    std::thread::scope(|scope| {
        match &stream.upload {
            Some(upload) => {
                let mut uploader = uploader;
                scope.spawn(move || {
                    let upload = fill(upload, 0);
                    for item in upload.as_array().into_iter().flatten() {
                        if uploader.send_blocking(item).is_err() {
                            return; // the result says why
                        }
                    }
                });
            }
            None => uploader.end(),
        }
        while stream.take.is_none_or(|most| items.len() < most) {
            match flight.next_blocking() {
                Ok(Some(item)) => items.push(item.value().map_err(|error| error.to_string())?),
                Ok(None) | Err(_) => break,
            }
        }
        Ok::<(), String>(())
    })?;
    if stream.take.is_some() {
        return Ok(()); // dropping the stream gives the call up
    }
    judge::outcome(&stream.call.outcome, flight.result_blocking())?;
    judge::fits(
        &fill(&stream.items, 0),
        &Value::Array(items),
        plugin.encoding(),
    )
    .map_err(|what| format!("items: {what}"))?;
    told.judge(stream.call.progress.as_ref())
}

/// Gives a call up.
pub(super) fn give_up(plugin: &Plugin, moment: Moment, method: &str) -> Result<(), String> {
    match moment {
        Moment::Before => drop(plugin.call(method, ()).into_future()),
        Moment::After => {
            let answered = plugin.call(method, ()).blocking();
            answered.map_err(|error| error.to_string())?;
        }
        _ => {
            let mut call = plugin.call(method, ()).into_future();
            if let Some(outcome) = call.wait_within(A_WHILE) {
                return Err(format!(
                    "the call was over before it was given up: {outcome:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The progress that was told.
#[derive(Default)]
struct Told(Arc<Mutex<Vec<Value>>>);

impl Told {
    fn hear(&self, call: Call) -> Call {
        let told = Arc::clone(&self.0);
        call.on_progress(move |progress| {
            told.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(value_of(&progress));
        })
    }

    fn judge(&self, expected: Option<&Vec<Value>>) -> Result<(), String> {
        let Some(expected) = expected else {
            return Ok(());
        };
        let told = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let same = judge::same(&Value::Array(expected.clone()), &Value::Array(told));
        same.map_err(|what| format!("progress: {what}"))
    }
}

fn value_of(progress: &Progress) -> Value {
    let mut members = Map::new();
    if let Some(fraction) = progress.fraction {
        members.insert("fraction".to_owned(), json!(fraction));
    }
    if let Some(message) = &progress.message {
        members.insert("message".to_owned(), json!(message));
    }
    Value::Object(members)
}
