//! Which requests are throttled: those beyond the quota of their account and Region, which another client may share,
//! and some at random.

use std::collections::HashMap;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::other_reader::OtherReader;
use crate::rate::{Limiter, Quota};
use crate::settings::Settings;

/// The quotas of all accounts and Regions.
#[derive(Debug)]
pub(crate) struct Throttle {
    rate: Option<f64>,
    limiter: Limiter,
    other_reader: Option<f64>,
    random_share: f64,
    seed: u64,
    random: Xoshiro256PlusPlus,
    quotas: HashMap<(String, String), (Quota, Option<OtherReader>)>,
}

impl Throttle {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rate: settings.rate,
            limiter: settings.limiter,
            other_reader: settings.other_reader.filter(|rate| *rate > 0.0),
            random_share: settings.random_throttles,
            seed: settings.seed,
            // Random numbers of its own, so that latencies and tokens do not depend on them.
            random: Xoshiro256PlusPlus::seed_from_u64(settings.seed),
            quotas: HashMap::new(),
        }
    }

    /// Whether the next request is throttled whatever the rate; it must not be counted then.
    pub(crate) fn strikes_at_random(&mut self) -> bool {
        self.random.random::<f64>() < self.random_share
    }

    /// Whether a request that is counted at `now` is within its quota.
    pub(crate) fn admit(&mut self, account: &str, region: &str, now: Duration) -> bool {
        let Some(rate) = self.rate else {
            return true;
        };
        let (quota, other) = self.quotas.entry((account.to_owned(), region.to_owned())).or_insert_with(|| {
            let other = self.other_reader.map(|rate| OtherReader::new(rate, now, self.seed));
            (Quota::new(self.limiter, rate), other)
        });
        while let Some(at) = other.as_mut().and_then(|other| other.due(now)) {
            quota.admit(at);
        }
        quota.admit(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 200 requests are served to one who asks every `gap` milliseconds.
    fn served(settings: &Settings, gap: usize) -> usize {
        let mut throttle = Throttle::new(settings);
        let times = (0..).step_by(gap).take(200).map(Duration::from_millis);
        times.filter(|now| throttle.admit("a", "r", *now)).count()
    }

    const LIMITERS: [Limiter; 3] = [Limiter::Windows, Limiter::SlidingWindow, Limiter::Bucket { burst: 3 }];

    // Below the rate, and far from a divisor of the windows: else each request comes when an earlier one of the same
    // client leaves the window, and the other reader hardly gets a place.
    const PACE: usize = 700;

    #[test]
    fn another_reader_takes_a_part_of_the_quota() {
        for limiter in LIMITERS {
            let alone = Settings { limiter, ..Settings::default() };
            assert_eq!(served(&alone, PACE), 200, "{limiter:?}");
            let shared = Settings { other_reader: Some(4.0), ..alone };
            let left = served(&shared, PACE);
            assert!((30..100).contains(&left), "{limiter:?}: {left}");
            assert_eq!(served(&shared, PACE), left, "the same each time");
        }
    }

    #[test]
    fn another_reader_does_not_slow_down_when_the_client_does() {
        for limiter in LIMITERS {
            let left = served(&Settings { limiter, other_reader: Some(4.0), ..Settings::default() }, 60_123);
            assert!((20..120).contains(&left), "{limiter:?}: {left}");
        }
    }

    #[test]
    fn another_reader_starts_with_the_first_request_in_each_account_and_region() {
        let settings = Settings { other_reader: Some(1_000.0), ..Settings::default() };
        let mut throttle = Throttle::new(&settings);
        for (second, (account, region)) in [("a", "r"), ("a", "s"), ("b", "r")].into_iter().enumerate() {
            let first = Duration::from_secs(u64::try_from(second).unwrap());
            assert!(throttle.admit(account, region, first));
            assert!(!throttle.admit(account, region, first + Duration::from_millis(10)));
        }
    }

    #[test]
    fn a_share_is_throttled_at_random() {
        let struck = |random_throttles, seed| {
            let mut throttle = Throttle::new(&Settings { random_throttles, seed, ..Settings::default() });
            (0..1000).map(|_| throttle.strikes_at_random()).collect::<Vec<_>>()
        };
        let count = |struck: &[bool]| struck.iter().filter(|struck| **struck).count();
        assert!((150..250).contains(&count(&struck(0.2, 1))));
        assert_eq!(struck(0.2, 1), struck(0.2, 1));
        assert_ne!(struck(0.2, 1), struck(0.2, 2));
        assert_eq!((count(&struck(0.0, 1)), count(&struck(1.0, 1))), (0, 1000));
    }
}
