//! Extism's own manifest, read: JSON, nothing in it that is not known, hashes compared. Opens no file.

use std::collections::BTreeMap;

use crossplug_protocol::codec::{self, Bytes};
use crossplug_protocol::json;
use serde::Deserialize;

use super::Refused;

/// Bytes of a page of WebAssembly.
const PAGE: u64 = 64 << 10;

/// What a manifest says, as it says it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    wasm: Vec<WrittenModule>,
    #[serde(default)]
    memory: WrittenMemory,
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default)]
    allowed_hosts: Option<Vec<String>>,
    #[serde(default)]
    allowed_paths: Option<BTreeMap<String, String>>,
    #[serde(default)]
    timeout_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenModule {
    path: Option<String>,
    data: Option<String>,
    url: Option<String>,
    // Read so that a manifest that has them is refused for its address and not for its spelling.
    #[serde(rename = "headers")]
    _headers: Option<BTreeMap<String, String>>,
    #[serde(rename = "method")]
    _method: Option<String>,
    name: Option<String>,
    hash: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMemory {
    max_pages: Option<u32>,
    max_http_response_bytes: Option<u64>,
    max_var_bytes: Option<u64>,
}

/// What a manifest means. Paths are as they were written, relative to the manifest's folder.
#[derive(Debug, Default)]
pub struct Manifest {
    /// At least one.
    pub modules: Vec<Module>,
    /// Bytes of linear memory.
    pub memory_bytes: Option<u64>,
    /// Bytes of an HTTP response's body.
    pub http_bytes: Option<u64>,
    /// Bytes of variables; 0: there are none.
    pub variable_bytes: Option<u64>,
    /// What the guest reads as its configuration.
    pub config: BTreeMap<String, String>,
    /// Hosts that it may speak to.
    pub hosts: Vec<String>,
    /// Folders that it may see.
    pub folders: Vec<Folder>,
    /// How long a call may take.
    pub timeout_ms: Option<u64>,
}

/// A folder of the host's, and the guest's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub host: String,
    /// What the guest calls it.
    pub guest: String,
    /// `ro:` stood before the host's path.
    pub read_only: bool,
}

impl Folder {
    /// From the manifest's spelling.
    #[must_use]
    pub fn new(host: &str, guest: &str) -> Self {
        let (host, read_only) = match host.strip_prefix("ro:") {
            Some(host) => (host, true),
            None => (host, false),
        };
        Self {
            host: host.to_owned(),
            guest: guest.to_owned(),
            read_only,
        }
    }
}

/// One module of a plugin.
#[derive(Debug, Clone)]
pub struct Module {
    /// What other modules import it by.
    pub name: Option<String>,
    /// SHA-256 of its bytes, in hex.
    pub hash: Option<String>,
    /// Where it is.
    pub source: Source,
}

/// Where a module's bytes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a file.
    Path(String),
    /// Here.
    Bytes(Vec<u8>),
}

/// Reads a manifest.
///
/// # Errors
/// [`Refused::Manifest`], with the place; [`Refused::Incompatible`] for what our hosts do not do.
///
/// ```
/// use crossplug_policy::extism;
///
/// let manifest = extism::read(br#"{"wasm":[{"path":"a.wasm"}],"allowed_paths":{"ro:in":"/in"}}"#)?;
/// assert!(manifest.folders[0].read_only && manifest.folders[0].host == "in");
/// # Ok::<(), extism::Refused>(())
/// ```
pub fn read(text: &[u8]) -> Result<Manifest, Refused> {
    json::check(text, json::DEFAULT_DEPTH).map_err(|error| wrong(&error))?;
    let written: Written = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
    if written.wasm.is_empty() {
        return Err(wrong(&"`wasm` is empty; name at least one module"));
    }
    let modules = written.wasm.into_iter().map(|module| {
        Ok(Module {
            source: source(module.path, module.data, module.url)?,
            name: module.name,
            hash: module.hash,
        })
    });
    Ok(Manifest {
        modules: modules.collect::<Result<_, Refused>>()?,
        memory_bytes: written
            .memory
            .max_pages
            .map(|pages| u64::from(pages) * PAGE),
        http_bytes: written.memory.max_http_response_bytes,
        variable_bytes: written.memory.max_var_bytes,
        config: written.config,
        hosts: written.allowed_hosts.unwrap_or_default(),
        folders: (written.allowed_paths.unwrap_or_default().iter())
            .map(|(host, guest)| Folder::new(host, guest))
            .collect(),
        timeout_ms: written.timeout_ms,
    })
}

