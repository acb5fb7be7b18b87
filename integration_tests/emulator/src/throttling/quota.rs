//! The quota of one account and Region, as a pure state machine: given the time at which a request counts, it decides
//! whether to admit it. AWS documents 2 requests a second, but neither a burst nor how it counts them. So there are
//! several ways to count, and clients should work with all of them.

use std::{collections::VecDeque, time::Duration};

/// How the quota counts requests. In all cases, a throttled request does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limiter {
    /// Two windows: at 2 requests a second, at most 3 within a second and 21 within ten. This allows a small burst
    /// within a second, and enforces the rate over ten.
    #[default]
    Windows,
    /// A token bucket, which is full at first and refills at the rate.
    Bucket {
        /// How many requests a full bucket admits at once. 0 is the same as 1.
        burst: u32,
    },
    /// A sliding window without a burst: at 2 requests a second, at most 2 within any second.
    SlidingWindow,
}

/// A quota, and the requests that it has admitted.
#[derive(Debug)]
pub(crate) enum Quota {
    Windows(Windows),
    Bucket(Bucket),
}

impl Quota {
    /// A quota of `rate` requests a second. With a higher rate, the windows are shorter, not larger.
    pub(crate) fn new(limiter: Limiter, rate: f64) -> Self {
        let at_two = |seconds: f64| Duration::from_secs_f64(seconds * 2.0 / rate);
        match limiter {
            Limiter::Windows => Self::Windows(Windows::new(vec![(3, at_two(1.0)), (21, at_two(10.0))])),
            Limiter::SlidingWindow => Self::Windows(Windows::new(vec![(2, at_two(1.0))])),
            Limiter::Bucket { burst } => Self::Bucket(Bucket::new(burst, Duration::from_secs_f64(1.0 / rate))),
        }
    }

    /// A quota of this many requests in any second.
    pub(crate) fn per_second(count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Self::Windows(Windows::new(vec![(count, Duration::from_secs(1))]))
    }

    /// Whether a request that counts at `now` is admitted. Times must not decrease.
    pub(crate) fn admit(&mut self, now: Duration) -> bool {
        match self {
            Self::Windows(windows) => windows.admit(now),
            Self::Bucket(bucket) => bucket.admit(now),
        }
    }
}

/// Windows, each of which admits a number of requests within its length.
#[derive(Debug)]
pub(crate) struct Windows {
    limits: Vec<(usize, Duration)>,
    longest: Duration,
    admitted: VecDeque<Duration>,
}

impl Windows {
    fn new(limits: Vec<(usize, Duration)>) -> Self {
        let longest = limits.iter().map(|(_, length)| *length).max().unwrap_or_default();
        Self { limits, longest, admitted: VecDeque::new() }
    }

    fn admit(&mut self, now: Duration) -> bool {
        while self.admitted.front().is_some_and(|at| now.saturating_sub(*at) >= self.longest) {
            self.admitted.pop_front();
        }
        let within = |length| self.admitted.iter().rev().take_while(|at| now.saturating_sub(**at) < length).count();
        let admitted = self.limits.iter().all(|(most, length)| within(*length) < *most);
        if admitted {
            self.admitted.push_back(now);
        }
        admitted
    }
}

/// A token bucket, stored as the time at which it is full. Unlike the number of tokens, this has no fractions, so a
/// request that arrives exactly when a token does is never throttled by a rounding error.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_request: Duration,
    /// How long before it is full the bucket has a token.
    burst_time: Duration,
    full_at: Duration,
}

impl Bucket {
    fn new(burst: u32, per_request: Duration) -> Self {
        Self { per_request, burst_time: per_request * burst.saturating_sub(1), full_at: Duration::ZERO }
    }

