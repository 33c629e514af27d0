//! The plugin as a program, and as a WebAssembly module.

#[path = "lib.rs"]
mod plugin;

fn main() -> impl std::process::Termination {
    plugin::main()
}
