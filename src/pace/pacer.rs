//! When the next request of a Region may go out: evenly spaced, and slower while CloudTrail says that it is too much.
//!
//! CloudTrail allows 2 requests a second per account and Region, shared by every reader of the account. Single throttles
//! come at that rate, too, and say little; many say that others use the quota, or that it is smaller. Nothing tells one
//! from the other at once, so the pace follows the rule of TCP, additive increase and multiplicative decrease, in small
//! steps: a throttle takes a tenth of the pace and half an interval, and each page gives back a twenty-fifth of the full
//! pace. So the pace stays near the full one while no more than one request in four is throttled, whatever the reason,
//! and readers that share a quota get the same share of it in the long run.
//!
//! Pure: it is told the time, as the time since the sync began.

use std::time::Duration;

/// The pace that uses the whole quota. 500 ms, with jitter on the way, would put three into one second.
pub const FULL_PACE: Duration = Duration::from_millis(505);
/// How far the pace may drop: some 4 s between two requests at the full pace.
const SLOWEST: f64 = 1.0 / 8.0;
/// What a throttle leaves of the pace.
const DECREASE: f64 = 0.9;
/// Which part of the full pace each page gives back.
const INCREASE: f64 = 1.0 / 25.0;
/// Which part of the full interval a throttle delays the next request by: a limiter that is full has room a little later.
const DELAY: f64 = 0.5;
/// Which part of the full interval requests may be behind their time: 20 ms. What they are late by beyond it is lost.
const MOST_BEHIND: u32 = 25;
/// Which part of the full interval a request may come early to make up for that: 2.5 ms, so that any three requests are
/// 1,005 ms apart, and any two 500 ms. A strict limiter may have room for two in any second, or for one in half of it.
const CATCH_UP: u32 = 202;

/// The pace of one Region's requests. All times are since the sync began.
#[derive(Debug)]
pub struct Pacer {
    full: Duration,
    /// Requests per `full` interval, 1 at the most.
    rate: f64,
    /// When the next request would go out if none had been late.
    due: Duration,
    next: Duration,
    /// When the pace was last slowed: requests that were sent before then say nothing new.
    slowed: Duration,
}

impl Pacer {
    /// A pacer that lets requests out `interval` apart at the most.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        let now = Duration::ZERO;
        Self { full: interval, rate: 1.0, due: now, next: now, slowed: now }
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

    /// A request goes out at `now`. What it was late by, as timers are, is made up for in small steps, so that the pace
    /// does not drift and no three requests come close together.
    pub fn sent(&mut self, now: Duration) {
        let next = now + self.interval();
        self.due = (self.due + self.interval()).max(next.saturating_sub(self.full / MOST_BEHIND));
        self.next = self.due.max(next.saturating_sub(self.full / CATCH_UP));
    }

    /// A page arrived: the pace recovers a little.
    pub fn served(&mut self) {
        self.rate = (self.rate + INCREASE).min(1.0);
    }

    /// The request that went out at `sent` was throttled at `now`: everyone waits for `wait` at least, and the pace drops.
    /// Requests that were under way together are throttled together, and slow it once. Returns until when everyone waits.
    pub fn throttled(&mut self, sent: Duration, now: Duration, wait: Duration) -> Duration {
        if sent >= self.slowed {
            self.rate = (self.rate * DECREASE).max(SLOWEST);
            self.slowed = now;
            self.next += self.full.mul_f64(DELAY);
        }
        self.next = self.next.max(now + wait);
        self.next
    }

