//! Calls: blocking and awaited, many at once, late, given up, and errors of the plugin.

use std::future::IntoFuture;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossplug_host::{ErrorKind, Host, Limits};
use serde_json::json;

use crate::peer::{ECHO, load, peer, peer_named};
use crate::waiting::{poll_once, wait, wait_for_all};

#[test]
fn a_blocking_call_comes_back() {
    let folder = peer(ECHO);
    let plugin = load(&folder);
    assert_eq!(plugin.interfaces()["peer"].version, "1.0.0");
    for number in 0..10 {
        let reply = plugin
            .call_blocking("echo", json!({ "number": number }))
            .unwrap();
        assert_eq!(reply.value().unwrap(), json!({ "number": number }));
    }
    let ending = plugin.stop_blocking();
    let error = ending.error.map(|error| error.to_string());
    assert_eq!(
        (error, ending.status.as_deref()),
        (None, Some("exit status: 0"))
    );
    assert!(!plugin.is_alive());
    assert_eq!(
        plugin.call_blocking("echo", ()).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
}

#[test]
fn an_awaited_call_comes_back() {
    let folder = peer(ECHO);
    let plugin = load(&folder);
    let reply = wait(
        plugin
            .call("echo", json!({ "a": [1, "é", null] }))
            .into_future(),
    )
    .unwrap();
    assert_eq!(reply.value().unwrap(), json!({ "a": [1, "é", null] }));
    assert!(wait(plugin.ping()).unwrap() < Duration::from_secs(5));
}

#[test]
fn an_error_of_the_plugin_is_its_own() {
    let folder = peer("hello()\nserve(lambda request: fail(request, 'outOfPaper', 'no paper'))");
    let error = load(&folder).call_blocking("print", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plugin);
    assert_eq!(error.operation(), "call `print`");
    assert_eq!(error.plugin_error().unwrap().code, "outOfPaper");
    assert_eq!(
        error.to_string(),
        "call `print`: Plugin: outOfPaper: no paper"
    );
}

#[test]
fn replies_find_their_callers_in_whatever_order_they_come() {
    // Collects ten requests, then answers the last first.
    let folder = peer(
        "hello()
held = []
def answer(request):
    held.append(request)
    if len(held) == 10:
        while held:
            request = held.pop()
            reply(request, request['params'])
serve(answer)",
    );
    let plugin = load(&folder);
    let calls = (0..10).map(|number| {
        plugin
            .call("hold", json!({ "number": number }))
            .into_future()
    });
    for (number, reply) in wait_for_all(calls).into_iter().enumerate() {
        assert_eq!(reply.unwrap().value().unwrap(), json!({ "number": number }));
    }
}

/// Answers each call from a thread of its own, a little later.
const CONCURRENT: &str = "
hello()
import random
def later(request):
    time.sleep(random.random() / 100)
    reply(request, request.get('params'))
serve(lambda request: threading.Thread(target=later, args=(request,)).start())
";

#[test]
fn a_hundred_calls_at_once_from_several_threads_both_ways() {
    let folder = peer(CONCURRENT);
    let plugin = load(&folder);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let plugin = &plugin;
            scope.spawn(move || {
                for round in 0..25 {
                    let params = json!({ "thread": thread, "round": round });
                    let reply = plugin.call_blocking("echo", params.clone()).unwrap();
                    assert_eq!(reply.value().unwrap(), params);
                }
            });
            scope.spawn(move || {
                for round in 0..4 {
                    let params =
                        |number| json!({ "thread": thread, "round": round, "number": number });
                    let calls =
                        (0..25).map(|number| plugin.call("echo", params(number)).into_future());
                    for (number, reply) in wait_for_all(calls).into_iter().enumerate() {
                        assert_eq!(reply.unwrap().value().unwrap(), params(number));
                    }
                }
            });
        }
    });
}

