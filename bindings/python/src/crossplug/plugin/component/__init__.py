"""A plugin as a WebAssembly component: no operating system, no threads, and no time but the host's."""
