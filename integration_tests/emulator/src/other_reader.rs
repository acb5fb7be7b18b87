//! Another client of the same account and Region, as a pure state machine: it asks at its own rate, whatever it is
//! answered, and so uses up a quota that a client under test has to share.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// When the other client asks. Its gaps differ, between half and one and a half times the mean: with equal ones it
/// would ask at the very moment at which each of its own earlier requests leaves a window, and nobody else would ever
/// find a place there.
#[derive(Debug)]
pub(crate) struct OtherReader {
    gap: f64,
    next: Duration,
    random: Xoshiro256PlusPlus,
}

impl OtherReader {
    /// One that asks `rate` times a second, which must be more than 0, from `start` on.
    pub(crate) fn new(rate: f64, start: Duration, seed: u64) -> Self {
        let mut reader = Self { gap: 1.0 / rate, next: start, random: Xoshiro256PlusPlus::seed_from_u64(seed) };
        reader.advance();
        reader
    }

    /// The time of its next request, if that has come by `now`; then the one after it is next.
    pub(crate) fn due(&mut self, now: Duration) -> Option<Duration> {
        let at = Some(self.next).filter(|at| *at <= now)?;
        self.advance();
        Some(at)
    }

    fn advance(&mut self) {
        self.next += Duration::from_secs_f64(self.gap * self.random.random_range(0.5..1.5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(reader: &mut OtherReader, seconds: u64) -> Vec<Duration> {
        std::iter::from_fn(|| reader.due(Duration::from_secs(seconds))).collect()
    }

    #[test]
    fn it_asks_at_its_rate_from_its_start_on() {
        let start = Duration::from_secs(10);
        let times = until(&mut OtherReader::new(4.0, start, 1), 1_010);
        assert!((3_950..4_050).contains(&times.len()), "{}", times.len());
        let gaps = std::iter::once(&start).chain(&times).zip(&times).map(|(earlier, later)| later.abs_diff(*earlier));
        let odd: Vec<Duration> = gaps.filter(|gap| !(125..=375).contains(&gap.as_millis())).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn when_it_asks_does_not_depend_on_when_it_is_looked_at() {
        let at_once = until(&mut OtherReader::new(4.0, Duration::ZERO, 1), 60);
        let mut reader = OtherReader::new(4.0, Duration::ZERO, 1);
        let bit_by_bit: Vec<Duration> = (0..=60).flat_map(|second| until(&mut reader, second)).collect();
        assert_eq!(bit_by_bit, at_once);
        assert_ne!(until(&mut OtherReader::new(4.0, Duration::ZERO, 2), 60), at_once);
    }
}
