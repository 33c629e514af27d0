//! What the two sides say of themselves in the handshake, beside the protocol.

use super::{Choice, Offer};
use crate::json;
use crate::message::Raw;
use crate::session::Limits;

/// `InitializeParams` but for the protocol and the caps, which the session adds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Hello<'a> {
    /// Name of the host program.
    pub host_name: &'a str,
    /// Its version.
    pub host_version: &'a str,
    /// Names this running instance of the plugin; unique across hosts.
    pub instance_id: &'a str,
    /// A folder that belongs to the plugin.
    pub data_dir: Option<&'a str>,
    /// The plugin's configuration, an object.
    pub config: Raw<'a>,
    /// What the plugin may do, a `Granted`.
    pub granted: Raw<'a>,
    /// Where the plugin listens: proof that the caller is its host.
    pub token: Option<&'a str>,
    /// Whether errors may carry a stack trace.
    pub debug: bool,
}

impl<'a> Hello<'a> {
    /// No folder, an empty configuration, nothing granted, no debugging.
    #[must_use]
    pub const fn new(host_name: &'a str, host_version: &'a str, instance_id: &'a str) -> Self {
        Self {
            host_name,
            host_version,
            instance_id,
            data_dir: None,
            config: Raw::trust(b"{}"),
            granted: Raw::trust(b"{}"),
            token: None,
            debug: false,
        }
    }

    /// The whole `InitializeParams`.
    pub(crate) fn write(&self, offer: &Offer, limits: &Limits) -> Vec<u8> {
        let mut out = b"{\"protocol\":".to_vec();
        offer.write(&mut out);
        push(&mut out, ",\"host\":{\"name\":", self.host_name);
        push(&mut out, ",\"version\":", self.host_version);
        push(&mut out, "},\"instanceId\":", self.instance_id);
        if let Some(folder) = self.data_dir {
            push(&mut out, ",\"dataDir\":", folder);
        }
        out.extend_from_slice(b",\"config\":");
        out.extend_from_slice(self.config.as_bytes());
        out.extend_from_slice(b",\"granted\":");
        out.extend_from_slice(self.granted.as_bytes());
        if let Some(token) = self.token {
            push(&mut out, ",\"token\":", token);
        }
        out.extend_from_slice(if self.debug {
            b",\"debug\":true,\"limits\":"
        } else {
            b",\"debug\":false,\"limits\":"
        });
        limits.write(&mut out);
        out.push(b'}');
        out
    }
}

/// `InitializeResult` but for the protocol, which the session adds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Welcome<'a> {
    /// The fields of `plugin.json`, an object.
    pub manifest: Raw<'a>,
    /// Interface names to version and hash, an object.
    pub interfaces: Raw<'a>,
    /// Where the host listens: proof that the caller is the plugin that the host started.
    pub token: Option<&'a str>,
}

impl<'a> Welcome<'a> {
    /// No token.
    #[must_use]
    pub const fn new(manifest: Raw<'a>, interfaces: Raw<'a>) -> Self {
        Self {
            manifest,
            interfaces,
            token: None,
        }
    }

    /// The whole `InitializeResult`.
    pub(crate) fn write(&self, choice: &Choice) -> Vec<u8> {
        let mut out = b"{\"protocol\":".to_vec();
        choice.write(&mut out);
        out.extend_from_slice(b",\"manifest\":");
        out.extend_from_slice(self.manifest.as_bytes());
        out.extend_from_slice(b",\"interfaces\":");
        out.extend_from_slice(self.interfaces.as_bytes());
        if let Some(token) = self.token {
            push(&mut out, ",\"token\":", token);
        }
        out.push(b'}');
        out
    }
}

fn push(out: &mut Vec<u8>, before: &str, text: &str) {
    out.extend_from_slice(before.as_bytes());
    json::push_text(out, text);
}
