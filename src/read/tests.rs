//! The read of one Region from a simulated service, under paused time: hours pass at once, to the millisecond.

use super::*;
use crate::{
    cloudtrail::lookup_error::kind::{LookupErrorKind, NoAnswer, Rejection},
    failure::FailureType,
    pace::pacer::FULL_PACE,
    state::{
        saved_state::SavedState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
};
use account::{Account, throttle, unknown_host};
use serde::Deserialize;
use serde_json::{Value, json};
use std::rc::Rc;
use tokio::time::{Instant, sleep};

const NOW: i64 = 1_795_350_000;
const LATENCY: Duration = Duration::from_millis(3_900);

/// The result of a read.
struct Read {
    lines: Vec<Value>,
    failures: Vec<Failure>,
    took: Duration,
}

impl Read {
    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.lines.iter().filter(move |line| line["type"] == kind)
    }

    /// The one failure.
    fn failure(mut self) -> Failure {
        assert_eq!(self.failures.len(), 1, "{:?}", self.failures);
        self.failures.remove(0)
    }
}

fn sync() -> SyncSettings {
    SyncSettings {
        start: NOW,
        read_from: None,
        lookback: Duration::from_mins(15),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![partition()],
        max_bytes: MAX_STATE_BYTES,
    }
}

fn partition() -> Partition {
    Partition { account: None, region: "us-east-1".to_owned() }
}

async fn read_all(account: &Account) -> Read {
    resume(account, None).await
}

/// Reads what `state` leaves to read.
async fn resume(account: &Account, state: Option<&Value>) -> Read {
    fastrand::seed(2026);
    let (state, _) = StreamState::open(state.map(|state| SavedState::deserialize(state).unwrap()), sync()).unwrap();
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    let settings = RecordSettings::default();
    let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, settings));
    let began = Instant::now();
    let resources = SyncResources::new(FULL_PACE);
    let failures = read_partitions(&[partition()], |_| account, false, &resources, &writer).await.unwrap().failures;
    let took = began.elapsed();
    drop(writer);
    drop(output);
    let lines = String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Read { lines, failures, took }
}

#[tokio::test(start_paused = true)]
async fn the_whole_quota_is_used_whatever_the_latency() {
    let account = Account::new(100_000, |_| None);
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 100_000);
    let asked = account.asked.borrow();
    for (requests, seconds) in [(4, 1), (22, 10)] {
        let spaced = |some: &[Instant]| some[requests - 1] - some[0] >= Duration::from_secs(seconds);
        assert!(asked.windows(requests).all(spaced), "{requests} requests within {seconds} s");
    }
    assert!(asked.len() <= 2_100, "{} requests for 2,000 pages", asked.len());
    let least = FULL_PACE * 2_000 + LATENCY;
    assert!(read.took < least.mul_f64(1.1), "{:?} instead of {least:?}", read.took);
    assert!(account.max_in_flight.get() <= 64);
}

/// Also while every request is throttled: the platform takes a STATE as a sign of life.
#[tokio::test(start_paused = true)]
async fn a_state_is_written_every_minute() {
    let throttling = Account::new(2_000, |_| Some(throttle()));
    let slow = Account { latency: Duration::from_secs(35), ..Account::new(2_000, |_| None) };
    for account in [throttling, slow] {
        let read = read_all(&account).await;
        let states = u64::try_from(read.of_type("STATE").count()).unwrap();
        assert!(read.took > Duration::from_mins(1), "the test is too short: {:?}", read.took);
        assert!(states >= read.took.as_secs() / 60, "{states} states in {:?}", read.took);
    }
}

