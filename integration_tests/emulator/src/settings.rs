//! What can be set on an emulator. The default is AWS at its best: the real quota, and nothing goes wrong.

use std::collections::HashSet;
use std::time::Duration;

use crate::caller::Caller;
use crate::event::Event;
use crate::fault::{Fault, RandomFaults};
use crate::latency::Latency;
use crate::page::TimeFormat;
use crate::rate::Limiter;
use crate::role::Role;
use crate::token::TokenKind;

/// The settings of an emulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether to serve HTTPS and nothing else, with a certificate for localhost, 127.0.0.1, `::1` and these DNS names,
    /// under which clients may reach it through a proxy; see [`Emulator::certificate_authority`].
    ///
    /// [`Emulator::certificate_authority`]: crate::Emulator::certificate_authority
    pub tls: Option<Vec<String>>,
    /// The event history.
    pub events: Vec<Event>,
    /// The access keys it knows.
    pub callers: Vec<Caller>,
    /// The roles that can be assumed, at the same address as CloudTrail.
    pub roles: Vec<Role>,
    /// Regions not enabled in any account: there every key is unknown.
    pub disabled_regions: HashSet<String>,
    /// Requests a second for each account and Region, more than 0; `None` leaves only the throttles at random.
    pub rate: Option<f64>,
    /// How the requests of that rate are counted.
    pub limiter: Limiter,
    /// The requests a second of another client, which uses up each quota from its first request on and never slows
    /// down. Its requests are in no journal.
    pub other_reader: Option<f64>,
    /// The share of requests that are throttled whatever the rate, from 0 to 1. They do not count toward the quota,
    /// and a fault that was due stays so. The journal names them `RandomThrottle`.
    pub random_throttles: f64,
    /// How long pages take.
    pub latency: Latency,
    /// Whether a request counts toward the quota when the service gets to it, not when it arrives: it waits for its
    /// latency first, whatever becomes of it, and is then counted and answered at once. Requests overtake each other
    /// on the way to the quota. One whose client has left meanwhile counts, too.
    pub quota_after_latency: bool,
    /// What a `NextToken` holds.
    pub tokens: TokenKind,
    /// How long a `NextToken` is good for; `None` means for ever.
    pub token_lifetime: Option<Duration>,
    /// Whether a last page that is full bears a `NextToken`, which leads to an empty page.
    pub full_last_page_has_token: bool,
    /// How `EventTime` is written.
    pub time_format: TimeFormat,
    /// Faults and the requests they meet, counted from 0; see [`Fault`].
    pub faults: Vec<(u64, Fault)>,
    /// Faults at random, where the script has none.
    pub random_faults: Option<RandomFaults>,
    /// By how many seconds the emulator's clock is ahead, in its `Date` header and when it checks signatures; with it
    /// the client's clock looks that much behind. What is visible and the 90 days go by the real time.
    pub clock_offset_seconds: i64,
    /// The seed of latencies, request ids, tokens, throttles at random and the other client.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            tls: None,
            events: Vec::new(),
            callers: vec![Caller::default()],
            roles: Vec::new(),
            disabled_regions: HashSet::new(),
            rate: Some(2.0),
            limiter: Limiter::default(),
            other_reader: None,
            random_throttles: 0.0,
            latency: Latency::default(),
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
