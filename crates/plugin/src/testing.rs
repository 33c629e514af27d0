//! Calls a plugin in a test: in this process, on this thread, without a host program. Everything takes the way that it
//! takes in earnest, through the codec and the session; only the pipe is missing.
//!
//! ```
//! use crossplug_plugin::agent::{
//!     ActionInvoke, ActionResult, Agent, AgentClient, AgentDispatch, AgentServices, Content, Memory, MemorySearch,
//! };
//! use crossplug_plugin::testing::TestHost;
//! use crossplug_plugin::{Context, Plugin, PluginError, async_trait};
//! use serde_json::json;
//!
//! #[derive(Default)]
//! struct Recall;
//!
//! #[async_trait]
//! impl Agent for Recall {
//!     async fn action_invoke(&self, ctx: &Context, _params: ActionInvoke) -> Result<ActionResult, PluginError> {
//!         let found = AgentServices::new(ctx).memory_search(MemorySearch::new()).await?;
//!         ctx.log().info("searched");
//!         Ok(ActionResult::new(true).with_text(format!("{} memories", found.memories.len())))
//!     }
//! }
//!
//! let host = TestHost::builder(Plugin::new("recall", "0.1.0").with(AgentDispatch::new(Recall)))
//!     .service("memory.search", |_params| Ok(json!({ "memories": [] })))
//!     .start();
//! let memory = Memory::new(Content::new());
//! let answer = AgentClient::new(&host).action_invoke(ActionInvoke::new("RECALL", memory)).run();
//! assert_eq!(answer.result.unwrap().text.as_deref(), Some("0 memories"));
//! assert_eq!(host.logs()[0].message, "searched");
//! assert_eq!(host.service_calls()[0].service, "memory.search");
//! ```

mod builder;
mod call;
mod fakes;
mod host;
mod record;
mod wire;

pub use builder::TestHostBuilder;
pub use call::{Answer, TestCall};
pub use host::TestHost;
pub use record::{Emitted, LogLine, Progress, ServiceCall};