    fn interval(&self) -> Duration {
        self.full.div_f64(self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[derive(Clone, Debug)]
    enum Step {
        Wait(Duration),
        /// Until the next request may go out, and so much longer.
        WaitForNext(Duration),
        Serve,
        Throttle(Duration),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let millis = |most: u64| (0..most).prop_map(Duration::from_millis);
        let step = prop_oneof![
            3 => millis(1500).prop_map(Step::Wait),
            3 => Just(Step::WaitForNext(Duration::ZERO)),
            1 => millis(30).prop_map(Step::WaitForNext),
            3 => Just(Step::Serve),
            1 => millis(30_000).prop_map(Step::Throttle),
        ];
        prop::collection::vec(step, 1..200)
    }

    /// A pacer that has been throttled so many times in a row, a minute apart.
    fn slowed(full: Duration, throttles: u32) -> Pacer {
        let mut pacer = Pacer::new(full);
        for minute in 0..throttles {
            let now = Duration::from_mins(minute.into());
            pacer.throttled(now, now, Duration::ZERO);
        }
        pacer
    }

    proptest! {
        /// Whatever happens, any number of requests are as far apart as the full pace has them, but for what the first
        /// of them was late by, and any three are more than a second apart: never more than the quota.
        #[test]
        fn never_faster_than_the_full_pace(steps in steps(), scale in 1..40_u32) {
            let full = FULL_PACE / scale;
            let mut pacer = Pacer::new(full);
            let mut now = Duration::ZERO;
            let mut all: Vec<Duration> = Vec::new();
            let mut quiet_until = Duration::ZERO;
            for step in steps {
                match step {
                    Step::Wait(time) => now += time / scale,
                    Step::WaitForNext(late) => now = now.max(pacer.next() + late / scale),
                    Step::Serve => pacer.served(),
                    Step::Throttle(wait) => {
                        pacer.throttled(all.last().copied().unwrap_or_default(), now, wait);
                        quiet_until = quiet_until.max(now + wait);
                    }
                }
                if pacer.next() <= now {
                    prop_assert!(now >= quiet_until);
                    for (count, earlier) in (1..).zip(all.iter().rev()) {
                        prop_assert!(now + full / MOST_BEHIND >= *earlier + full * count);
                    }
                    if let [.., first, _] = all[..] {
                        prop_assert!(now + Duration::from_nanos(50) >= first + full.mul_f64(1_005.0 / 505.0));
                    }
                    pacer.sent(now);
                    all.push(now);
                }
                prop_assert!((full..=full * 8).contains(&pacer.interval()));
            }
        }

        /// However late timers are, as long as it is by some 2 ms on average at the most, the full pace is kept.
        #[test]
        fn what_timers_are_late_by_is_made_up_for(late in prop::collection::vec(0..4_u64, 200)) {
            let mut pacer = Pacer::new(FULL_PACE);
            for late in &late {
                pacer.sent(pacer.next() + Duration::from_millis(*late));
            }
            let requests = u32::try_from(late.len()).unwrap();
            prop_assert!(pacer.next() <= FULL_PACE * requests + FULL_PACE / MOST_BEHIND);
        }

        #[test]
        fn each_throttle_slows_down_and_pages_bring_all_of_it_back(throttles in 1..60_u32) {
            let mut pacer = slowed(FULL_PACE, throttles);
            let before = slowed(FULL_PACE, throttles - 1).interval();
            prop_assert!(pacer.interval() > before || before == FULL_PACE * 8);
            prop_assert!(throttles < 20 || pacer.interval() == FULL_PACE * 8);
            for _ in 0..25 {
                let before = pacer.interval();
                pacer.served();
                prop_assert!(pacer.interval() < before || before == FULL_PACE);
            }
            prop_assert_eq!(pacer.interval(), FULL_PACE);
        }
    }

    /// The next one after it makes up for it, but not at once.
    #[test]
    fn after_a_late_request_no_three_come_within_a_second() {
        let mut pacer = Pacer::new(FULL_PACE);
        let mut sent = vec![Duration::ZERO, FULL_PACE, FULL_PACE * 2 + Duration::from_millis(20)];
        for now in &sent {
            pacer.sent(*now);
        }
        for _ in 0..20 {
            sent.push(pacer.next());
            pacer.sent(pacer.next());
        }
        assert!(sent.windows(3).all(|three| three[2] >= three[0] + Duration::from_millis(1_005)), "{sent:?}");
        assert_eq!(sent[22], FULL_PACE * 22);
    }

    #[test]
    fn what_was_not_used_in_a_minute_is_not_made_up_for() {
        let mut pacer = Pacer::new(FULL_PACE);
        pacer.sent(Duration::ZERO);
        let began = Duration::from_mins(1);
        pacer.sent(began);
        for _ in 0..100 {
            pacer.sent(pacer.next());
        }
        assert!(pacer.next() + FULL_PACE / MOST_BEHIND >= began + FULL_PACE * 101, "{:?}", pacer.next());
    }

    #[test]
    fn a_single_throttle_costs_half_an_interval_and_slows_by_a_tenth() {
        let mut pacer = Pacer::new(FULL_PACE);
        pacer.sent(SECOND);
        let next = pacer.next() + FULL_PACE / 2;
        assert_eq!(pacer.throttled(SECOND, SECOND + Duration::from_millis(30), Duration::ZERO), next);
        pacer.sent(next);
        assert!((next + FULL_PACE.mul_f64(1.09)..next + FULL_PACE.mul_f64(1.12)).contains(&pacer.next()));
    }

    #[test]
    fn requests_that_were_under_way_together_slow_it_once_but_all_wait() {
        let mut pacer = Pacer::new(FULL_PACE);
        let until = pacer.throttled(SECOND * 5, SECOND * 10, SECOND);
        let interval = pacer.interval();
        assert_eq!(pacer.throttled(SECOND * 6, SECOND * 10, Duration::ZERO), until);
        assert_eq!(pacer.throttled(SECOND * 7, SECOND * 11, SECOND * 2), SECOND * 13);
        assert_eq!(pacer.interval(), interval);
        pacer.throttled(SECOND * 10, SECOND * 12, SECOND);
        assert!(pacer.interval() > interval);
    }
}
