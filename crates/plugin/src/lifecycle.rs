//! The beginning and the end of a plugin's life. Knows no transport.

use async_trait::async_trait;
use crossplug_protocol::error::PluginError;

use crate::context::Context;
use crate::definition::Plugin;

/// What a plugin does before its first call and after its last. [`export!`](crate::export!) finds the implementation by
/// itself; there is nothing to name.
///
/// ```no_run
/// use std::sync::OnceLock;
/// use crossplug_plugin::agent::Agent;
/// use crossplug_plugin::{Context, Lifecycle, PluginError, async_trait};
///
/// #[derive(Default)]
/// struct Notes {
///     folder: OnceLock<std::path::PathBuf>,
/// }
///
/// impl Agent for Notes {}
///
/// #[async_trait]
/// impl Lifecycle for Notes {
///     async fn on_start(&self, ctx: &Context) -> Result<(), PluginError> {
///         let folder = ctx.data_dir().ok_or_else(|| PluginError::failed_precondition("no folder was given"))?;
///         let _ = self.folder.set(folder.to_owned());
///         Ok(())
///     }
/// }
///
/// crossplug_plugin::export!(Notes: Agent);
/// ```
#[async_trait]
pub trait Lifecycle: Send + Sync + 'static {
    /// Runs once, with the configuration at hand, before `initialize` is answered: no call comes before it has ended. What
    /// is logged waits until then, and services cannot be called yet.
    ///
    /// # Errors
    /// Any: it is the answer to `initialize`, and the host does not load the plugin.
    async fn on_start(&self, ctx: &Context) -> Result<(), PluginError> {
        let _ = ctx;
        Ok(())
    }

    /// Runs once after the last answer, before the plugin ends; not where it never started. The host may not wait for long.
    async fn on_stop(&self, ctx: &Context) {
        let _ = ctx;
    }
}

/// Asks whether a type implements [`Lifecycle`], for [`export!`](crate::export!): a method of the value itself is found
/// before one of a reference to it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<'p, P>(pub &'p std::sync::Arc<P>);

/// It does.
#[doc(hidden)]
pub trait Alive {
    fn add_lifecycle(self, plugin: Plugin) -> Plugin;
}

impl<P: Lifecycle> Alive for Probe<'_, P> {
    fn add_lifecycle(self, plugin: Plugin) -> Plugin {
        plugin.with_lifecycle(std::sync::Arc::clone(self.0))
    }
}

/// It does not.
#[doc(hidden)]
pub trait Lifeless {
    fn add_lifecycle(self, plugin: Plugin) -> Plugin;
}

impl<P> Lifeless for &Probe<'_, P> {
    fn add_lifecycle(self, plugin: Plugin) -> Plugin {
        plugin
    }
}
