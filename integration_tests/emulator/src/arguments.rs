//! The command line, and the events and settings that its options select.

mod names;
mod throttling;

use clap::{ArgGroup, Parser};
use cloudtrail_emulator::{
    Caller, Category, DEFAULT_ACCOUNT, DEFAULT_REGION, Event, Fault, Generator, Latency, Organization, RandomFaults,
    RegionStatus, Role, Settings, default_regions, generate, samples,
};
use names::{ShapeName, TimeName, TokenName};
use std::{
    collections::HashMap,
    ffi::OsString,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use throttling::{Throttling, share};

const CREDENTIALS: &str = "\
Access keys that the emulator knows, all with the secret key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY:
  AKIAIOSFODNN7EXAMPLE  has every permission
  ASIAIOSFODNN7EXAMPLE  has every permission, with the session token example-session-token
  ASIAEXPIREDTKEXAMPLE  has the session token example-expired-token, which has expired
  AKIANOPOLICYXEXAMPLE  has no policy that allows LookupEvents
  AKIADENYBYSCPEXAMPLE  is denied by a service control policy
  AKIANOTSUBSCREXAMPLE  belongs to an account that is not subscribed to CloudTrail
  AKIAREGIONSCPEXAMPLE  is denied by a service control policy outside us-east-1

All of them belong to the account 123456789012. With --organization, that is the management account, and each member
account has a role with the name cloudtrail-reader, which every access key may assume.

With a COMMAND, the emulator runs it with AWS_ENDPOINT_URL_CLOUDTRAIL in its environment, with --role also with
AWS_ENDPOINT_URL_STS, with --organization also with AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_ORGANIZATIONS and
AWS_ENDPOINT_URL_ACCOUNT, and with --tls also with SSL_CERT_FILE and AWS_CA_BUNDLE, and then writes a summary to stderr.
Without a COMMAND, it prints its URL and serves until it is stopped.";

/// The name of the role in each member account of an organization.
const ROLE_NAME: &str = "cloudtrail-reader";

/// A strict emulator of CloudTrail's LookupEvents
#[derive(Parser, Debug)]
#[command(after_help = CREDENTIALS, group = ArgGroup::new("roles").multiple(true))]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1; 0 for a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Serve HTTPS only, with a certificate of its own
    #[arg(long)]
    tls: bool,
    /// Write the certificate that clients have to trust to this file, in PEM format
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Number of management events in each account and Region
    #[arg(long, value_name = "N", default_value_t = 1000)]
    events: usize,
    /// Number of Insights events in each account and Region
    #[arg(long, value_name = "N", default_value_t = 0)]
    insights: usize,
    /// Add events with known contents to the first Region: published records, logins, denied calls, and other changes
    #[arg(long)]
    samples: bool,
    /// Size of the record of each management event, at least, in bytes; on AWS, at most 262144
    #[arg(long, value_name = "BYTES")]
    event_size: Option<usize>,
    /// Seed of the events, the latencies and the faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days the events go back, from now or from --until
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// Last second that events may have, since the Unix epoch; by default the current one, which gives other events
    /// each time
    #[arg(long, value_name = "SECOND")]
    until: Option<i64>,
    /// How the events are distributed over that time
    #[arg(long, value_enum, default_value_t = ShapeName::Uniform)]
    shape: ShapeName,
    /// Region that has events; can be repeated
    #[arg(long, default_value = DEFAULT_REGION)]
    region: Vec<String>,
    /// Additional access key, which has every permission; can be repeated
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]", value_parser = caller)]
    caller: Vec<Caller>,
    /// Role that can be assumed, by STS at the same address; can be repeated
    #[arg(long, value_name = "ARN", group = "roles")]
    role: Vec<String>,
    /// Organization with this many member accounts besides the management account, all of which have events
    #[arg(long, value_name = "N", group = "roles")]
    organization: Option<usize>,
    /// External ID that the roles require
    #[arg(long, value_name = "ID", requires = "roles")]
    role_external_id: Option<String>,
    /// How long sessions of the roles are valid, whatever the request says
    #[arg(long, value_name = "SECONDS", requires = "roles")]
    role_lifetime: Option<u64>,
    /// Region that is not enabled in any account; can be repeated
    #[arg(long, value_name = "REGION")]
    disabled_region: Vec<String>,
    #[command(flatten)]
    throttling: Throttling,
    /// Mean latency of pages, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    latency: f64,
    /// Standard deviation of the logarithm of the latency
    #[arg(long, default_value_t = 0.0)]
    sigma: f64,
    /// Share of requests in which a transient fault occurs, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    random_faults: f64,
    /// Make every twentieth event visible late, by up to this long after the start
    #[arg(long, value_name = "SECONDS")]
    late: Option<u32>,
    /// What a NextToken contains
    #[arg(long, value_enum, default_value_t = TokenName::Position)]
    tokens: TokenName,
    /// How long a NextToken is valid
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<f64>,
    /// Give a last page that is full a NextToken, which leads to an empty page
    #[arg(long)]
    full_last_page_has_token: bool,
    /// How EventTime is written
    #[arg(long, value_enum, default_value_t = TimeName::Float)]
    time_format: TimeName,
    /// By how many seconds the emulator's clock is ahead
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
    /// Write all events to this file before serving, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
    /// Command to run with the emulator
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

