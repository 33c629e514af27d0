//! Keeps this process and its children on one core, so that a ratio does not depend on where the scheduler puts whom.

/// How the run was placed, for the reader of its figures.
pub(crate) enum Placed {
    /// On this core.
    Core(usize),
    /// Wherever the system likes.
    Anywhere(&'static str),
}

impl Placed {
    /// What to print above the figures.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Core(core) => format!("both sides of each pair on core {core}"),
            Self::Anywhere(why) => {
                format!("not pinned ({why}): a ratio holds for this run alone, and varies widely")
            }
        }
    }

    /// The same for a program.
    pub(crate) fn core(&self) -> Option<usize> {
        match self {
            Self::Core(core) => Some(*core),
            Self::Anywhere(_) => None,
        }
    }
}

/// Takes the first core that this process may use. Threads and children that begin later inherit it.
#[cfg(target_os = "linux")]
pub(crate) fn to_one_core() -> Placed {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else {
        return Placed::Anywhere("the system does not say which cores there are");
    };
    let Some(core) = (0..CpuSet::MAX_CPU).find(|core| allowed.is_set(*core)) else {
        return Placed::Anywhere("the system names no core");
    };
    let mut one = CpuSet::new();
    one.set(core);
    match sched_setaffinity(None, &one) {
        Ok(()) => Placed::Core(core),
        Err(_) => Placed::Anywhere("the system does not let us choose a core"),
    }
}

/// Only Linux lets a process choose.
#[cfg(not(target_os = "linux"))]
pub(crate) fn to_one_core() -> Placed {
    Placed::Anywhere("this system does not let a process choose its core")
}
