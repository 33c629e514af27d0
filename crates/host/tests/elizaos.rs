//! elizaOS's loaders and runtime: bare files and modules' names, no manifest beside them.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::future::Future;
#[cfg(feature = "wasm")]
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crossplug_host::ErrorKind;
use crossplug_host::agent::{Content, Memory};
use crossplug_host::elizaos::{Plugin, PythonPluginLoader, Runtime, TypeScriptPluginLoader};

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn message() -> Memory {
    Memory::new(Content::new().with_text("hi"))
}

#[cfg(feature = "wasm")]
#[test]
fn a_bare_module_of_webassembly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/guests/subject.wasm");
    if !module.exists() {
        let what = "build the modules first: cargo xtask test --only 'wasm guests'";
        assert!(std::env::var_os("CI").is_none(), "{what}");
        println!("skipped: {what}");
        return;
    }
    wait(async {
        let plugin = crossplug_host::elizaos::WasmPluginLoader::load(&module)
            .await
            .unwrap();
        let result = plugin.actions[0].handler(&message(), None, None).await;
        assert_eq!(result.unwrap().text.as_deref(), Some("echo:hi"));
        assert!(plugin.evaluators[0].always_run());
        let mut runtime = Runtime::new();
        runtime.register_plugin(plugin.clone()).unwrap();
        let twice = runtime.register_plugin(plugin).unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::Incompatible);
        assert!(twice.context().contains("`ECHO`"), "{twice}");
        let state = runtime.compose_state(&message()).await.unwrap();
        assert_eq!(state.text.as_deref(), Some("provided:hi"));
        let done = runtime.process_action("s", &message(), None, None).await;
        assert_eq!(done.unwrap().unwrap().text.as_deref(), Some("echo:hi"));
        let judged = runtime.evaluate(&message(), None).await.unwrap();
        assert_eq!(judged[0].1.text.as_deref(), Some("evaluated:hi"));
        let unknown = runtime.process_action("NOPE", &message(), None, None).await;
        assert_eq!(
            unknown.unwrap_err().plugin_error().unwrap().code,
            "actionNotFound"
        );
    });
}

/// A plugin of elizaOS: a module with lists of things that have functions.
const MODULE: &str = "
class Thing:
    def __init__(self, **members):
        self.__dict__.update(members)

async def act(runtime, message, state, options, callback, responses):
    return {'success': True, 'text': 'hello ' + message['content']['text'], 'error': None}

plugin = Thing(name='greeter', description='Greets.', actions=[Thing(
    name='GREET', description='Greets.', similes=['HELLO'], validate=lambda *_: True, handler=act)])
";

#[test]
fn a_module_of_python_by_its_name() {
    let has = std::process::Command::new("python3")
        .args(["-c", "import crossplug.elizaos"])
        .output();
    if !has.is_ok_and(|has| has.status.success()) {
        let what = "the package crossplug is not installed for `python3`";
        assert!(std::env::var_os("CI").is_none(), "{what}");
        println!("skipped: {what}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("greeter_plugin.py"), MODULE).unwrap();
    // The only test here that cares where it is.
    std::env::set_current_dir(folder.path()).unwrap();
    wait(async {
        let plugin: Plugin = PythonPluginLoader::load("greeter_plugin").await.unwrap();
        let mut runtime = Runtime::new();
        runtime.register_plugin(plugin).unwrap();
        let done = runtime
            .process_action("HELLO", &message(), None, None)
            .await;
        assert_eq!(done.unwrap().unwrap().text.as_deref(), Some("hello hi"));
        runtime.plugins()[0].stop().await;
        let missing = PythonPluginLoader::load("no_such_module_anywhere").await;
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::Start);
    });
}

#[test]
fn a_file_that_is_not_there() {
    let missing = wait(TypeScriptPluginLoader::load("none.js"));
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}
