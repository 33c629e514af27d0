//! Loading one plugin: its manifest, its door, its grants, its configuration; then the door does the rest.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crossplug_policy::door::{Abilities, Wish, choose};
use crossplug_policy::{Allowed, Grants, Record, manifest};
use crossplug_protocol::codec::Value;
use crossplug_protocol::generated::manifest::Manifest;

use super::Host;
use crate::call::unread::Unread;
use crate::door::{Door, Home, Introduction, Opening};
use crate::executor::block_on;
use crate::log::{Level, Reports};
use crate::plugin::Inner;
use crate::{Error, ErrorKind, Plugin, Result};

/// What a folder's manifest is called.
const MANIFEST: &str = "plugin.json";

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
        Self {
            host,
            from,
            wish_door,
            wish_dialect,
            config,
            grants,
            data_dir,
            start_timeout,
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

    /// How long the start may take, in place of the host's setting.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = Some(timeout);
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
            From::Path(path) => self.find(path)?,
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
            None => unasked(&self.grants)?,
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
            reports.say(Level::Warn, warning.to_string());
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
        let opening = Opening {
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

    /// The manifest, and the door that policy chooses.
    fn find(&self, path: &Path) -> Result<Found> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let file = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path
        };
        let record = Arc::new(read(&file)?);
        let doors = &self.host.0.doors;
        let abilities = doors
            .iter()
            .fold(Abilities::none(), |host, door| door.abilities(host));
        let wish = Wish {
            door: self.wish_door.as_deref(),
            dialect: self.wish_dialect.as_deref(),
        };
        let way = choose(&record.doors, &abilities, wish).map_err(|none| {
            let unknown = none.wanted.is_some() && none.tried.is_empty();
            let kind = if unknown {
                ErrorKind::NotFound
            } else {
                ErrorKind::Incompatible
            };
            Error::new(kind, "load")
                .with_context(none.to_string())
                .with_source(none)
        })?;
        let kind = way.kind().as_str();
        let door = doors
            .iter()
            .find(|door| door.name() == kind)
            .map(Arc::clone)
            .ok_or_else(|| {
                Error::new(ErrorKind::Incompatible, "load")
                    .with_context(format!("this host has no `{kind}` door"))
            })?;
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let name = record.manifest.name.as_str().into();
        Ok(Found {
            name,
            file: Some(file),
            folder,
            record: Some(record),
            way: Some(way),
            door,
        })
    }
}

/// What a load found before it opened anything.
struct Found {
    name: Arc<str>,
    file: Option<PathBuf>,
    folder: PathBuf,
    record: Option<Arc<Record>>,
    way: Option<crossplug_policy::Door>,
    door: Arc<dyn Door>,
}

fn read(file: &Path) -> Result<Record> {
    let io = |error: std::io::Error| {
        let missing = matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
        );
        let kind = if missing {
            ErrorKind::NotFound
        } else {
            ErrorKind::Io
        };
        let what = if missing {
            format!(
                "there is no `{}`; name a plugin's folder with a {MANIFEST} in it, or the file",
                file.display()
            )
        } else {
            format!("`{}` cannot be read: {error}", file.display())
        };
        Error::new(kind, "load")
            .with_context(what)
            .with_source(error)
    };
    let mut text = Vec::new();
    let most = u64::try_from(manifest::MOST_BYTES).unwrap_or(u64::MAX);
    // One byte more, so that policy sees that it is too large.
    std::fs::File::open(file)
        .and_then(|open| open.take(most.saturating_add(1)).read_to_end(&mut text))
        .map_err(io)?;
    manifest::read(&text, &file.display().to_string()).map_err(|refused| {
        Error::new(ErrorKind::Manifest, "load")
            .with_context(refused.to_string())
            .with_source(refused)
    })
}

/// Where a plugin's manifest and the plugin itself disagree about what it implements.
fn differences(record: &Record, said: &Introduction) -> Vec<String> {
    let differs = |(name, wanted): (&String, &semver::VersionReq)| {
        match said.interfaces.get(name) {
        None => Some(format!("its manifest says that it implements `{name}`; the plugin itself does not")),
        Some(own) => semver::Version::parse(&own.version).ok().filter(|version| !wanted.matches(version)).map(|version| {
            format!("its manifest says that it implements `{name}` {wanted}; the plugin itself says {version}")
        }),
    }
    };
    // A foreign dialect has no words for it: what is said then is the dialect's own.
    if said.dialect != crossplug_protocol::dialect::crossplug::NAME {
        return Vec::new();
    }
    record.interfaces.iter().filter_map(differs).collect()
}

/// What a plugin may do that has no manifest to ask in: all that is granted.
fn unasked(grants: &Grants) -> Result<Allowed> {
    const ASKS_FOR_ALL: &[u8] =
        br#"{"name":"unasked","description":"","version":"0.0.0","language":"rust","permissions":
        {"services":["*"],"plugins":["*"],"env":["*"],"events":{"subscribe":["*"],"emit":["*"]}}}"#;
    let manifest =
        crossplug_protocol::codec::decode::<Manifest>(ASKS_FOR_ALL).map_err(|error| {
            Error::new(ErrorKind::Manifest, "load")
                .with_context(error.to_string())
                .with_source(error)
        })?;
    Ok(Allowed::new(&manifest, grants))
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
