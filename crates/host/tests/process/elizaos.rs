//! The process door with `elizaos-bridge/1`: a plugin that speaks first, a line a message, no cancel and no shutdown.
//! The requirements are those of the elizaOS interop.

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use crossplug_host::{Error, ErrorKind, Host, Plugin};
use serde_json::json;
use tempfile::TempDir;

use crate::care::gone;
use crate::peer::{Lines, peer};
use crate::waiting::wait_for_all;

const READY: &str = "
def ready(language='rust'):
    send({'type': 'ready', 'manifest': {'name': 'peer', 'description': 'd', 'version': '1.0.0', 'language': language}})

def begin(**more):
    ready(**more)
    request = read()
    assert request['type'] == 'plugin.init', request
    send({'type': 'plugin.init.result', 'id': request['id'], 'success': True})
";

fn bridge(script: &str) -> TempDir {
    peer(&format!("{READY}\n{script}"))
}

fn load(folder: &TempDir) -> Plugin {
    Host::builder()
        .build()
        .load(folder.path())
        .dialect("elizaos-bridge/1")
        .blocking()
        .unwrap()
}

fn refused(folder: &TempDir, start: Duration) -> Error {
    let host = Host::builder().start_timeout(start).build();
    host.load(folder.path())
        .dialect("elizaos-bridge/1")
        .blocking()
        .unwrap_err()
}

fn provider(name: &str) -> serde_json::Value {
    json!({ "provider": name, "memory": { "content": {} } })
}

/// ELZ-R1: each caller gets its own result, in whatever order they come.
#[test]
fn replies_out_of_order() {
    let folder = bridge(
        "begin()
one, two = read(), read()
for request in (two, one):
    send({'type': 'provider.result', 'id': request['id'], 'result': {'text': request['provider'], 'values': None, 'data': None}})
read()",
    );
    let plugin = load(&folder);
    assert_eq!(plugin.introduction().dialect, "elizaos-bridge/1");
    assert_eq!(plugin.manifest()["name"], "peer");
    let calls =
        ["ONE", "TWO"].map(|name| plugin.call("provider.get", provider(name)).into_future());
    let texts: Vec<_> = wait_for_all(calls)
        .into_iter()
        .map(|reply| reply.unwrap().value().unwrap()["text"].clone())
        .collect();
    assert_eq!(texts, ["ONE", "TWO"]);
    // The end of its input is the clean stop.
    assert_eq!(
        plugin.stop_blocking().status.as_deref(),
        Some("exit status: 0")
    );
}

/// ELZ-R2 and R4: an error that names no request, and a print, resolve nothing and are logged; the reply still comes.
#[test]
fn lines_that_answer_nobody() {
    let folder = bridge(
        "begin()
request = read()
send({'type': 'error', 'id': '', 'error': 'nobody knows'})
send({'type': 'provider.result', 'id': 'req_99', 'result': {'text': 'wrong'}})
print('not json at all')
send({'type': 'provider.result', 'id': request['id'], 'result': {'text': 'right', 'values': None, 'data': None}})
read()
send({'type': 'error', 'id': '', 'error': 'still nobody'})
read()",
    );
    let lines = Lines::default();
    let plugin = lines
        .host()
        .build()
        .load(folder.path())
        .dialect("elizaos-bridge/1")
        .blocking()
        .unwrap();
    let reply = plugin
        .call("provider.get", provider("P"))
        .timeout(Duration::from_secs(5))
        .blocking()
        .unwrap();
    assert_eq!(reply.value().unwrap()["text"], "right");
    lines.wait_for("nobody knows");
    lines.wait_for("req_99");
    lines.wait_for("not json at all");
    let late = plugin
        .call("provider.get", provider("P"))
        .timeout(Duration::from_millis(200))
        .blocking();
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Deadline);
    lines.wait_for("still nobody");
}

