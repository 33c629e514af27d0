//! Extism's own manifest, read: JSON, nothing in it that is not known, hashes compared. Opens no file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crossplug_protocol::codec::{self, Bytes};
use crossplug_protocol::json;
use serde::Deserialize;

use crate::{Error, ErrorKind, Result};

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
    path: Option<PathBuf>,
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

/// What a manifest means.
#[derive(Debug, Default)]
pub(in crate::door::wasm) struct Manifest {
    pub(super) modules: Vec<Module>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) http_bytes: Option<u64>,
    pub(super) variable_bytes: Option<u64>,
    pub(super) config: BTreeMap<String, String>,
    pub(super) hosts: Vec<String>,
    /// From a folder of the host to the guest's name for it, as written: with `ro:` in front where it is read only.
    pub(super) paths: Vec<(String, String)>,
    pub(super) timeout_ms: Option<u64>,
}

/// One module of a plugin.
#[derive(Debug, Clone)]
pub(in crate::door::wasm) struct Module {
    pub(in crate::door::wasm) name: Option<String>,
    pub(in crate::door::wasm) hash: Option<String>,
    pub(in crate::door::wasm) source: Source,
}

/// Where a module's bytes are.
#[derive(Debug, Clone)]
pub(in crate::door::wasm) enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// Reads a manifest whose paths are relative to `folder`.
///
/// # Errors
/// [`ErrorKind::Manifest`], with the place; [`ErrorKind::Incompatible`] for what this host does not do.
pub(in crate::door::wasm) fn read(text: &[u8], folder: &Path) -> Result<Manifest> {
    json::check(text, json::DEFAULT_DEPTH).map_err(|error| wrong(&error))?;
    let written: Written = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
    if written.wasm.is_empty() {
        return Err(wrong(&"`wasm` is empty; name at least one module"));
    }
    let modules = written.wasm.into_iter().map(|module| {
        Ok(Module {
            source: source(module.path, module.data, module.url, folder)?,
            name: module.name,
            hash: module.hash,
        })
    });
    Ok(Manifest {
        modules: modules.collect::<Result<_>>()?,
        memory_bytes: written
            .memory
            .max_pages
            .map(|pages| u64::from(pages) * PAGE),
        http_bytes: written.memory.max_http_response_bytes,
        variable_bytes: written.memory.max_var_bytes,
        config: written.config,
        hosts: written.allowed_hosts.unwrap_or_default(),
        paths: (written.allowed_paths.unwrap_or_default().into_iter())
            .map(|(host, guest)| (within(folder, &host), guest))
            .collect(),
        timeout_ms: written.timeout_ms,
    })
}

fn source(
    path: Option<PathBuf>,
    data: Option<String>,
    url: Option<String>,
    folder: &Path,
) -> Result<Source> {
    match (path, data, url) {
        (Some(path), None, None) => Ok(Source::File(folder.join(path))),
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
            Err(Error::new(ErrorKind::Incompatible, "load").with_context(what))
        }
        _ => Err(wrong(
            &"each module has exactly one of `path`, `data` and `url`",
        )),
    }
}

/// A folder that a manifest names, `ro:` kept.
fn within(folder: &Path, written: &str) -> String {
    let (mark, path) = match written.strip_prefix("ro:") {
        Some(path) => ("ro:", path),
        None => ("", written),
    };
    format!("{mark}{}", folder.join(path).display())
}

fn wrong(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Manifest, "load").with_context(format!("Extism manifest: {error}"))
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
        let read = read(text, Path::new("/plugins")).unwrap();
        assert!(
            matches!(&read.modules[0].source, Source::File(path) if path == Path::new("/plugins/a.wasm"))
        );
        assert!(matches!(&read.modules[1].source, Source::Bytes(bytes) if bytes == b"\0asm"));
        assert_eq!(read.memory_bytes, Some(131_072));
        assert_eq!(
            (read.http_bytes, read.variable_bytes, read.timeout_ms),
            (Some(5), Some(0), Some(300))
        );
        assert_eq!(read.hosts, ["*.example.org"]);
        let pair = |host: &str, guest: &str| (host.to_owned(), guest.to_owned());
        assert_eq!(
            read.paths,
            [pair("/out", "/out"), pair("ro:/plugins/in", "/in")]
        );
        assert_eq!(read.config["k"], "v");
    }

    #[test]
    fn what_is_refused() {
        let kind = |text: &str| read(text.as_bytes(), Path::new("/")).unwrap_err().kind();
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
            assert_eq!(kind(text), ErrorKind::Manifest, "{text}");
        }
        let fetched =
            r#"{"wasm":[{"url":"https://example.org/a.wasm","headers":{},"method":"GET"}]}"#;
        assert_eq!(kind(fetched), ErrorKind::Incompatible);
    }
}
