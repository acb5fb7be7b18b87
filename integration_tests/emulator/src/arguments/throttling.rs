//! The options for throttling: the quota, how requests are counted, and another client that uses it.

use super::names::LimiterName;
use clap::Args;
use cloudtrail_emulator::{Limiter, Settings};

#[derive(Args, Debug)]
pub(super) struct Throttling {
    /// Quota of each Region, in requests a second; 0 for none
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// How requests are counted: at 2 a second, at most 3 in a second and 21 in ten seconds (windows), with a token
    /// bucket (bucket), or at most 2 in any second (sliding)
    #[arg(long, value_enum, default_value_t = LimiterName::Windows)]
    limiter: LimiterName,
    /// Number of requests that a full token bucket admits at once, with --limiter bucket
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    burst: u32,
    /// Count a request after its --latency instead of on arrival
    #[arg(long)]
    quota_after_latency: bool,
    /// Requests a second of another client that uses the quota of each Region and never slows down; 0 for none
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    other_reader: f64,
    /// Share of requests that are throttled at random, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    random_throttles: f64,
}

impl Throttling {
    /// The settings with these options.
    pub(super) fn apply(&self, settings: Settings) -> Settings {
        Settings {
            rate: (self.rate > 0.0).then_some(self.rate),
            limiter: match self.limiter {
                LimiterName::Windows => Limiter::Windows,
                LimiterName::Bucket => Limiter::Bucket { burst: self.burst },
                LimiterName::Sliding => Limiter::SlidingWindow,
            },
            quota_after_latency: self.quota_after_latency,
            other_reader: (self.other_reader > 0.0).then_some(self.other_reader),
            random_throttles: self.random_throttles,
            ..settings
        }
    }
}

/// Parses a share, from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, &'static str> {
    let share: f64 = text.parse().map_err(|_| "not a number")?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("not between 0 and 1") }
}
