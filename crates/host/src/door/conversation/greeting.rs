//! The host's first words: who it is, what the plugin is configured with and may do.

use std::time::Duration;

use crossplug_protocol::codec::Any;
use crossplug_protocol::dialect;
use crossplug_protocol::frame::{FrameWriter, Framing};
use crossplug_protocol::generated::protocol::Granted;
use crossplug_protocol::handshake::{Encoding, Hello, Offer};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::Session;

use crate::door::{Home, Opening};
use crate::{Error, ErrorKind, Payload, Result};

/// A session that has said nothing yet.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such dialect.
pub(in crate::door) fn session(
    dialect: &str,
    framings: &[Framing],
    opening: &Opening,
) -> Result<Session> {
    let mut encodings = vec![opening.encoding];
    if opening.encoding != Encoding::default() {
        encodings.push(Encoding::default());
    }
    let offer = Offer::new()
        .with_framings(framings)
        .with_encodings(&encodings);
    let session = Session::host(dialect, offer).ok_or_else(|| {
        let what = format!(
            "there is no dialect `{dialect}`; this host speaks {}",
            dialect::NAMES.join(", ")
        );
        Error::new(ErrorKind::NotFound, "load").with_context(what)
    })?;
    Ok(session.with_limits(opening.limits.clone()))
}

/// Says who the host is and what the plugin may do.
///
/// # Errors
/// [`ErrorKind::Limit`] where that is more than a message may hold.
pub(in crate::door) fn greet(
    session: &mut Session,
    opening: &Opening,
    home: &Home,
    out: &mut FrameWriter,
) -> Result<()> {
    let write = |error: Error| error.in_operation("load");
    let config = Payload::encode::<Any>(&opening.config.clone().into()).map_err(write)?;
    let granted = Payload::encode::<Granted>(&home.granted()).map_err(write)?;
    let data_dir = opening
        .data_dir
        .as_ref()
        .map(|folder| folder.display().to_string());
    let mut hello = Hello::new(&opening.host.0, &opening.host.1, &opening.instance_id);
    hello.config = Raw::trust(config.as_bytes());
    hello.granted = Raw::trust(granted.as_bytes());
    hello.data_dir = data_dir.as_deref();
    hello.token = opening.token.as_deref();
    hello.debug = opening.debug;
    // Whoever opens keeps the start's deadline: also before the plugin has said its first word.
    session
        .initialize(&hello, Duration::ZERO, None, out)
        .map(drop)
        .map_err(|refusal| {
            Error::new(ErrorKind::Limit, "load")
                .with_context(refusal.to_string())
                .with_source(refusal)
        })
}
