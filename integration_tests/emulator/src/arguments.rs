//! The command line of the program, and what it makes of the settings and the data.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Parser, ValueEnum};
use cloudtrail_emulator::{
    Caller, Category, Event, Fault, Generator, Latency, RandomFaults, Settings, Shape, TimeFormat, TokenKind, generate,
};

const CREDENTIALS: &str = "\
Access keys that it knows, all with the secret key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY:
  AKIAIOSFODNN7EXAMPLE  sees everything
  ASIAIOSFODNN7EXAMPLE  the same, with the session token example-session-token
  ASIAEXPIREDTKEXAMPLE  its session token example-expired-token is expired
  AKIANOPOLICYXEXAMPLE  has no policy that allows reading
  AKIADENYBYSCPEXAMPLE  is denied by a service control policy
  AKIANOTSUBSCREXAMPLE  its account is not subscribed

With a COMMAND, AWS_ENDPOINT_URL_CLOUDTRAIL is set for it, with --tls SSL_CERT_FILE and AWS_CA_BUNDLE, too, and a summary
follows on stderr. Without one, the address is printed and it serves until it is killed.";

/// A strict emulator of CloudTrail's LookupEvents
#[derive(Parser, Debug)]
#[command(after_help = CREDENTIALS)]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Serve HTTPS, with a certificate of its own
    #[arg(long)]
    tls: bool,
    /// Write the certificate that clients have to trust to this file, as PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How many management events there are
    #[arg(long, value_name = "N", default_value_t = 1000)]
    events: usize,
    /// How many Insights events there are
    #[arg(long, value_name = "N", default_value_t = 0)]
    insights: usize,
    /// Seed of the data, the latencies and the faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far the events reach back from now
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// How they spread over this time
    #[arg(long, value_enum, default_value_t = ShapeName::Uniform)]
    shape: ShapeName,
    /// The Region they are in
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// A Region that is not enabled in the account; may be given again
    #[arg(long, value_name = "REGION")]
    disabled_region: Vec<String>,
    /// Requests a second that are not throttled; 0 throttles none
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// Mean time that a page takes, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    latency: f64,
    /// Deviation of its logarithm
    #[arg(long, default_value_t = 0.0)]
    sigma: f64,
    /// Share of requests that meet a passing fault, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    random_faults: f64,
    /// Let every twentieth event show late, by up to this long after the start
    #[arg(long, value_name = "SECONDS")]
    late: Option<u32>,
    /// What a NextToken holds
    #[arg(long, value_enum, default_value_t = TokenName::Position)]
    tokens: TokenName,
    /// How long a NextToken is good for
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<f64>,
    /// Give a full last page a NextToken, which leads to an empty page
    #[arg(long)]
    full_last_page_has_token: bool,
    /// How EventTime is written
    #[arg(long, value_enum, default_value_t = TimeName::Float)]
    time_format: TimeName,
    /// By how many seconds the emulator's clock is ahead
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
    /// Write all events to this file first, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
    /// What to run against the emulator
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum ShapeName {
    Uniform,
    Bursty,
    Office,
    Recent,
    Old,
    OneSecond,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum TokenName {
    Position,
    Offset,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum TimeName {
    Float,
    Integer,
    Exponent,
}

impl Arguments {
    /// The data, which ends in the second `now`.
    pub(crate) fn events(&self, now: i64) -> Vec<Event> {
        let reach = Duration::try_from_secs_f64(self.days * 86_400.0).unwrap_or_default();
        let generator = Generator {
            seed: self.seed,
            count: self.events,
            region: self.region.clone(),
            shape: self.shape.into(),
            ..Generator::new(now.saturating_sub_unsigned(reach.as_secs()) + 1, now)
        };
        let insights = Generator {
            seed: self.seed.wrapping_add(1),
            count: self.insights,
            category: Category::Insight,
            ..generator.clone()
        };
        let mut events = generate(&generator);
        events.extend(generate(&insights));
        if let Some(late) = self.late {
            let start = SystemTime::now();
            for (number, event) in (0_u32..).zip(events.iter_mut().step_by(20)) {
                let share = f64::from(number % 10 + 1) / 10.0;
                event.visible_at = Some(start + Duration::from_secs_f64(f64::from(late) * share));
            }
        }
        events
    }

    pub(crate) fn settings(&self, events: Vec<Event>) -> Settings {
        let faults = vec![
            Fault::Status500,
            Fault::Status503,
            Fault::Status502Html,
            Fault::Reset,
            Fault::Truncated,
            Fault::NotJson,
            Fault::Throttled,
        ];
        Settings {
            port: self.port,
            tls: self.tls.then(Vec::new),
            events,
            callers: Caller::examples(),
            disabled_regions: self.disabled_region.iter().cloned().collect(),
            rate: (self.rate > 0.0).then_some(self.rate),
            latency: Latency { mean: self.latency, sigma: self.sigma },
            tokens: match self.tokens {
                TokenName::Position => TokenKind::ByPosition,
                TokenName::Offset => TokenKind::ByOffset,
            },
            token_lifetime: self.token_lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            full_last_page_has_token: self.full_last_page_has_token,
            time_format: match self.time_format {
                TimeName::Float => TimeFormat::Float,
                TimeName::Integer => TimeFormat::Integer,
                TimeName::Exponent => TimeFormat::Exponent,
            },
            random_faults: Some(RandomFaults { seed: self.seed, probability: self.random_faults, faults }),
            clock_offset_seconds: self.clock_offset,
            seed: self.seed,
            ..Settings::default()
        }
    }
}

impl From<ShapeName> for Shape {
    fn from(name: ShapeName) -> Self {
        match name {
            ShapeName::Uniform => Self::Uniform,
            ShapeName::Bursty => Self::Bursty,
            ShapeName::Office => Self::Office,
            ShapeName::Recent => Self::Recent,
            ShapeName::Old => Self::Old,
            ShapeName::OneSecond => Self::OneSecond,
        }
    }
}
