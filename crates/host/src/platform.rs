//! The one place that knows operating systems: spawning, signals, waking a thread that polls. It must not know plugins.
//!
//! What differs between systems lives in `platform/linux.rs` and `platform/portable.rs`, behind the same names.
//! Windows has neither `poll` on pipes nor process groups: there the process door does not exist yet.

mod child;
mod inherited;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;
mod warden;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

pub(crate) use child::{Child, Spawn, find_program, is_program};
pub(crate) use system::{Alarm, NEIGHBOUR_CAN_BE_ASKED, neighbour};
pub(crate) use warden::Warden;
