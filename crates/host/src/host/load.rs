//! Loading one plugin: its grants, its configuration, its folder; then the door does the rest.

mod found;

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crossplug_policy::door::Wish;
use crossplug_policy::{Allowed, DoorKind, Grants};
use crossplug_protocol::codec::Value;
use crossplug_protocol::handshake::Encoding;

use self::found::{Found, differences, said};
use super::Host;
use crate::call::unread::Unread;
use crate::door::{Door, Home, Opening};
use crate::executor::block_on;
use crate::log::{Level, Reports};
use crate::plugin::Inner;
use crate::{Error, ErrorKind, Plugin, Result};

/// A load that was not begun yet. `.await` it, or end it with [`Load::blocking`].
#[must_use = "nothing is loaded until the load is awaited, or by `blocking`"]
pub struct Load {
    host: Host,
    from: From,
    wish_door: Option<String>,
    wish_dialect: Option<String>,
    config: BTreeMap<String, Value>,
    grants: Grants,
    data_dir: Option<PathBuf>,
    start_timeout: Option<Duration>,
    encoding: Encoding,
    token: Option<Arc<str>>,
}

enum From {
    Path(PathBuf),
    Door(String, Arc<dyn Door>),
}

impl Load {
    pub(super) fn from_path(host: Host, path: PathBuf) -> Self {
        Self::new(host, From::Path(path))
    }

    pub(super) fn through(host: Host, name: String, door: Arc<dyn Door>) -> Self {
        Self::new(host, From::Door(name, door))
    }

    fn new(host: Host, from: From) -> Self {
        let (config, grants) = (host.0.config.clone(), host.0.grants.clone());
        let (wish_door, wish_dialect, data_dir, start_timeout) = (None, None, None, None);
        let encoding = host.0.encoding;
        Self {
            host,
            from,
            wish_door,
            wish_dialect,
            config,
            grants,
            data_dir,
            start_timeout,
            encoding,
            token: None,
        }
    }

    /// Takes this door of the manifest's, in place of the first that the host can use.
    pub fn door(mut self, name: impl Into<String>) -> Self {
        self.wish_door = Some(name.into());
        self
    }

    /// Speaks this dialect, in place of the manifest's.
    pub fn dialect(mut self, name: impl Into<String>) -> Self {
        self.wish_dialect = Some(name.into());
        self
    }