fn source(
    path: Option<String>,
    data: Option<String>,
    url: Option<String>,
) -> Result<Source, Refused> {
    match (path, data, url) {
        (Some(path), None, None) => Ok(Source::Path(path)),
        (None, Some(data), None) => {
            let text = serde_json::Value::from(data).to_string();
            codec::decode_scanned::<Bytes>(&text)
                .map(Source::Bytes)
                .map_err(|error| wrong(&format!("`data` of a module: {error}")))
        }
        (None, None, Some(url)) => {
            let what = format!(
                "this host fetches no modules: download `{url}` and give it as `path`, with its `hash`"
            );
            Err(Refused::Incompatible(what))
        }
        _ => Err(wrong(
            &"each module has exactly one of `path`, `data` and `url`",
        )),
    }
}

fn wrong(error: &dyn std::fmt::Display) -> Refused {
    Refused::Manifest(format!("Extism manifest: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn everything_that_it_can_say() {
        let text = br#"{"wasm":[{"path":"a.wasm","name":"a","hash":"00"},{"data":"AGFzbQ=="}],
            "memory":{"max_pages":2,"max_http_response_bytes":5,"max_var_bytes":0},"config":{"k":"v"},
            "allowed_hosts":["*.example.org"],"allowed_paths":{"ro:in":"/in","/out":"/out"},"timeout_ms":300}"#;
        let read = read(text).unwrap();
        assert!(matches!(&read.modules[0].source, Source::Path(path) if path == "a.wasm"));
        assert!(matches!(&read.modules[1].source, Source::Bytes(bytes) if bytes == b"\0asm"));
        assert_eq!(read.memory_bytes, Some(131_072));
        assert_eq!(
            (read.http_bytes, read.variable_bytes, read.timeout_ms),
            (Some(5), Some(0), Some(300))
        );
        assert_eq!(read.hosts, ["*.example.org"]);
        let folders = [Folder::new("/out", "/out"), Folder::new("ro:in", "/in")];
        assert_eq!(read.folders, folders);
        assert_eq!(read.config["k"], "v");
    }

    #[test]
    fn what_is_refused() {
        let refused = |text: &str| read(text.as_bytes()).unwrap_err();
        for text in [
            r#"{"wasm":[]}"#,
            r#"{"wasm":[{"path":"a"}],"bogus":1}"#,
            r#"{"wasm":[{"path":"a","bogus":1}]}"#,
            r#"{"wasm":[{"path":"a","data":""}]}"#,
            r#"{"wasm":[{"name":"a"}]}"#,
            r#"{"wasm":[{"data":"%"}]}"#,
            r#"{"wasm":[{"path":"a"}],"config":{"k":1}}"#,
            r#"{"wasm":[{"path":"a"}],"memory":{"pages":1}}"#,
            r#"{"wasm":[{"path":"a"}],"wasm":[{"path":"b"}]}"#,
            r#"{"wasm":[{"path":"a"}],"timeout_ms":-1}"#,
            "wasm = []",
        ] {
            assert!(matches!(refused(text), Refused::Manifest(_)), "{text}");
        }
        let fetched =
            r#"{"wasm":[{"url":"https://example.org/a.wasm","headers":{},"method":"GET"}]}"#;
        assert!(matches!(refused(fetched), Refused::Incompatible(_)));
    }
}
