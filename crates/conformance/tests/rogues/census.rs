//! What a process holds: children, descriptors, threads, memory. Reads /proc; must not know what made them.

use std::collections::BTreeSet;
use std::fs;

use rustix::process::{Pid, WaitOptions, waitpid};

/// Everything that must be as it was once a plugin is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holdings {
    /// Living children and zombies. As a subreaper this process also gets every orphan below it.
    pub(crate) children: BTreeSet<String>,
    /// What each open descriptor leads to.
    pub(crate) descriptors: Vec<String>,
    pub(crate) threads: usize,
}

impl Holdings {
    pub(crate) fn now() -> Self {
        let mut descriptors: Vec<String> = entries("/proc/self/fd")
            .iter()
            .filter_map(|number| fs::read_link(format!("/proc/self/fd/{number}")).ok())
            .map(|target| target.display().to_string())
            .filter(|target| !target.starts_with("/proc/")) // the directory that is being read
            .collect();
        descriptors.sort();
        Self {
            children: children(),
            descriptors,
            threads: entries("/proc/self/task").len(),
        }
    }
}

/// Pid, name and state of every child of this process.
fn children() -> BTreeSet<String> {
    let named = |child: Child| format!("{} {} {}", child.pid, child.name, child.state);
    living_and_dead().into_iter().map(named).collect()
}

/// Does what init does for orphans that are dead: takes note of it. The host's own child is left to the host.
pub(crate) fn reap_orphans(own: Option<u32>) {
    for child in living_and_dead() {
        let is_orphan = own.is_some_and(|own| i32::try_from(own) != Ok(child.pid));
        if is_orphan && child.state == "Z" {
            let _ = waitpid(Pid::from_raw(child.pid), WaitOptions::NOHANG);
        }
    }
}

struct Child {
    pid: i32,
    name: String,
    state: String,
}

fn living_and_dead() -> Vec<Child> {
    let own = std::process::id();
    let mut found = Vec::new();
    for pid in entries("/proc") {
        let Ok(pid) = pid.parse::<i32>() else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        // pid (name) state parent group …; the name may hold anything, so the last parenthesis counts.
        let Some((front, back)) = stat.rsplit_once(')') else {
            continue;
        };
        let mut fields = back.split_whitespace();
        let state = fields.next().unwrap_or("?").to_owned();
        if fields.next().and_then(|parent| parent.parse().ok()) == Some(own) {
            let name = front
                .split_once('(')
                .map_or("?", |(_, name)| name)
                .to_owned();
            found.push(Child { pid, name, state });
        }
    }
    found
}

fn entries(folder: &str) -> Vec<String> {
    let Ok(read) = fs::read_dir(folder) else {
        return Vec::new();
    };
    read.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// Bytes that this process holds now.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
}

/// The most bytes that this process held since [`reset_peak`].
pub(crate) fn peak() -> u64 {
    status("VmHWM:")
}

/// Begins to measure the peak anew.
pub(crate) fn reset_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn status(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let found = status
        .lines()
        .find_map(|text| text.strip_prefix(line))
        .unwrap();
    let kibibytes: u64 = found.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
