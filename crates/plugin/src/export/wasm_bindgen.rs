//! A module that wasm-bindgen's tool makes a package of npm of: for plugins whose crates need JavaScript, in Node and in the
//! browser. The exports of `crossplug-abi/1` stay as they are; the tool adds the JavaScript that the module imports.
//!
//! ```text
//! cargo build --release --target wasm32-unknown-unknown --features crossplug-plugin/wasm-bindgen
//! wasm-bindgen --out-dir dist target/wasm32-unknown-unknown/release/my_plugin.wasm
//! ```
//!
//! A host enters `dist/my_plugin.js` by its module door, with the JavaScript beside the guest.

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the ABI that the module answers, for whoever has the package without a host.
#[wasm_bindgen(js_name = crossplugAbi)]
#[must_use]
pub fn crossplug_abi_version() -> i32 {
    super::wasm::ABI
}
