//! When the next request of a Region may be sent: evenly spaced, and slower while CloudTrail throttles.
//!
//! CloudTrail allows 2 requests a second per account and Region, shared by all readers of the account. Single throttles
//! occur at that rate, too, and mean little. Many of them mean that others use the quota, or that it is smaller. The two
//! can't be told apart at once, so the pace follows the rule of TCP, additive increase and multiplicative decrease, in
//! small steps: a throttle takes a tenth of the pace and half an interval, and each page gives back a twenty-fifth of the
//! full pace. So the pace stays near the full one while no more than one request in four is throttled, whatever the
//! reason, and readers that share a quota get equal shares of it in the long run.
//!
//! Pure: it is told the time.

use super::elapsed::Elapsed;
use std::time::Duration;

/// The interval between requests that uses the whole quota. With 500 ms, jitter on the network would put three requests
/// into one second.
pub const FULL_PACE: Duration = Duration::from_millis(505);
/// The lowest rate, as a part of the full one: one request in some 4 s, so that a read beside others does not stop.
const MIN_RATE: f64 = 1.0 / 8.0;
/// What a throttle leaves of the rate.
const DECREASE: f64 = 0.9;
/// The part of the full rate that each page gives back.
const INCREASE: f64 = 1.0 / 25.0;
/// The part of the full interval by which a throttle delays the next request: a limiter that is full has room a little
/// later.
const DELAY: f64 = 0.5;
/// The full interval, divided by this, is the delay that is made up for, some 20 ms: more than timers are late by. Any
/// delay beyond it is lost.
const MAX_BEHIND: u32 = 25;
/// The full interval, divided by this, is how early a request may be sent to make up for that: 2.5 ms. So any three
/// requests span at least 1,005 ms, and any two at least 500 ms, because a strict limiter may allow two requests in any
/// second, or one in any half of a second.
const CATCH_UP: u32 = 202;

/// The pace of one Region's requests.
#[derive(Debug)]
pub(crate) struct Pacer {
    full: Duration,
    /// Requests per `full` interval, 1 at the most.
    rate: f64,
    /// When the next request would be sent if none had been late.
    due: Elapsed,
    next_request: Elapsed,
    /// When the pace was last slowed: a throttle of a request that was sent before then means nothing new.
    slowed: Elapsed,
}

impl Pacer {
    /// A pacer whose requests are at least `interval` apart.
    #[must_use]
    pub(crate) fn new(interval: Duration) -> Self {
        let now = Elapsed::START;
        Self { full: interval, rate: 1.0, due: now, next_request: now, slowed: now }
    }

    /// The interval at the full pace.
    #[must_use]
    pub(crate) fn full(&self) -> Duration {
        self.full
    }

    /// When the next request may be sent.
    #[must_use]
    pub(crate) fn next_request(&self) -> Elapsed {
        self.next_request
    }

    /// Counts a request that is sent at `now`. If it is late, as timers are, the delay is made up for in small steps, so
    /// that the pace does not drift and no three requests come close together.
    pub(crate) fn request_sent(&mut self, now: Elapsed) {
        let interval = self.interval();
        self.due = (self.due + interval).max(now + interval.saturating_sub(self.full / MAX_BEHIND));
        self.next_request = self.due.max(now + interval.saturating_sub(self.full / CATCH_UP));
    }

    /// Recovers a little, because a page arrived.
    pub(crate) fn page_arrived(&mut self) {
        self.rate = (self.rate + INCREASE).min(1.0);
    }

