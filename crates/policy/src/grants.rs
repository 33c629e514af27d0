//! What a plugin may do: what its manifest asks for and its host grants, both. Nothing is allowed that is not in both.
//! It decides; the host, on every door, asks and obeys.

use std::collections::BTreeMap;
use std::fmt;

use crossplug_protocol::generated::manifest::Manifest;
use crossplug_protocol::generated::protocol::Granted;

use crate::pattern::Pattern;

/// The kinds of things that are granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Right {
    /// To call a service of the host.
    Service,
    /// To write to an event stream.
    Emit,
    /// To hear an event stream.
    Subscribe,
    /// To call another plugin.
    Plugin,
    /// To see an environment variable.
    Env,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Service,
        Self::Emit,
        Self::Subscribe,
        Self::Plugin,
        Self::Env,
    ];

    /// As a grant spells it: `emit` in `emit=location:*`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Emit => "emit",
            Self::Subscribe => "subscribe",
            Self::Plugin => "plugin",
            Self::Env => "env",
        }
    }

    /// Where a manifest asks for it.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::Service => "permissions.services",
            Self::Emit => "permissions.events.emit",
            Self::Subscribe => "permissions.events.subscribe",
            Self::Plugin => "permissions.plugins",
            Self::Env => "permissions.env",
        }
    }

    const fn deed(self) -> &'static str {
        match self {
            Self::Service => "call the service",
            Self::Emit => "write to the event stream",
            Self::Subscribe => "hear the event stream",
            Self::Plugin => "call the plugin",
            Self::Env => "see the environment variable",
        }
    }
}

/// What a host grants to a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    patterns: BTreeMap<Right, Vec<Pattern>>,
}

impl Grants {
    /// Nothing, which is the default everywhere.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads grants as a command line spells them: `kv.get`, `kv.*`, `memory:read` and `*` for services; `emit=location:*`,
    /// `subscribe=*`, `plugin=other`, `env=HOME` and `service=kv.get` for the named kind.
    ///
    /// # Errors
    /// [`BadGrant`] for an empty pattern or a kind that there is not.
    ///
    /// ```
    /// use crossplug_policy::Grants;
    ///
    /// assert!(Grants::parse(["kv.*", "emit=location:*"]).is_ok());
    /// assert_eq!(
    ///     Grants::parse(["net=example.org"]).unwrap_err().to_string(),
    ///     "the grant `net=example.org` names no kind that is granted; write service=, emit=, subscribe=, plugin= or env=",
    /// );
    /// ```
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, BadGrant> {
        let mut grants = Self::none();
        for text in texts {
            let text = text.as_ref();
            let (right, pattern) = match text.split_once('=') {
                None => (Some(Right::Service), text),
                Some((kind, pattern)) => (
                    Right::ALL.into_iter().find(|right| right.as_str() == kind),
                    pattern,
                ),
            };
            match right {
                Some(right) if !pattern.is_empty() => grants = grants.with(right, pattern),
                _ => {
                    return Err(BadGrant {
                        grant: text.to_owned(),
                    });
                }
            }
        }
        Ok(grants)
    }

    /// These grants and one more.
    #[must_use]
    pub fn with(mut self, right: Right, pattern: impl Into<Pattern>) -> Self {
        self.patterns.entry(right).or_default().push(pattern.into());
        self
    }

    fn of(&self, right: Right) -> &[Pattern] {
        self.patterns.get(&right).map_or(&[], Vec::as_slice)
    }
}

/// A grant that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGrant {
    /// As it was written.
    pub grant: String,
}

impl fmt::Display for BadGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = &self.grant;
        if grant.is_empty() || grant.ends_with('=') {
            return write!(
                f,
                "the grant `{grant}` names nothing; write what is granted, as in `kv.get` or `emit=location:*`"
            );
        }
        write!(
            f,
            "the grant `{grant}` names no kind that is granted; write service=, emit=, subscribe=, plugin= or env="
        )
    }
}

impl std::error::Error for BadGrant {}

/// What one plugin may do.
///
/// ```
/// use crossplug_policy::{Allowed, Grants, Right, manifest};
///
/// let text = br#"{"name":"a","description":"","version":"1.0.0","language":"rust","doors":{"wasm":{"path":"a.wasm"}},
///     "permissions":{"services":["kv.*"],"events":{"emit":["location:room1","location:room2"]}}}"#;
/// let record = manifest::read(text, "plugin.json")?;
/// let allowed = Allowed::new(&record.manifest, &Grants::parse(["kv.get", "emit=location:*"])?);
///
/// assert!(allowed.service("kv.get", Some("kv:read")).is_ok());
/// assert!(allowed.service("kv.set", Some("kv:write")).is_err(), "asked for, not granted");
/// assert!(allowed.check(Right::Emit, "location:room1").is_ok());
/// assert!(allowed.check(Right::Emit, "location:room3").is_err(), "granted, not asked for");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    asked: Grants,
    granted: Grants,
}

