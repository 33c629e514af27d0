//! elizaOS's names: loaders that take a bare file or a module's name, the shape that it gives plugins, and a runtime that takes
//! them. Knows the interface `agent`, and doors by the host alone.
//!
//! ```no_run
//! # async fn demo() -> crossplug_host::Result<()> {
//! use crossplug_host::agent::{Content, Memory};
//! use crossplug_host::elizaos::{PythonPluginLoader, Runtime, WasmPluginLoader};
//!
//! let mut runtime = Runtime::new();
//! runtime.register_plugin(WasmPluginLoader::load("./my-ts-plugin.wasm").await?)?;
//! runtime.register_plugin(PythonPluginLoader::load("my_python_plugin").await?)?;
//! let message = Memory::new(Content::new().with_text("hello"));
//! if let Some(result) = runtime.process_action("GREET", &message, None, None).await? {
//!     println!("{:?}", result.text);
//! }
//! # Ok(()) }
//! ```
//!
//! Each loader has a host of its own that offers no services and grants nothing; `load_with` takes another one.

mod loaders;
mod runtime;
mod shape;

#[cfg(feature = "wasm")]
pub use loaders::WasmPluginLoader;
#[cfg(unix)]
pub use loaders::{PythonPluginLoader, TypeScriptPluginLoader};
pub use runtime::Runtime;
pub use shape::{Action, Evaluator, Plugin, Provider};
