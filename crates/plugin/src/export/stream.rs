//! A plugin over file descriptors: what the ways out share that are bytes in and bytes out. Who reads, who runs handlers and
//! who writes; it knows no process and no socket beyond the descriptors that it is given.

pub(super) mod input;
pub(super) mod output;
pub(super) mod pool;
