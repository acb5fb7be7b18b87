//! How many of something there are per second. Pure.

use crate::pace::elapsed::Elapsed;
use std::time::Duration;

/// The shortest time over which rates are measured: long enough to be steady, short enough to show a change.
const RATE_TIME: Duration = Duration::from_secs(30);

/// How many a second `count` in `time` are. A `time` of zero counts as the shortest one there is.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below the precision of f64")]
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::EPSILON)
}

/// The rates of the last minute or so. They are not those of the whole read, because a user should see when others start
/// to use the quota.
#[derive(Debug, Default)]
pub(super) struct Rates {
    since: Mark,
    next_since: Mark,
}

/// What had been done at a point in time.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: Elapsed,
    records: u64,
    requests: u64,
}

impl Rates {
    /// How many records and requests a second there are at `now`, with so many `records` and `requests` so far.
    pub(super) fn at(&mut self, now: Elapsed, records: u64, requests: u64) -> (f64, f64) {
        if now >= self.next_since.at + RATE_TIME {
            self.since = std::mem::replace(&mut self.next_since, Mark { at: now, records, requests });
        }
        let since = self.since;
        let rate = |count: u64| per_second(count, now - since.at);
        (rate(records - since.records), rate(requests - since.requests))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_count_over_a_time_is_a_rate() {
        assert_eq!(per_second(90, Duration::from_mins(1)), 1.5);
        assert_eq!(per_second(0, Duration::ZERO), 0.0);
    }

    #[test]
    fn rates_are_those_of_the_last_minute() {
        let (mut rates, at) = (Rates::default(), |second| Elapsed::START + Duration::from_secs(second));
        rates.at(at(600), 60_000, 1_200);
        rates.at(at(630), 60_300, 1_230);
        assert_eq!(rates.at(at(660), 60_600, 1_260), (10.0, 1.0));
    }
}
