//! How long to go on asking a Region that gives no pages.
//!
//! A failure is answered by another try, a little later each time. Ten rounds of failures with no page of the Region
//! arriving in between end its read. Requests that were under way together fail together: that is one round.

use std::time::Duration;

/// How many rounds of failures in a row end a read.
const ROUNDS: u32 = 10;
/// How many paces the longest wait is: some 30 s at the full pace.
const LONGEST_WAIT: u32 = 60;

/// What is left of the patience with one Region.
#[derive(Debug, Default)]
pub struct Patience {
    failed_rounds: u32,
    last_round: Option<Duration>,
}

impl Patience {
    /// Takes note that a page arrived.
    pub fn restored(&mut self) {
        *self = Self::default();
    }

    /// Takes note that the request that went out at `sent` failed. All times are since the sync began.
    pub fn tried(&mut self, sent: Duration, now: Duration) {
        if self.last_round.is_none_or(|last| sent >= last) {
            self.failed_rounds += 1;
            self.last_round = Some(now);
        }
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

    /// How long a failed request waits before it is made again: exponential, from two `pace`s on, jittered by
    /// `random`, which is from 0 to 1.
    #[must_use]
    pub fn wait(&self, pace: Duration, random: f64) -> Duration {
        let wait = (pace * 2).saturating_mul(1 << self.failed_rounds.saturating_sub(1).min(16));
        // At least half of it, and not all the same, so that readers that failed together don't come back together.
        wait.min(pace * LONGEST_WAIT).mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_after_ten_rounds_without_a_page() {
        let mut patience = Patience::default();
        for round in 0..20 {
            let now = Duration::from_secs(round);
            patience.tried(now, now);
            if round == 8 {
                assert!(!patience.is_exhausted());
                patience.restored();
            }
            assert_eq!(patience.is_exhausted(), round >= 18, "{round}");
        }
    }

    #[test]
    fn requests_that_fail_together_are_one_round() {
        let mut patience = Patience::default();
        for _ in 0..64 {
            patience.tried(Duration::from_secs(1), Duration::from_secs(5));
        }
        assert_eq!(patience.failed_rounds(), 1);
        patience.tried(Duration::from_secs(5), Duration::from_secs(6));
        assert_eq!(patience.failed_rounds(), 2);
    }

    #[test]
    fn waits_longer_each_time_up_to_half_a_minute() {
        let pace = Duration::from_millis(505);
        let mut patience = Patience::default();
        let mut waits = Vec::new();
        for round in 1..10 {
            patience.tried(Duration::from_secs(round), Duration::from_secs(round));
            waits.push(patience.wait(pace, 1.0));
            assert_eq!(patience.wait(pace, 0.0) * 2, patience.wait(pace, 1.0));
        }
        assert!(waits.is_sorted());
        assert_eq!((waits[0], waits[8]), (Duration::from_millis(1010), Duration::from_millis(30_300)));
    }
}
