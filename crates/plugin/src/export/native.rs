//! A plugin as a shared library: the table of `crossplug-abi/1`, which `schema/README.md` section 9 describes. Knows threads,
//! and hosts by their table; pointers are for `ffi`.
//!
//! A direct call runs its handler on the thread that it came on, as far as it goes; what goes on after that, and whatever
//! comes by a message, runs on threads of the plugin's own, which are there only while there is something to do.

pub mod ffi;
mod output;
mod pool;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::FrameError;
use crossplug_protocol::handshake::Offer;
use crossplug_protocol::json;

use crate::definition::Plugin;
use crate::runtime::{Direct, Runtime, error_object};

use output::Output;
use pool::Pool;

/// What the plugin says goes there, a message at a time, in order.
pub(crate) type Said = Box<dyn Fn(&[u8]) + Send + Sync>;

/// What became of a call.
#[derive(Debug)]
pub(crate) enum Status {
    /// It is answered with a result.
    Done(Vec<u8>),
    /// It is answered with an error object.
    Failed(Vec<u8>),
    /// It is answered later, by a message.
    Pending,
}

/// A plugin that was opened.
#[derive(Debug)]
pub(crate) struct Instance {
    runtime: Arc<Runtime>,
    pool: Arc<Pool>,
    names: Vec<&'static str>,
    /// The names as a JSON array.
    methods: Vec<u8>,
}

impl Instance {
    /// A plugin that has said nothing yet.
    pub(crate) fn new(plugin: Plugin, said: Said) -> Result<Self, PluginError> {
        let names: Vec<_> = plugin
            .interfaces()
            .flat_map(|interface| interface.descriptor().methods)
            .map(|method| method.name)
            .collect();
        let mut methods = vec![b'['];
        for (number, name) in names.iter().enumerate() {
            if number > 0 {
                methods.push(b',');
            }
            json::push_text(&mut methods, name);
        }
        methods.push(b']');
        let pool = Pool::new(Output::new(said));
        let outside = Box::new(Arc::clone(&pool));
        let runtime = Runtime::new(plugin, "crossplug/1", Offer::new(), outside)
            .ok_or_else(|| PluginError::internal("there is no dialect crossplug/1"))?;
        runtime.start()?;
        Ok(Self {
            runtime,
            pool,
            names,
            methods,
        })
    }

    /// The methods in the order of their numbers: a JSON array.
    pub(crate) fn methods(&self) -> &[u8] {
        &self.methods
    }

    /// Calls the method of that number on this thread.
    pub(crate) fn call(
        &self,
        method: u32,
        params: &[u8],
        id: i64,
        timeout: Option<Duration>,
    ) -> Status {
        let named = usize::try_from(method).ok();
        let direct = match named.and_then(|number| self.names.get(number)) {
            Some(name) => self.runtime.call_apart(name, params, id, timeout),
            None => {
                let what = format!("there is no method of the number {method}");
                Direct::Failed(Box::new(PluginError::new("methodNotFound", what)))
            }
        };
        match direct {
            Direct::Done(result) => Status::Done(result),
            Direct::Failed(error) => Status::Failed(error_object(&error)),
            Direct::Pending => Status::Pending,
        }
    }

    /// Takes one message in. False: there can be no further one.
    pub(crate) fn push(&self, message: &[u8]) -> bool {
        let (size, limit) = (message.len(), self.runtime.frame_limit());
        let fits = size <= limit;
        if fits {
            self.runtime.receive(message);
        } else {
            self.runtime
                .input_broken(FrameError::TooLong { size, limit });
        }
        self.runtime.flush();
        fits
    }

    /// The host says nothing more: what is in flight is finished, then the plugin stops. False where something of it runs
    /// on after that time.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let half = Instant::now() + patience / 2;
        self.runtime.input_ended();
        self.runtime.flush();
        let answered = || self.runtime.is_over();
        if !self.pool.wait(half, answered) {
            self.runtime.cancel_all();
            self.pool.wait(end, answered);
        }
        self.runtime.stop();
        let stopped = self.pool.wait(end, || self.runtime.has_stopped());
        self.runtime.flush();
        self.runtime.let_go();
        // Whoever still has a context from here on speaks into the void.
        self.pool.end(end) && stopped
    }
}

#[cfg(test)]
mod tests;
