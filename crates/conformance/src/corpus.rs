//! The session vectors, compiled in, so that the program needs no checkout. A test holds the list to the folder.
//!
//! `vectors` beside `src` is a link to `schema/vectors/sessions`: cargo puts what it leads to into the package, so that the
//! published crate builds. (The crate is for Unix alone, where a checkout has links.)

use crate::case::{BadCase, Case};

macro_rules! sessions {
    ($($path:literal),* $(,)?) => {
        /// Path below `schema/vectors/sessions` and text of every session vector.
        pub const SESSIONS: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../vectors/", $path)))),*];
    };
}

sessions![
    "crossplug-1/ask-and-ping.jsonl",
    "crossplug-1/ask-error-foreign-data.jsonl",
    "crossplug-1/ask-error.jsonl",
    "crossplug-1/ask-malformed-reply-logged.jsonl",
    "crossplug-1/ask-malformed-reply.jsonl",
    "crossplug-1/ask-out-of-order.jsonl",
    "crossplug-1/ask-refused.jsonl",
    "crossplug-1/ask.jsonl",
    "crossplug-1/batch.jsonl",
    "crossplug-1/cancel.jsonl",
    "crossplug-1/complaint.jsonl",
    "crossplug-1/concurrent.jsonl",
    "crossplug-1/context-plain.jsonl",
    "crossplug-1/context.jsonl",
    "crossplug-1/count-bytes.jsonl",
    "crossplug-1/count-cancel.jsonl",
    "crossplug-1/count-items.jsonl",
    "crossplug-1/count-no-credit.jsonl",
    "crossplug-1/count-two.jsonl",
    "crossplug-1/count-zero.jsonl",
    "crossplug-1/crash-debug.jsonl",
    "crossplug-1/crash.jsonl",
    "crossplug-1/deep-enough.jsonl",
    "crossplug-1/double.jsonl",
    "crossplug-1/duplicate-id.jsonl",
    "crossplug-1/echo-every-kind.jsonl",
    "crossplug-1/echo-kinds.jsonl",
    "crossplug-1/echo-open.jsonl",
    "crossplug-1/echo-states.jsonl",
    "crossplug-1/emit.jsonl",
    "crossplug-1/eof-ask.jsonl",
    "crossplug-1/eof-before-initialize.jsonl",
    "crossplug-1/eof-event.jsonl",
    "crossplug-1/eof.jsonl",
    "crossplug-1/event-from-host.jsonl",
    "crossplug-1/event-wrong-number.jsonl",
    "crossplug-1/events-in-order.jsonl",
    "crossplug-1/fail-own-code.jsonl",
    "crossplug-1/fail-protocol-code.jsonl",
    "crossplug-1/frame-too-long-drains.jsonl",
    "crossplug-1/frame-too-long.jsonl",
    "crossplug-1/id-types.jsonl",
    "crossplug-1/ids-apart.jsonl",
    "crossplug-1/initialize-malformed.jsonl",
    "crossplug-1/initialize-minor.jsonl",
    "crossplug-1/initialize-optional.jsonl",
    "crossplug-1/initialize-plain.jsonl",
    "crossplug-1/initialize-required-feature.jsonl",
    "crossplug-1/initialize-twice.jsonl",
    "crossplug-1/initialize-wrong-major.jsonl",
    "crossplug-1/interfaces.jsonl",
    "crossplug-1/invalid-params.jsonl",
    "crossplug-1/invalid-request.jsonl",
    "crossplug-1/item-behind-end.jsonl",
    "crossplug-1/item-without-credit.jsonl",
    "crossplug-1/left-out-method.jsonl",
    "crossplug-1/limit-frame.jsonl",
    "crossplug-1/limit-own-calls.jsonl",
    "crossplug-1/limit-own-streams.jsonl",
    "crossplug-1/limit-pending.jsonl",
    "crossplug-1/limit-shutdown.jsonl",
    "crossplug-1/log.jsonl",
    "crossplug-1/not-an-object.jsonl",
    "crossplug-1/notification-wrong-version.jsonl",
    "crossplug-1/params-missing.jsonl",
    "crossplug-1/params-null.jsonl",
    "crossplug-1/parse-error.jsonl",
    "crossplug-1/ping.jsonl",
    "crossplug-1/print-logged.jsonl",
    "crossplug-1/print.jsonl",
    "crossplug-1/request-before-initialize.jsonl",
    "crossplug-1/shutdown-drains.jsonl",
    "crossplug-1/shutdown-event.jsonl",
    "crossplug-1/shutdown.jsonl",
    "crossplug-1/skim-error.jsonl",
    "crossplug-1/skim.jsonl",
    "crossplug-1/sum-cancel.jsonl",
    "crossplug-1/sum-empty.jsonl",
    "crossplug-1/sum-invalid-item.jsonl",
    "crossplug-1/sum.jsonl",
    "crossplug-1/text-freedom.jsonl",
    "crossplug-1/tour.jsonl",
    "crossplug-1/unknown-members.jsonl",
    "crossplug-1/unknown-method.jsonl",
    "crossplug-1/unknown-notification.jsonl",
    "crossplug-1/unknown-reply.jsonl",
    "crossplug-1/white-space.jsonl",
    "elizaos-bridge-1/config-null.jsonl",
    "elizaos-bridge-1/eof-before-init.jsonl",
    "elizaos-bridge-1/eof.jsonl",
    "elizaos-bridge-1/evaluator-unknown.jsonl",
    "elizaos-bridge-1/evaluator.jsonl",
    "elizaos-bridge-1/invoke-invalid.jsonl",
    "elizaos-bridge-1/invoke-nulls.jsonl",
    "elizaos-bridge-1/invoke-unknown.jsonl",
    "elizaos-bridge-1/invoke.jsonl",
    "elizaos-bridge-1/not-json.jsonl",
    "elizaos-bridge-1/provider-unknown.jsonl",
    "elizaos-bridge-1/provider.jsonl",
    "elizaos-bridge-1/reach-host.jsonl",
    "elizaos-bridge-1/ready-manifest.jsonl",
    "elizaos-bridge-1/ready.jsonl",
    "elizaos-bridge-1/route-flat.jsonl",
    "elizaos-bridge-1/route-no-body.jsonl",
    "elizaos-bridge-1/route-unknown.jsonl",
    "elizaos-bridge-1/route.jsonl",
    "elizaos-bridge-1/service-other-spelling.jsonl",
    "elizaos-bridge-1/service.jsonl",
    "elizaos-bridge-1/text-freedom.jsonl",
    "elizaos-bridge-1/unknown-type.jsonl",
    "elizaos-bridge-1/validate-evaluator.jsonl",
    "elizaos-bridge-1/validate.jsonl",
];

/// Every session vector, in the order of the list.
///
/// # Errors
/// The first file that is not in the format of `schema/README.md` section 7; a test holds that none is.
pub fn read() -> Result<Vec<Case>, BadCase> {
    SESSIONS
        .iter()
        .map(|(path, text)| Case::read(path, text))
        .collect()
}
