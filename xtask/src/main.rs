//! The tasks of the workspace: `cargo xtask <task>`.
//!
//! Each task is a file; this one only reads the command line. A task calls real programs through [`step`] and
//! prepares what they need through [`tools`]; it knows nothing of what the crates do.

mod codegen;
mod components;
mod demo;
mod doctor;
mod examples;
mod guests;
mod interop;
mod listening;
mod natives;
mod packages;
mod pingpong;
mod programs;
mod reference;
mod step;
mod strangers;
mod test;
mod tidy;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The tasks of the crossplug workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs the example plugins of every language on a document and compares what they say.
    Demo {
        /// A text; the README by default.
        file: Option<PathBuf>,
        /// The table as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs every test of every language, formatting, lints, `codegen --check` and `tidy`.
    Test {
        /// Only the steps whose name contains this; they are run in any case.
        #[arg(long)]
        only: Option<String>,
        /// Also what has passed on the very same files, which is otherwise left out (but in CI).
        #[arg(long)]
        again: bool,
        /// Lists the steps and runs none.
        #[arg(long)]
        list: bool,
    },
    /// Builds programs for tests that start them, with the features that everything is tested with.
    Programs {
        /// Of the tools, and not of hosts and plugins.
        #[arg(long)]
        tools: bool,
        /// What cargo calls them: `--bin NAME`, `--example NAME`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        targets: Vec<String>,
    },
    /// Writes everything that is generated from `schema/`.
    Codegen {
        /// Writes nothing; fails on the first difference.
        #[arg(long)]
        check: bool,
    },
    /// Says which tools are here and how to get the rest.
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Checks the structure of the house: arrows, names, sizes, licences, lock files.
    Tidy,
    /// Plays the interop cases in every cell of host, plugin and door, and prints the grid.
    Interop {
        /// Only cells whose `host/plugin/door` contains this.
        #[arg(long)]
        only: Option<String>,
        /// Loads processes and components again and again 1,000 times, too, as modules are.
        #[arg(long)]
        soak: bool,
        /// One JSON object: {cells: [{host, plugin, door, passed, failed, skipped}]}.
        #[arg(long)]
        json: bool,
        /// Puts the grid into the README.
        #[arg(long, conflicts_with_all = ["only", "json"])]
        write: bool,
    },
    /// Measures the process door against a raw ping-pong over the same pipes.
    Bench {
        /// Fewer rounds.
        #[arg(long)]
        quick: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let root = tools::root()?;
    std::env::set_current_dir(&root)?;
    match Arguments::parse().task {
        Task::Demo { file, json } => demo::run(&root, file.as_deref(), json),
        Task::Test { only, again, list } => {
            let only = only.as_deref();
            test::run(&root, &test::Wish { only, again, list })
        }
        Task::Programs { tools, targets } => programs::build_some(tools, &targets),
        Task::Codegen { check } => codegen::run(&root, check),
        Task::Doctor { json } => doctor::run(&root, json),
        Task::Interop {
            only,
            soak,
            json,
            write,
        } => {
            let shown = match (json, write) {
                (true, _) => interop::Shown::Json,
                (_, true) => interop::Shown::Written,
                _ => interop::Shown::Table,
            };
            let wish = interop::Wish {
                only: only.as_deref(),
                soak,
            };
            interop::run(&root, &wish, shown).map(|_| ())
        }
        Task::Tidy => tidy::run(&root),
        Task::Bench { quick, json } => pingpong::run(&root, quick, json),
    }
}
