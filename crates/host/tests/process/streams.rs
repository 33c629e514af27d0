//! Streams: items that come, items that go, back-pressure, and a death in the middle.

use std::time::Duration;

use crossplug_host::{ErrorKind, Host, Limits};
use serde_json::json;

use crate::peer::{load, peer};
use crate::waiting::wait;

/// Streams the numbers up to `to`, holding itself to its credit; tells `sent` beside.
const COUNT: &str = "
hello()
credit = {}
changed = threading.Condition()
sent = 0

def count(request):
    global sent
    for number in range(1, request['params']['to'] + 1):
        text = json.dumps({'jsonrpc': '2.0', 'method': '$/item', 'params': {'id': request['id'], 'item': number}})
        with changed:
            while credit.get(request['id'], [0, 0])[0] <= 0 or credit[request['id']][1] <= 0:
                changed.wait()
            credit[request['id']][0] -= 1
            credit[request['id']][1] -= len(text)
            sent += 1
        with lock:
            sys.stdout.write(text + '\\n')
            sys.stdout.flush()
    if request['params'].get('die'):
        os._exit(7)
    reply(request, sum(range(1, request['params']['to'] + 1)))

def answer(request):
    params = request.get('params', {})
    if request['method'] == '$/credit':
        with changed:
            mine = credit.setdefault(params['id'], [0, 0])
            mine[0] += params['items']
            mine[1] += params['bytes']
            changed.notify_all()
    elif request['method'] == 'sent':
        reply(request, sent)
    elif request['method'] == 'count':
        threading.Thread(target=count, args=(request,), daemon=True).start()
serve(answer)
";

#[test]
fn items_come_in_order_and_then_the_result() {
    let folder = peer(COUNT);
    let plugin = load(&folder);
    for blocking in [true, false] {
        let mut stream = plugin
            .call("count", json!({ "to": 2000 }))
            .stream()
            .unwrap();
        let mut expected = 0;
        while let Some(item) = if blocking {
            stream.next_blocking()
        } else {
            wait(stream.next())
        }
        .unwrap()
        {
            expected += 1;
            assert_eq!(item.as_json(), expected.to_string());
        }
        assert_eq!(expected, 2000);
        let result = if blocking {
            stream.result_blocking()
        } else {
            wait(stream.result())
        };
        assert_eq!(result.unwrap().as_json(), "2001000");
    }
}

#[test]
fn a_slow_reader_holds_the_plugin_back() {
    let folder = peer(COUNT);
    let plugin = load(&folder);
    let mut stream = plugin
        .call("count", json!({ "to": 5000 }))
        .stream()
        .unwrap();
    for _ in 0..3 {
        stream.next_blocking().unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    let sent: u32 = plugin
        .call_blocking("sent", ())
        .unwrap()
        .as_json()
        .parse()
        .unwrap();
    assert!(
        (3..=512).contains(&sent),
        "{sent} items were sent to a reader that took three"
    );
    // What was not taken is passed over.
    assert_eq!(stream.result_blocking().unwrap().as_json(), "12502500");
}

/// Sends what it is asked for at once: one large item of each stream, which its credit allows.
const LARGE: &str = "
hello()
def answer(request):
    if request['method'] == 'large':
        notify('$/item', id=request['id'], item='x' * 40_000)
        reply(request, 'done')
    elif request['method'] == 'echo':
        reply(request, None)
serve(answer)
";

#[test]
fn what_waits_unread_in_all_streams_together_is_bounded() {
    let folder = peer(LARGE);
    let limits = Limits {
        buffered_bytes: 100_000,
        ..Limits::default()
    };
    let host = Host::builder().limits(limits).build();
    let plugin = host.load(folder.path()).blocking().unwrap();
    let open = || plugin.call("large", ()).stream().unwrap();
    let mut streams = [open(), open(), open()];
    // Answered behind them.
    plugin.call_blocking("echo", ()).unwrap();
    let error = streams[2].next_blocking().unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Limit, "call `large`")
    );
    assert!(error.context().contains("buffered_bytes"), "{error}");
    // The others have what they had, and what is read or dropped makes room.
    assert!(streams[0].next_blocking().unwrap().is_some());
    drop(streams);
    for _ in 0..5 {
        let [one, other] = [open(), open()];
        plugin.call_blocking("echo", ()).unwrap();
        assert_eq!(one.result_blocking().unwrap().as_json(), "\"done\"");
        assert_eq!(other.result_blocking().unwrap().as_json(), "\"done\"");
    }
}

