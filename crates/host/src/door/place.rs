//! Where the paths of a manifest lead. The one place that follows links, for every door; policy has looked at the text.

use std::io;
use std::path::PathBuf;

use crossplug_policy::FolderPath;
use crossplug_policy::path::{PathRefused, Why};

use super::Opening;
use crate::{Error, ErrorKind, Result};

impl Opening {
    /// The file or folder that the manifest names, with every link followed: inside the plugin's folder. Doors ask here
    /// before they open or start anything, and use what they get.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`] where a link leads out of the plugin's folder, [`ErrorKind::NotFound`] where nothing is
    /// there, [`ErrorKind::Io`] where it cannot be looked at.
    pub fn inside(&self, path: &FolderPath) -> Result<PathBuf> {
        let place = self.folder.join(path.as_str());
        let unseen = |error: io::Error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            let (kind, what) = if missing {
                (ErrorKind::NotFound, "is not there".to_owned())
            } else {
                (ErrorKind::Io, format!("cannot be looked at: {error}"))
            };
            Error::new(kind, "load")
                .with_context(format!(
                    "`{}`, which the manifest names, {what}",
                    place.display()
                ))
                .with_source(error)
        };
        let folder = self.folder.canonicalize().map_err(unseen)?;
        let leads_to = place.canonicalize().map_err(unseen)?;
        if leads_to.starts_with(&folder) {
            return Ok(leads_to);
        }
        let refused = PathRefused {
            path: path.as_str().to_owned(),
            why: Why::Link,
        };
        let what = format!(
            "{refused}, to `{}`; {}",
            leads_to.display(),
            refused.why.cure()
        );
        Err(Error::new(ErrorKind::Manifest, "load")
            .with_context(what)
            .with_source(refused))
    }
}