#[test]
fn a_late_call_ends_at_its_deadline_and_the_plugin_lives_on() {
    // `never` is not answered until it is cancelled; then the late reply comes, which is nobody's.
    let folder = peer(
        "hello()
def answer(request):
    if request['method'] == '$/cancel':
        reply(request['params'], 'too late')
    elif request['method'] != 'never':
        reply(request, request.get('params'))
serve(answer)",
    );
    let plugin = load(&folder);
    for blocking in [true, false] {
        let begin = Instant::now();
        let call = plugin.call("never", ()).timeout(Duration::from_millis(150));
        let error = if blocking {
            call.blocking()
        } else {
            wait(call.into_future())
        }
        .unwrap_err();
        let took = begin.elapsed();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Deadline, "call `never`")
        );
        assert!(
            took >= Duration::from_millis(150) && took < Duration::from_secs(2),
            "{took:?}"
        );
        assert_eq!(
            plugin
                .call_blocking("echo", json!({ "a": 1 }))
                .unwrap()
                .as_json(),
            r#"{"a": 1}"#
        );
    }
    // An early deadline behind a late one: whoever sleeps for the late one must wake for the early one.
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            plugin
                .call("never", ())
                .timeout(Duration::from_secs(3))
                .blocking()
        });
        std::thread::sleep(Duration::from_millis(100));
        let begin = Instant::now();
        let quick = plugin.call("never", ()).timeout(Duration::from_millis(100));
        assert_eq!(
            wait(quick.into_future()).unwrap_err().kind(),
            ErrorKind::Deadline
        );
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "{:?}",
            begin.elapsed()
        );
        assert_eq!(
            slow.join().unwrap().unwrap_err().kind(),
            ErrorKind::Deadline
        );
    });
}

#[test]
fn a_dropped_call_is_cancelled() {
    // Tells how many cancels have come.
    let folder = peer(
        "hello()
cancels = 0
def answer(request):
    global cancels
    if request['method'] == '$/cancel':
        cancels += 1
        fail(request['params'], 'cancelled', 'given up')
    elif request['method'] == 'cancels':
        reply(request, cancels)
serve(answer)",
    );
    let plugin = load(&folder);
    {
        let mut call = Box::pin(plugin.call("never", ()).into_future());
        assert!(poll_once(call.as_mut()).is_pending());
        // Never polled, so never sent.
        drop(plugin.call("never", ()).into_future());
    }
    assert_eq!(plugin.call_blocking("cancels", ()).unwrap().as_json(), "1");
}

#[test]
fn progress_comes_before_the_answer() {
    let folder = peer(
        "hello()
def answer(request):
    for step in range(3):
        notify('$/progress', id=request['id'], fraction=step / 2, message=f'step {step}')
    reply(request, None)
serve(answer)",
    );
    let plugin = load(&folder);
    for blocking in [true, false] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let call = plugin
            .call("work", ())
            .on_progress(move |progress| sink.lock().unwrap().push(progress));
        if blocking {
            call.blocking()
        } else {
            wait(call.into_future())
        }
        .unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(
            seen.iter()
                .map(|progress| progress.fraction)
                .collect::<Vec<_>>(),
            [Some(0.0), Some(0.5), Some(1.0)]
        );
        assert_eq!(seen[2].message.as_deref(), Some("step 2"));
    }
}

#[test]
fn large_messages_pass_while_both_pipes_are_full() {
    let folder = peer(ECHO);
    let plugin = load(&folder);
    let text = "é".repeat(2 << 20);
    let calls = (0..4).map(|_| plugin.call("echo", json!({ "text": text })).into_future());
    for reply in wait_for_all(calls) {
        assert_eq!(reply.unwrap().value().unwrap()["text"], text.as_str());
    }
    let reply = plugin
        .call_blocking("echo", json!({ "text": text }))
        .unwrap();
    assert_eq!(reply.value().unwrap()["text"], text.as_str());
}

#[test]
fn a_steady_loop_of_blocking_calls_leaves_the_keeper_asleep() {
    let folder = peer_named("quiet", ECHO);
    let plugin = load(&folder);
    plugin.call_blocking("echo", ()).unwrap();
    let before = switches(&format!("crossplug-{}", plugin.name()));
    let begin = Instant::now();
    for _ in 0..2000 {
        plugin.call_blocking("echo", json!({ "a": 1 })).unwrap();
    }
    let woken = switches(&format!("crossplug-{}", plugin.name())) - before;
    // It looks every five milliseconds whether the calls go on.
    let looks = begin.elapsed().as_millis() / 5 + 20;
    assert!(
        u128::from(woken) <= 2 * looks,
        "woken {woken} times in {:?}",
        begin.elapsed()
    );
}

