//! What all emitters share: the files they give and the options they take. Knows no language and no document.

pub mod json_schema;
mod lines;
pub mod markdown;
pub mod python;
pub mod rust;
pub mod typescript;
pub mod vectors;

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the folder that the output goes to, with `/` between its parts.
    pub path: String,
    /// The whole text, ending in a line feed.
    pub text: String,
}

/// What a generated file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Types and their codecs.
    Types,
    /// What an author implements, and the dispatch to it.
    Plugin,
    /// The typed client that a host calls with.
    Host,
}

impl Role {
    /// What the command line calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::Plugin => "plugin",
            Self::Host => "host",
        }
    }
}

/// What is generated: code in a language, a schema or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Lang {
    Rust,
    Python,
    TypeScript,
    /// Plain JSON Schema, for editors and validators.
    JsonSchema,
    /// A reference page, for people.
    Markdown,
}

/// Where the output is going to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A folder of a user's project, one file an interface and language: `<module>.rs` with the modules `types`, `plugin`
    /// and `host`, `<module>.py`, `<module>.ts`.
    User,
    /// Inside this repository. Rust: the driver asks for one role at a time and gets one file `<module>.rs`, which it puts
    /// into the crate of that role (`protocol`, `plugin`, `host`). Python, TypeScript: one file with all roles.
    Repository,
}

/// What an emitter is told besides the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Text of the first line, without comment signs: it names the command and the source.
    pub header: String,
    /// What to generate. Never empty.
    pub roles: Vec<Role>,
    /// Where the output is going to live.
    pub layout: Layout,
    /// A user's own way to the runtime. Rust: path of the protocol crate, such as `crossplug_plugin::protocol`. Python:
    /// package; TypeScript: module specifier. Absent: by role.
    pub runtime: Option<String>,
}

impl Options {
    /// Whether the role is asked for.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
