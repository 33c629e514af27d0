//! A program that is a plugin and has no manifest: the process door, told what to start.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use crossplug_policy::Door as Way;
use crossplug_policy::FolderPath;
use crossplug_policy::door::{ProcessDoor as Process, Program, Start};
use crossplug_protocol::dialect;

use super::ProcessDoor;
use crate::Result;
use crate::door::{Door, Home, Opening, Passage};

/// A way into one program without a manifest, through [`Host::open`](crate::Host::open). What the plugin is it says itself.
///
/// ```no_run
/// # fn demo() -> crossplug_host::Result<()> {
/// use crossplug_host::Host;
/// use crossplug_host::door::process::ProgramDoor;
///
/// let door = ProgramDoor::new("node", ["plugin.js"]).folder("plugins/notes");
/// let plugin = Host::builder().build().open("notes", door).blocking()?;
/// println!("{:?}", plugin.manifest());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ProgramDoor {
    program: String,
    arguments: Vec<String>,
    folder: Option<PathBuf>,
    dialect: String,
}

impl ProgramDoor {
    /// Starts this program of the host's PATH with these arguments, in the host's own folder.
    #[must_use]
    pub fn new<A: Into<String>>(
        program: impl Into<String>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            folder: None,
            dialect: dialect::crossplug::NAME.to_owned(),
        }
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Speaks this dialect with it, in place of `crossplug/1`.
    #[must_use]
    pub fn dialect(mut self, name: impl Into<String>) -> Self {
        self.dialect = name.into();
        self
    }
}

#[async_trait]
impl Door for ProgramDoor {
    fn name(&self) -> &str {
        "process"
    }

    async fn open(&self, mut opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        if let Some(folder) = &self.folder {
            opening.folder.clone_from(folder);
        }
        opening.way = Some(Way::Process(Process {
            start: Start::Command {
                program: Program::OnPath(self.program.clone()),
                arguments: self.arguments.clone(),
            },
            dialect: self.dialect.clone(),
            cwd: FolderPath::folder_itself(),
        }));
        ProcessDoor::new().open(opening, home).await
    }
}
