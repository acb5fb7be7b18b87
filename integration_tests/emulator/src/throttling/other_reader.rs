//! Another client of the same account and Region, as a pure state machine: it makes requests at its own rate, even when
//! they are throttled, so that the client under test has to share the quota.

use crate::random::Random;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

/// When the other client makes requests. The intervals vary between half and one and a half times their mean. If they
/// were all equal, each request could come just when an earlier one leaves the window, and no other client would ever
/// be admitted.
#[derive(Debug)]
pub(crate) struct OtherReader {
    /// The mean, in seconds.
    interval: f64,
    next: Duration,
    random: Random,
}

impl OtherReader {
    /// A client that makes `rate` requests a second, which must be more than 0, from `start` on.
    pub(crate) fn new(rate: f64, start: Duration, seed: u64) -> Self {
        let mut reader = Self { interval: 1.0 / rate, next: start, random: Random::seed_from_u64(seed) };
        reader.advance();
        reader
    }

    /// The time of its next request, if that is not after `now`. The next call returns the one after it.
    pub(crate) fn next_until(&mut self, now: Duration) -> Option<Duration> {
        let at = Some(self.next).filter(|at| *at <= now)?;
        self.advance();
        Some(at)
    }

    fn advance(&mut self) {
        self.next += Duration::from_secs_f64(self.interval * self.random.random_range(0.5..1.5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_until(reader: &mut OtherReader, seconds: u64) -> Vec<Duration> {
        std::iter::from_fn(|| reader.next_until(Duration::from_secs(seconds))).collect()
    }

    #[test]
    fn it_makes_requests_at_its_rate_from_its_start() {
        let start = Duration::from_secs(10);
        let times = all_until(&mut OtherReader::new(4.0, start, 1), 1_010);
        assert!((3_950..4_050).contains(&times.len()), "{}", times.len());
        let intervals =
            std::iter::once(&start).chain(&times).zip(&times).map(|(earlier, later)| later.abs_diff(*earlier));
        let odd: Vec<Duration> = intervals.filter(|interval| !(125..=375).contains(&interval.as_millis())).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn its_times_do_not_depend_on_when_they_are_read() {
        let at_once = all_until(&mut OtherReader::new(4.0, Duration::ZERO, 1), 60);
        let mut reader = OtherReader::new(4.0, Duration::ZERO, 1);
        let step_by_step: Vec<Duration> = (0..=60).flat_map(|second| all_until(&mut reader, second)).collect();
        assert_eq!(step_by_step, at_once);
        assert_ne!(all_until(&mut OtherReader::new(4.0, Duration::ZERO, 2), 60), at_once);
    }
}
