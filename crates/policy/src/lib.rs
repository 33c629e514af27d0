//! What a crossplug host decides: which manifest is right, which door is taken, which pattern matches, what is granted.
//! No IO, no clock, no threads: text and values in, decisions out.
//!
//! ```
//! use crossplug_policy::{Allowed, Grants, manifest};
//!
//! let text = br#"{
//!     "name": "notes", "description": "Keeps notes.", "version": "1.0.0", "language": "python",
//!     "doors": { "process": { "command": ["python3", "-u", "plugin.py"] } },
//!     "permissions": { "services": ["kv.*"] }
//! }"#;
//! let record = manifest::read(text, "notes/plugin.json")?;
//! assert_eq!(record.manifest.name, "notes");
//!
//! let allowed = Allowed::new(&record.manifest, &Grants::parse(["kv.get"])?);
//! assert!(allowed.service("kv.get", None).is_ok());
//! assert_eq!(
//!     allowed.service("kv.set", None).unwrap_err().to_string(),
//!     "the plugin may not call the service `kv.set`: it was not granted; grant it with `--grant kv.set`",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod door;
pub mod extism;
pub mod finding;
pub mod grants;
pub mod manifest;
pub mod path;
pub mod pattern;

pub use door::{Abilities, Door, DoorKind, NoDoor};
pub use finding::{Finding, Refused, Weight};
pub use grants::{Allowed, Denial, Grants, Right};
pub use manifest::Record;
pub use path::FolderPath;
pub use pattern::Pattern;
