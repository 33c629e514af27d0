//! What plugins ask of the host: services that answer, wait, block, call back, refuse; events both ways.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::{Host, HostBuilder, Limits, Plugin, PluginError, ServiceResult};
use serde_json::json;
use tempfile::TempDir;

use crate::peer::{Lines, load, peer};
use crate::waiting::{wait, wait_for_all};

/// `ask` calls the service that its params name and gives back what comes of it; `twice` is for services to call.
const ASKER: &str = "
hello()
asked = {}
number = 0
def answer(request):
    global number
    if request.get('method') == 'ask':
        number -= 1
        asked[number] = request
        send({'jsonrpc': '2.0', 'id': number, 'method': request['params']['service'], 'params': request['params']})
    elif request.get('method') == 'twice':
        reply(request, request['params']['number'] * 2)
    elif request.get('method') == 'giveUp':
        for id in asked:
            notify('$/cancel', id=id)
        reply(request, None)
while True:
    request = read()
    if 'method' in request:
        if request['method'] == 'shutdown':
            reply(request, None)
        else:
            answer(request)
    elif request['id'] in asked:
        reply(asked.pop(request['id']), request.get('result', request.get('error')))
";

fn load_with(folder: &TempDir, host: HostBuilder) -> Plugin {
    host.build()
        .load(folder.path())
        .grant("*")
        .unwrap()
        .blocking()
        .unwrap()
}

fn ask(plugin: &Plugin, service: &str) -> serde_json::Value {
    let call = plugin
        .call("ask", json!({ "service": service, "number": 21 }))
        .timeout(Duration::from_secs(5));
    call.blocking().unwrap().value().unwrap()
}

#[test]
fn services_answer_at_once_later_and_from_a_thread() {
    let folder = peer(ASKER);
    let host = Host::builder()
        .service("quick", |call| async move {
            Ok(json!({ "asked": call.params().value().unwrap()["number"] }))
        })
        .service("patient", |call| async move {
            let plugin = call.plugin().unwrap();
            let reply = plugin.call("twice", json!({ "number": 4 })).await;
            reply.map_err(|error| PluginError::new("internal", error.to_string()))
        })
        .service_blocking("blocking", |_| {
            std::thread::sleep(Duration::from_millis(20));
            Ok(json!("slept"))
        })
        .service("angry", |_| async {
            Err::<(), _>(PluginError::new("unavailable", "not today"))
        })
        .service("broken", |call| async move {
            assert!(call.method().is_empty(), "on purpose");
            Ok(())
        });
    let plugin = load_with(&folder, host);
    assert_eq!(ask(&plugin, "quick"), json!({ "asked": 21 }));
    assert_eq!(ask(&plugin, "patient"), json!(8));
    assert_eq!(ask(&plugin, "blocking"), json!("slept"));
    assert_eq!(ask(&plugin, "angry")["data"]["code"], "unavailable");
    assert_eq!(ask(&plugin, "broken")["data"]["code"], "internal");
    // And all at once, from one thread.
    let calls = ["quick", "patient", "blocking", "angry"]
        .into_iter()
        .cycle()
        .take(40);
    let calls = calls.map(|service| {
        plugin
            .call("ask", json!({ "service": service, "number": 1 }))
            .into_future()
    });
    assert!(wait_for_all(calls).into_iter().all(|reply| reply.is_ok()));
}

#[test]
fn a_service_that_blocks_on_the_plugin_that_asks_it() {
    let folder = peer(ASKER);
    let twice = |plugin: Plugin| {
        let reply = plugin
            .call("twice", json!({ "number": 5 }))
            .timeout(Duration::from_secs(5))
            .blocking();
        reply.map_err(|error| PluginError::new("internal", error.to_string()))
    };
    let host = Host::builder()
        // On the thread that reads, which therefore has to read on.
        .service("inline", move |call| async move {
            twice(call.plugin().unwrap())
        })
        .service_blocking("elsewhere", move |call| twice(call.plugin().unwrap()));
    let plugin = load_with(&folder, host);
    for service in ["inline", "elsewhere"] {
        assert_eq!(
            ask(&plugin, service),
            json!(10),
            "{service}, asked by a blocking call"
        );
        let awaited = plugin
            .call("ask", json!({ "service": service }))
            .timeout(Duration::from_secs(5));
        assert_eq!(
            wait(awaited.into_future()).unwrap().as_json(),
            "10",
            "{service}, asked by an awaited call"
        );
    }
    let many = (0..20).map(|_| {
        plugin
            .call("ask", json!({ "service": "inline" }))
            .into_future()
    });
    assert!(
        wait_for_all(many)
            .into_iter()
            .all(|reply| reply.unwrap().as_json() == "10")
    );
}

