//! The part of the command line about throttling: the quota, how it is counted, and who else uses it.

use clap::Args;
use cloudtrail_emulator::{Limiter, Settings};

use super::names::LimiterName;

#[derive(Args, Debug)]
pub(super) struct Throttling {
    /// Requests a second that are not throttled; 0 throttles none
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// How they are counted: at 2 a second, at most 3 in a second and 21 in ten (windows), a token bucket, or at most 2
    /// in any second (sliding)
    #[arg(long, value_enum, default_value_t = LimiterName::Windows)]
    limiter: LimiterName,
    /// How many requests a full token bucket admits at once, with --limiter bucket
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    burst: u32,
    /// Count a request after its --latency, when the service gets to it, instead of when it arrives
    #[arg(long)]
    quota_after_latency: bool,
    /// Let another client use up the quota of each Region at this many requests a second, without ever slowing down;
    /// 0 is none
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    other_reader: f64,
    /// Share of requests that are throttled whatever the rate, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    random_throttles: f64,
}

impl Throttling {
    /// These settings, and all others as they are.
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

/// A share of a whole.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("it is not between 0 and 1".to_owned()) }
}
