//! Peers that misbehave, one behaviour a name: `rogue exits-at-once`. Stands on the standard library alone: it must not
//! know our protocol crate, our SDKs or a JSON library, so that no mistake of ours can hide in it.

mod call;
mod packed;
mod peer;
mod start;
mod stop;

use std::process::exit;

type Behaviour = fn();

/// Every behaviour by its name. `rogues.json` says what a host must make of each.
const BEHAVIOURS: &[(&str, Behaviour)] = &[
    ("exits-at-once", start::exits_at_once),
    ("garbage", start::garbage),
    ("garbage-like-json", start::garbage_like_json),
    ("half-a-frame", start::half_a_frame),
    ("half-a-frame-and-waits", start::half_a_frame_and_waits),
    ("endless-line", start::endless_line),
    ("endless-stray-line", start::endless_stray_line),
    ("endless-noise", start::endless_noise),
    ("gigabyte-length", start::gigabyte_length),
    ("nesting", start::nesting),
    ("wrong-major", start::wrong_major),
    ("wrong-major-as-error", start::wrong_major_as_error),
    ("required-feature", start::required_feature),
    ("optional-feature", start::optional_feature),
    ("never-initialises", start::never_initialises),
    ("never-answers", call::never_answers),
    ("never-reads", call::never_reads),
    ("answers-twice", call::answers_twice),
    ("answers-unknown-id", call::answers_unknown_id),
    ("floods-logs", call::floods_logs),
    ("floods-events", call::floods_events),
    ("floods-stderr", call::floods_stderr),
    ("floods-streams", call::floods_streams),
    ("floods-pings", call::floods_pings),
    ("floods-requests", call::floods_requests),
    ("large-items", call::large_items),
    ("items-past-credit", call::items_past_credit),
    ("noise", call::noise),
    ("dies-in-call", call::dies_in_call),
    ("dies-mid-stream", call::dies_mid_stream),
    ("closes-stdout", call::closes_stdout),
    ("ignores-sigterm", stop::ignores_sigterm),
    ("grandchild-holds-pipe", stop::grandchild_holds_pipe),
    ("grandchild-outlives", stop::grandchild_outlives),
    ("packed", packed::behaves),
    ("packed-breaks-off", packed::breaks_off),
    ("packed-goes-on", packed::goes_on),
    ("packed-half-a-frame", packed::half_a_frame),
    ("packed-gigabyte-frame", packed::gigabyte_frame),
    ("packed-endless-array", packed::endless_array),
    ("packed-endless-map", packed::endless_map),
    ("packed-endless-text", packed::endless_text),
    ("packed-endless-bytes", packed::endless_bytes),
    ("packed-nesting", packed::nesting),
    ("packed-not-utf8", packed::not_utf8),
    ("packed-extension", packed::extension),
    ("packed-endless-extension", packed::endless_extension),
    ("packed-not-a-number", packed::not_a_number),
    ("packed-names-twice", packed::names_twice),
    ("packed-name-of-a-number", packed::name_of_a_number),
    ("packed-wrong-types", packed::wrong_types),
    ("packed-no-message", packed::no_message),
    ("packed-json-inside", packed::json_inside),
    ("packed-lines", packed::lines),
    ("packed-without-frames", packed::without_frames),
    ("packed-unasked", packed::unasked),
    (stop::SLEEPER, stop::sleeper),
];

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    match BEHAVIOURS.iter().find(|(known, _)| *known == name) {
        Some((_, behave)) => behave(),
        None => {
            eprintln!("rogue: no behaviour `{name}`; there are:");
            for (known, _) in BEHAVIOURS {
                eprintln!("  {known}");
            }
            exit(2);
        }
    }
}
