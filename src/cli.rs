//! The command line.

use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// An Airbyte source connector for the event history of AWS CloudTrail.
///
/// Messages of the Airbyte protocol go to stdout, one JSON object a line.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// Same as `LOG_LEVEL=DEBUG`; launchers of older connectors pass it
    #[arg(long, global = true, hide = true)]
    pub debug: bool,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of the Airbyte protocol.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the specification of the configuration
    Spec,
    /// Request one event, and report what is wrong if that fails
    Check(ConfigFile),
    /// Print the streams; requires no network
    Discover(ConfigFile),
    /// Read events, and print records and states
    Read(ReadFiles),
}

/// The file that every command except `spec` requires.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The file with the configuration, JSON
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// The arguments of `read`.
#[derive(Debug, Args)]
pub struct ReadFiles {
    /// The file with the configuration, JSON
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The file with the configured catalog, JSON
    #[arg(long, value_name = "FILE")]
    pub catalog: PathBuf,
    /// The file with the state to resume from, JSON
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The maximum number of requests per second and Region, if not CloudTrail's 2: less if others look up events in the
    /// same account, more for emulators
    #[arg(long, value_name = "NUMBER", value_parser = pace)]
    pub requests_per_second: Option<Duration>,
}

/// The time between requests at a rate, in requests per second.
fn pace(text: &str) -> Result<Duration, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.01..=10_000.0).contains(rate));
    let rate = rate.ok_or_else(|| "a number from 0.01 to 10000 is required".to_owned())?;
    Ok(Duration::from_secs_f64(1.0 / rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_rate_becomes_the_time_between_requests() {
        assert_eq!(pace("4"), Ok(Duration::from_millis(250)));
        for nonsense in ["0", "-1", "NaN", "inf", "two", "1e9"] {
            assert!(pace(nonsense).is_err(), "{nonsense}");
        }
    }
}
