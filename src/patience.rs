//! How long to go on asking a Region that gives no pages.
//!
//! A failure is answered by another try, a little later each time. Ten rounds of failures with no page of the Region
//! arriving in between end its read. Requests that were under way together fail together, and others go out while one
//! waits: a round is over when its wait is, and what was sent before then does not count again.

use std::time::Duration;

/// How many rounds of failures in a row end a read.
const ROUNDS: u32 = 10;
/// How many paces the longest wait is: some 30 s at the full pace.
const LONGEST_WAIT: u32 = 60;

/// What is left of the patience with one Region. All times are since the sync began.
#[derive(Debug, Default)]
pub struct Patience {
    failed_rounds: u32,
    round_ends: Duration,
}

impl Patience {
    /// Takes note that a page arrived.
    pub fn restored(&mut self) {
        *self = Self::default();
    }

    /// Takes note, at `now`, that the request that went out at `sent` failed. Returns how long it is to wait until it
    /// is made again: exponential, from two `pace`s on, jittered by `random`, which is from 0 to 1.
    pub fn tried(&mut self, sent: Duration, now: Duration, pace: Duration, random: f64) -> Duration {
        let is_new = self.failed_rounds == 0 || sent >= self.round_ends;
        self.failed_rounds += u32::from(is_new);
        let wait = (pace * 2).saturating_mul(1 << self.failed_rounds.saturating_sub(1).min(16));
        // At least half of it, and not all the same, so that readers that failed together don't come back together.
        let wait = wait.min(pace * LONGEST_WAIT).mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0));
        if is_new {
            self.round_ends = now + wait;
        }
        wait
    }

    /// Whether it is time to give up.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.failed_rounds >= ROUNDS
    }

    /// How many rounds have failed in a row.
    #[must_use]
    pub fn failed_rounds(&self) -> u32 {
        self.failed_rounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(505);

    #[test]
    fn ends_after_ten_rounds_without_a_page() {
        let mut patience = Patience::default();
        let mut now = Duration::ZERO;
        for round in 0..20 {
            now += patience.tried(now, now, PACE, 1.0);
            if round == 8 {
                assert!(!patience.is_exhausted());
                patience.restored();
            }
            assert_eq!(patience.is_exhausted(), round >= 18, "{round}");
        }
    }

    #[test]
    fn what_was_sent_before_a_round_is_over_belongs_to_it() {
        let mut patience = Patience::default();
        let now = Duration::from_secs(5);
        let wait = patience.tried(Duration::from_secs(1), now, PACE, 1.0);
        for sent in [Duration::from_secs(1), now, now + wait / 2] {
            patience.tried(sent, now + wait, PACE, 1.0);
        }
        assert_eq!(patience.failed_rounds(), 1);
        patience.tried(now + wait, now + wait, PACE, 1.0);
        assert_eq!(patience.failed_rounds(), 2);
    }

    #[test]
    fn waits_longer_each_time_up_to_half_a_minute() {
        for (random, longest) in [(1.0, Duration::from_millis(30_300)), (0.0, Duration::from_millis(15_150))] {
            let mut patience = Patience::default();
            let mut now = Duration::ZERO;
            let mut waits = Vec::new();
            for _ in 1..10 {
                waits.push(patience.tried(now, now, PACE, random));
                now += waits[waits.len() - 1];
            }
            assert!(waits.is_sorted());
            assert_eq!((waits[0] * 30, waits[8]), (longest, longest));
        }
    }
}
