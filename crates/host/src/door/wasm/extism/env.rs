//! The imports of `extism:host/env` that the host itself answers. The others are the kernel's.

use crossplug_policy::extism::ENV;
use wasmtime::{Caller, Linker};

use super::super::fault::Halt;
use super::guest::{Blocks, Guest};
use crate::log::{Level, LogSource};

/// What a guest is told that may log: everything from `trace` on is passed to the program, which chooses.
const LOG_LEVEL_TRACE: i32 = 0;

/// Levels by the import that logs at them. The host's own have no `trace`.
const LOGS: [(&str, Level); 5] = [
    ("log_trace", Level::Debug),
    ("log_debug", Level::Debug),
    ("log_info", Level::Info),
    ("log_warn", Level::Warn),
    ("log_error", Level::Error),
];

/// Adds what the host answers.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, "config_get", config_get)?;
    linker.func_wrap(ENV, "var_get", var_get)?;
    linker.func_wrap(ENV, "var_set", var_set)?;
    linker.func_wrap(ENV, "http_request", http_request)?;
    linker.func_wrap(ENV, "http_status_code", |caller: Caller<'_, Guest>| {
        i32::from(caller.data().answer.status)
    })?;
    linker.func_wrap(ENV, "http_headers", http_headers)?;
    linker.func_wrap(ENV, "get_log_level", || LOG_LEVEL_TRACE)?;
    for (name, level) in LOGS {
        linker.func_wrap(
            ENV,
            name,
            move |mut caller: Caller<'_, Guest>, text: u64| -> wasmtime::Result<()> {
                let text = caller.take_text(text, "a log line")?;
                caller.data().home.log(LogSource::Plugin, level, text, None);
                Ok(())
            },
        )?;
    }
    Ok(())
}

fn config_get(mut caller: Caller<'_, Guest>, key: u64) -> wasmtime::Result<u64> {
    let key = caller.take_text(key, "the key of a setting")?;
    let plan = caller.data().plan.clone();
    match plan.config.get(&key) {
        Some(value) => caller.give(value.as_bytes()),
        None => Ok(0),
    }
}

fn var_get(mut caller: Caller<'_, Guest>, key: u64) -> wasmtime::Result<u64> {
    let key = caller.take_text(key, "the key of a variable")?;
    match caller.data().variables.get(&key).map(<[u8]>::to_vec) {
        Some(value) => caller.give(&value),
        None => Ok(0),
    }
}

fn var_set(mut caller: Caller<'_, Guest>, key: u64, value: u64) -> wasmtime::Result<()> {
    let key = caller.take_text(key, "the key of a variable")?;
    let value = caller.take(value)?;
    Ok(caller.data_mut().variables.set(key, value)?)
}

fn http_request(mut caller: Caller<'_, Guest>, request: u64, body: u64) -> wasmtime::Result<u64> {
    let request = caller.take(request)?.unwrap_or_default();
    let body = caller.take(body)?.unwrap_or_default();
    let guest = caller.data_mut();
    guest.answer = super::http::Answer::default();
    let answer = guest
        .plan
        .http
        .send(&request, body, guest.leash.remaining());
    if let Some(halt) = guest.leash.halt() {
        return Err(halt.into());
    }
    let mut answer = answer?;
    let body = std::mem::take(&mut answer.body);
    guest.answer = answer;
    caller.give(&body)
}

fn http_headers(mut caller: Caller<'_, Guest>) -> wasmtime::Result<u64> {
    let guest = caller.data();
    if !guest.plan.response_headers || guest.answer.status == 0 {
        return Ok(0);
    }
    let headers = serde_json::to_vec(&guest.answer.headers)
        .map_err(|error| Halt::Abi(format!("the headers of the response: {error}")))?;
    caller.give(&headers)
}