    /// Sets a member of the plugin's configuration, over what the manifest and the host say.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.config.insert(name.into(), value.into());
        self
    }

    /// Grants something that the manifest asks for, as the program's `--grant` spells it: `kv.get`, `kv:read`, `kv.*`,
    /// `emit=location:*`, `env=TOKEN`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a kind of grant that there is not.
    pub fn grant(mut self, grant: &str) -> Result<Self> {
        let (right, pattern) = match Grants::parse([grant]) {
            Err(error) => {
                let what = error.to_string();
                return Err(Error::new(ErrorKind::NotFound, "load")
                    .with_context(what)
                    .with_source(error));
            }
            Ok(_) => match grant.split_once('=') {
                None => (crossplug_policy::Right::Service, grant),
                Some((kind, pattern)) => {
                    let right = crossplug_policy::Right::ALL
                        .into_iter()
                        .find(|right| right.as_str() == kind);
                    (right.unwrap_or(crossplug_policy::Right::Service), pattern)
                }
            },
        };
        self.grants = self.grants.with(right, pattern);
        Ok(self)
    }

    /// Grants exactly this, in place of what the host grants every plugin.
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// A folder of the plugin's own; made when it is not there.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// What to speak with the plugin where it can, in place of the host's setting.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// How long the start may take, in place of the host's setting.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = Some(timeout);
        self
    }

    /// What plugin and host prove to each other with that they belong together, where one of them listens on a socket. The
    /// plugin has it in its environment, as `CROSSPLUG_TOKEN`. On TCP there has to be one; a plugin that is entered in
    /// another way is not told.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Loads, and waits on this thread.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Manifest`](ErrorKind::Manifest),
    /// [`Incompatible`](ErrorKind::Incompatible), [`ToolMissing`](ErrorKind::ToolMissing),
    /// [`Start`](ErrorKind::Start), [`Protocol`](ErrorKind::Protocol), [`Limit`](ErrorKind::Limit) or
    /// [`Io`](ErrorKind::Io). Nothing of the plugin is left then.
    pub fn blocking(self) -> Result<Plugin> {
        block_on(self.run())
    }

    async fn run(self) -> Result<Plugin> {
        let operation = match &self.from {
            From::Path(path) => format!("load `{}`", path.display()),
            From::Door(name, _) => format!("load `{name}`"),
        };
        self.load()
            .await
            .map_err(|error| error.in_operation(operation))
    }

    async fn load(self) -> Result<Plugin> {
        let setup = Arc::clone(&self.host.0);
        let found = match &self.from {
            From::Path(path) => {
                let wish = Wish {
                    door: self.wish_door.as_deref(),
                    dialect: self.wish_dialect.as_deref(),
                };
                Found::find(&setup.doors, wish, path)?
            }
            From::Door(name, door) => Found {
                name: name.as_str().into(),
                file: None,
                folder: std::env::current_dir().unwrap_or_default(),
                record: None,
                way: None,
                door: Arc::clone(door),
            },
        };
        let record = found.record.as_deref();
        // Where no manifest asks for anything, what is granted is what is allowed.
        let allowed = Arc::new(match record {
            Some(record) => Allowed::new(&record.manifest, &self.grants),
            None => Allowed::unasked(&self.grants),
        });
        let mut config = serde_json::Map::new();
        config.extend(
            record
                .and_then(|record| record.manifest.config.clone())
                .into_iter()
                .flatten(),
        );
        config.extend(self.config);

        let name = found.name;
        let data_dir = self
            .data_dir
            .or_else(|| setup.data_root.as_ref().map(|root| root.join(&*name)));
        if let Some(folder) = &data_dir {
            std::fs::create_dir_all(folder).map_err(|error| {
                let what = format!(
                    "the data folder `{}` cannot be made: {error}",
                    folder.display()
                );
                Error::new(ErrorKind::Io, "load")
                    .with_context(what)
                    .with_source(error)
            })?;
        }
        let reports = Reports::new(
            Arc::clone(&name),
            setup.on_log.clone(),
            setup.on_event.clone(),
            setup.executor.clone(),
        );
        for warning in record.into_iter().flat_map(|record| &record.warnings) {
            reports.say(Level::Warn, said(warning));
        }
        let services = Arc::clone(&setup.services);
        let home = Home::new(
            Arc::clone(&name),
            Arc::clone(&allowed),
            services,
            reports,
            setup.executor.clone(),
            Unread::new(setup.limits.buffered_bytes),
        );
        let instance_id = instance_id(&name);
        let by_socket = match &found.way {
            Some(way) => way.kind() == DoorKind::Socket,
            None => true,
        };
        let opening = Opening {
            token: self.token.filter(|_| by_socket),
            name,
            record: found.record.clone(),
            way: found.way,
            file: found.file,
            folder: found.folder,
            instance_id: instance_id.clone(),
            host: (setup.name.clone(), setup.version.clone()),
            data_dir,
            config,
            allowed,
            debug: setup.debug,
            limits: setup.limits.clone(),
            start_timeout: self.start_timeout.unwrap_or(setup.start_timeout),
            patience: setup.patience,
            encoding: self.encoding,
        };
        let passage = found.door.open(opening, home.clone()).await?;
        for difference in found
            .record
            .iter()
            .flat_map(|record| differences(record, passage.introduction()))
        {
            home.note(Level::Warn, difference);
        }
        Ok(Plugin::new(Inner {
            home,
            passage,
            record: found.record,
            instance_id,
            timeout: setup.timeout,
            executor: setup.executor.clone(),
        }))
    }
}

/// The plugin's name and 128 bits that no other host will come to: unique across hosts.
fn instance_id(name: &str) -> String {
    let random = || RandomState::new().hash_one(std::time::SystemTime::now());
    format!(
        "{}-{:016x}{:016x}",
        name.chars().take(100).collect::<String>(),
        random(),
        random()
    )
}

impl IntoFuture for Load {
    type Output = Result<Plugin>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Plugin>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load")
            .field("door", &self.wish_door)
            .field("dialect", &self.wish_dialect)
            .finish_non_exhaustive()
    }
}
