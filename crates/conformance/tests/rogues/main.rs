//! Every rogue peer through the host's process door, and over a socket: the kind of error that the table says, in 10 s, with
//! less than 64 MiB more memory, and nothing left behind. `cargo test --test rogues NAME` runs those with NAME in theirs.
//!
//! Each rogue meets a host process of its own, so that what is measured is its doing: this program runs itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod census;
mod meeting;
mod socket;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crossplug_conformance::rogues::{self, At};
use meeting::{Manner, Meeting};
use socket::Listening;

/// Names the rogue to the program's second self.
const ROGUE: &str = "CROSSPLUG_TEST_ROGUE";
/// Names the manner of calling to it.
const MANNER: &str = "CROSSPLUG_TEST_MANNER";
/// Names the folder of a rogue that is reached over a socket.
const FOLDER: &str = "CROSSPLUG_TEST_FOLDER";
/// What is about a process's pipes, and looks otherwise where one socket is all of them.
const NOT_OVER_SOCKETS: [&str; 2] = ["closes-stdout", "grandchild-outlives"];
/// A host that hangs must fail the test, not hang it. A meeting takes 10 s at most, and a warm-up.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    if let (Ok(rogue), Ok(manner)) = (std::env::var(ROGUE), std::env::var(MANNER)) {
        return meet(&rogue, &manner);
    }
    let filters: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut failed = 0;
    let mut passed = 0;
    for rogue in rogues::read().unwrap() {
        if !filters.is_empty() && !filters.iter().any(|filter| rogue.name.contains(filter)) {
            continue;
        }
        // A load has one manner; its blocking form is what everything else begins with.
        let manners = if rogue.at == At::Load {
            &Manner::ALL[..1]
        } else {
            &Manner::ALL[..]
        };
        let mut meetings: Vec<(Manner, &str)> =
            manners.iter().map(|manner| (*manner, "process")).collect();
        if !NOT_OVER_SOCKETS.contains(&&*rogue.name) {
            meetings.push((Manner::Blocking, "socket"));
        }
        for (manner, door) in meetings {
            let met = match door {
                "socket" => {
                    let listening = Listening::new(&rogue.name);
                    run(&rogue.name, manner, Some(&listening))
                }
                _ => run(&rogue.name, manner, None),
            };
            let manner = manner.name();
            match met {
                Ok(told) => {
                    println!("ok      {:24} {door:8} {manner:8} {told}", rogue.name);
                    passed += 1;
                }
                Err(told) => {
                    println!("FAILED  {:24} {door:8} {manner:8}\n{told}", rogue.name);
                    failed += 1;
                }
            }
        }
    }
    // In the words of the standard harness, which whoever counts tests reads.
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The host process.
fn meet(name: &str, manner: &str) -> ExitCode {
    let rogue = rogues::read()
        .unwrap()
        .into_iter()
        .find(|rogue| rogue.name == name)
        .unwrap();
    let manner = Manner::ALL
        .into_iter()
        .find(|known| known.name() == manner)
        .unwrap();
    let folder = std::env::var_os(FOLDER).map(std::path::PathBuf::from);
    match Meeting::hold(&rogue, manner, folder) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(told) => {
            println!("{told}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a host process and gives what it says of the meeting.
fn run(rogue: &str, manner: Manner, listening: Option<&Listening>) -> Result<String, String> {
    let mut host = Command::new(std::env::current_exe().unwrap());
    if let Some(listening) = listening {
        host.env(FOLDER, listening.folder());
    }
    let mut host = host
        .env(ROGUE, rogue)
        .env(MANNER, manner.name())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while host.try_wait().unwrap().is_none() {
        if begin.elapsed() > PATIENCE {
            let _ = host.kill();
            let _ = host.wait();
            return Err(format!(
                "the host still had not come through after {PATIENCE:?}"
            ));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = host.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned();
    if output.status.success() {
        Ok(told)
    } else {
        Err(format!("{told}\n({})", output.status))
    }
}
