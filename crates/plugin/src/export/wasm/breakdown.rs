//! What a component imports: somebody who hears what a panic says. A component that has trapped cannot be entered again, so its
//! host cannot ask, as it asks a module.

#[allow(unsafe_code, reason = "a function of the host's")]
#[link(wasm_import_module = "crossplug:plugin/breakdown@1.0.0")]
unsafe extern "C" {
    #[link_name = "last-words"]
    fn say(words: *const u8, length: usize);
}

/// Says them. Where nobody listens this is the trap that comes anyway.
pub(super) fn last_words(words: &[u8]) {
    #[allow(unsafe_code, reason = "a function of the host's")]
    // SAFETY: the bytes are there for as long as the host is entered, and are text.
    unsafe {
        say(words.as_ptr(), words.len());
    }
}