    fn admit(&mut self, now: Duration) -> bool {
        let admitted = self.full_at <= now + self.burst_time;
        if admitted {
            self.full_at = self.full_at.max(now) + self.per_request;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limiter: Limiter, rate: f64, arrivals_ms: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut quota = Quota::new(limiter, rate);
        arrivals_ms.into_iter().map(|at| quota.admit(Duration::from_millis(at))).collect()
    }

    fn admitted_by_windows(rate: f64, arrivals_ms: impl IntoIterator<Item = u64>) -> Vec<bool> {
        admitted(Limiter::Windows, rate, arrivals_ms)
    }

    #[test]
    fn the_fourth_request_within_a_second_is_throttled() {
        assert_eq!(admitted_by_windows(2.0, [0, 1, 2, 999]), [true, true, true, false]);
        assert_eq!(admitted_by_windows(2.0, [0, 1, 2, 1000]), [true; 4]);
    }

    #[test]
    fn the_22nd_request_within_ten_seconds_is_throttled() {
        let mut expected = [true; 23];
        expected[21] = false;
        let arrivals = (0..21).map(|n| n * 400).chain([9_999, 10_000]);
        assert_eq!(admitted_by_windows(2.0, arrivals), expected);
    }

    #[test]
    fn windows_are_shorter_at_a_higher_rate() {
        assert_eq!(admitted_by_windows(40.0, [0, 1, 2, 49, 50]), [true, true, true, false, true]);
        let spaced = (0..21).map(|n| n * 20).chain([499, 500]);
        assert_eq!(admitted_by_windows(40.0, spaced).iter().filter(|served| !**served).count(), 1);
    }

    #[test]
    fn a_sliding_window_throttles_the_third_request_within_any_second() {
        let arrivals = [0, 400, 999, 1000, 1399, 1400, 1999, 2000];
        let expected = [true, true, false, true, false, true, false, true];
        assert_eq!(admitted(Limiter::SlidingWindow, 2.0, arrivals), expected);
        assert_eq!(admitted(Limiter::SlidingWindow, 20.0, arrivals.map(|at| at / 10)), expected);
    }

    #[test]
    fn a_bucket_admits_its_burst_and_then_its_rate() {
        let three = Limiter::Bucket { burst: 3 };
        assert_eq!(
            admitted(three, 2.0, [0, 0, 0, 0, 499, 500, 501, 999, 1000]),
            [true, true, true, false, false, true, false, false, true]
        );
        // It is full again after 1.5 s, and does not get fuller.
        for pause in [1_500, 60_000] {
            let arrivals = [0, 0, 0].into_iter().chain([pause; 4]);
            assert_eq!(admitted(three, 2.0, arrivals), [true, true, true, true, true, true, false], "{pause}");
        }
        assert_eq!(admitted(three, 40.0, [0, 0, 0, 24, 25]), [true, true, true, false, true]);
    }

    #[test]
    fn a_bucket_without_a_burst_spaces_requests_evenly() {
        for burst in [0, 1] {
            let arrivals = [0, 0, 499, 500, 999, 1000];
            assert_eq!(admitted(Limiter::Bucket { burst }, 2.0, arrivals), [true, false, false, true, false, true]);
        }
    }

    const ALL: [Limiter; 4] =
        [Limiter::Windows, Limiter::SlidingWindow, Limiter::Bucket { burst: 1 }, Limiter::Bucket { burst: 5 }];

    #[test]
    fn a_throttled_request_does_not_count() {
        for limiter in ALL {
            let mut eager = Quota::new(limiter, 2.0);
            let times = (0..10_000).map(Duration::from_millis);
            let served: Vec<Duration> = times.filter(|now| eager.admit(*now)).collect();
            let mut patient = Quota::new(limiter, 2.0);
            assert!(served.iter().all(|now| patient.admit(*now)), "{limiter:?}");
            assert!((20..=25).contains(&served.len()), "{limiter:?}: {}", served.len());
        }
    }

    #[test]
    fn a_quota_per_second_admits_as_many_at_once() {
        let mut quota = Quota::per_second(3);
        let admitted = [0, 0, 999, 999, 1000, 1001].map(|at| quota.admit(Duration::from_millis(at)));
        assert_eq!(admitted, [true, true, true, false, true, true]);
    }

    #[test]
    fn requests_at_the_rate_are_never_throttled() {
        for limiter in ALL {
            assert!(admitted(limiter, 2.0, (0..1000).map(|n| n * 500)).iter().all(|served| *served), "{limiter:?}");
        }
    }
}
