//! The ways out of a plugin's crate: how it becomes something that a host can load. Each knows its transport and the
//! runtime; none knows another.

#[cfg(unix)]
pub mod stdio;

#[doc(hidden)]
pub use crate::lifecycle::{Alive, Lifeless, Probe};

/// Makes a program of a plugin: a `main` that speaks with a host over standard input and output.
///
/// ```text
/// crossplug_plugin::export!(Greeter: Agent);                       // Greeter: Default
/// crossplug_plugin::export!(Greeter: Agent, Notes);                // several interfaces
/// crossplug_plugin::export!(Greeter = Greeter::new(7) => Agent);   // made by an expression
/// crossplug_plugin::export!(Greeter: Agent; manifest = include_str!("../plugin.json"));
/// ```
///
/// Name, version and description come from `Cargo.toml`; a `plugin.json` beside the program, or where `CROSSPLUG_MANIFEST`
/// says, replaces them and everything that `manifest` says. Where the plugin implements
/// [`Lifecycle`](crate::Lifecycle), that belongs to it, too. The program understands `--dialect elizaos-bridge/1`.
#[macro_export]
macro_rules! export {
    ($plugin:ident : $($interface:path),+ $(; manifest = $manifest:expr)? $(,)?) => {
        $crate::export!(@main (<$plugin as ::core::default::Default>::default()) ($plugin) [$($interface),+] $($manifest)?);
    };
    ($plugin:ident = $make:expr => $($interface:path),+ $(; manifest = $manifest:expr)? $(,)?) => {
        $crate::export!(@main ($make) ($plugin) [$($interface),+] $($manifest)?);
    };
    (@main ($make:expr) ($plugin:ident) [$($interface:path),+] $($manifest:expr)?) => {
        fn main() -> ::std::process::ExitCode {
            $crate::export::stdio::main(|| {
                let plugin: ::std::sync::Arc<$plugin> = ::std::sync::Arc::new($make);
                let described = $crate::Plugin::new(::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION"))
                    .with_description(::core::env!("CARGO_PKG_DESCRIPTION"))
                    $(.with(<$plugin as $interface>::__interface(::std::sync::Arc::clone(&plugin))))+;
                $(let described = described.with_manifest_text($manifest)?;)?
                #[allow(unused_imports, reason = "one of the two is for plugins without a lifecycle")]
                use $crate::export::{Alive as _, Lifeless as _};
                Ok($crate::export::Probe(&plugin).add_lifecycle(described))
            })
        }
    };
}
