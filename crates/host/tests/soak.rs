//! Everything at once against one plugin until the time is over: `cargo test --test soak -- --ignored`, or with
//! `CROSSPLUG_SOAK_SECONDS` for longer. What it looks for is a caller that nobody wakes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/peer.rs"]
mod peer;
#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/waiting.rs"]
mod waiting;

use std::future::IntoFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossplug_host::{Error, ErrorKind, Host, Plugin};
use peer::peer;
use serde_json::json;
use waiting::{poll_once, wait, wait_for_all};

/// Answers at once, later, never until cancelled; streams; asks.
const MIXED: &str = "
hello()
import random
credit = {}
nevers = set()
asked = {}
number = 0
def later(request):
    time.sleep(random.random() / 200)
    reply(request, request.get('params'))
def answer(request):
    global number
    method = request.get('method')
    params = request.get('params', {})
    if method == 'echo':
        reply(request, params)
    elif method == 'later':
        threading.Thread(target=later, args=(request,)).start()
    elif method == 'count':
        credit[request['id']] = request
    elif method == '$/credit':
        request = credit.pop(params['id'], None)
        if request:
            for item in range(10):
                notify('$/item', id=request['id'], item=item)
            reply(request, 10)
    elif method == 'ask':
        number -= 1
        asked[number] = request
        send({'jsonrpc': '2.0', 'id': number, 'method': 'back', 'params': params})
    elif method is None:
        reply(asked.pop(request['id']), request.get('result'))
while True:
    request = read()
    if request.get('method') == 'shutdown':
        reply(request, None)
    elif request.get('method') == '$/cancel':
        # What was answered meanwhile is answered.
        if request['params']['id'] in nevers:
            nevers.discard(request['params']['id'])
            fail(request['params'], 'cancelled', 'given up')
    elif request.get('method') == 'never':
        nevers.add(request['id'])
    else:
        answer(request)
";

/// A call that takes longer than this was forgotten.
const FORGOTTEN: Duration = Duration::from_secs(10);

#[test]
#[ignore = "a soak"]
fn everything_at_once() {
    let seconds = std::env::var("CROSSPLUG_SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10);
    let end = Instant::now() + Duration::from_secs(seconds);
    let folder = peer(MIXED);
    let host = Host::builder()
        .service("back", |call| async move {
            let plugin = call.plugin().unwrap();
            if call.params().value().unwrap()["blocking"] == true {
                plugin.call_blocking("echo", json!({ "x": 1 })).unwrap();
            } else {
                plugin.call("later", json!({ "x": 1 })).await.unwrap();
            }
            Ok(json!("back"))
        })
        .build();
    let plugin = host
        .load(folder.path())
        .grant("*")
        .unwrap()
        .blocking()
        .unwrap();
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (plugin, done) = (&plugin, &done);
            scope.spawn(move || {
                let mut round: u64 = thread;
                while Instant::now() < end {
                    round += 1;
                    one(plugin, round);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} rounds", done.into_inner());
    assert!(plugin.stop_blocking().error.is_none());
}

fn one(plugin: &Plugin, round: u64) {
    let soon = |method: &str| {
        plugin
            .call(
                method,
                json!({ "round": round, "blocking": round.is_multiple_of(2) }),
            )
            .timeout(FORGOTTEN)
    };
    let short = |method: &str| plugin.call(method, ()).timeout(Duration::from_millis(3));
    let kind = |error: Error| error.kind();
    match round % 9 {
        0 => drop(soon("echo").blocking().unwrap()),
        1 => drop(wait(soon("echo").into_future()).unwrap()),
        2 => drop(soon("later").blocking().unwrap()),
        3 => wait_for_all((0..5).map(|_| soon("later").into_future()))
            .into_iter()
            .for_each(|reply| drop(reply.unwrap())),
        4 => assert_eq!(
            short("never").blocking().map_err(kind),
            Err(ErrorKind::Deadline)
        ),
        5 => assert_eq!(
            wait(short("never").into_future()).map_err(kind),
            Err(ErrorKind::Deadline)
        ),
        6 => {
            let mut given_up = Box::pin(soon("never").into_future());
            assert!(poll_once(given_up.as_mut()).is_pending());
        }
        7 => {
            let mut stream = soon("count").stream().unwrap();
            let mut items = 0;
            while let Some(_item) = if round.is_multiple_of(2) {
                stream.next_blocking()
            } else {
                wait(stream.next())
            }
            .unwrap()
            {
                items += 1;
            }
            assert_eq!(items, 10);
        }
        _ => drop(
            if round % 4 < 2 {
                soon("ask").blocking()
            } else {
                wait(soon("ask").into_future())
            }
            .unwrap(),
        ),
    }
}
