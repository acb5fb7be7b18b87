//! The entry of the program. ARCHITECTURE.md has the map.

use clap::Parser;
use source_aws_cloudtrail::{
    airbyte::{output, stdout::Stdout},
    cli::Cli,
    run,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    run::run(&cli, Stdout::open(), output::level(cli.debug))
}
