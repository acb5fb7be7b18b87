//! How long to go on asking a Region that gives no pages.
//!
//! A failure is answered by another try, a little later each time. Ten rounds of failures with no page of the Region
//! arriving in between end its read. Requests that were under way together fail together, and others go out while one
//! waits: a round is over when its wait is, and what was sent before then does not count again.
//!
//! Single throttles say little, and beside a reader that takes all of the quota that it can get, most requests are
//! throttled, but not all of them. So a round of throttles is three in a row, and until then the pace alone goes down.

use std::time::Duration;

/// How many rounds of failures in a row end a read.
const ROUNDS: u32 = 10;
/// How many throttles in a row make up a round.
const THROTTLES_PER_ROUND: u32 = 3;
/// How many paces the longest wait is: some 30 s at the full pace.
const LONGEST_WAIT: u32 = 60;

/// What is left of the patience with one Region. All times are since the sync began.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failed_rounds: u32,
    throttles: u32,
    /// What was sent before then belongs to what has been counted.
    counted_until: Duration,
}

impl Backoff {
    /// A page arrived.
    pub(crate) fn restored(&mut self) {
        *self = Self::default();
    }

    /// The request that went out at `sent` failed at `now`, for another reason than throttling. Returns how long it is to
    /// wait until it is made again: exponential, from two `pace`s on, jittered by `random`, which is from 0 to 1.
    pub(crate) fn failed(&mut self, sent: Duration, now: Duration, pace: Duration, random: f64) -> Duration {
        let is_new = sent >= self.counted_until;
        self.failed_rounds += u32::from(is_new);
        let wait = self.wait(pace * 2, pace, random);
        if is_new {
            self.counted_until = now + wait;
        }
        wait
    }

    /// The request that went out at `sent` was throttled at `now`. Returns how long everyone is to wait beyond what the
    /// pace has them wait: not at all until it is three throttles in a row, then exponentially, from one `pace` on,
    /// jittered by `random`, which is from 0 to 1.
    pub(crate) fn throttled(&mut self, sent: Duration, now: Duration, pace: Duration, random: f64) -> Duration {
        if sent < self.counted_until {
            return Duration::ZERO;
        }
        self.throttles += 1;
        let mut wait = Duration::ZERO;
        if self.throttles.is_multiple_of(THROTTLES_PER_ROUND) {
            self.failed_rounds += 1;
            wait = self.wait(pace, pace, random);
        }
        self.counted_until = now + wait;
        wait
    }

    /// Whether it is time to give up.
    #[must_use]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.failed_rounds >= ROUNDS
    }

    /// How many rounds have failed in a row.
    #[must_use]
    pub(crate) fn failed_rounds(&self) -> u32 {
        self.failed_rounds
    }

    /// The wait of this round, where that of the first one is `first`.
    fn wait(&self, first: Duration, pace: Duration, random: f64) -> Duration {
        let wait = first.saturating_mul(1 << self.failed_rounds.saturating_sub(1).min(16));
        // At least half of it, and not all the same, so that readers that failed together don't come back together.
        wait.min(pace * LONGEST_WAIT).mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(505);

    #[test]
    fn ends_after_ten_rounds_without_a_page() {
        let mut patience = Backoff::default();
        let mut now = Duration::ZERO;
        for round in 0..20 {
            now += patience.failed(now, now, PACE, 1.0);
            if round == 8 {
                assert!(!patience.is_exhausted());
                patience.restored();
            }
            assert_eq!(patience.is_exhausted(), round >= 18, "{round}");
        }
    }

    #[test]
    fn what_was_sent_before_a_round_is_over_belongs_to_it() {
        let mut patience = Backoff::default();
        let now = Duration::from_secs(5);
        let wait = patience.failed(Duration::from_secs(1), now, PACE, 1.0);
        for sent in [Duration::from_secs(1), now, now + wait / 2] {
            patience.failed(sent, now + wait, PACE, 1.0);
        }
        assert_eq!(patience.failed_rounds(), 1);
        patience.failed(now + wait, now + wait, PACE, 1.0);
        assert_eq!(patience.failed_rounds(), 2);
    }

    #[test]
    fn three_throttles_in_a_row_are_a_round() {
        let mut patience = Backoff::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for throttle in 1..=30 {
            assert!(!patience.is_exhausted());
            let wait = patience.throttled(now, now, PACE, 1.0);
            assert_eq!(wait > Duration::ZERO, throttle % 3 == 0, "{throttle}");
            if wait > Duration::ZERO {
                waits.push(wait);
            }
            now += wait + PACE;
        }
        assert!(patience.is_exhausted());
        assert!(waits.is_sorted());
        assert_eq!((waits[0], waits[1], waits[9]), (PACE, PACE * 2, PACE * 60));
    }

    /// However many of them: beside a greedy reader most requests are throttled.
    #[test]
    fn throttles_with_pages_in_between_are_no_reason_to_stop() {
        let mut patience = Backoff::default();
        let mut now = Duration::ZERO;
        for throttle in 0..1_000 {
            now += patience.throttled(now, now, PACE, 1.0) + PACE;
            assert!(!patience.is_exhausted());
            if throttle % 29 == 28 {
                patience.restored();
            }
        }
    }

    #[test]
    fn throttles_of_requests_that_were_under_way_together_count_once() {
        let mut patience = Backoff::default();
        let now = Duration::from_secs(5);
        for millis in 0..20 {
            let wait = patience.throttled(Duration::from_millis(millis), now, PACE, 1.0);
            assert_eq!(wait, Duration::ZERO);
        }
        assert_eq!(patience.throttled(now, now, PACE, 1.0), Duration::ZERO);
        assert_eq!(patience.throttled(now, now, PACE, 1.0), PACE);
    }

    #[test]
    fn waits_longer_each_time_up_to_half_a_minute() {
        for (random, longest) in [(1.0, Duration::from_millis(30_300)), (0.0, Duration::from_millis(15_150))] {
            let mut patience = Backoff::default();
            let mut now = Duration::ZERO;
            let mut waits = Vec::new();
            for _ in 1..10 {
                waits.push(patience.failed(now, now, PACE, random));
                now += waits[waits.len() - 1];
            }
            assert!(waits.is_sorted());
            assert_eq!((waits[0] * 30, waits[8]), (longest, longest));
        }
    }
}
