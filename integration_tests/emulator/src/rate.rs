//! The quota of one account and Region as a pure state machine: it is told when a request arrives and says
//! whether it is admitted. AWS states 2 requests a second and no burst; what is modelled is a small burst inside
//! one second and the stated rate over ten.

use std::collections::VecDeque;
use std::time::Duration;

/// Admitted at most inside the short window, which is one second at 2 requests a second.
const IN_SHORT_WINDOW: usize = 3;
/// Admitted at most inside the long window, which is ten seconds at 2 requests a second.
const IN_LONG_WINDOW: usize = 21;

/// The recent arrivals that were admitted.
#[derive(Debug)]
pub(crate) struct Quota {
    short: Duration,
    long: Duration,
    admitted: VecDeque<Duration>,
}

impl Quota {
    /// A quota of `rate` requests a second: the windows shrink as the rate grows.
    pub(crate) fn new(rate: f64) -> Self {
        Self {
            short: Duration::from_secs_f64(2.0 / rate),
            long: Duration::from_secs_f64(20.0 / rate),
            admitted: VecDeque::new(),
        }
    }

    /// Whether a request that arrives at `now` is served. One that is not leaves the quota as it was.
    pub(crate) fn admit(&mut self, now: Duration) -> bool {
        while self.admitted.front().is_some_and(|at| now.saturating_sub(*at) >= self.long) {
            self.admitted.pop_front();
        }
        let recent = self.admitted.iter().rev().take_while(|at| now.saturating_sub(**at) < self.short).count();
        let admitted = recent < IN_SHORT_WINDOW && self.admitted.len() < IN_LONG_WINDOW;
        if admitted {
            self.admitted.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(rate: f64, arrivals_ms: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut quota = Quota::new(rate);
        arrivals_ms.into_iter().map(|at| quota.admit(Duration::from_millis(at))).collect()
    }

    #[test]
    fn the_fourth_request_within_a_second_is_throttled() {
        assert_eq!(admitted(2.0, [0, 1, 2, 999]), [true, true, true, false]);
        assert_eq!(admitted(2.0, [0, 1, 2, 1000]), [true; 4]);
    }

    #[test]
    fn the_22nd_request_within_ten_seconds_is_throttled() {
        let mut expected = [true; 23];
        expected[21] = false;
        let arrivals = (0..21).map(|n| n * 400).chain([9_999, 10_000]);
        assert_eq!(admitted(2.0, arrivals), expected);
    }

    #[test]
    fn a_throttled_request_does_not_count() {
        assert_eq!(admitted(2.0, [0, 1, 2, 500, 600, 700, 1000]), [true, true, true, false, false, false, true]);
    }

    #[test]
    fn the_stated_rate_is_never_throttled() {
        assert!(admitted(2.0, (0..1000).map(|n| n * 500)).iter().all(|served| *served));
    }

    #[test]
    fn windows_scale_with_the_rate() {
        assert_eq!(admitted(40.0, [0, 1, 2, 49, 50]), [true, true, true, false, true]);
        let spaced = (0..21).map(|n| n * 20).chain([499, 500]);
        assert_eq!(admitted(40.0, spaced).iter().filter(|served| !**served).count(), 1);
    }
}
