//! The ways out of a plugin's crate: how it becomes something that a host can load. Each knows its transport and the
//! runtime; none knows another.

#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub mod native;
#[cfg(unix)]
pub mod program;
#[cfg(all(feature = "python", not(target_arch = "wasm32")))]
pub mod python;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod stdio;
#[cfg(unix)]
mod stream;
#[doc(hidden)]
pub mod wasm;
#[cfg(all(feature = "wasm-bindgen", target_arch = "wasm32"))]
pub mod wasm_bindgen;

#[doc(hidden)]
pub use crate::lifecycle::{Alive, Lifeless, Probe};

/// Makes a program of a plugin: a `main` that speaks with a host over standard input and output. Compiled for
/// `wasm32-unknown-unknown`, the same crate is a module that a host loads into itself (`cargo build --release --target
/// wasm32-unknown-unknown`; a program and a `cdylib` both do). As a `cdylib` for the machine itself it is a native library.
///
/// ```text
/// crossplug_plugin::export!(Greeter: Agent);                       // Greeter: Default
/// crossplug_plugin::export!(Greeter: Agent, Notes);                // several interfaces
/// crossplug_plugin::export!(Greeter = Greeter::new(7) => Agent);   // made by an expression
/// crossplug_plugin::export!(Greeter: Agent; manifest = include_str!("../plugin.json"));
/// crossplug_plugin::export!(Greeter: Agent; python = my_greeter);  // a module of Python, too
/// ```
///
/// Name, version and description come from `Cargo.toml`; a `plugin.json` beside the program, or where `CROSSPLUG_MANIFEST`
/// says, replaces them and everything that `manifest` says. Where the plugin implements
/// [`Lifecycle`](crate::Lifecycle), that belongs to it, too. The program understands
/// `--dialect elizaos-bridge/1`, and `--listen ADDRESS` and `--connect ADDRESS` where it is to talk over a socket
/// (`unix:PATH`, `tcp:HOST:PORT`).
///
/// A module has no files: it carries its manifest in the section `crossplug.manifest`, so there `manifest` has to be a
/// constant. What its author prints goes nowhere; [`Context::log`](crate::Context::log) is the way. A panic ends the module:
/// the call that panicked gets the error that it would get from a program, other calls that are under way fail with
/// `unavailable`, and the next call finds a fresh plugin.
///
/// Hosts of Extism run the same module: each method is an export of its name, whose input is the params and whose output is the
/// result, in JSON. An error is its text and its number (`-32602`). Such a host has no services, takes no streams (their items are
/// dropped) and has no clock (who sleeps has slept); what waits for it otherwise fails with `failedPrecondition`. Config is a
/// JSON object under the key `crossplug`. What the feature `wasm-bindgen` makes is for JavaScript alone, and no such module.
///
/// A WebAssembly component is made of the same module by `crossplug build`, which any host of components can enter by
/// `schema/crossplug.wit`. With the feature `component` it needs one import, by which the last words of a panic get out (one
/// that has trapped cannot be asked for them), and hosts of Extism have nothing of it.
///
/// A native library runs in its host's process, and several instances of it may. Handlers run on threads of the host's and of
/// the plugin's own, and may block as in a program. What its author prints is the host program's print, since the process has
/// one standard output; [`Context::log`](crate::Context::log) is the way to the host's log. Its manifest is what `manifest`
/// says, or `Cargo.toml`: no file is looked for. The crate has to unwind: with `panic = "abort"` a panic ends the host.
///
/// With the feature `python` and the module's name, which is that of the library, a `cdylib` is a module of Python as well;
/// without the feature the name means nothing. It goes behind `manifest` where both stand.
#[macro_export]
macro_rules! export {
    ($plugin:ident : $($interface:path),+ $(; manifest = $manifest:expr)? $(; python = $module:ident)? $(,)?) => {
        $crate::export!(@main (<$plugin as ::core::default::Default>::default()) ($plugin) [$($interface),+] $($manifest)?);
        $($crate::__export_python!(__crossplug_plugin, $module);)?
    };
    ($plugin:ident = $make:expr => $($interface:path),+ $(; manifest = $manifest:expr)? $(; python = $module:ident)? $(,)?) => {
        $crate::export!(@main ($make) ($plugin) [$($interface),+] $($manifest)?);
        $($crate::__export_python!(__crossplug_plugin, $module);)?
    };
    (@main ($make:expr) ($plugin:ident) [$($interface:path),+] $($manifest:expr)?) => {
        fn __crossplug_plugin() -> ::core::result::Result<$crate::Plugin, $crate::protocol::codec::DecodeError> {
            let plugin: ::std::sync::Arc<$plugin> = ::std::sync::Arc::new($make);
            let described = $crate::Plugin::new(::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION"))
                .with_description(::core::env!("CARGO_PKG_DESCRIPTION"))
                $(.with(<$plugin as $interface>::__interface(::std::sync::Arc::clone(&plugin))))+;
            $(let described = described.with_manifest_text($manifest)?;)?
            #[allow(unused_imports, reason = "one of the two is for plugins without a lifecycle")]
            use $crate::export::{Alive as _, Lifeless as _};
            Ok($crate::export::Probe(&plugin).add_lifecycle(described))
        }

        /// Serves hosts as a program: over standard input and output, or a socket.
        #[cfg(not(target_arch = "wasm32"))]
        #[allow(dead_code, unreachable_pub, reason = "a program has to have one; a library is entered otherwise")]
        pub fn main() -> ::std::process::ExitCode {
            $crate::export::program::main(__crossplug_plugin)
        }

        #[cfg(not(target_arch = "wasm32"))]
        $crate::__export_native!(__crossplug_plugin $(, $manifest)?);

        /// A program has to have one; nobody calls it.
        #[cfg(target_arch = "wasm32")]
        #[allow(dead_code, unreachable_pub, reason = "a module is entered otherwise")]
        pub fn main() {}

        #[cfg(target_arch = "wasm32")]
        $crate::__export_wasm!(__crossplug_plugin $(, $manifest)?);

        // The macro that is called as the trait is: generated beside it, it knows the methods' names.
        $(
            #[cfg(target_arch = "wasm32")]
            $interface! { $crate::__export_extism, __crossplug_plugin }
        )+
    };
}

/// The exports of a native library. In a program nobody finds them, and its linker leaves them out.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_native {
    (@manifest) => {{
        const NAME: &str = ::core::env!("CARGO_PKG_NAME");
        const VERSION: &str = ::core::env!("CARGO_PKG_VERSION");
        const DESCRIPTION: &str = ::core::env!("CARGO_PKG_DESCRIPTION");
        static TEXT: [u8; $crate::export::wasm::section::plain_length(NAME, VERSION, DESCRIPTION)] =
            $crate::export::wasm::section::plain(NAME, VERSION, DESCRIPTION);
        &TEXT
    }};
    (@manifest $manifest:expr) => {{
        static TEXT: ::std::sync::OnceLock<::std::string::String> = ::std::sync::OnceLock::new();
        TEXT.get_or_init(|| ::std::string::String::from($manifest)).as_bytes()
    }};
    ($make:ident $(, $manifest:expr)?) => {
        const _: () = {
            use $crate::export::native::ffi;
            struct Author;
            impl ffi::Author for Author {
                const MAKE: ffi::Make = $make;
            }
            #[allow(unsafe_code, reason = "a name that hosts know")]
            #[unsafe(no_mangle)]
            extern "C" fn crossplug_plugin() -> *const ffi::Library {
                const { &ffi::library::<Author>() }
            }
            #[allow(unsafe_code, reason = "a name that hosts know")]
            #[unsafe(no_mangle)]
            extern "C" fn crossplug_manifest() -> ffi::Bytes {
                ffi::stays($crate::__export_native!(@manifest $($manifest)?))
            }
        };
    };
}

