//! What the host said in `initialize`. Plain data.

use std::path::PathBuf;

use crossplug_protocol::codec::JsonMap;
use crossplug_protocol::generated::protocol::{Granted, InitializeParams, Peer};
use crossplug_protocol::handshake::Encoding;

/// The same for every call of the conversation.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) host: Peer,
    pub(crate) instance_id: String,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) config: JsonMap,
    pub(crate) granted: Granted,
    pub(crate) debug: bool,
    /// How values stand in the messages that follow.
    pub(crate) encoding: Encoding,
}

impl Opened {
    pub(crate) fn new(params: InitializeParams, encoding: Encoding) -> Self {
        Self {
            host: params.host,
            instance_id: params.instance_id,
            data_dir: params.data_dir.map(PathBuf::from),
            config: params.config,
            granted: params.granted,
            debug: params.debug.unwrap_or(false),
            encoding,
        }
    }
}