/// A router restarts, or the network is down: all requests in flight fail at once, again and again.
#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_does_not_end_the_read() {
    let account =
        Account { latency: Duration::from_millis(300), outage: Some((20, 80)), ..Account::new(50_000, |_| None) };
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn errors_with_pages_in_between_do_not_end_the_read() {
    let account = Account::new(50_000, |nth| (nth % 3 != 0).then_some(NoAnswer::Garbled.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_together_count_once() {
    let account = Account::new(100_000, |nth| (100..140).contains(&nth).then_some(NoAnswer::TimedOut.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_no_longer_resolves_is_retried_but_not_one_that_never_resolved() {
    let read = read_all(&Account::new(10_000, |nth| (5..9).contains(&nth).then(unknown_host))).await;
    assert_eq!(read.failures, []);
    let account = Account::new(10_000, |_| Some(unknown_host()));
    let failure = read_all(&account).await.failure();
    assert_eq!((account.asked.borrow().len(), failure.failure_type), (1, FailureType::ConfigError));
    let read = read_all(&Account::new(10_000, |nth| (nth > 5).then(unknown_host))).await;
    let summary = logged(&read, "then it failed").last().unwrap().to_owned();
    let failure = read.failure();
    assert_eq!(failure.failure_type, FailureType::TransientError);
    assert!(failure.message.starts_with("Connection lost during the sync."), "{failure}");
    assert!(summary.ends_with(&failure.message), "the log says something else: {summary}");
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_always_rejected_lose_nothing_while_each_page_makes_progress() {
    let account = Account::new(10_000, |nth| (nth > 0).then(|| Rejection::InvalidPageToken.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn only_as_many_pages_of_large_events_are_in_flight_as_fit_into_memory() {
    let account = Account { size: 256 << 10, ..Account::new(500, |_| None) };
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 500);
    assert!(account.max_in_flight.get() <= 2, "{} pages of 13 MB", account.max_in_flight.get());
}

/// The size of pages is unknown before the first one arrives.
#[tokio::test(start_paused = true)]
async fn few_requests_are_sent_before_the_first_page_arrives() {
    let gaps: Vec<[i64; 2]> = (1..50).map(|nth| [NOW - nth * 10_000, NOW - nth * 10_000 + 5_000]).collect();
    let entry = json!({"EventTime": NOW - 500_000, "covered": gaps});
    let state = json!({"EventTime": NOW - 500_000, "regions": {"us-east-1": entry}});
    let account = Account { latency: Duration::from_secs(25), ..Account::new(0, |_| None) };
    let read = resume(&account, Some(&state)).await;
    assert_eq!(read.failures, []);
    let asked = account.asked.borrow();
    let within_the_first_answer = asked.iter().filter(|at| **at - asked[0] < account.latency).count();
    assert!(within_the_first_answer <= 2, "{within_the_first_answer} requests");
    assert!(account.max_in_flight.get() > 20, "it stays slow: {}", account.max_in_flight.get());
}

/// The LOG lines that contain `words`.
fn logged<'a>(read: &'a Read, words: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = read.of_type("LOG").filter_map(|line| line["log"]["message"].as_str());
    lines.filter(move |line| line.contains(words))
}

/// The endpoint sends a byte a second, or none: no request ends before it times out, some not even then.
#[tokio::test(start_paused = true)]
async fn a_service_that_sends_no_page_fails_after_three_minutes_and_the_user_is_told_meanwhile() {
    let hangs = Account { latency: Duration::from_hours(1), ..Account::new(1_000, |_| None) };
    let read = read_all(&hangs).await;
    assert_eq!(read.took.as_secs(), 180);
    assert_eq!(logged(&read, "no page for").count(), 5);
    assert!(logged(&read, "no page for 90 seconds. Requests are waiting for an answer.").next().is_some());
    let failure = read.failure();
    assert_eq!(failure.failure_type, FailureType::TransientError);
    assert!(failure.message.contains("has sent no complete page for 180 seconds"), "{}", failure.message);

    let times_out =
        Account { latency: Duration::from_secs(75), ..Account::new(1_000, |_| Some(NoAnswer::TimedOut.into())) };
    let read = read_all(&times_out).await;
    assert_eq!(read.took.as_secs(), 180);
    assert!(logged(&read, "no page for 90 seconds. CloudTrail in us-east-1 did not answer in time").next().is_some());
    assert!(read.failure().message.contains("did not answer in time"));
}

#[tokio::test(start_paused = true)]
async fn a_line_sums_up_at_the_end() {
    let read = read_all(&Account::new(2_000, |nth| (nth == 3).then(throttle))).await;
    let sum: Vec<&str> = logged(&read, "2000 records from").collect();
    assert!(
        sum.len() == 1 && sum[0].ends_with("1 throttled. All events up to 2026-11-22T12:04:59Z have been read."),
        "{sum:?}"
    );
    let read = read_all(&Account::new(2_000, |nth| (nth > 3).then(throttle))).await;
    assert!(logged(&read, "throttled, then it failed. All events up to").next().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_line_tells_the_progress_every_half_minute() {
    let read = read_all(&Account::new(50_000, |_| None)).await;
    let lines: Vec<&str> = logged(&read, "requests/s").collect();
    assert!(u64::try_from(lines.len()).unwrap() >= read.took.as_secs() / 31, "{lines:?} in {:?}", read.took);
    assert!(lines.iter().any(|line| line.contains("2.0 of 2.0 requests/s")), "{lines:?}");
}

mod account;
mod many_tests;
mod order_tests;
mod stream_tests;
mod throttling_tests;
mod turn_tests;
