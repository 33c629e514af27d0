//! The `crossplug` program: reads the command line, runs one command and turns its outcome into an exit code.

mod args;
mod build;
mod call;
mod codegen;
mod conformance;
mod exit;
mod inspect;
mod interop;
mod new;
mod output;
mod plugin;
mod shipped;
mod talk;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use exit::Exit;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::New(arguments) => new::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Codegen(arguments) => codegen::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
    };
    let exit = match outcome {
        Ok(()) => Exit::Fine,
        Err(failure) => {
            if !failure.message.is_empty() {
                talk::error(&failure.message);
            }
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}
