//! What a program tells its host before it loads anything.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossplug_policy::Grants;
use crossplug_protocol::codec::Value;
use crossplug_protocol::handshake::Encoding;

use super::{Host, Setup};
use crate::door::{Door, Patience};
use crate::executor::Executor;
use crate::log::{Event, Log};
use crate::service::{Blocking, Closure, ServiceCall, ServiceHandler, ServiceResult, Services};
use crate::{IntoPayload, Limits};

/// A plugin that cannot answer in this time is not one that a program waits for without saying so.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// An interpreter with heavy imports on a busy machine is up by then.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Sets up a [`Host`].
#[must_use = "a builder does nothing until `build`"]
pub struct HostBuilder {
    setup: Setup,
    services: Services,
}

impl HostBuilder {
    pub(super) fn new() -> Self {
        let setup = Setup {
            name: "crossplug-host".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: Limits::default(),
            on_log: None,
            on_event: None,
            services: Arc::default(),
            grants: Grants::none(),
            config: BTreeMap::new(),
            debug: false,
            timeout: Some(CALL_TIMEOUT),
            start_timeout: START_TIMEOUT,
            patience: Patience::default(),
            data_root: None,
            encoding: Encoding::default(),
            doors: builtin_doors(),
            executor: Executor::new(),
        };
        Self {
            setup,
            services: Services::default(),
        }
    }

    /// Name of the program, as plugins see it.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.setup.name = name.into();
        self
    }

    /// Version of the program, as plugins see it.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.setup.version = version.into();
        self
    }

    /// Other caps than the default ones.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.setup.limits = limits;
        self
    }

    /// Is called with each log line of every plugin, in order, on a thread of the host's. Without it nothing is logged;
    /// a host never prints.
    pub fn on_log(mut self, on_log: impl Fn(&Log) + Send + Sync + 'static) -> Self {
        self.setup.on_log = Some(Arc::new(on_log));
        self
    }

    /// Is called with each event of every plugin, in order, on a thread of the host's.
    pub fn on_event(mut self, on_event: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.setup.on_event = Some(Arc::new(on_event));
        self
    }

    /// Offers a service. Plugins may call it that ask for it in their manifest and were granted it when loaded.
    ///
    /// The closure is polled on the thread that reads from the plugin: it waits by `await`. One that blocks is given to
    /// [`HostBuilder::service_blocking`].
    pub fn service<F, R, T>(self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(ServiceCall) -> R + Send + Sync + 'static,
        R: Future<Output = ServiceResult<T>> + Send + 'static,
        T: IntoPayload + Send + 'static,
    {
        self.services(Closure {
            name: name.into(),
            run,
        })
    }

    /// Offers a service whose handler may block: it gets a thread.
    pub fn service_blocking<F, T>(self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(ServiceCall) -> ServiceResult<T> + Send + Sync + 'static,
        T: IntoPayload + Send + 'static,
    {
        let executor = self.setup.executor.clone();
        self.services(Blocking {
            name: name.into(),
            run: Arc::new(run),
            executor,
        })
    }

    /// Offers all services of a handler, such as a generated one.
    pub fn services(mut self, handler: impl ServiceHandler + 'static) -> Self {
        let handler: Arc<dyn ServiceHandler> = Arc::new(handler);
        self.services.add(&handler);
        self
    }

    /// What every plugin is granted of what its manifest asks for; more can be granted when loading. Default: nothing.
    pub fn grants(mut self, grants: Grants) -> Self {
        self.setup.grants = grants;
        self
    }

    /// Configuration for every plugin, over what its manifest says.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.setup.config.insert(name.into(), value.into());
        self
    }

    /// Lets the errors of plugins carry stack traces. Default: no.
    pub fn debug(mut self, debug: bool) -> Self {
        self.setup.debug = debug;
        self
    }

    /// How long a call may take that does not say so itself; `None`: as long as it takes. Default: 30 s.
    pub fn call_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.setup.timeout = timeout;
        self
    }

    /// How long a plugin may take to start. Default: 30 s.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.setup.start_timeout = timeout;
        self
    }

    /// How patient a stop is.
    pub fn patience(mut self, patience: Patience) -> Self {
        self.setup.patience = patience;
        self
    }

    /// What to speak with plugins that can, on doors that carry messages. Default: JSON, which every plugin speaks.
    ///
    /// MessagePack carries bytes as they are and 64-bit integers in eight bytes. A plugin that does not speak it, or whose
    /// door does not carry it, is spoken to in JSON all the same; [`Plugin::encoding`](crate::Plugin::encoding) tells.
    ///
    /// ```
    /// use crossplug_host::Host;
    /// use crossplug_host::protocol::handshake::Encoding;
    /// let host = Host::builder().encoding(Encoding::Msgpack).build();
    /// ```
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.setup.encoding = encoding;
        self
    }

    /// Gives each plugin a folder of its own below this one, by its name; made when it is loaded. Default: they have
    /// none.
    pub fn data_root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.setup.data_root = Some(folder.into());
        self
    }

    /// Adds a door, or puts it in the place of the one with the same name.
    pub fn door(mut self, door: impl Door + 'static) -> Self {
        self.setup.doors.retain(|known| known.name() != door.name());
        self.setup.doors.push(Arc::new(door));
        self
    }

    /// The host.
    #[must_use]
    pub fn build(self) -> Host {
        let Self {
            mut setup,
            services,
        } = self;
        setup.services = Arc::new(services);
        Host(Arc::new(setup))
    }
}

fn builtin_doors() -> Vec<Arc<dyn Door>> {
    vec![
        #[cfg(unix)]
        Arc::new(crate::door::process::ProcessDoor::new()),
        #[cfg(unix)]
        Arc::new(crate::door::socket::SocketDoor::new()),
        #[cfg(feature = "wasm")]
        Arc::new(crate::door::wasm::WasmDoor::new()),
        Arc::new(crate::door::native::NativeDoor::new()),
    ]
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder")
            .field("name", &self.setup.name)
            .finish_non_exhaustive()
    }
}
