//! The pairs that are not in the grid, and why. With the grid they are every plugin, door and host.

use super::hosts::HOSTS;

/// Doors of the grid.
const DOORS: [&str; 6] = ["process", "wasm", "component", "native", "socket", "module"];
/// Plugins of the grid.
pub(super) const PLUGINS: [&str; 6] = [
    "rust",
    "python",
    "typescript",
    "c",
    "assemblyscript",
    "json-rpc",
];

/// Pairs that are not there for one reason.
struct Absent {
    plugins: &'static [&'static str],
    doors: &'static [&'static str],
    hosts: &'static [&'static str],
    shown: &'static str,
    why: &'static str,
}

const ALL_HOSTS: &[&str] = &["rust", "python", "node", "browser"];

const ABSENT: &[Absent] = &[
    Absent {
        plugins: &PLUGINS,
        doors: &["process", "socket", "native"],
        hosts: &["browser"],
        shown: "any plugin, `process`, `socket` and `native`, in a browser",
        why: "a page starts no programs, has no sockets of this kind and loads no libraries",
    },
    Absent {
        plugins: &["python", "typescript"],
        doors: &["native"],
        hosts: &["rust", "python", "node"],
        shown: "Python and TypeScript, `native`",
        why: "they are run by interpreters, and a library would be one of those; `process` and `component` are that",
    },
    Absent {
        plugins: &["python", "typescript"],
        doors: &["wasm"],
        hosts: ALL_HOSTS,
        shown: "Python and TypeScript, `wasm`",
        why: "they bring an interpreter along, and what puts the two together makes components; `component` is that",
    },
    Absent {
        plugins: &["json-rpc"],
        doors: &["wasm", "component", "native", "module"],
        hosts: ALL_HOSTS,
        shown: "plain JSON-RPC, `wasm`, `component`, `native` and `module`",
        why: "it is a program that talks over pipes or a socket",
    },
    Absent {
        plugins: &["c"],
        doors: &["process", "socket"],
        hosts: ALL_HOSTS,
        shown: "C, `process` and `socket`",
        why: "a program in C is a plain JSON-RPC peer, whatever its language",
    },
    Absent {
        plugins: &["assemblyscript"],
        doors: &["process", "socket", "native"],
        hosts: ALL_HOSTS,
        shown: "AssemblyScript, `process`, `socket` and `native`",
        why: "its compiler makes modules of WebAssembly and nothing else",
    },
    Absent {
        plugins: &["c", "assemblyscript"],
        doors: &["module"],
        hosts: ALL_HOSTS,
        shown: "C and AssemblyScript, `module`",
        why: "the door is for the host's own language",
    },
    Absent {
        plugins: &["rust", "python", "typescript"],
        doors: &["module"],
        hosts: &["rust"],
        shown: "any plugin, `module`, in a Rust host",
        why: "a Rust program loads no modules of its language; what it loads are libraries, through `native`",
    },
    Absent {
        plugins: &["python"],
        doors: &["module"],
        hosts: &["node", "browser"],
        shown: "Python, `module`, in Node and a browser",
        why: "the door is for the host's own language",
    },
    Absent {
        plugins: &["typescript"],
        doors: &["module"],
        hosts: &["python"],
        shown: "TypeScript, `module`, in Python",
        why: "the door is for the host's own language",
    },
    Absent {
        plugins: &["rust"],
        doors: &["module"],
        hosts: &["python", "node", "browser"],
        shown: "Rust, `module`, in Python, Node and a browser",
        why: "there it is a package of maturin's or wasm-bindgen's, which has tests of its own in these hosts",
    },
];

/// What the README says below the grid.
const SAYS: &str = "\
`wasm` is a module of WebAssembly and `component` a component; hosts take both through the door `wasm`. Plain JSON-RPC is a peer that
uses a library for that and nothing of ours; it plays the cases that need no types, no streams and no two things at once. C and
AssemblyScript are subjects without an SDK that give back what they get, and play the cases about that.
What has no number is not there, and this is why:
";

/// That, and the table.
pub(super) fn markdown() -> String {
    let mut text = format!("{SAYS}\n| not there | why |\n| --- | --- |\n");
    for one in ABSENT {
        text.push_str(&format!("| {} | {} |\n", one.shown, one.why));
    }
    text
}

/// Places that are neither in the grid nor here, or in both.
fn misplaced() -> Vec<String> {
    let mut wrong = Vec::new();
    for (plugin, door, host) in PLUGINS.iter().flat_map(|plugin| {
        DOORS
            .iter()
            .flat_map(move |door| HOSTS.iter().map(move |host| (*plugin, *door, host)))
    }) {
        let is_absent = ABSENT.iter().any(|one| {
            one.plugins.contains(&plugin)
                && one.doors.contains(&door)
                && one.hosts.contains(&host.name)
        });
        if is_absent == host.takes(plugin, door) {
            wrong.push(format!("{plugin}, {door}, {}", host.name));
        }
    }
    wrong
}

/// Every pair has its place.
///
/// # Errors
/// Names those that have none, or more than one.
pub(super) fn check() -> anyhow::Result<()> {
    let wrong = misplaced();
    anyhow::ensure!(
        wrong.is_empty(),
        "each pair stands in the grid or in interop/absent.rs, and not in both:\n{}",
        wrong.join("\n")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    #[test]
    fn every_pair_is_in_the_grid_or_has_a_reason() {
        super::check().unwrap();
    }

    #[test]
    fn the_readme_says_why_a_pair_is_not_there() {
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
        let text = std::fs::read_to_string(readme).unwrap();
        assert!(text.contains(&super::markdown()), "{}", super::markdown());
    }
}
