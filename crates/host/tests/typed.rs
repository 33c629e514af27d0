//! Generated clients, streams, service traits and event handlers: against the Rust subject, and against a plugin in
//! memory that gives what its interface does not allow.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "process/waiting.rs"]
mod waiting;

use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::conformance::{
    Answer, Ask, ConformanceClient, ConformanceError, ConformanceEventHandler, ConformanceEvents,
    ConformanceServiceDispatch, ConformanceServiceHandler, Count, Echo, Emit, Fail, Happened,
    Paper,
};
use crossplug_host::door::memory::MemoryDoor;
use crossplug_host::{
    ErrorKind, Event, Host, HostBuilder, Plugin, PluginError, ServiceCall, ServiceResult,
    async_trait,
};
use serde_json::json;
use waiting::wait;

/// Answers in capitals.
struct Capitals;

#[async_trait]
impl ConformanceServiceHandler for Capitals {
    async fn test_answer(&self, call: &ServiceCall, params: Ask) -> ServiceResult<Answer> {
        if params.question.is_empty() {
            return Err(PluginError::not_found(format!(
                "{} asked nothing",
                call.plugin_name()
            )));
        }
        Ok(Answer::new(params.question.to_uppercase()))
    }
}

/// Keeps what happened.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(u64, u32)>>>);

impl ConformanceEventHandler for Kept {
    fn test_happened(&self, event: &Event, payload: Happened) {
        self.0.lock().unwrap().push((event.seq, payload.number));
    }
}

fn subject(builder: HostBuilder) -> Plugin {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["xtask", "programs", "--example", "subject"];
    assert!(
        Command::new(cargo)
            .args(build)
            .current_dir(&root)
            .status()
            .unwrap()
            .success()
    );
    let folder = tempfile::tempdir().unwrap();
    let built: PathBuf = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/subject");
    let inside = folder.path().join("subject");
    // A symbolic link would leave the folder; a hard one needs the same disk.
    if std::fs::hard_link(&built, &inside).is_err() {
        std::fs::copy(built, &inside).unwrap();
    }
    let manifest = json!({
        "name": "conformance-subject", "description": "d", "version": "1.0.0", "language": "rust",
        "interfaces": { "conformance": "1" },
        "doors": { "process": { "command": ["./subject"] } },
        "permissions": { "services": ["test.answer"], "events": { "emit": ["test:*"] } },
    });
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    let load = builder.build().load(folder.path());
    load.grant("test.answer")
        .unwrap()
        .grant("emit=test:*")
        .unwrap()
        .blocking()
        .unwrap()
}

#[test]
fn calls_streams_services_and_events_have_types() {
    let kept = Kept::default();
    let handler = kept.clone();
    let builder = Host::builder()
        .services(ConformanceServiceDispatch::new(Capitals))
        .on_event(move |event| assert!(handler.handle(event).unwrap()));
    let plugin = subject(builder);
    let client = ConformanceClient::new(&plugin);

    let echo = Echo::new()
        .with_big(i64::MAX)
        .with_note(None)
        .with_bytes([0, 255]);
    assert_eq!(client.test_echo_blocking(echo.clone()).unwrap(), echo);
    assert_eq!(
        wait(client.test_echo(echo.clone()).into_future()).unwrap(),
        echo
    );
    client.test_nothing_blocking().unwrap();

    let progress = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&progress);
    let call = client
        .test_count(Count::new(1000))
        .on_progress(move |said| seen.lock().unwrap().push(said.message));
    let mut numbers = call.open().unwrap();
    let mut sum = 0;
    while let Some(number) = numbers.next_blocking().unwrap() {
        sum += number;
    }
    assert_eq!(
        (numbers.result_blocking().unwrap(), sum),
        (500_500, 500_500)
    );
    assert_eq!(*progress.lock().unwrap(), [Some("done".to_owned())]);

    let double = client.test_double().open().unwrap();
    let mut uploader = double.uploader();
    let sent = std::thread::spawn(move || {
        for number in 1..=500 {
            uploader.send_blocking(number).unwrap();
        }
        uploader.end();
    });
    let mut double = double;
    let mut doubled = Vec::new();
    while let Some(number) = double.next_blocking().unwrap() {
        doubled.push(number);
    }
    sent.join().unwrap();
    assert_eq!(
        (
            double.result_blocking().unwrap(),
            doubled.len(),
            doubled[499]
        ),
        (500, 500, 1000)
    );

    assert_eq!(
        client.test_ask_blocking(Ask::new("why")).unwrap(),
        Answer::new("WHY")
    );
    let refused = client.test_ask_blocking(Ask::new("")).unwrap_err();
    assert_eq!(
        refused.plugin_error().unwrap().message,
        "conformance-subject asked nothing"
    );

    let params = Fail::new("outOfPaper", "empty").with_details(json!({ "sheets": 3 }));
    let error = client.test_fail_blocking(params).unwrap_err();
    let expected = ConformanceError::OutOfPaper {
        message: "empty".into(),
        details: Some(Paper::new(3)),
    };
    assert_eq!(
        ConformanceError::of(error.plugin_error().unwrap()),
        Some(expected)
    );

    client.test_emit_blocking(Emit::new(2)).unwrap();
    ConformanceEvents::on_stream(&plugin, "test:other")
        .test_happened(Happened::new(7))
        .unwrap();
    plugin.stop_blocking();
    assert_eq!(*kept.0.lock().unwrap(), [(1, 1), (2, 2)]);
}

#[test]
fn what_does_not_fit_its_type_is_named() {
    let door = MemoryDoor::new()
        .interface("conformance", "1.0.0")
        .method("test.echo", |_call| async {
            Ok(json!({ "list": ["1", 0.5] }))
        })
        .method("test.hang", |_call| {
            std::future::pending::<ServiceResult<serde_json::Value>>()
        });
    let plugin = Host::builder()
        .build()
        .open("nonsense", door)
        .blocking()
        .unwrap();
    let client = ConformanceClient::new(&plugin);
    let error = client.test_echo_blocking(Echo::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        error.to_string().contains("test.echo") && error.to_string().contains("/list/1"),
        "{error}"
    );
    let late = client
        .clone()
        .with_timeout(Duration::from_millis(30))
        .test_hang_blocking()
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Deadline);
    let unwritable = client
        .test_echo_blocking(Echo::new().with_ratio(f64::NAN))
        .unwrap_err();
    assert!(unwritable.to_string().contains("NaN"), "{unwritable}");
    let deep = (0..128).fold(json!("bottom"), |inner, _| json!([inner]));
    let unreadable = client
        .test_echo_blocking(Echo::new().with_any(deep))
        .unwrap_err();
    assert!(unreadable.to_string().contains("deep"), "{unreadable}");
}
