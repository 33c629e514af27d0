// What the code of README.md runs on, brought into each of its blocks by `include!`: plugins of the memory door and a
// folder with a real one, and hosts for them.

/// A plugin `notes` that shows everything a page for host authors talks about.
#[allow(dead_code)]
fn notes() -> crossplug_host::door::memory::MemoryDoor {
    use crossplug_host::{Payload, PluginError};
    use serde_json::json;
    crossplug_host::door::memory::MemoryDoor::new()
        .interface("agent", "1.0.0")
        .method("action.invoke", |_| async {
            Ok(json!({ "success": true, "text": "Hello, Ada!" }))
        })
        .method("note.count", |_| async { Ok(json!(2)) })
        .method("note.search", |call| async move {
            call.progress(Some(0.5), Some("half of them"));
            call.send(json!({ "text": "milk" })).await?;
            call.send(json!({ "text": "more milk" })).await?;
            Ok(json!(2))
        })
        .method("note.import", |call| async move {
            let mut count = 0;
            while call.next().await.is_some() {
                count += 1;
            }
            Ok(json!(count))
        })
        .method("note.open", |_| async {
            Err::<Payload, _>(PluginError::new("noteNotFound", "there is no such note"))
        })
        .method("note.dream", |_| {
            std::future::pending::<crossplug_host::ServiceResult>()
        })
        .method("note.tag", |call| async move {
            let tags = call
                .host()
                .call("tags.suggest", call.params().clone())
                .await?;
            call.host().emit("note.tagged", tags.clone());
            Ok(tags)
        })
}

/// The plugin, loaded by a host that offers nothing.
#[allow(dead_code)]
fn plugin() -> crossplug_host::Result<crossplug_host::Plugin> {
    crossplug_host::Host::builder()
        .build()
        .open("notes", notes())
        .blocking()
}

/// A folder with a plugin that runs as a process.
#[allow(dead_code)]
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{ "name": "notes", "description": "Keeps notes.", "version": "1.0.0", "language": "python",
        "permissions": { "services": ["tags.suggest"] },
        "doors": { "process": { "command": ["python3", "-u", "plugin.py"] } } }"#;
    let program = r#"
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    result = {"initialize": {"protocol": {"version": "1.0"}, "manifest": {"name": "notes"}, "interfaces": {}}, "note.count": 2}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result.get(request["method"])}), flush=True)
"#;
    std::fs::write(folder.path().join("plugin.json"), manifest).unwrap();
    std::fs::write(folder.path().join("plugin.py"), program).unwrap();
    folder
}

/// Drives a future, as the executor of a program does.
#[allow(dead_code)]
fn run<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        let polled = future
            .as_mut()
            .poll(&mut std::task::Context::from_waker(&waker));
        if let std::task::Poll::Ready(output) = polled {
            return output;
        }
        std::thread::park();
    }
}
