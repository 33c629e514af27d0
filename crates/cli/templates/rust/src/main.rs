//! The plugin as a program, and as a WebAssembly module.

mod plugin;

fn main() -> impl std::process::Termination {
    plugin::main()
}
