//! Which paths a manifest may name: inside its own folder, on every platform alike. It looks at text alone: whether
//! something is there, and where links lead, is for whoever opens it, who says so in the same words.

use std::fmt;

/// A path inside the manifest's folder: parts joined by `/`, or `.` for the folder itself.
///
/// ```
/// use crossplug_policy::FolderPath;
///
/// assert_eq!(FolderPath::new("./dist//my_plugin.wasm")?.as_str(), "dist/my_plugin.wasm");
/// assert!(FolderPath::new("../other/secret").is_err());
/// # Ok::<(), crossplug_policy::path::PathRefused>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderPath(String);

impl FolderPath {
    /// The manifest's folder.
    #[must_use]
    pub fn folder_itself() -> Self {
        Self(".".to_owned())
    }

    /// Checks a path and takes out what means nothing (`.`, doubled `/`).
    ///
    /// # Errors
    /// [`PathRefused`] for an empty path, one that starts at a root, a drive or a home, one with `..`, `\` or a control
    /// character.
    pub fn new(text: &str) -> Result<Self, PathRefused> {
        let refuse = |why| {
            Err(PathRefused {
                path: text.to_owned(),
                why,
            })
        };
        if text.is_empty() {
            return refuse(Why::Empty);
        }
        if text.contains('\\') {
            return refuse(Why::Backslash);
        }
        if text.chars().any(char::is_control) {
            return refuse(Why::Control);
        }
        if text.starts_with('/') {
            return refuse(Why::Absolute);
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => return refuse(Why::Leaves),
                _ => parts.push(part),
            }
        }
        match parts.first() {
            None => Ok(Self(".".to_owned())),
            Some(first) if has_drive(first) => refuse(Why::Drive),
            Some(&"~") => refuse(Why::Home),
            Some(_) => Ok(Self(parts.join("/"))),
        }
    }

    /// Parts joined by `/`, never starting with one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the manifest's folder itself.
    #[must_use]
    pub fn is_folder_itself(&self) -> bool {
        self.0 == "."
    }
}

fn has_drive(part: &str) -> bool {
    let mut letters = part.chars();
    letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic())
        && letters.next() == Some(':')
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path that no manifest may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRefused {
    /// As it was written.
    pub path: String,
    /// What is wrong with it.
    pub why: Why,
}

/// What can be wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// Nothing is written.
    Empty,
    /// `\` parts folders on one platform only.
    Backslash,
    /// A control character, U+0000 among them.
    Control,
    /// It starts at the root.
    Absolute,
    /// It holds `..`.
    Leaves,
    /// It starts with a drive letter.
    Drive,
    /// It starts at somebody's home.
    Home,
    /// It is a link, or goes through one, that leads out of the folder. Found by whoever opens it.
    Link,
}

impl Why {
    /// How to mend it.
    #[must_use]
    pub const fn cure(self) -> &'static str {
        match self {
            Self::Empty => "write the path of a file in the manifest's folder",
            Self::Backslash => "part folders with `/`",
            Self::Control => "take the control character out",
            Self::Absolute | Self::Drive | Self::Home => {
                "write the path from the manifest's folder on"
            }
            Self::Link => {
                "put the file itself into the manifest's folder, or name a program on the PATH"
            }
            Self::Leaves => "put the file into the manifest's folder and name it from there",
        }
    }
}

impl fmt::Display for PathRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match self.why {
            Why::Empty => f.write_str("the path is empty"),
            Why::Backslash => write!(f, "`{path}` holds a backslash"),
            Why::Control => write!(f, "{path:?} holds a control character"),
            Why::Absolute => write!(f, "`{path}` is absolute"),
            Why::Leaves => write!(f, "`{path}` leaves the manifest's folder by `..`"),
            Why::Drive => write!(f, "`{path}` starts with a drive"),
            Why::Home => write!(f, "`{path}` starts at a home folder"),
            Why::Link => write!(f, "`{path}` leaves the manifest's folder by a link"),
        }
    }
}

impl std::error::Error for PathRefused {}