/// How often the thread of that name went to sleep by itself.
fn switches(name: &str) -> u64 {
    let short: String = name.chars().take(15).collect();
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim() == short {
            let status = read("status");
            let line = status
                .lines()
                .find(|line| line.starts_with("voluntary_ctxt_switches"))
                .unwrap_or("x 0");
            sum += line
                .split_whitespace()
                .nth(1)
                .unwrap()
                .parse::<u64>()
                .unwrap();
        }
    }
    sum
}

#[test]
fn the_keeper_takes_over_where_blocking_callers_leave_others_waiting() {
    let folder = peer(CONCURRENT);
    let plugin = load(&folder);
    let done = AtomicU32::new(0);
    std::thread::scope(|scope| {
        // Awaited calls that span many blocking ones.
        let waiting = scope.spawn(|| {
            for _ in 0..30 {
                wait(
                    plugin
                        .call("echo", ())
                        .timeout(Duration::from_secs(5))
                        .into_future(),
                )
                .unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
        while !waiting.is_finished() {
            plugin.call_blocking("echo", ()).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(done.into_inner(), 30);
}

#[test]
fn words_of_the_protocol_are_not_for_callers() {
    let folder = peer(ECHO);
    let plugin = load(&folder);
    for method in ["initialize", "shutdown", "$/cancel"] {
        assert_eq!(
            plugin.call_blocking(method, ()).unwrap_err().kind(),
            ErrorKind::Denied,
            "{method}"
        );
        assert_eq!(
            plugin.call(method, ()).blocking().unwrap_err().kind(),
            ErrorKind::Denied,
            "{method}"
        );
    }
    assert!(plugin.call_blocking("echo", ()).is_ok());
}

#[test]
fn who_stops_blocking_hands_on_to_those_who_wait() {
    // `slow` is answered a moment after the fifth `echo`.
    let folder = peer(
        "hello()
slow = None
echoes = 0
def answer(request):
    global slow, echoes
    if request['method'] == 'slow':
        slow = request
    else:
        reply(request, None)
        echoes += 1
        if echoes % 5 == 0:
            time.sleep(0.0002)
            reply(slow, None)
serve(answer)",
    );
    let plugin = load(&folder);
    let delay = || {
        let mut slow = Box::pin(plugin.call("slow", ()).into_future());
        assert!(poll_once(slow.as_mut()).is_pending());
        (0..5).for_each(|_| drop(plugin.call_blocking("echo", ()).unwrap()));
        let begin = Instant::now();
        wait(slow).unwrap();
        begin.elapsed()
    };
    // The keeper would come by itself too, but only when the blocking calls seem to be over, five milliseconds later.
    let shortest = (0..50).map(|_| delay()).min().unwrap();
    assert!(shortest < Duration::from_millis(3), "{shortest:?}");
}

#[test]
fn whoever_sleeps_is_woken_to_write() {
    let folder = peer(
        "hello()
def answer(request):
    if request['method'] == 'echo': reply(request, len(request['params']['text']))
serve(answer)",
    );
    let plugin = load(&folder);
    // Now the keeper sleeps, for five seconds.
    let mut never = Box::pin(
        plugin
            .call("never", ())
            .timeout(Duration::from_secs(5))
            .into_future(),
    );
    assert!(poll_once(never.as_mut()).is_pending());
    std::thread::sleep(Duration::from_millis(100));
    // More than the pipe holds, and a later deadline, which is no reason to wake.
    let begin = Instant::now();
    let large = plugin
        .call("echo", json!({ "text": "x".repeat(1 << 20) }))
        .timeout(Duration::from_secs(20));
    assert_eq!(
        wait(large.into_future()).unwrap().as_json(),
        (1 << 20).to_string()
    );
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn caps_are_named_and_the_plugin_lives_on() {
    // `hold` is answered when it is given up.
    let folder = peer(
        "hello()
def answer(request):
    if request['method'] == '$/cancel':
        fail(request['params'], 'cancelled', 'given up')
    elif request['method'] == 'echo':
        reply(request, None)
serve(answer)",
    );
    let limits = Limits {
        pending_calls: 3,
        open_streams: 2,
        frame_bytes: 10_000,
        ..Limits::default()
    };
    let host = Host::builder().limits(limits).build();
    let plugin = host.load(folder.path()).blocking().unwrap();
    let kind = |call: crossplug_host::Result<crossplug_host::Payload>| call.unwrap_err().kind();

    let large = plugin.call("echo", json!({ "text": "x".repeat(20_000) }));
    assert_eq!(kind(large.blocking()), ErrorKind::Limit);

    let streams: Vec<_> = (0..2)
        .map(|_| plugin.call("hold", ()).stream().unwrap())
        .collect();
    let third = plugin.call("hold", ()).stream().unwrap();
    assert_eq!(kind(third.result_blocking()), ErrorKind::Limit);
    drop(streams);
    // Until they are answered, calls that were given up are in flight all the same.
    let begin = Instant::now();
    while plugin.call_blocking("echo", ()).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut held: Vec<_> = (0..3)
        .map(|_| Box::pin(plugin.call("hold", ()).into_future()))
        .collect();
    assert!(
        held.iter_mut()
            .all(|call| poll_once(call.as_mut()).is_pending())
    );
    assert_eq!(kind(plugin.call_blocking("echo", ())), ErrorKind::Limit);
    assert_eq!(
        kind(wait(plugin.call("echo", ()).into_future())),
        ErrorKind::Limit
    );
    assert!(plugin.is_alive());
}

#[test]
fn what_a_plugin_does_not_read_is_bounded() {
    let folder = peer("hello()\ntime.sleep(1000)");
    let limits = Limits {
        buffered_bytes: 1 << 20,
        ..Limits::default()
    };
    let host = Host::builder().limits(limits).build();
    let plugin = host.load(folder.path()).blocking().unwrap();
    let text = "x".repeat(400_000);
    let mut calls: Vec<_> = (0..6)
        .map(|_| Box::pin(plugin.call("echo", json!({ "text": text })).into_future()))
        .collect();
    let refused = calls
        .iter_mut()
        .filter_map(|call| match poll_once(call.as_mut()) {
            std::task::Poll::Ready(reply) => Some(reply.unwrap_err().kind()),
            std::task::Poll::Pending => None,
        });
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [ErrorKind::Limit; 3],
        "three fit, the last of them overlapping"
    );
}

#[test]
fn a_waker_that_panics_is_the_loss_of_its_own_call_alone() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }
    let folder = peer(
        "hello()
held = []
def answer(request):
    if request['method'] == 'hold':
        held.append(request)
    else:
        for request in [*held, request]:
            reply(request, None)
        held.clear()
serve(answer)",
    );
    let plugin = load(&folder);
    let waker = std::task::Waker::from(Arc::new(Panics));
    let mut context = std::task::Context::from_waker(&waker);
    let mut call = Box::pin(plugin.call("hold", ()).into_future());
    for release_by_keeper in [true, false] {
        assert!(call.as_mut().poll(&mut context).is_pending());
        let release = plugin.call("release", ()).timeout(Duration::from_secs(5));
        if release_by_keeper {
            wait(release.into_future()).unwrap();
        } else {
            release.blocking().unwrap();
        }
        assert!(plugin.is_alive());
        // The answer is there all the same.
        assert!(call.as_mut().poll(&mut context).is_ready());
        call = Box::pin(plugin.call("hold", ()).into_future());
    }
    drop(call);
    assert!(plugin.stop_blocking().error.is_none());
}

#[test]
fn a_caller_looks_at_something_else_now_and_then() {
    let folder = peer(
        "
hello()
def answer(request):
    if request['method'] != 'never':
        time.sleep(0.1)
        reply(request, 'at last')
serve(answer)
",
    );
    let plugin = load(&folder);
    let soon = Duration::from_millis(1);
    let mut call = plugin.call("slow", ()).into_future();
    let mut looks = 0;
    let outcome = loop {
        looks += 1;
        if let Some(outcome) = call.wait_within(soon) {
            break outcome;
        }
    };
    assert_eq!(outcome.unwrap().as_json(), "\"at last\"");
    assert!(looks > 1, "the first look was the last");
    assert!(call.wait_within(soon).is_none(), "it is over");

    // Another thread's call gets through while this one is between two looks; then this one is given up.
    let mut never = plugin.call("never", ()).into_future();
    assert!(never.wait_within(soon).is_none());
    assert_eq!(
        plugin.call_blocking("slow", ()).unwrap().as_json(),
        "\"at last\""
    );
    drop(never);

    let late = plugin
        .call("never", ())
        .timeout(Duration::from_millis(50))
        .into_future()
        .wait_within(Duration::from_secs(10));
    assert_eq!(late.unwrap().unwrap_err().kind(), ErrorKind::Deadline);
}
