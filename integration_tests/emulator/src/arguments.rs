//! The command line of the program, and what it makes of the settings and the data.

mod names;
mod throttling;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Parser;
use cloudtrail_emulator::{
    Caller, Category, DEFAULT_REGION, Event, Fault, Generator, Latency, RandomFaults, Role, Settings, generate,
};

use names::{ShapeName, TimeName, TokenName};
use throttling::{Throttling, share};

const CREDENTIALS: &str = "\
Access keys that it knows, all with the secret key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY:
  AKIAIOSFODNN7EXAMPLE  sees everything
  ASIAIOSFODNN7EXAMPLE  the same, with the session token example-session-token
  ASIAEXPIREDTKEXAMPLE  its session token example-expired-token is expired
  AKIANOPOLICYXEXAMPLE  has no policy that allows reading
  AKIADENYBYSCPEXAMPLE  is denied by a service control policy
  AKIANOTSUBSCREXAMPLE  its account is not subscribed
  AKIAREGIONSCPEXAMPLE  is denied by a service control policy outside us-east-1

With a COMMAND, AWS_ENDPOINT_URL_CLOUDTRAIL is set for it, with --role AWS_ENDPOINT_URL_STS, too, with --tls SSL_CERT_FILE
and AWS_CA_BUNDLE, and a summary follows on stderr. Without one, the address is printed and it serves until it is
killed.";

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
    /// How many management events there are in each Region
    #[arg(long, value_name = "N", default_value_t = 1000)]
    events: usize,
    /// How many Insights events there are in each Region
    #[arg(long, value_name = "N", default_value_t = 0)]
    insights: usize,
    /// How large each management event is, in bytes of its record, unless it is larger anyway; AWS has none above 262144
    #[arg(long, value_name = "BYTES")]
    event_size: Option<usize>,
    /// Seed of the data, the latencies and the faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far the events reach back, from now or from the second of --until
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// Last second they may have, since 1970; without it the present, which makes other events each time
    #[arg(long, value_name = "SECOND")]
    until: Option<i64>,
    /// How they spread over this time
    #[arg(long, value_enum, default_value_t = ShapeName::Uniform)]
    shape: ShapeName,
    /// A Region that has events; may be given again
    #[arg(long, default_value = DEFAULT_REGION)]
    region: Vec<String>,
    /// Another access key that it knows, which sees everything; may be given again
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]", value_parser = caller)]
    caller: Vec<Caller>,
    /// A role that can be assumed, by STS at the same address; may be given again
    #[arg(long, value_name = "ARN")]
    pub(crate) role: Vec<String>,
    /// The external id that the roles demand
    #[arg(long, value_name = "ID", requires = "role")]
    role_external_id: Option<String>,
    /// How long the roles' sessions hold, whatever is asked for
    #[arg(long, value_name = "SECONDS", requires = "role")]
    role_lifetime: Option<u64>,
    /// A Region that is not enabled in the account; may be given again
    #[arg(long, value_name = "REGION")]
    disabled_region: Vec<String>,
    #[command(flatten)]
    throttling: Throttling,
    /// Mean time that a page takes, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    latency: f64,
    /// Deviation of its logarithm
    #[arg(long, default_value_t = 0.0)]
    sigma: f64,
    /// Share of requests that meet a passing fault, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
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

impl Arguments {
    /// The data, which ends in the second `now` if the command line names no other; every Region has its own.
    pub(crate) fn events(&self, now: i64) -> Vec<Event> {
        let now = self.until.unwrap_or(now);
        let reach = Duration::try_from_secs_f64(self.days * 86_400.0).unwrap_or_default();
        let mut seed = self.seed;
        let mut events = Vec::new();
        for region in &self.region {
            for (category, count) in [(Category::Management, self.events), (Category::Insight, self.insights)] {
                events.extend(generate(&Generator {
                    seed,
                    count,
                    region: region.clone(),
                    shape: self.shape.into(),
                    category,
                    size: self.event_size,
                    ..Generator::new(now.saturating_sub_unsigned(reach.as_secs()) + 1, now)
                }));
                seed = seed.wrapping_add(1);
            }
        }
        if let Some(late) = self.late {
            let start = SystemTime::now();
            for (number, event) in (0_u32..).zip(events.iter_mut().step_by(20)) {
                let share = f64::from(number % 10 + 1) / 10.0;
                event.visible_at = Some(start + Duration::from_secs_f64(f64::from(late) * share));
            }
        }
        events
    }

    fn role(&self, arn: &str) -> Role {
        Role {
            external_id: self.role_external_id.clone(),
            lifetime: self.role_lifetime.map(Duration::from_secs),
            ..Role::new(arn)
        }
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
        let settings = Settings {
            port: self.port,
            tls: self.tls.then(Vec::new),
            events,
            callers: Caller::examples().into_iter().chain(self.caller.iter().cloned()).collect(),
            roles: self.role.iter().map(|arn| self.role(arn)).collect(),
            disabled_regions: self.disabled_region.iter().cloned().collect(),
            latency: Latency { mean: self.latency, sigma: self.sigma },
            tokens: self.tokens.into(),
            token_lifetime: self.token_lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            full_last_page_has_token: self.full_last_page_has_token,
            time_format: self.time_format.into(),
            random_faults: Some(RandomFaults { seed: self.seed, probability: self.random_faults, faults }),
            clock_offset_seconds: self.clock_offset,
            seed: self.seed,
            ..Settings::default()
        };
        self.throttling.apply(settings)
    }
}

/// `KEY:SECRET[:TOKEN]`
fn caller(text: &str) -> Result<Caller, String> {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    let (Some(access_key), Some(secret_key)) = (parts.next(), parts.next()) else {
        return Err("there is no colon between access key and secret key".to_owned());
    };
    Ok(Caller { access_key, secret_key, session_token: parts.next(), ..Caller::default() })
}

#[cfg(test)]
mod tests;