/// The module of Python.
#[cfg(all(feature = "python", not(target_arch = "wasm32")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_python {
    ($make:ident, $module:ident) => {
        #[$crate::export::python::pyo3::pymodule]
        #[pyo3(crate = "crossplug_plugin::export::python::pyo3")]
        fn $module(
            module: &$crate::export::python::pyo3::Bound<
                '_,
                $crate::export::python::pyo3::types::PyModule,
            >,
        ) -> $crate::export::python::pyo3::PyResult<()> {
            $crate::export::python::fill(module, $make)
        }
    };
}

/// Without the feature there is none.
#[cfg(not(all(feature = "python", not(target_arch = "wasm32"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_python {
    ($make:ident, $module:ident) => {};
}

/// The exports of a WebAssembly module, and its manifest as a section.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_wasm {
    (@manifest) => {
        const __CROSSPLUG_NAME: &str = ::core::env!("CARGO_PKG_NAME");
        const __CROSSPLUG_VERSION: &str = ::core::env!("CARGO_PKG_VERSION");
        const __CROSSPLUG_DESCRIPTION: &str = ::core::env!("CARGO_PKG_DESCRIPTION");
        #[used]
        #[allow(unsafe_code, reason = "names a section of the module")]
        #[unsafe(link_section = "crossplug.manifest")]
        static __CROSSPLUG_SECTION: [u8; $crate::export::wasm::section::plain_length(__CROSSPLUG_NAME, __CROSSPLUG_VERSION, __CROSSPLUG_DESCRIPTION)] =
            $crate::export::wasm::section::plain(__CROSSPLUG_NAME, __CROSSPLUG_VERSION, __CROSSPLUG_DESCRIPTION);
    };
    (@manifest $manifest:expr) => {
        const __CROSSPLUG_TEXT: &str = $manifest;
        #[used]
        #[allow(unsafe_code, reason = "names a section of the module")]
        #[unsafe(link_section = "crossplug.manifest")]
        static __CROSSPLUG_SECTION: [u8; __CROSSPLUG_TEXT.len()] = $crate::export::wasm::section::bytes(__CROSSPLUG_TEXT);
    };
    (@export $(fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty { $body:expr })*) => {
        $(
            #[allow(unsafe_code, reason = "a name that the host knows")]
            #[unsafe(no_mangle)]
            extern "C" fn $name($($argument: $kind),*) -> $result {
                $body
            }
        )*
    };
    ($make:ident $(, $manifest:expr)?) => {
        const _: () = {
            use $crate::export::wasm::ffi;
            $crate::__export_wasm!(@manifest $($manifest)?);
            $crate::__export_wasm!(@export
                fn crossplug_abi() -> i32 { $crate::export::wasm::ABI }
                fn crossplug_methods() -> i64 { ffi::methods($make) }
                fn crossplug_reserve(length: i32) -> i32 { ffi::reserve(length) }
                fn crossplug_call(method: i32, length: i32, id: i64, timeout: i64, now: i64) -> i64 {
                    ffi::call($make, method, length, id, timeout, now)
                }
                fn crossplug_push(length: i32, now: i64) -> i64 { ffi::push($make, length, now) }
                fn crossplug_turn(now: i64) -> i64 { ffi::turn($make, now) }
                fn crossplug_next() -> i64 { ffi::next($make) }
                fn crossplug_close(now: i64) -> i64 { ffi::close($make, now) }
                fn crossplug_last_words() -> i64 { ffi::last_words() }
            );
        };
    };
}

/// The methods of an interface as exports for hosts of Extism.
#[cfg(not(any(feature = "component", feature = "wasm-bindgen")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_extism {
    ($make:ident $($name:literal)*) => {
        $(const _: () = {
            #[allow(unsafe_code, reason = "a name that hosts know")]
            #[unsafe(export_name = $name)]
            extern "C" fn export() -> i32 {
                $crate::export::wasm::extism::ffi::answer($make, $name)
            }
        };)*
    };
}

/// Imports of Extism's would be packages to a bundler, and a component has no use for them.
#[cfg(any(feature = "component", feature = "wasm-bindgen"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_extism {
    ($make:ident $($name:literal)*) => {};
}
