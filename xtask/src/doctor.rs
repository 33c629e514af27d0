//! `cargo xtask doctor`: which tools are here, and how to get the rest. Installs nothing.

use std::path::Path;

use serde_json::json;

use crate::tools::{self, browser, debian, node, python, wasm, zig};

struct Finding {
    tool: &'static str,
    found: Option<String>,
    cure: &'static str,
    needed: bool,
}

/// Prints what was found; fails where something needed is missing.
///
/// # Errors
/// A tool that the tests need is missing.
pub(crate) fn run(root: &Path, json: bool) -> anyhow::Result<()> {
    let findings = [
        Finding {
            tool: "cargo",
            found: tools::version_of("cargo", "--version"),
            cure: "install Rust 1.95 or newer with rustup",
            needed: true,
        },
        Finding {
            tool: "rustfmt",
            found: tools::version_of("rustfmt", "--version"),
            cure: "rustup component add rustfmt",
            needed: true,
        },
        Finding {
            tool: "clippy",
            found: tools::version_of("cargo-clippy", "--version"),
            cure: "rustup component add clippy",
            needed: true,
        },
        Finding {
            tool: "wasm32 standard library",
            found: wasm::look(),
            cure: "made when first needed: `rustup target add wasm32-unknown-unknown`, or Debian's rustc-web, rust-web-src, rust-web-llvm and lld-22",
            needed: false,
        },
        Finding {
            tool: "Zig",
            found: zig::look(),
            cure: "for plugins in C and Zig: `zig` 0.15 on the PATH or in CROSSPLUG_ZIG; with CROSSPLUG_INSTALL=1 it comes from PyPI",
            needed: false,
        },
        Finding {
            tool: "Python",
            found: python::system()
                .ok()
                .and_then(|program| tools::version_of(&program, "--version")),
            cure: "install Python 3.10 or newer with pip and venv, or name one in CROSSPLUG_PYTHON",
            needed: true,
        },
        Finding {
            tool: "virtual environment",
            found: python::bin(root).exists().then(|| "target/venv".to_owned()),
            cure: "made when first needed",
            needed: false,
        },
        Finding {
            tool: "Node and npm",
            found: node::check().ok().and_then(|()| {
                Some(format!(
                    "node {}, npm {}",
                    tools::version_of("node", "--version")?,
                    tools::version_of("npm", "--version")?
                ))
            }),
            cure: "install Node 20 or newer with npm",
            needed: true,
        },
        Finding {
            tool: "Chromium",
            found: browser::look(),
            cure: "install Chromium, or name one in CROSSPLUG_BROWSER; tests of hosts in the browser need it",
            needed: false,
        },
        Finding {
            tool: "Debian packages",
            found: debian::may_install().then(|| "may be installed".to_owned()),
            cure: "installed only as root on Debian, in CI or with CROSSPLUG_INSTALL=1",
            needed: false,
        },
    ];
    let missing = findings
        .iter()
        .any(|finding| finding.needed && finding.found.is_none());
    if json {
        let rows: Vec<_> = findings
            .iter()
            .map(|finding| json!({"tool": finding.tool, "found": finding.found, "cure": finding.cure, "needed": finding.needed}))
            .collect();
        println!("{}", json!({ "tools": rows }));
    } else {
        for finding in &findings {
            match &finding.found {
                Some(found) => println!("ok       {:24} {found}", finding.tool),
                None if finding.needed => println!("missing  {:24} {}", finding.tool, finding.cure),
                None => println!("absent   {:24} {}", finding.tool, finding.cure),
            }
        }
    }
    anyhow::ensure!(!missing, "a tool that the tests need is missing");
    Ok(())
}
