//! Which requests are throttled: those that exceed the quota of their account and Region, which another client may
//! share, and some at random.

use super::{
    other_reader::OtherReader,
    quota::{Limiter, Quota},
};
use crate::random::Random;
use rand::{RngExt, SeedableRng};
use std::{collections::HashMap, time::Duration};

/// How requests are throttled, as in the fields of [`Settings`](crate::Settings) with the same names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThrottleSettings {
    pub(crate) rate: Option<f64>,
    pub(crate) limiter: Limiter,
    pub(crate) other_reader: Option<f64>,
    pub(crate) random_throttles: f64,
    pub(crate) seed: u64,
}

/// The quotas of all accounts and Regions.
#[derive(Debug)]
pub(crate) struct Throttle {
    settings: ThrottleSettings,
    /// Random numbers of its own, so that latencies and tokens do not depend on them.
    random: Random,
    quotas: HashMap<(String, String), (Quota, Option<OtherReader>)>,
}

impl Throttle {
    pub(crate) fn new(settings: ThrottleSettings) -> Self {
        Self { settings, random: Random::seed_from_u64(settings.seed), quotas: HashMap::new() }
    }

    /// Whether the next request is throttled at random. If so, it does not count.
    pub(crate) fn throttles_at_random(&mut self) -> bool {
        self.random.random::<f64>() < self.settings.random_throttles
    }

    /// Whether a request that counts at `now` is within its quota.
    pub(crate) fn admit(&mut self, account: &str, region: &str, now: Duration) -> bool {
        let ThrottleSettings { rate, limiter, other_reader, seed, .. } = self.settings;
        let Some(rate) = rate else {
            return true;
        };
        let (quota, other) = self.quotas.entry((account.to_owned(), region.to_owned())).or_insert_with(|| {
            let other = other_reader.filter(|rate| *rate > 0.0).map(|rate| OtherReader::new(rate, now, seed));
            (Quota::new(limiter, rate), other)
        });
        while let Some(at) = other.as_mut().and_then(|other| other.next_until(now)) {
            quota.admit(at);
        }
        quota.admit(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ThrottleSettings = ThrottleSettings {
        rate: Some(2.0),
        limiter: Limiter::Windows,
        other_reader: None,
        random_throttles: 0.0,
        seed: 0,
    };

    /// How many of 200 requests are admitted if there is one every `interval` milliseconds.
    fn admitted(settings: ThrottleSettings, interval: usize) -> usize {
        let mut throttle = Throttle::new(settings);
        let times = (0..).step_by(interval).take(200).map(Duration::from_millis);
        times.filter(|now| throttle.admit("a", "r", *now)).count()
    }

    const LIMITERS: [Limiter; 3] = [Limiter::Windows, Limiter::SlidingWindow, Limiter::Bucket { burst: 3 }];

    /// Below the rate, and far from any divisor of the windows. Otherwise, each request would come just when an earlier
    /// one leaves the window, and the other reader would hardly be admitted.
    const INTERVAL: usize = 700;

    #[test]
    fn another_reader_uses_part_of_the_quota() {
        for limiter in LIMITERS {
            let alone = ThrottleSettings { limiter, ..SETTINGS };
            assert_eq!(admitted(alone, INTERVAL), 200, "{limiter:?}");
            let shared = ThrottleSettings { other_reader: Some(4.0), ..alone };
            let left = admitted(shared, INTERVAL);
            assert!((30..100).contains(&left), "{limiter:?}: {left}");
            assert_eq!(admitted(shared, INTERVAL), left, "the same each time");
        }
    }

    #[test]
    fn another_reader_keeps_its_rate_when_the_client_slows_down() {
        for limiter in LIMITERS {
            let left = admitted(ThrottleSettings { limiter, other_reader: Some(4.0), ..SETTINGS }, 60_123);
            assert!((20..120).contains(&left), "{limiter:?}: {left}");
        }
    }

    #[test]
    fn another_reader_starts_at_the_first_request_in_each_account_and_region() {
        let mut throttle = Throttle::new(ThrottleSettings { other_reader: Some(1_000.0), ..SETTINGS });
        for (second, (account, region)) in [("a", "r"), ("a", "s"), ("b", "r")].into_iter().enumerate() {
            let first = Duration::from_secs(u64::try_from(second).unwrap());
            assert!(throttle.admit(account, region, first));
            assert!(!throttle.admit(account, region, first + Duration::from_millis(10)));
        }
    }

    #[test]
    fn a_share_of_requests_is_throttled_at_random() {
        let throttled = |random_throttles, seed| {
            let mut throttle = Throttle::new(ThrottleSettings { random_throttles, seed, ..SETTINGS });
            (0..1000).map(|_| throttle.throttles_at_random()).collect::<Vec<_>>()
        };
        let count = |throttled: &[bool]| throttled.iter().filter(|throttled| **throttled).count();
        assert!((150..250).contains(&count(&throttled(0.2, 1))));
        assert_eq!(throttled(0.2, 1), throttled(0.2, 1));
        assert_ne!(throttled(0.2, 1), throttled(0.2, 2));
        assert_eq!((count(&throttled(0.0, 1)), count(&throttled(1.0, 1))), (0, 1000));
    }
}
