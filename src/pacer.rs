//! When the next request of a Region may go out: evenly spaced, and slower while CloudTrail says that it is too much.
//!
//! CloudTrail allows 2 requests a second per account and Region, shared by every reader of the account. Pure: it is
//! told the time, as the time since the sync began.

use std::time::Duration;

/// The pace that uses the whole quota. 500 ms, with jitter on the way, would put three into one second.
pub const FULL_PACE: Duration = Duration::from_millis(505);
/// How far the pace may drop: some 4 s at the full pace.
const SLOWEST: u32 = 8;
/// Which part of an interval a request that follows a late one may come early.
const CATCH_UP: u32 = 25;
/// How much slower each throttled round makes the pace.
const DROP: f64 = 1.5;
/// How much of the way back to the full pace each page brings.
const RECOVERY: f64 = 0.02;

/// The pace of one Region's requests.
#[derive(Debug)]
pub struct Pacer {
    full: Duration,
    interval: Duration,
    next: Duration,
    /// When the pace was last dropped: requests that were sent before then say nothing new.
    dropped_at: Option<Duration>,
}

impl Pacer {
    /// A pacer that lets requests out `interval` apart at the most.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { full: interval, interval, next: Duration::ZERO, dropped_at: None }
    }

    /// The interval at the full pace.
    #[must_use]
    pub fn full(&self) -> Duration {
        self.full
    }

    /// When the next request may go out.
    #[must_use]
    pub fn next(&self) -> Duration {
        self.next
    }

    /// Takes note that a request goes out at `now`. What it was late by, as timers are, is made up for a little by
    /// the next one, so that the pace does not drift.
    pub fn sent(&mut self, now: Duration) {
        self.next = (self.next + self.interval).max(now + self.interval / CATCH_UP * (CATCH_UP - 1));
    }

    /// Takes note that a page arrived: the pace recovers a little.
    pub fn served(&mut self) {
        let lost = self.interval.saturating_sub(self.full);
        self.interval = self.full + lost.mul_f64(1.0 - RECOVERY);
    }

    /// Takes note, at `now`, that the request that went out at `sent` was throttled: everyone waits for `wait`, and the
    /// pace drops. Returns until when everyone waits.
    pub fn throttled(&mut self, sent: Duration, now: Duration, wait: Duration) -> Duration {
        if self.dropped_at.is_none_or(|dropped| sent >= dropped) {
            self.next = self.next.max(now + wait);
            self.interval = self.interval.mul_f64(DROP).min(self.full * SLOWEST);
            self.dropped_at = Some(now);
        }
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Wait(Duration),
        Serve,
        Throttle(Duration),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let millis = |most: u64| (0..most).prop_map(Duration::from_millis);
        let step = prop_oneof![
            3 => millis(1500).prop_map(Step::Wait),
            3 => Just(Step::Serve),
            1 => millis(30_000).prop_map(Step::Throttle),
        ];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        /// Whatever happens, any number of requests are as far apart as the full pace has them, but for what the first
        /// of them was late by: never more than the quota.
        #[test]
        fn never_faster_than_the_full_pace(steps in steps()) {
            let mut pacer = Pacer::new(FULL_PACE);
            let mut now = Duration::ZERO;
            let mut all: Vec<Duration> = Vec::new();
            let mut quiet_until = Duration::ZERO;
            for step in steps {
                match step {
                    Step::Wait(time) => now += time,
                    Step::Serve => pacer.served(),
                    Step::Throttle(wait) => quiet_until = pacer.throttled(all.last().copied().unwrap_or_default(), now, wait),
                }
                if pacer.next() <= now {
                    prop_assert!(now >= quiet_until);
                    for (count, earlier) in (1..).zip(all.iter().rev()) {
                        prop_assert!(now + FULL_PACE / CATCH_UP >= *earlier + FULL_PACE * count);
                    }
                    pacer.sent(now);
                    all.push(now);
                }
                prop_assert!((FULL_PACE..=FULL_PACE * SLOWEST).contains(&pacer.interval));
            }
        }

        #[test]
        fn throttles_drop_the_pace_and_pages_bring_it_back(rounds in 1..12_u32) {
            let mut pacer = Pacer::new(FULL_PACE);
            for round in 0..rounds {
                let now = Duration::from_secs(round.into());
                let before = pacer.interval;
                pacer.throttled(now, now, Duration::ZERO);
                prop_assert!(pacer.interval > before || before == FULL_PACE * SLOWEST);
            }
            for _ in 0..400 {
                pacer.served();
            }
            prop_assert!(pacer.interval < FULL_PACE + Duration::from_millis(5));
        }
    }

    #[test]
    fn requests_of_one_round_count_as_one_throttle() {
        let mut pacer = Pacer::new(FULL_PACE);
        let (now, wait) = (Duration::from_secs(10), Duration::from_secs(1));
        let until = pacer.throttled(Duration::from_secs(5), now, wait);
        let interval = pacer.interval;
        assert_eq!(pacer.throttled(Duration::from_secs(6), now, wait * 2), until);
        assert_eq!(pacer.interval, interval);
    }
}
