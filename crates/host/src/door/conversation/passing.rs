//! What a host's calls say to the plugin beside calling: the same through every door that carries messages.

use std::time::Duration;

use crossplug_protocol::session::{CallId, CallOptions, Refused, StreamId};

use super::{Conversation, Party};
use crate::door::Request;
use crate::{Payload, Result};

impl Conversation {
    /// Says a call, and how much its caller takes of its stream. `now` and `deadline` are on the session's clock.
    ///
    /// # Errors
    /// The call cannot be said; nothing of it is in flight then that anybody waits for.
    pub(in crate::door) fn call(
        &mut self,
        request: &Request<'_>,
        now: Duration,
        deadline: Option<Duration>,
    ) -> Result<CallId> {
        let mut options = CallOptions::new();
        options.deadline = deadline;
        options.traceparent = request.traceparent;
        let (session, params) = (&mut self.session, request.params.as_raw());
        let said = session.call(request.method, Some(&params), &options, now, &mut self.out);
        let said = said.and_then(|call| match request.credit {
            None => Ok(call),
            Some((items, bytes)) => {
                match session.grant(StreamId::Call(call), items, bytes, &mut self.out) {
                    // A dialect without streams: the stream is empty.
                    Ok(()) | Err(Refused::Inexpressible(_)) => Ok(call),
                    Err(refusal) => {
                        session.abandon(call, &mut self.out);
                        Err(refusal)
                    }
                }
            }
        });
        said.map_err(|refusal| self.refused("call", &refusal))
    }
}

/// Nobody waits for the call any more.
pub(in crate::door) fn give_up(party: &impl Party, call: CallId) {
    let pending = party.say(|talk| {
        talk.session.abandon(call, &mut talk.out);
        talk.settled(call)
    });
    drop(pending);
}

/// The caller gave the call up.
pub(in crate::door) fn cancel(party: &impl Party, call: Option<CallId>) {
    if let Some(call) = call {
        give_up(party, call);
    }
}

fn known(talk: &Conversation, call: Option<CallId>) -> Option<CallId> {
    call.filter(|call| talk.calls.contains_key(call))
}

/// The caller takes so much more of the stream.
pub(in crate::door) fn credit(party: &impl Party, call: Option<CallId>, items: u32, bytes: u32) {
    party.say(|talk| {
        if let Some(call) = known(talk, call) {
            // The call may have ended meanwhile.
            let _ = talk
                .session
                .grant(StreamId::Call(call), items, bytes, &mut talk.out);
        }
    });
}

/// The caller streams an item. False where the plugin takes none at the moment.
///
/// # Errors
/// As for [`Passage::upload`](crate::door::Passage::upload).
pub(in crate::door) fn upload(
    party: &impl Party,
    call: Option<CallId>,
    item: &Payload,
) -> Result<bool> {
    const OPERATION: &str = "upload";
    party.say(|talk| {
        let Some(call) = known(talk, call) else {
            return Err(talk.refused(OPERATION, &Refused::Ended));
        };
        let sent = talk
            .session
            .send_item(StreamId::Call(call), &item.as_raw(), &mut talk.out);
        match sent {
            Ok(()) => Ok(true),
            Err(Refused::NoCredit) => Ok(false),
            Err(refusal) => Err(talk.refused(OPERATION, &refusal)),
        }
    })
}

/// The caller streams no more.
pub(in crate::door) fn end_upload(party: &impl Party, call: Option<CallId>) {
    party.say(|talk| {
        if let Some(call) = known(talk, call) {
            // The call may have ended meanwhile.
            let _ = talk.session.end(call, &mut talk.out);
        }
    });
}

/// Sends an event to the plugin.
///
/// # Errors
/// As for [`Passage::emit`](crate::door::Passage::emit).
pub(in crate::door) fn emit(
    party: &impl Party,
    name: &str,
    stream: Option<&str>,
    payload: &Payload,
) -> Result<()> {
    party.say(|talk| {
        let said = talk
            .session
            .emit(name, stream, &payload.as_raw(), &mut talk.out);
        said.map_err(|refusal| talk.refused("emit", &refusal))
    })
}