#[test]
fn what_was_not_granted_or_is_not_there_is_refused() {
    let folder = peer(ASKER);
    let host = Host::builder()
        .service("kv.get", |_| async { Ok(json!("got")) })
        .service("kv.set", |_| async { Ok(json!("set")) })
        .build();
    let plugin = host
        .load(folder.path())
        .grant("kv.get")
        .unwrap()
        .grant("none")
        .unwrap()
        .blocking()
        .unwrap();
    assert_eq!(ask(&plugin, "kv.get"), json!("got"));
    for service in ["kv.set", "none"] {
        assert_eq!(
            ask(&plugin, service)["data"]["code"],
            "permissionDenied",
            "{service}"
        );
    }
}

#[test]
fn a_service_call_that_the_plugin_gives_up_is_dropped() {
    struct Dropped(std::sync::mpsc::Sender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let folder = peer(ASKER);
    let (sender, dropped) = std::sync::mpsc::channel();
    let sender = Mutex::new(sender);
    let host = Host::builder().service("never", move |_| {
        let held = Dropped(sender.lock().unwrap().clone());
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(())
        }
    });
    let plugin = load_with(&folder, host);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(&plugin, "never"));
        std::thread::sleep(Duration::from_millis(100));
        assert!(dropped.try_recv().is_err(), "it waits");
        plugin.call_blocking("giveUp", ()).unwrap();
        dropped.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(asking.join().unwrap()["data"]["code"], "cancelled");
    });
}

#[test]
fn services_stream_both_ways() {
    // `pull` reads a stream of the host's, giving credit for two at a time; `push` streams up to the host.
    let folder = peer(
        "hello()
pulled = []
pulling = None
def answer(request):
    global pulling
    method = request.get('method')
    params = request.get('params', {})
    if method == 'pull':
        pulling = request
        send({'jsonrpc': '2.0', 'id': 'pull', 'method': 'numbers', 'params': {}})
        notify('$/credit', id='pull', items=2, bytes=1000)
    elif method == '$/item':
        pulled.append(params['item'])
        notify('$/credit', id='pull', items=1, bytes=100)
    elif method == 'push':
        pulling = request
        send({'jsonrpc': '2.0', 'id': 'push', 'method': 'sum', 'params': {}})
    elif method == '$/credit':
        for number in range(1, 11):
            notify('$/item', id='push', item=number)
        notify('$/end', id='push')
    elif method is None:
        reply(pulling, [pulled, request['result']])
while True:
    request = read()
    answer(request)",
    );
    let host = Host::builder()
        .service("numbers", |call| async move {
            for number in 1..=20 {
                call.send(json!(number))
                    .await
                    .map_err(|error| PluginError::new("internal", error.to_string()))?;
            }
            Ok(json!("done"))
        })
        .service("sum", |call| async move {
            let mut sum = 0;
            while let Ok(Some(item)) = call.next().await {
                sum += item.value().unwrap().as_i64().unwrap();
            }
            Ok(json!(sum))
        });
    let plugin = load_with(&folder, host);
    let pulled = plugin
        .call("pull", ())
        .timeout(Duration::from_secs(5))
        .blocking()
        .unwrap()
        .value()
        .unwrap();
    assert_eq!(pulled, json!([(1..=20).collect::<Vec<_>>(), "done"]));
    let pushed = plugin
        .call("push", ())
        .timeout(Duration::from_secs(5))
        .blocking()
        .unwrap()
        .value()
        .unwrap();
    assert_eq!(pushed[1], json!(55));
}

