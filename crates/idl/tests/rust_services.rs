//! What generated Rust asks of a host where the document says how long that may take.

#![allow(clippy::unwrap_used, reason = "tests")]

use crossplug_idl::compile;
use crossplug_idl::emit::{Layout, Options, Role, rust};

const DOCUMENT: &str = r#"{
  "idl": "1", "name": "kv", "version": "1.0.0", "description": "Keys and values.",
  "services": {
    "kv.get": { "description": "One value.", "result": {"type": "string"}, "timeoutMs": 5000 },
    "kv.list": { "description": "All values.", "items": {"type": "string"}, "timeoutMs": 60000 },
    "kv.count": { "description": "How many.", "result": {"type": "integer", "format": "uint32"} }
  }
}"#;

#[test]
fn a_request_takes_the_time_of_its_interface() {
    let interface = compile(DOCUMENT, "kv.json").unwrap();
    let options = Options {
        header: "@generated for a test".to_owned(),
        roles: vec![Role::Plugin],
        layout: Layout::User,
        runtime: None,
    };
    let files = rust::emit(&interface, &options);
    let text: String = files.into_iter().map(|file| file.text).collect();
    let times: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("self.ctx."))
        .map(|line| line.rsplit_once("()").map_or("", |(_, behind)| behind))
        .collect();
    assert_eq!(
        times,
        [
            ").usual_timeout(std::time::Duration::from_millis(5000))",
            ").usual_timeout(std::time::Duration::from_millis(60000))",
            ")"
        ]
    );
}