impl Allowed {
    /// What a plugin may do that has no manifest to ask in: all that is granted.
    ///
    /// ```
    /// use crossplug_policy::{Allowed, Grants};
    ///
    /// let allowed = Allowed::unasked(&Grants::parse(["kv.get"])?);
    /// assert!(allowed.service("kv.get", None).is_ok());
    /// assert!(allowed.service("kv.set", None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unasked(granted: &Grants) -> Self {
        let asked = Right::ALL
            .into_iter()
            .fold(Grants::none(), |asked, right| asked.with(right, "*"));
        Self {
            asked,
            granted: granted.clone(),
        }
    }

    /// What a manifest asks for and a host grants.
    #[must_use]
    pub fn new(manifest: &Manifest, granted: &Grants) -> Self {
        let mut asked = Grants::none();
        if let Some(permissions) = &manifest.permissions {
            let events = permissions.events.as_ref();
            let lists = [
                (Right::Service, permissions.services.as_ref()),
                (Right::Emit, events.and_then(|events| events.emit.as_ref())),
                (
                    Right::Subscribe,
                    events.and_then(|events| events.subscribe.as_ref()),
                ),
                (Right::Plugin, permissions.plugins.as_ref()),
                (Right::Env, permissions.env.as_ref()),
            ];
            for (right, list) in lists {
                for text in list.into_iter().flatten() {
                    asked = asked.with(right, text.as_str());
                }
            }
        }
        Self {
            asked,
            granted: granted.clone(),
        }
    }

    /// Whether the plugin may call a service. A pattern means the service by its name (`kv.get`) or by the permission
    /// that its interface declares (`kv:read`).
    ///
    /// # Errors
    /// [`Denial`], which says who would have to allow it.
    pub fn service(&self, name: &str, permission: Option<&str>) -> Result<(), Denial> {
        self.decide(Right::Service, name, |pattern| {
            pattern.matches(name)
                || permission.is_some_and(|permission| pattern.matches(permission))
        })
    }

    /// Whether the plugin may do something with the thing of that name.
    ///
    /// # Errors
    /// [`Denial`], which says who would have to allow it.
    pub fn check(&self, right: Right, name: &str) -> Result<(), Denial> {
        self.decide(right, name, |pattern| pattern.matches(name))
    }

    fn decide(
        &self,
        right: Right,
        name: &str,
        fits: impl Fn(&Pattern) -> bool,
    ) -> Result<(), Denial> {
        let deny = |why| {
            Err(Denial {
                right,
                name: name.to_owned(),
                why,
            })
        };
        if !self.asked.of(right).iter().any(&fits) {
            return deny(Lack::NotAsked);
        }
        if !self.granted.of(right).iter().any(&fits) {
            return deny(Lack::NotGranted);
        }
        Ok(())
    }

    /// The patterns that are allowed whole: of what is asked for and what is granted, the narrower ones. Where two
    /// patterns only overlap, [`Allowed::check`] allows the names in both, but no pattern says so.
    #[must_use]
    pub fn patterns(&self, right: Right) -> Vec<Pattern> {
        let mut narrower: Vec<Pattern> = Vec::new();
        for asked in self.asked.of(right) {
            for granted in self.granted.of(right) {
                let pattern = if granted.covers(asked) {
                    asked
                } else if asked.covers(granted) {
                    granted
                } else {
                    continue;
                };
                if !narrower.iter().any(|wider| wider.covers(pattern)) {
                    narrower.retain(|known| !pattern.covers(known));
                    narrower.push(pattern.clone());
                }
            }
        }
        narrower
    }

    /// What `initialize` tells the plugin. `services` are those that the host has, by name and permission.
    #[must_use]
    pub fn told<'a>(
        &self,
        services: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Granted {
        let texts = |right| {
            self.patterns(right)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<String>>()
        };
        let services: Vec<String> = services
            .into_iter()
            .filter(|(name, permission)| self.service(name, *permission).is_ok())
            .map(|(name, _)| name.to_owned())
            .collect();
        Granted::new()
            .with_services(services)
            .with_emit(texts(Right::Emit))
            .with_plugins(texts(Right::Plugin))
    }
}

/// Something that a plugin may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// What kind of thing.
    pub right: Right,
    /// Which one.
    pub name: String,
    /// Who did not allow it.
    pub why: Lack,
}

/// Which of the two did not allow something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lack {
    /// The manifest does not ask for it.
    NotAsked,
    /// The manifest asks, but the host does not grant it.
    NotGranted,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, name, why } = self;
        write!(f, "the plugin may not {} `{name}`: ", right.deed())?;
        match (why, right) {
            (Lack::NotAsked, _) => {
                write!(
                    f,
                    "its manifest does not ask for it; add it to `{}` in plugin.json",
                    right.member()
                )
            }
            (Lack::NotGranted, Right::Service) => {
                write!(f, "it was not granted; grant it with `--grant {name}`")
            }
            (Lack::NotGranted, _) => {
                write!(
                    f,
                    "it was not granted; grant it with `--grant {}={name}`",
                    right.as_str()
                )
            }
        }
    }
}

impl std::error::Error for Denial {}
