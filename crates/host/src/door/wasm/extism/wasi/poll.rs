//! `poll_oneoff` of WASI preview 1, in which a guest sleeps: never longer than its call may take. Files and what is
//! printed are ready at any time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::{Caller, Extern, Memory};

use super::super::super::fault::Halt;
use super::super::guest::Guest;

const SUCCESS: i32 = 0;
const INVALID: i32 = 28;
const NOT_SUPPORTED: u16 = 58;

/// Bytes of a subscription and of an event, and what is where in them.
const SUBSCRIPTION: usize = 48;
const EVENT: usize = 32;
const CLOCK: u8 = 0;
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const ABSOLUTE: u16 = 1;
/// More than any guest waits for at once.
const MOST: u32 = 4096;

/// One thing that a guest waits for.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    /// When it comes; none for what this host has no clock for.
    after: Option<Duration>,
}

/// Waits for the first of the subscriptions and tells all that are there then.
pub(super) fn poll(
    mut caller: Caller<'_, Guest>,
    subscriptions: u32,
    events: u32,
    count: u32,
    told: u32,
) -> wasmtime::Result<i32> {
    if count == 0 || count > MOST {
        return Ok(INVALID);
    }
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Halt::Abi("it imports WASI and exports no memory".to_owned()).into());
    };
    let mut waited_for = Vec::new();
    for index in 0..count {
        waited_for.push(read(&caller, memory, subscriptions, index)?);
    }
    let now = Duration::ZERO;
    let first = waited_for
        .iter()
        .map(|one| one.after.unwrap_or(now))
        .min()
        .unwrap_or(now);
    if !first.is_zero() {
        caller.data().leash.sleep(first)?;
    }
    let mut number = 0_u32;
    for one in waited_for
        .iter()
        .filter(|one| one.after.unwrap_or(now) <= first)
    {
        let mut event = [0_u8; EVENT];
        let error = if one.after.is_some() {
            0
        } else {
            NOT_SUPPORTED
        };
        for (place, byte) in event.iter_mut().zip(
            one.userdata
                .into_iter()
                .chain(error.to_le_bytes())
                .chain([one.kind]),
        ) {
            *place = byte;
        }
        memory.write(&mut caller, place(events, number, EVENT), &event)?;
        number += 1;
    }
    memory.write(&mut caller, place(told, 0, 4), &number.to_le_bytes())?;
    Ok(SUCCESS)
}

fn place(base: u32, index: u32, size: usize) -> usize {
    usize::try_from(base).unwrap_or(usize::MAX).saturating_add(
        usize::try_from(index)
            .unwrap_or(usize::MAX)
            .saturating_mul(size),
    )
}

fn read(
    caller: &Caller<'_, Guest>,
    memory: Memory,
    base: u32,
    index: u32,
) -> wasmtime::Result<Subscription> {
    let mut bytes = [0_u8; SUBSCRIPTION];
    memory.read(caller, place(base, index, SUBSCRIPTION), &mut bytes)?;
    let [a, b, c, d, e, f, g, h, kind, ..] = bytes;
    let part = |from: usize| bytes.get(from..).unwrap_or_default();
    let clock = u32::from_le_bytes(part(16).first_chunk().copied().unwrap_or_default());
    let time = u64::from_le_bytes(part(24).first_chunk().copied().unwrap_or_default());
    let flags = u16::from_le_bytes(part(40).first_chunk().copied().unwrap_or_default());
    let now = match clock {
        _ if kind != CLOCK => Some(0),
        REALTIME => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_nanos()).ok()),
        MONOTONIC => Some(caller.data().leash.now()),
        _ => None,
    };
    let wait = |now: u64| match kind {
        CLOCK if flags & ABSOLUTE == 0 => time,
        CLOCK => time.saturating_sub(now),
        _ => 0,
    };
    Ok(Subscription {
        userdata: [a, b, c, d, e, f, g, h],
        kind,
        after: now.map(|now| Duration::from_nanos(wait(now))),
    })
}
