//! When to retry a Region that returns no pages, and when to give up on it.
//!
//! A failed request is retried after a wait that grows from round to round. Ten rounds of failures in a row, without a
//! page of the Region in between, end its read. Requests that are in flight together fail together, and others are sent
//! while one waits. So a round lasts until its wait is over, and a request that was sent before then is not counted
//! again.
//!
//! A single throttle means little, and beside a reader that takes all of the quota that it can get, most requests are
//! throttled, but not all. So three throttles in a row make up a round. Until then, only the pace drops.
//!
//! Pure: it is told the time and the randomness.

use super::elapsed::Elapsed;
use std::time::Duration;

/// How many rounds of failures in a row end a read. At the full pace, the waits between them add up to 76 to 153 s, so an
/// outage of a minute does not end a read.
const MAX_ROUNDS: u32 = 10;
/// How many throttles in a row make up a round. One or two in a row are common beside another reader.
const THROTTLES_PER_ROUND: u32 = 3;
/// The longest wait, in intervals of the full pace: some 30 s at two requests a second.
const MAX_WAIT_IN_INTERVALS: u32 = 60;

/// The failures in a row of the requests of one stream in one Region.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failed_rounds: u32,
    throttles: u32,
    /// When the current round ends: a request that was sent before then is part of it.
    round_ends: Elapsed,
}

impl Backoff {
    /// Starts over, because a page arrived.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Counts the request that was sent at `sent` and failed at `now` for another reason than throttling. Returns how long
    /// to wait before it is retried. The waits grow exponentially from two intervals of the full `pace`, with jitter by
    /// `random`, which is from 0 to 1.
    pub(crate) fn failed(&mut self, sent: Elapsed, now: Elapsed, pace: Duration, random: f64) -> Duration {
        let is_new = sent >= self.round_ends;
        self.failed_rounds += u32::from(is_new);
        let wait = self.wait(pace * 2, pace, random);
        if is_new {
            self.round_ends = now + wait;
        }
        wait
    }

    /// Counts the request that was sent at `sent` and throttled at `now`. Returns how long all requests of the Region are
    /// to wait in addition to what the pace demands: not at all before the third throttle in a row, then exponentially
    /// from one interval of the full `pace`, with jitter by `random`, which is from 0 to 1.
    pub(crate) fn throttled(&mut self, sent: Elapsed, now: Elapsed, pace: Duration, random: f64) -> Duration {
        if sent < self.round_ends {
            return Duration::ZERO;
        }
        self.throttles += 1;
        let mut wait = Duration::ZERO;
        if self.throttles.is_multiple_of(THROTTLES_PER_ROUND) {
            self.failed_rounds += 1;
            wait = self.wait(pace, pace, random);
        }
        self.round_ends = now + wait;
        wait
    }

    /// Whether to give up.
    #[must_use]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.failed_rounds >= MAX_ROUNDS
    }

    /// How many rounds have failed in a row.
    #[must_use]
    pub(crate) fn failed_rounds(&self) -> u32 {
        self.failed_rounds
    }

    /// The wait of this round, if that of the first round is `first`.
    fn wait(&self, first: Duration, pace: Duration, random: f64) -> Duration {
        let wait = first.saturating_mul(1 << self.failed_rounds.saturating_sub(1).min(16));
        // At least half of it, but not the same for all, so that readers that failed together don't retry together.
        wait.min(pace * MAX_WAIT_IN_INTERVALS).mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(505);

    #[test]
    fn it_gives_up_after_ten_rounds_without_a_page() {
        let mut backoff = Backoff::default();
        let mut now = Elapsed::START;
        for round in 0..20 {
            now += backoff.failed(now, now, PACE, 1.0);
            if round == 8 {
                assert!(!backoff.is_exhausted());
                backoff.reset();
            }
            assert_eq!(backoff.is_exhausted(), round >= 18, "{round}");
        }
    }

    #[test]
    fn a_request_sent_before_the_end_of_a_round_is_part_of_it() {
        let mut backoff = Backoff::default();
        let now = Elapsed::START + Duration::from_secs(5);
        let wait = backoff.failed(Elapsed::START, now, PACE, 1.0);
        for sent in [Elapsed::START, now, now + wait / 2] {
            backoff.failed(sent, now + wait, PACE, 1.0);
        }
        assert_eq!(backoff.failed_rounds(), 1);
        backoff.failed(now + wait, now + wait, PACE, 1.0);
        assert_eq!(backoff.failed_rounds(), 2);
    }

    #[test]
    fn three_throttles_in_a_row_make_up_a_round() {
        let mut backoff = Backoff::default();
        let mut now = Elapsed::START;
        let mut waits = Vec::new();
        for throttle in 1..=30 {
            assert!(!backoff.is_exhausted());
            let wait = backoff.throttled(now, now, PACE, 1.0);
            assert_eq!(wait > Duration::ZERO, throttle % 3 == 0, "{throttle}");
            if wait > Duration::ZERO {
                waits.push(wait);
            }
            now += wait + PACE;
        }
        assert!(backoff.is_exhausted());
        assert!(waits.is_sorted());
        assert_eq!((waits[0], waits[1], waits[9]), (PACE, PACE * 2, PACE * 60));
    }

    /// Beside a reader that takes all it can get, most requests are throttled.
    #[test]
    fn it_never_gives_up_while_pages_arrive_between_throttles() {
        let mut backoff = Backoff::default();
        let mut now = Elapsed::START;
        for throttle in 0..1_000 {
            now += backoff.throttled(now, now, PACE, 1.0) + PACE;
            assert!(!backoff.is_exhausted());
            if throttle % 29 == 28 {
                backoff.reset();
            }
        }
    }

    #[test]
    fn throttles_of_requests_that_were_in_flight_together_count_once() {
        let mut backoff = Backoff::default();
        let now = Elapsed::START + Duration::from_secs(5);
        for millis in 0..20 {
            let wait = backoff.throttled(Elapsed::START + Duration::from_millis(millis), now, PACE, 1.0);
            assert_eq!(wait, Duration::ZERO);
        }
        assert_eq!(backoff.throttled(now, now, PACE, 1.0), Duration::ZERO);
        assert_eq!(backoff.throttled(now, now, PACE, 1.0), PACE);
    }

    #[test]
    fn waits_grow_up_to_half_a_minute() {
        for (random, longest) in [(1.0, Duration::from_millis(30_300)), (0.0, Duration::from_millis(15_150))] {
            let mut backoff = Backoff::default();
            let mut now = Elapsed::START;
            let mut waits = Vec::new();
            for _ in 1..10 {
                waits.push(backoff.failed(now, now, PACE, random));
                now += waits[waits.len() - 1];
            }
            assert!(waits.is_sorted());
            assert_eq!((waits[0] * 30, waits[8]), (longest, longest));
        }
    }
}
