//! Parses arguments, calls one role, sets the exit code.

use clap::Parser;
use gridwarden::roles::cli::{Cli, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(Cli::parse())
}