#[test]
fn a_dropped_stream_is_cancelled() {
    let folder = peer(
        "hello()
cancelled = []
def answer(request):
    if request['method'] == '$/cancel':
        cancelled.append(request['params']['id'])
        fail(request['params'], 'cancelled', 'given up')
    elif request['method'] == 'cancelled':
        reply(request, len(cancelled))
serve(answer)",
    );
    let plugin = load(&folder);
    drop(plugin.call("count", ()).stream().unwrap());
    assert_eq!(
        plugin.call_blocking("cancelled", ()).unwrap().as_json(),
        "1"
    );
}

#[test]
fn a_death_in_the_middle_ends_the_stream() {
    let folder = peer(COUNT);
    for blocking in [true, false] {
        let plugin = load(&folder);
        let mut stream = plugin
            .call("count", json!({ "to": 3, "die": true }))
            .stream()
            .unwrap();
        let mut next = || {
            if blocking {
                stream.next_blocking()
            } else {
                wait(stream.next())
            }
        };
        for number in 1..=3 {
            assert_eq!(next().unwrap().unwrap().as_json(), number.to_string());
        }
        let error = next().unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Died, "call `count`")
        );
        assert!(error.context().contains("exit status: 7"), "{error}");
        assert_eq!(
            plugin.wait_blocking().error.unwrap().kind(),
            ErrorKind::Died
        );
    }
}

/// Sums what is streamed up, giving credit for a few at a time; `double` streams it back doubled.
const UPLOADS: &str = "
hello()
sums = {}
def answer(request):
    params = request.get('params', {})
    if request['method'] == 'sum':
        sums[request['id']] = [0, 0]
        notify('$/credit', id=request['id'], items=3, bytes=1000)
    elif request['method'] == '$/item':
        mine = sums[params['id']]
        mine[0] += params['item']
        mine[1] += 1
        if mine[1] % 3 == 0:
            notify('$/credit', id=params['id'], items=3, bytes=1000)
    elif request['method'] == '$/end':
        reply(params, sums.pop(params['id'])[0])
    elif request['method'] == 'refuse':
        fail(request, 'failedPrecondition', 'no thanks')
serve(answer)
";

#[test]
fn uploads_go_as_fast_as_the_plugin_takes_them() {
    let folder = peer(UPLOADS);
    let plugin = load(&folder);
    for blocking in [true, false] {
        let stream = plugin.call("sum", ()).stream().unwrap();
        let mut uploader = stream.uploader();
        for number in 1..=100 {
            if blocking {
                uploader.send_blocking(json!(number))
            } else {
                wait(uploader.send(json!(number)))
            }
            .unwrap();
        }
        uploader.end();
        assert_eq!(stream.result_blocking().unwrap().as_json(), "5050");
    }
}

#[test]
fn two_uploaders_of_one_call_hold_nobody_up_and_the_last_one_ends_it() {
    let folder = peer(UPLOADS);
    let plugin = load(&folder);
    let upload = |mut uploader: crossplug_host::Uploader, blocking: bool| {
        for number in 1..=100 {
            let number = json!(number);
            if blocking {
                uploader.send_blocking(number)
            } else {
                wait(uploader.send(number))
            }
            .unwrap();
        }
    };
    for blocking in [[true, true], [true, false], [false, false]] {
        let stream = plugin.call("sum", ()).stream().unwrap();
        std::thread::scope(|scope| {
            for blocking in blocking {
                let uploader = stream.uploader();
                scope.spawn(move || upload(uploader, blocking));
            }
        });
        assert_eq!(stream.result_blocking().unwrap().as_json(), "10100");
    }
}

#[test]
fn an_upload_that_nobody_wants_says_so() {
    let folder = peer(UPLOADS);
    let plugin = load(&folder);
    let stream = plugin.call("refuse", ()).stream().unwrap();
    let mut uploader = stream.uploader();
    let error = uploader.send_blocking(json!(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(
        stream
            .result_blocking()
            .unwrap_err()
            .plugin_error()
            .unwrap()
            .code,
        "failedPrecondition"
    );
}

#[test]
fn a_stream_is_looked_at_for_a_while() {
    let folder = peer(COUNT);
    let plugin = load(&folder);
    let mut stream = plugin.call("count", json!({ "to": 3 })).stream().unwrap();
    let mut items = Vec::new();
    loop {
        match stream.next_within(Duration::from_millis(1)) {
            None => {}
            Some(Ok(Some(item))) => items.push(item.as_json().into_owned()),
            Some(end) => break assert!(end.unwrap().is_none()),
        }
    }
    assert_eq!(items, ["1", "2", "3"]);

    // The peer takes no items, so this one waits until its sender has had enough.
    let stream = plugin.call("nothing", ()).stream().unwrap();
    let item = crossplug_host::Payload::null();
    assert!(
        stream
            .uploader()
            .send_within(&item, Duration::from_millis(20))
            .is_none()
    );
}