#[test]
fn events_go_both_ways_in_order_and_only_where_granted() {
    let folder = peer(
        "hello()
heard = []
def answer(request):
    if request['method'] == '$/event':
        heard.append([request['params']['name'], request['params']['seq'], request['params']['payload']])
    elif request['method'] == 'emit':
        for seq in range(1, 101):
            notify('$/event', name='happened', stream='room:1', seq=seq, payload={'number': seq})
        notify('$/event', name='happened', stream='secret', seq=1, payload={})
        reply(request, heard)
serve(answer)",
    );
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (lines, sink) = (Lines::default(), Arc::clone(&seen));
    let host = lines
        .host()
        .on_event(move |event| sink.lock().unwrap().push(event.clone()))
        .build();
    let plugin = host
        .load(folder.path())
        .grant("emit=room:*")
        .unwrap()
        .blocking()
        .unwrap();
    for number in 1..=3 {
        plugin
            .emit("told", json!({ "number": number }), Some("room:1"))
            .unwrap();
    }
    let heard = plugin.call_blocking("emit", ()).unwrap().value().unwrap();
    assert_eq!(
        heard,
        json!([["told", 1, {"number": 1}], ["told", 2, {"number": 2}], ["told", 3, {"number": 3}]])
    );
    plugin.stop_blocking();
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen.iter().map(|event| event.seq).collect::<Vec<_>>(),
        (1..=100).collect::<Vec<_>>()
    );
    assert_eq!(seen[41].payload.as_json(), r#"{"number": 42}"#);
    assert!(
        lines.all().iter().any(|log| log.message.contains("secret")),
        "{:?}",
        lines.all()
    );
}

#[test]
fn a_plugin_knows_what_it_was_granted() {
    let folder = peer("params = hello()\nserve(lambda request: reply(request, params))");
    let host = Host::builder()
        .name("me")
        .version("3.2.1")
        .config("a", 1)
        .data_root(folder.path().join("data"))
        .debug(true)
        .service("kv.get", |_| async { Ok(()) })
        .build();
    // The file itself, this time.
    let file = folder.path().join("plugin.json");
    let plugin = host
        .load(file)
        .config("b", "two")
        .grant("kv.*")
        .unwrap()
        .blocking()
        .unwrap();
    let told = plugin.call_blocking("told", ()).unwrap().value().unwrap();
    assert_eq!(told["host"], json!({ "name": "me", "version": "3.2.1" }));
    assert_eq!(told["config"], json!({ "a": 1, "b": "two" }));
    let data = folder.path().join("data/peer");
    assert!(
        data.is_dir() && told["dataDir"] == data.to_str().unwrap(),
        "{told}"
    );
    assert_eq!(told["granted"]["services"], json!(["kv.get"]));
    assert_eq!(
        (&told["debug"], &told["protocol"]["version"]),
        (&json!(true), &json!("1.0"))
    );
    assert_eq!(told["instanceId"].as_str().unwrap(), plugin.instance_id());
    drop(load(&folder));
}

#[test]
fn what_a_plugin_uploads_and_nobody_reads_is_bounded() {
    let folder = peer(
        "hello()
def answer(request):
    if request['method'] != 'upload':
        return reply(request, None)
    send({'jsonrpc': '2.0', 'id': -1, 'method': 'slow'})
    read()
    for _ in range(5):
        notify('$/item', id=-1, item='x' * 40_000)
    while True:
        came = read()
        if came.get('id') == -1:
            return reply(request, came['error']['data'])
serve(answer)",
    );
    let limits = Limits {
        buffered_bytes: 100_000,
        ..Limits::default()
    };
    let host = Host::builder()
        .limits(limits)
        .service("slow", |call| async move {
            // The first credit, and then nothing is read.
            call.next().await.ok();
            std::future::pending::<ServiceResult>().await
        });
    let plugin = load_with(&folder, host);
    for _ in 0..3 {
        let failed = plugin.call("upload", ()).timeout(Duration::from_secs(5));
        let failed = failed.blocking().unwrap().value().unwrap();
        assert_eq!(
            failed,
            json!({ "code": "resourceExhausted", "retryable": true })
        );
    }
    assert_eq!(plugin.call_blocking("else", ()).unwrap().as_json(), "null");
}
