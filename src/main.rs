//! The program.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    platbook::cli::run(platbook::cli::Cli::parse())
}
