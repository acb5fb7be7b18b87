//! A read that is throttled: what that costs, and when it gives up, at CloudTrail's own rate.

use super::*;
use std::future::pending;

/// The strictest quota that is allowed for: at 2 requests a second, 3 in any second and 21 in any ten.
pub(super) struct Quota {
    rate: f64,
    admitted: Vec<Instant>,
}

impl Default for Quota {
    fn default() -> Self {
        Self { rate: 2.0, admitted: Vec::new() }
    }
}

impl Quota {
    pub(super) fn admits(&mut self) -> bool {
        let now = Instant::now();
        let within = |seconds: f64| {
            let length = Duration::from_secs_f64(seconds * 2.0 / self.rate);
            self.admitted.iter().rev().take_while(|at| now - **at < length).count()
        };
        let admits = within(1.0) < 3 && within(10.0) < 21;
        if admits {
            self.admitted.push(now);
        }
        admits
    }
}

/// An account with `events` that answers after 0.3 s.
fn quick(events: i64) -> Account {
    Account { latency: Duration::from_millis(300), ..Account::new(events, |_| None) }
}

/// Whether the request is one of a random sample, the same each time, of about `share` of all requests.
fn is_sampled(nth: usize, share: f64) -> bool {
    fastrand::Rng::with_seed(u64::try_from(nth).unwrap()).f64() < share
}

/// The share of requests that were throttled.
fn throttled(account: &Account) -> f64 {
    let throttled = account.throttled.borrow();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    count(throttled.iter().filter(|throttled| **throttled).count()) / count(throttled.len())
}

/// How many times as long the read of `account` took as at the whole quota, while `other` is running.
async fn time(account: &Account, other: impl Future<Output = ()>) -> f64 {
    let read = tokio::select! {
        read = read_all(account) => read,
        () = other => panic!("the other task has ended before the read"),
    };
    assert_eq!(read.failures, []);
    let events = read.of_type("RECORD").count();
    assert_eq!(i64::try_from(events).unwrap(), NOW - account.first);
    read.took.as_secs_f64() / f64::from(u32::try_from(events / 50).unwrap()) * 2.0
}

#[tokio::test(start_paused = true)]
async fn ten_rounds_of_throttles_end_the_read_and_the_platform_is_told() {
    let account = Account::new(1_000, |_| Some(throttle()));
    let read = read_all(&account).await;
    let asked = account.asked.borrow();
    assert_eq!(asked.len(), 30);
    let longest = asked.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!((Duration::from_secs(15)..Duration::from_secs(31)).contains(&longest), "{longest:?}");
    assert!((Duration::from_mins(1)..Duration::from_secs(200)).contains(&read.took), "{:?}", read.took);
    let told = read.lines.iter().filter(|line| line["trace"]["stream_status"]["reasons"][0]["type"] == "RATE_LIMITED");
    assert!(told.count() >= 5);
    assert_eq!(logged(&read, "All events up to").count(), 0, "no page has arrived");
    assert!(read.failure().message.contains("another reader"));
}

#[tokio::test(start_paused = true)]
async fn throttles_at_random_cost_little() {
    type Error = fn(usize) -> Option<LookupErrorKind>;
    let cases: [(Error, f64); 3] = [
        (|nth| is_sampled(nth, 0.01).then(throttle), 1.05),
        (|nth| is_sampled(nth, 0.10).then(throttle), 1.3),
        (|nth| is_sampled(nth, 0.25).then(throttle), 1.8),
    ];
    for (error, most) in cases {
        let time = time(&Account { error, ..quick(20_000) }, pending()).await;
        assert!(time < most, "{time} times the least, and not {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_smaller_quota_is_used_with_few_requests_throttled() {
    let quota = Rc::new(RefCell::new(Quota { rate: 1.5, ..Quota::default() }));
    let account = Account { quota: Some(quota), ..quick(5_000) };
    let time = time(&account, pending()).await;
    assert!(time < 1.4, "{time} times the least");
    assert!(throttled(&account) < 0.15, "{} of the requests are throttled", throttled(&account));
}

/// The other reader sends one request a second, throttled or not.
#[tokio::test(start_paused = true)]
async fn beside_a_reader_that_uses_half_the_quota_the_other_half_is_used() {
    let quota = Rc::new(RefCell::new(Quota::default()));
    let account = Account { quota: Some(Rc::clone(&quota)), ..quick(20_000) };
    let other = async {
        loop {
            quota.borrow_mut().admits();
            sleep(Duration::from_secs(1)).await;
        }
    };
    let time = time(&account, other).await;
    assert!(time < 2.1, "{time} times the least");
    assert!(throttled(&account) < 0.3, "{} of the requests are throttled", throttled(&account));
}

#[tokio::test(start_paused = true)]
async fn beside_a_reader_that_takes_all_it_can_get_the_read_completes() {
    let quota = Rc::new(RefCell::new(Quota::default()));
    // A longer read may well have ten rounds of throttles in a row, which end it.
    let account = Account { quota: Some(Rc::clone(&quota)), ..quick(2_000) };
    let greedy = async {
        loop {
            quota.borrow_mut().admits();
            sleep(Duration::from_secs_f64(0.28 * (0.5 + fastrand::f64()))).await;
        }
    };
    time(&account, greedy).await;
    assert!(throttled(&account) > 0.5, "only {} of the requests are throttled", throttled(&account));
}

#[tokio::test(start_paused = true)]
async fn two_of_our_own_readers_share_the_quota() {
    let quota = Rc::new(RefCell::new(Quota::default()));
    let account = || Account { quota: Some(Rc::clone(&quota)), ..quick(20_000) };
    let (first, second) = (account(), account());
    let times = tokio::join!(time(&first, pending()), time(&second, pending()));
    for (account, time) in [(&first, times.0), (&second, times.1)] {
        assert!(time < 2.1, "{time} times the least");
        assert!(throttled(account) < 0.3, "{} of the requests are throttled", throttled(account));
    }
}

/// However evenly they are sent, they arrive in clusters then.
#[tokio::test(start_paused = true)]
async fn requests_that_count_late_use_most_of_the_quota() {
    let account = Account { quota: Some(Rc::default()), counts_late: true, ..Account::new(20_000, |_| None) };
    let time = time(&account, pending()).await;
    assert!(time < 1.6, "{time} times the least");
}

#[tokio::test(start_paused = true)]
async fn a_read_alone_is_never_throttled_and_sends_no_three_requests_within_a_second() {
    let account = Account { quota: Some(Rc::default()), ..Account::new(30_000, |_| None) };
    let time = time(&account, pending()).await;
    assert!(time < 1.15, "{time} times the least");
    assert!(!account.throttled.borrow().contains(&true));
    let is_spaced = |three: &[Instant]| three[2] - three[0] >= Duration::from_millis(1_005);
    assert!(account.asked.borrow().windows(3).all(is_spaced));
}