    /// Slows down, because the request that was sent at `sent` was throttled at `now`: all requests wait for at least
    /// `wait`, and the pace drops. Requests that are in flight together are throttled together, and slow it once. Returns
    /// when the next request may be sent.
    pub(crate) fn throttled(&mut self, sent: Elapsed, now: Elapsed, wait: Duration) -> Elapsed {
        if sent >= self.slowed {
            self.rate = (self.rate * DECREASE).max(MIN_RATE);
            self.slowed = now;
            self.next_request += self.full.mul_f64(DELAY);
        }
        self.next_request = self.next_request.max(now + wait);
        self.next_request
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

    fn second(nth: u32) -> Elapsed {
        Elapsed::START + SECOND * nth
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(Duration),
        /// Until the next request may be sent, and so much longer.
        WaitForNext(Duration),
        PageArrives,
        Throttle(Duration),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let millis = |most: u64| (0..most).prop_map(Duration::from_millis);
        let step = prop_oneof![
            3 => millis(1500).prop_map(Step::Wait),
            3 => Just(Step::WaitForNext(Duration::ZERO)),
            1 => millis(30).prop_map(Step::WaitForNext),
            3 => Just(Step::PageArrives),
            1 => millis(30_000).prop_map(Step::Throttle),
        ];
        prop::collection::vec(step, 1..200)
    }

    /// A pacer that has been throttled so many times in a row, a minute apart.
    fn slowed(full: Duration, throttles: u32) -> Pacer {
        let mut pacer = Pacer::new(full);
        for minute in 0..throttles {
            let now = Elapsed::START + Duration::from_mins(minute.into());
            pacer.throttled(now, now, Duration::ZERO);
        }
        pacer
    }

    proptest! {
        /// Whatever happens, requests are as far apart as the full pace demands, except for the delay of the first of
        /// them, and any three span more than a second: never more than the quota.
        #[test]
        fn never_faster_than_the_full_pace(steps in steps(), scale in 1..40_u32) {
            let full = FULL_PACE / scale;
            let mut pacer = Pacer::new(full);
            let mut now = Elapsed::START;
            let mut all: Vec<Elapsed> = Vec::new();
            let mut quiet_until = Elapsed::START;
            for step in steps {
                match step {
                    Step::Wait(time) => now += time / scale,
                    Step::WaitForNext(late) => now = now.max(pacer.next_request() + late / scale),
                    Step::PageArrives => pacer.page_arrived(),
                    Step::Throttle(wait) => {
                        pacer.throttled(all.last().copied().unwrap_or_default(), now, wait);
                        quiet_until = quiet_until.max(now + wait);
                    }
                }
                if pacer.next_request() <= now {
                    prop_assert!(now >= quiet_until);
                    for (count, earlier) in (1..).zip(all.iter().rev()) {
                        prop_assert!(now + full / MAX_BEHIND >= *earlier + full * count);
                    }
                    if let [.., first, _] = all[..] {
                        prop_assert!(now + Duration::from_nanos(50) >= first + full.mul_f64(1_005.0 / 505.0));
                    }
                    pacer.request_sent(now);
                    all.push(now);
                }
                prop_assert!((full..=full * 8).contains(&pacer.interval()));
            }
        }

        /// As long as timers are late by 2 ms on average at the most, the full pace is kept.
        #[test]
        fn the_delays_of_timers_are_made_up_for(late in prop::collection::vec(0..4_u64, 200)) {
            let mut pacer = Pacer::new(FULL_PACE);
            for late in &late {
                pacer.request_sent(pacer.next_request() + Duration::from_millis(*late));
            }
            let requests = u32::try_from(late.len()).unwrap();
            prop_assert!(pacer.next_request().since_start() <= FULL_PACE * requests + FULL_PACE / MAX_BEHIND);
        }

        #[test]
        fn each_throttle_slows_down_and_pages_restore_the_full_pace(throttles in 1..60_u32) {
            let mut pacer = slowed(FULL_PACE, throttles);
            let before = slowed(FULL_PACE, throttles - 1).interval();
            prop_assert!(pacer.interval() > before || before == FULL_PACE * 8);
            prop_assert!(throttles < 20 || pacer.interval() == FULL_PACE * 8);
            for _ in 0..25 {
                let before = pacer.interval();
                pacer.page_arrived();
                prop_assert!(pacer.interval() < before || before == FULL_PACE);
            }
            prop_assert_eq!(pacer.interval(), FULL_PACE);
        }
    }

    /// The requests after it make up for the delay, but not all at once.
    #[test]
    fn after_a_late_request_no_three_are_sent_within_a_second() {
        let mut pacer = Pacer::new(FULL_PACE);
        let late = FULL_PACE * 2 + Duration::from_millis(20);
        let mut sent = vec![Elapsed::START, Elapsed::START + FULL_PACE, Elapsed::START + late];
        for now in &sent {
            pacer.request_sent(*now);
        }
        for _ in 0..20 {
            sent.push(pacer.next_request());
            pacer.request_sent(pacer.next_request());
        }
        assert!(sent.windows(3).all(|three| three[2] >= three[0] + Duration::from_millis(1_005)), "{sent:?}");
        assert_eq!(sent[22].since_start(), FULL_PACE * 22);
    }

    #[test]
    fn a_minute_without_requests_is_not_made_up_for() {
        let mut pacer = Pacer::new(FULL_PACE);
        pacer.request_sent(Elapsed::START);
        let began = Elapsed::START + Duration::from_mins(1);
        pacer.request_sent(began);
        for _ in 0..100 {
            pacer.request_sent(pacer.next_request());
        }
        let next = pacer.next_request();
        assert!(next + FULL_PACE / MAX_BEHIND >= began + FULL_PACE * 101, "{next:?}");
    }

    #[test]
    fn a_single_throttle_costs_half_an_interval_and_slows_by_a_tenth() {
        let mut pacer = Pacer::new(FULL_PACE);
        let sent = second(1);
        pacer.request_sent(sent);
        let next = pacer.next_request() + FULL_PACE / 2;
        assert_eq!(pacer.throttled(sent, sent + Duration::from_millis(30), Duration::ZERO), next);
        pacer.request_sent(next);
        assert!((next + FULL_PACE.mul_f64(1.09)..next + FULL_PACE.mul_f64(1.12)).contains(&pacer.next_request()));
    }

    #[test]
    fn requests_that_were_in_flight_together_slow_it_once_but_all_wait() {
        let mut pacer = Pacer::new(FULL_PACE);
        let until = pacer.throttled(second(5), second(10), SECOND);
        let interval = pacer.interval();
        assert_eq!(pacer.throttled(second(6), second(10), Duration::ZERO), until);
        assert_eq!(pacer.throttled(second(7), second(11), SECOND * 2), second(13));
        assert_eq!(pacer.interval(), interval);
        pacer.throttled(second(10), second(12), SECOND);
        assert!(pacer.interval() > interval);
    }
}
