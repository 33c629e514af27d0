//! Calls over sockets, sessions one after another, and their ends, with a plugin of each SDK.

use std::sync::mpsc::channel;
use std::time::Duration;

use crossplug_host::door::socket::Listener;
use crossplug_host::{ErrorKind, Host, Load, Plugin};
use serde_json::json;

use crate::running::{Folder, Running, TOKEN, subjects};

fn host() -> Host {
    Host::builder()
        .name("sockets")
        .service("test.answer", |call| async move {
            let question = call.params().value().unwrap()["question"].clone();
            Ok(json!({ "answer": question }))
        })
        .build()
}

fn granted(load: Load) -> Load {
    load.grant("*")
        .unwrap()
        .grant("emit=*")
        .unwrap()
        .token(TOKEN)
}

fn talks(plugin: &Plugin) {
    let echoed = plugin
        .call_blocking("test.echo", json!({ "text": "é" }))
        .unwrap();
    assert_eq!(echoed.value().unwrap()["text"], "é");
    let answer = plugin
        .call_blocking("test.ask", json!({ "question": "6 times 7?" }))
        .unwrap();
    assert_eq!(answer.value().unwrap()["answer"], "6 times 7?");
    let mut counted = plugin
        .call("test.count", json!({ "to": 300 }))
        .stream()
        .unwrap();
    let mut sum = 0;
    while let Some(item) = counted.next_blocking().unwrap() {
        sum += item
            .value()
            .unwrap()
            .as_str()
            .unwrap()
            .parse::<i64>()
            .unwrap();
    }
    assert_eq!(sum, 300 * 301 / 2);
    let large = "x".repeat(3 << 20);
    let echoed = plugin
        .call_blocking("test.echo", json!({ "text": large }))
        .unwrap();
    assert_eq!(
        echoed.value().unwrap()["text"].as_str().unwrap().len(),
        3 << 20
    );
}

#[test]
fn a_plugin_that_listens_outlives_its_hosts() {
    for (name, command) in subjects() {
        println!("{name}");
        for address in ["unix:run", "tcp:127.0.0.1:0"] {
            let by_manifest = address.starts_with("unix");
            let folder = Folder::of_listener();
            let address = if by_manifest {
                folder.unix()
            } else {
                address.to_owned()
            };
            let mut running = Running::listen(&command, &folder, &address, Some(TOKEN));
            let folder = match running.address.strip_prefix("tcp:") {
                Some(found) => Folder::new(&json!({ "tcp": found })),
                None => folder,
            };
            for turn in 0..3 {
                // Another host each time, as after a crash of the last one.
                let host = host();
                let plugin = granted(host.load(folder.path()))
                    .config("turn", turn)
                    .blocking()
                    .unwrap();
                talks(&plugin);
                let context = plugin
                    .call_blocking("test.context", ())
                    .unwrap()
                    .value()
                    .unwrap();
                assert_eq!(
                    context["config"],
                    json!({ "turn": turn }),
                    "{name}: each session has its own"
                );
                let ending = plugin.stop_blocking();
                assert!(
                    ending.error.is_none() && ending.status.is_none(),
                    "{name}: {ending:?}"
                );
                let error = plugin.call_blocking("test.nothing", ()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Cancelled);
            }
            assert!(
                running.process.try_wait().unwrap().is_none(),
                "{name} has ended"
            );
        }
    }
}

#[test]
fn one_host_at_a_time() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        let _running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        let host = host();
        let first = granted(host.load(folder.path())).blocking().unwrap();
        let error = granted(host.load(folder.path())).blocking().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Start, "{name}: {error}");
        assert!(
            error.is_retryable() && error.to_string().contains("another host"),
            "{name}: {error}"
        );
        talks(&first);
        first.stop_blocking();
        talks(&granted(host.load(folder.path())).blocking().unwrap());
    }
}

#[test]
fn a_host_that_vanishes_makes_room_though_its_calls_are_in_flight() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        let _running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        let mut stranger = std::os::unix::net::UnixStream::connect(folder.socket()).unwrap();
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocol": { "version": "1.0" }, "host": { "name": "h", "version": "1" }, "instanceId": "i", "config": {},
            "granted": {}, "token": TOKEN } });
        let hang = json!({ "jsonrpc": "2.0", "id": 2, "method": "test.hang" });
        use std::io::{BufRead, BufReader, Write};
        writeln!(stranger, "{hello}").unwrap();
        let mut line = String::new();
        BufReader::new(stranger.try_clone().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("result"), "{name}: {line}");
        writeln!(stranger, "{hang}").unwrap();
        // A crash: neither `shutdown` nor an end of the input that is polite.
        stranger.shutdown(std::net::Shutdown::Both).unwrap();
        drop(stranger);
        let plugin = granted(host().load(folder.path()))
            .blocking()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        talks(&plugin);
    }
}

#[test]
fn calls_in_flight_die_with_the_plugin() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        let mut running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        let host = host();
        let plugin = granted(host.load(folder.path())).blocking().unwrap();
        let (send, outcome) = channel();
        let hanging = plugin.clone();
        std::thread::spawn(move || {
            send.send(hanging.call("test.hang", ()).no_timeout().blocking())
        });
        let mut asked = plugin
            .call_blocking("test.echo", json!({ "text": "" }))
            .map(drop);
        assert!(asked.is_ok(), "{name}: {asked:?}");
        running.process.kill().unwrap();
        let error = outcome
            .recv_timeout(Duration::from_secs(20))
            .unwrap()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Died, "{name}: {error}");
        assert!(plugin.wait_blocking().error.is_some() && !plugin.is_alive());
        asked = plugin.call_blocking("test.nothing", ()).map(drop);
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::Died);
        let error = granted(host.load(folder.path())).blocking().unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Start,
            "nobody listens any more: {error}"
        );
        // The file that it left behind is no obstacle.
        let _again = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        talks(&granted(host.load(folder.path())).blocking().unwrap());
    }
}

#[test]
fn a_plugin_that_connects_ends_with_its_session() {
    for (name, command) in subjects() {
        for address in ["unix", "tcp:127.0.0.1:0"] {
            let folder = Folder::of_listener();
            let address = if address == "unix" {
                folder.unix()
            } else {
                address.to_owned()
            };
            let listener = Listener::bind(&address).unwrap();
            let mut running = Running::connect(&command, &folder, &listener.address(), Some(TOKEN));
            let host = host();
            let plugin = granted(host.open(name, listener.door()))
                .blocking()
                .unwrap();
            talks(&plugin);
            plugin.stop_blocking();
            assert_eq!(running.process.wait().unwrap().code(), Some(0), "{name}");
        }
    }
}

#[test]
fn a_manifest_may_say_that_the_host_listens() {
    for (name, command) in subjects() {
        let folder = Folder::new(&json!({ "unix": "run/p.sock", "listen": "host" }));
        let waiting = std::thread::scope(|threads| {
            let load = threads.spawn(|| granted(host().load(folder.path())).blocking());
            while !folder.socket().exists() {
                std::thread::yield_now();
            }
            let running = Running::connect(&command, &folder, &folder.unix(), Some(TOKEN));
            (load.join().unwrap(), running)
        });
        let (plugin, _running) = waiting;
        let plugin = plugin.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!folder.socket().exists(), "it listens no more");
        talks(&plugin);
    }
}
