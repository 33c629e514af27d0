//! What goes wrong on the host's side. What a *plugin* answered stays a [`PluginError`], reachable as the source.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crossplug_protocol::error::PluginError;

/// The result of everything that a host does.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of thing went wrong: what the caller may do about it.
///
/// ```
/// use crossplug_host::ErrorKind;
/// assert!(ErrorKind::Deadline.is_retryable());
/// assert!(!ErrorKind::Manifest.is_retryable());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is nothing at the path, or no plugin, door or dialect of the name. Correct the name.
    NotFound,
    /// The manifest cannot be read or breaks a rule. Mend the file at the place that the context names.
    Manifest,
    /// Plugin and host share no protocol version, feature or door. Bring one of them up to date.
    Incompatible,
    /// It was not granted. Grant it when loading, or do without.
    Denied,
    /// A program that the plugin needs is not on the PATH. Install it.
    ToolMissing,
    /// The plugin did not come up: it could not be spawned, ended before it was ready, or took too long. Its last
    /// lines of stderr are in the context. Loading again may help if the reason was outside of the plugin.
    Start,
    /// The plugin broke the protocol and was stopped. Calls in flight are lost; report it to its author.
    Protocol,
    /// The plugin ended, or was never there any more when the call came. Load it again.
    Died,
    /// The answer did not come in time. The plugin lives on and was told to stop working on it. Try again, or allow
    /// more time.
    Deadline,
    /// The caller gave the call up, or the plugin is being stopped at the host's own wish.
    Cancelled,
    /// A cap was reached: size of a message, depth, calls in flight, bytes that wait. Send less, or raise the cap.
    /// Where the plugin broke it, the plugin was stopped.
    Limit,
    /// A sandboxed plugin trapped. Its instance is gone; the next call gets a new one.
    Trap,
    /// The plugin answered with an error of its own: see [`Error::plugin_error`]. The plugin is fine.
    Plugin,
    /// The operating system refused something. See the source.
    Io,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::NotFound,
        Self::Manifest,
        Self::Incompatible,
        Self::Denied,
        Self::ToolMissing,
        Self::Start,
        Self::Protocol,
        Self::Died,
        Self::Deadline,
        Self::Cancelled,
        Self::Limit,
        Self::Trap,
        Self::Plugin,
        Self::Io,
    ];

    /// The name, as the program's `--json` output and the other languages spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NotFound",
            Self::Manifest => "Manifest",
            Self::Incompatible => "Incompatible",
            Self::Denied => "Denied",
            Self::ToolMissing => "ToolMissing",
            Self::Start => "Start",
            Self::Protocol => "Protocol",
            Self::Died => "Died",
            Self::Deadline => "Deadline",
            Self::Cancelled => "Cancelled",
            Self::Limit => "Limit",
            Self::Trap => "Trap",
            Self::Plugin => "Plugin",
            Self::Io => "Io",
        }
    }

    /// Whether the same thing, tried again unchanged, may succeed. For [`ErrorKind::Plugin`] the plugin itself says
    /// it: ask [`Error::is_retryable`].
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Start | Self::Died | Self::Deadline | Self::Trap)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that went wrong on the host's side.
///
/// Cheap to clone: one death of a plugin is the error of every call that was in flight.
///
/// ```
/// use crossplug_host::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Limit, "call `note.create`").with_context("1,000 calls are in flight already");
/// assert_eq!(error.kind(), ErrorKind::Limit);
/// assert_eq!(error.to_string(), "call `note.create`: Limit: 1,000 calls are in flight already");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: String,
    context: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind in an operation, such as `load`, ``call `note.create` `` or `stop`.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: operation.into(),
            context: String::new(),
            source: None,
        }))
    }

    /// Says what happened, where, and what to do next.
    #[must_use]
    pub fn with_context(mut self, context: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).context = context.into();
        self
    }

    /// Names the error below.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::new(source));
        self
    }

    /// The same error, seen from another operation: what a call says of the death of its plugin.
    #[must_use]
    pub fn in_operation(&self, operation: impl Into<String>) -> Self {
        let mut inner = Inner::clone(&self.0);
        inner.operation = operation.into();
        Self(Arc::new(inner))
    }

    /// What the plugin answered.
    #[must_use]
    pub fn from_plugin(operation: impl Into<String>, error: PluginError) -> Self {
        let context = error.to_string();
        Self::new(ErrorKind::Plugin, operation)
            .with_context(context)
            .with_source(error)
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What happened, where, and what to do next; may be empty.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.0.context
    }

    /// What the plugin answered; only for [`ErrorKind::Plugin`].
    #[must_use]
    pub fn plugin_error(&self) -> Option<&PluginError> {
        self.0
            .source
            .as_deref()
            .and_then(|source| source.downcast_ref())
    }

    /// Whether the same thing, tried again unchanged, may succeed; for an error of the plugin, its own word.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.plugin_error()
            .map_or_else(|| self.0.kind.is_retryable(), |error| error.retryable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.kind)?;
        if !self.0.context.is_empty() {
            write!(f, ": {}", self.0.context)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