/// ELZ-R3: what is larger than the peer reads is refused before it is written, and the plugin stays usable.
#[test]
fn a_message_that_is_too_large_is_not_sent() {
    let folder = bridge(
        "begin(language='python')
while True:
    request = read()
    send({'type': 'provider.result', 'id': request['id'], 'result': {'text': 'fine', 'values': None, 'data': None}})",
    );
    let plugin = load(&folder);
    let large = json!({ "provider": "x".repeat(70_000), "memory": { "content": {} } });
    let error = plugin.call_blocking("provider.get", large).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.context().contains("too large"), "{error}");
    assert_eq!(
        plugin
            .call_blocking("provider.get", provider("P"))
            .unwrap()
            .value()
            .unwrap()["text"],
        "fine"
    );
    // What the dialect has no word for.
    assert_eq!(
        plugin.ping_blocking().unwrap_err().kind(),
        ErrorKind::Incompatible
    );
    assert_eq!(
        plugin.emit("event", json!({}), None).unwrap_err().kind(),
        ErrorKind::Incompatible
    );
}

/// ELZ-R6: bytes are put together before they are read as text.
#[test]
fn a_character_in_two_pieces() {
    let folder = bridge(
        "begin()
request = read()
line = json.dumps({'type': 'provider.result', 'id': request['id'], 'result': {'text': '\\U0001F600', 'values': None, 'data': None}}, ensure_ascii=False)
raw = line.encode() + b'\\n'
cut = raw.index(b'\\xf0') + 2
os.write(1, raw[:cut])
time.sleep(0.1)
os.write(1, raw[cut:])
read()",
    );
    let reply = load(&folder)
        .call_blocking("provider.get", provider("P"))
        .unwrap();
    assert_eq!(reply.value().unwrap()["text"], "😀");
}

/// ELZ-R7: an exit before `ready` fails the load at once; a start that takes too long is killed and reaped.
#[test]
fn an_exit_before_ready() {
    let begin = Instant::now();
    let error = refused(
        &bridge("sys.stderr.write('no key\\n')\nsys.exit(4)"),
        Duration::from_secs(20),
    );
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(error.kind(), ErrorKind::Start);
    assert!(
        error.context().contains("exit status: 4") && error.context().contains("no key"),
        "{error}"
    );

    let folder = bridge("open('pid', 'w').write(str(os.getpid()))\ntime.sleep(1000)");
    assert_eq!(
        refused(&folder, Duration::from_secs(2)).kind(),
        ErrorKind::Start
    );
    gone(&std::fs::read_to_string(folder.path().join("pid")).unwrap());
}

/// ELZ-R8: a first message that is not `ready` is told as what it is.
#[test]
fn a_first_message_that_is_not_ready() {
    let begin = Instant::now();
    let folder =
        bridge("send({'type': 'provider.result', 'id': 'req_1', 'result': {}})\ntime.sleep(1000)");
    let error = refused(&folder, Duration::from_secs(20));
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "not swallowed until the start is over"
    );
}

/// ELZ-R19: a pipe that is full blocks nobody, and stderr is always drained.
#[test]
fn full_pipes_block_nobody() {
    let folder = bridge(
        "begin()
sys.stderr.write('e' * 1000000)
sys.stderr.flush()
request = read()
time.sleep(3)
for number in range(20):
    send({'type': 'provider.result', 'id': request['id'], 'result': {'text': str(len(request['provider'])), 'values': None, 'data': None}})
    request = read()",
    );
    let plugin = load(&folder);
    let begin = Instant::now();
    let mut calls: Vec<_> = (0..20)
        .map(|_| {
            Box::pin(
                plugin
                    .call("provider.get", provider(&"x".repeat(200_000)))
                    .into_future(),
            )
        })
        .collect();
    for call in &mut calls {
        assert!(crate::waiting::poll_once(call.as_mut()).is_pending());
    }
    assert!(
        begin.elapsed() < Duration::from_millis(2500),
        "four megabytes waited for the pipe"
    );
    for reply in wait_for_all(calls) {
        assert_eq!(reply.unwrap().value().unwrap()["text"], "200000");
    }
}

/// ELZ-R20: what is in flight when the plugin is stopped ends as closed.
#[test]
fn a_stop_closes_what_is_in_flight() {
    let folder = bridge("begin()\nread()\nread()");
    let plugin = load(&folder);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| plugin.call_blocking("provider.get", provider("P")));
        std::thread::sleep(Duration::from_millis(100));
        plugin.stop_blocking();
        let error = call.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(error.context().contains("closed"), "{error}");
    });
}