impl Arguments {
    /// The events. Each account and Region has its own. The last second is `now`, unless the command line says otherwise.
    pub(crate) fn events(&self, now: i64) -> Vec<Event> {
        let last = self.until.unwrap_or(now);
        let length = Duration::try_from_secs_f64(self.days * 86_400.0).unwrap_or_default();
        let first = last.saturating_sub_unsigned(length.as_secs()) + 1;
        let mut seed = self.seed;
        let mut events = Vec::new();
        let accounts = self.accounts();
        let histories = accounts.iter().flat_map(|account| self.region.iter().map(move |region| (account, region)));
        for (account, region) in histories {
            for (category, count) in [(Category::Management, self.events), (Category::Insight, self.insights)] {
                events.extend(generate(&Generator {
                    seed,
                    count,
                    region: region.clone(),
                    account: account.clone(),
                    shape: self.shape.into(),
                    category,
                    size: self.event_size,
                    ..Generator::new(first, last)
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
        if let Some(region) = self.region.first().filter(|_| self.samples) {
            events.extend(samples(first, last, DEFAULT_ACCOUNT, region));
        }
        events
    }

    /// The environment variables, other than CloudTrail's, that a command needs to find the emulator.
    pub(crate) fn endpoint_variables(&self) -> &'static [&'static str] {
        match (self.organization, self.role.is_empty()) {
            (Some(_), _) => &["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ORGANIZATIONS", "AWS_ENDPOINT_URL_ACCOUNT"],
            (None, false) => &["AWS_ENDPOINT_URL_STS"],
            (None, true) => &[],
        }
    }

    /// The settings of an emulator with these events.
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
        let organization = self.organization();
        let members = organization.as_ref().map(|organization| organization.roles(ROLE_NAME)).unwrap_or_default();
        let roles: Vec<Role> = self.role.iter().map(Role::new).chain(members).collect();
        let settings = Settings {
            port: self.port,
            tls: self.tls.then(Vec::new),
            events,
            callers: Caller::examples().into_iter().chain(self.caller.iter().cloned()).collect(),
            roles: roles.into_iter().map(|role| self.role(role)).collect(),
            organization,
            account_regions: self.account_regions(),
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

    fn organization(&self) -> Option<Organization> {
        self.organization.map(|members| Organization::new(self.seed, members))
    }

    /// The accounts that have events.
    fn accounts(&self) -> Vec<String> {
        self.organization().map_or_else(|| vec![DEFAULT_ACCOUNT.to_owned()], |organization| organization.account_ids())
    }

    /// The Regions of the accounts, if an opt-in Region has events: it is enabled then.
    fn account_regions(&self) -> HashMap<String, Vec<(String, RegionStatus)>> {
        let mut regions = default_regions();
        for (name, status) in &mut regions {
            if *status == RegionStatus::Disabled && self.region.contains(name) {
                *status = RegionStatus::Enabled;
            }
        }
        let accounts = if regions == default_regions() { Vec::new() } else { self.accounts() };
        accounts.into_iter().map(|account| (account, regions.clone())).collect()
    }

    /// A role with what the options say about all roles.
    fn role(&self, role: Role) -> Role {
        Role {
            external_id: self.role_external_id.clone(),
            lifetime: self.role_lifetime.map(Duration::from_secs),
            ..role
        }
    }
}

/// Parses `KEY:SECRET[:TOKEN]`.
fn caller(text: &str) -> Result<Caller, &'static str> {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    let (Some(access_key), Some(secret_key)) = (parts.next(), parts.next()) else {
        return Err("a colon must separate the access key and the secret key");
    };
    Ok(Caller { access_key, secret_key, session_token: parts.next(), ..Caller::default() })
}

#[cfg(test)]
mod tests;
