//! What is random about the service: how it pages, throttles and fails.

use cloudtrail_emulator::{
    Event, Fault, Latency, Limiter, Organization, RandomFaults, Settings, TimeFormat, TokenKind,
};
use fastrand::Rng;
use std::{iter::repeat_n, time::Duration};

/// How many times as fast as AWS the service is.
pub(crate) const SPEED: f64 = 40.0;
/// AWS's quota, in requests per second.
pub(crate) const AWS_RATE: f64 = 2.0;
/// The name of the role in each account.
pub(crate) const ROLE: &str = "cloudtrail-reader";
/// From how many events on a long read has faults that the connector only notices after a minute or two.
const MIN_EVENTS_FOR_SLOWEST: usize = 1_000_000;
/// How often each usual fault occurs for one answer that is larger than any page.
const USUAL_PER_OVERSIZED: usize = 20;

/// The faults that any request may have.
fn usual() -> Vec<Fault> {
    vec![
        Fault::Status500,
        Fault::Status503,
        Fault::Status502Html,
        Fault::Reset,
        Fault::Truncated,
        Fault::NotJson,
        Fault::Throttled,
        Fault::InvalidNextToken,
        Fault::EmptyPageWithToken,
        Fault::RepeatedToken,
        Fault::TokenCircle,
        Fault::ExpiredToken,
        Fault::Slow(Duration::from_millis(300)),
        Fault::Error { status: 429, code: "TooManyRequestsException".to_owned(), message: "Slow down".to_owned() },
    ]
}

/// The service of a history with about `count` events, of which it has `events` from the start. It has the accounts of
/// `organization`, or only their roles. The history of the long read `is_long`.
pub(crate) fn settings(
    random: &mut Rng,
    (count, is_long): (usize, bool),
    events: Vec<Event>,
    organization: Organization,
    is_listed: bool,
) -> Settings {
    let has_slowest = is_long && count >= MIN_EVENTS_FOR_SLOWEST;
    // If tokens count events, more events may appear during such a fault than the connector tolerates.
    let is_by_position = has_slowest || random.bool();
    let mut roles = organization.roles(ROLE);
    for role in &mut roles {
        role.lifetime = Some(Duration::from_secs(random.u64(4..30)));
    }
    // It fills the memory up to its limit, and the allocator may keep that: no measure of a leak.
    let oversized = (!is_long).then(|| Fault::Oversized(random.u64(33..64) << 20));
    let faults = usual().into_iter().flat_map(|fault| repeat_n(fault, USUAL_PER_OVERSIZED)).chain(oversized);
    let probability = random.choice([0.005, 0.02, 0.06]).unwrap_or_default();
    let limiters = [Limiter::Windows, Limiter::SlidingWindow, Limiter::Bucket { burst: 3 }];
    let formats = [TimeFormat::Float, TimeFormat::Integer, TimeFormat::Exponent];
    Settings {
        events,
        roles,
        organization: is_listed.then_some(organization),
        rate: Some(AWS_RATE * SPEED),
        limiter: random.choice(limiters).unwrap_or_default(),
        other_reader: random.bool().then_some(AWS_RATE * SPEED / 8.0),
        random_throttles: 0.005,
        latency: Latency { mean: (0.3 + 1.2 * random.f64()) / SPEED, sigma: 0.5 },
        sts_rate: Some(random.u32(2..6)),
        other_latency: Latency { mean: 0.3 / SPEED, sigma: 0.3 },
        quota_after_latency: random.u8(..4) == 0,
        tokens: if is_by_position { TokenKind::ByPosition } else { TokenKind::ByOffset },
        full_last_page_has_token: random.bool(),
        time_format: random.choice(formats).unwrap_or_default(),
        faults: if has_slowest { slowest(random, count) } else { Vec::new() },
        random_faults: Some(RandomFaults { seed: random.u64(..), probability, faults: faults.collect() }),
        seed: random.u64(..),
        ..Settings::default()
    }
}

/// The faults that the connector only notices after a minute or two, in the first half of a read.
fn slowest(random: &mut Rng, count: usize) -> Vec<(u64, Fault)> {
    let kinds = [Fault::Hang, Fault::Trickle { headers: true }, Fault::Trickle { headers: false }];
    let requests = u64::try_from(count / 50 / 2).unwrap_or_default();
    kinds.into_iter().flat_map(|fault| repeat_n(fault, 4)).map(|fault| (random.u64(..requests), fault)).collect()
}
