//! Nothing is left of plugins that have ended: a program of its own, since it counts what the whole process holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/peer.rs"]
mod peer;

use std::future::IntoFuture;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crossplug_host::Host;
use peer::{load, peer};
use serde_json::json;

/// Descriptors, threads and children of this process.
fn holdings() -> (Vec<String>, usize, String) {
    let mut open: Vec<String> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| !target.starts_with("/proc/"))
        .collect();
    open.sort();
    let threads: Vec<_> = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .flatten()
        .map(|task| task.path())
        .collect();
    let children = threads
        .iter()
        .filter_map(|task| std::fs::read_to_string(task.join("children")).ok())
        .collect();
    (open, threads.len(), children)
}

/// A plugin that was dropped takes a moment, and idle threads of the pool a second.
fn are_as_before(before: &(Vec<String>, usize, String)) {
    let begin = Instant::now();
    while holdings() != *before {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "before: {before:?}\nnow: {:?}",
            holdings()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One after another: each counts what the whole process holds.
#[test]
fn descriptors_threads_and_children_are_as_before() {
    plugins_that_were_open();
    loads_that_were_given_up();
}

fn plugins_that_were_open() {
    let folder = peer(
        "hello()
subprocess.Popen(['sleep', '1000'])
def answer(request):
    if request['method'] == 'die':
        os._exit(7)
    reply(request, request.get('params'))
serve(answer)",
    );
    let before = holdings();
    for round in 0..12_u32 {
        let plugin = load(&folder);
        assert_eq!(
            plugin
                .call_blocking("echo", json!({ "round": round }))
                .unwrap()
                .value()
                .unwrap()["round"],
            round
        );
        match round % 4 {
            0 => drop(plugin.stop_blocking()),
            1 => {
                plugin.call_blocking("die", ()).unwrap_err();
                plugin.wait_blocking();
            }
            // Dropped, with a call in flight or without: it is stopped in the background.
            2 => drop(plugin.call("die", ()).stream().unwrap()),
            _ => {}
        }
        if round == 0 || round == 1 {
            assert_eq!(
                holdings().0,
                before.0,
                "at once, and while the handle still lives"
            );
        }
    }
    are_as_before(&before);
}

/// Before the keeper has a process, between that and the handshake, and in the middle of the handshake.
fn loads_that_were_given_up() {
    // It never answers the handshake, and has a child of its own.
    let folder = peer("subprocess.Popen(['sleep', '1000'])\ntime.sleep(1000)");
    let host = Host::builder().build();
    let before = holdings();
    for milliseconds in [0, 0, 0, 0, 0, 1, 2, 5, 20, 200] {
        let mut load = host.load(folder.path()).into_future();
        let polled = load.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "it cannot be open: {polled:?}");
        std::thread::sleep(Duration::from_millis(milliseconds));
        drop(load);
    }
    are_as_before(&before);
}

#[test]
#[ignore = "a soak: run it alone"]
fn memory_stays_where_it_is() {
    let folder = peer(peer::ECHO);
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let plugin = load(&folder);
    let call = |times: u32| {
        (0..times).for_each(|number| {
            drop(
                plugin
                    .call_blocking("echo", json!({ "n": number }))
                    .unwrap(),
            )
        })
    };
    call(10_000);
    let before = resident();
    call(200_000);
    let after = resident();
    assert!(after < before + 2048, "{before} kB grew to {after} kB");
}
