//! Installs Debian packages, where that is allowed: as root, in CI or when asked.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::step::{self, Show};

/// Whether packages may be installed here: Debian, root, and CI or `CROSSPLUG_INSTALL=1`.
pub(crate) fn may_install() -> bool {
    let asked = std::env::var_os("CROSSPLUG_INSTALL").is_some_and(|value| value == "1");
    Path::new("/etc/debian_version").exists() && is_root() && (super::in_ci() || asked)
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0"))
}

/// Installs `packages`.
///
/// # Errors
/// Not allowed here, or apt-get fails.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    if !may_install() {
        bail!(
            "would need `apt-get install {}`; as root, set CROSSPLUG_INSTALL=1 to allow it",
            packages.join(" ")
        );
    }
    step::run(
        "apt-get update",
        Command::new("apt-get").arg("update"),
        Show::OnFailure,
    )?;
    let mut command = Command::new("apt-get");
    command
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    step::run("apt-get install", &mut command, Show::OnFailure)?;
    Ok(())
}
