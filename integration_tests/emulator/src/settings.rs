//! What can be set on an emulator. The default is AWS at its best: AWS's quota, and nothing goes wrong.

use crate::{
    auth::{caller::Caller, regions::RegionStatus, role::Role},
    faults::fault::{Fault, RandomFaults},
    history::{event::Event, page::TimeFormat, position::TokenKind},
    organization::Organization,
    throttling::{latency::Latency, quota::Limiter, throttle::ThrottleSettings},
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// The settings of an emulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// If set, the emulator serves HTTPS only. Its certificate is valid for localhost, 127.0.0.1, `::1`, and these DNS
    /// names, which clients may use through a proxy. See [`Emulator::certificate_authority`].
    ///
    /// [`Emulator::certificate_authority`]: crate::Emulator::certificate_authority
    pub tls: Option<Vec<String>>,
    /// The event history.
    pub events: Vec<Event>,
    /// The access keys that the emulator knows.
    pub callers: Vec<Caller>,
    /// The roles that can be assumed, at the same address as CloudTrail's.
    pub roles: Vec<Role>,
    /// The organization, at the same address; with `None`, no account is in one.
    pub organization: Option<Organization>,
    /// The Regions that are not enabled in any account. There, every access key is unknown.
    pub disabled_regions: HashSet<String>,
    /// The Regions of accounts, by their IDs. An account without an entry has the [`default_regions`]. Where a Region is
    /// not enabled, the account's access keys are unknown.
    ///
    /// [`default_regions`]: crate::default_regions
    pub account_regions: HashMap<String, Vec<(String, RegionStatus)>>,
    /// The quota of each account and Region, in requests a second, which must be more than 0. With `None`, requests are
    /// throttled only at random.
    pub rate: Option<f64>,
    /// How the requests of the quota are counted.
    pub limiter: Limiter,
    /// If set, another client makes this many requests a second in each account and Region, from the first request
    /// there on, and never slows down. Its requests are not in the journal.
    pub other_reader: Option<f64>,
    /// The share of requests that are throttled at random, from 0 to 1. They do not count toward the quota, and a fault
    /// that was due waits for the next request. The journal calls them `RandomThrottle`.
    pub random_throttles: f64,
    /// How long pages take.
    pub latency: Latency,
    /// How many requests STS admits in any second, whoever makes them; `None` for no limit.
    pub sts_rate: Option<u32>,
    /// How long responses of STS, Organizations and Account Management take.
    pub other_latency: Latency,
    /// Whether a request counts toward the quota after its latency instead of on arrival. It then waits first, whatever
    /// its result, and gets its response as soon as it has been counted. So requests can overtake each other, and a
    /// request whose client has disconnected counts, too.
    pub quota_after_latency: bool,
    /// What a `NextToken` contains.
    pub tokens: TokenKind,
    /// How long a `NextToken` is valid; `None` if it does not expire.
    pub token_lifetime: Option<Duration>,
    /// Whether a last page that is full has a `NextToken`, which leads to an empty page.
    pub full_last_page_has_token: bool,
    /// How `EventTime` is written.
    pub time_format: TimeFormat,
    /// Scripted faults, each with the number of its request, counted from 0. See [`Fault`].
    pub faults: Vec<(u64, Fault)>,
    /// Random faults, for requests without a scripted one.
    pub random_faults: Option<RandomFaults>,
    /// By how many seconds the emulator's clock is ahead. This affects the `Date` header and the checks of signatures,
    /// and makes the client's clock look behind. It does not affect the visibility of events and the 90 days.
    pub clock_offset_seconds: i64,
    /// The seed of latencies, request IDs, tokens, random throttles and the other client.
    pub seed: u64,
}

impl Settings {
    /// The default settings with an organization, and a role with this name in each of its member accounts. The default
    /// caller belongs to the management account of [`Organization::new`].
    #[must_use]
    pub fn of_organization(organization: Organization, role_name: &str) -> Self {
        Self { roles: organization.roles(role_name), organization: Some(organization), ..Self::default() }
    }

    pub(crate) fn throttling(&self) -> ThrottleSettings {
        let Self { rate, limiter, other_reader, random_throttles, seed, .. } = *self;
        ThrottleSettings { rate, limiter, other_reader, random_throttles, seed }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            tls: None,
            events: Vec::new(),
            callers: vec![Caller::default()],
            roles: Vec::new(),
            organization: None,
            disabled_regions: HashSet::new(),
            account_regions: HashMap::new(),
            rate: Some(2.0),
            limiter: Limiter::default(),
            other_reader: None,
            random_throttles: 0.0,
            latency: Latency::default(),
            sts_rate: None,
            other_latency: Latency::default(),
            quota_after_latency: false,
            tokens: TokenKind::ByPosition,
            token_lifetime: None,
            full_last_page_has_token: false,
            time_format: TimeFormat::Float,
            faults: Vec::new(),
            random_faults: None,
            clock_offset_seconds: 0,
            seed: 0,
        }
    }
}
