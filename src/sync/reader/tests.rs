//! The reader against a service of its own, under paused time: what takes hours passes at once, to the millisecond.

use super::tests::throttling_tests::Quota;
use super::*;
use crate::{
    airbyte::{output::Output, stream::Stream},
    cloudtrail::{
        lookup::Event,
        lookup_error::{
            context::{CredentialsSource, RequestContext, Service},
            error::{LookupError, Remedy},
            kind::{LookupErrorKind, NoAnswer, Rejection},
        },
    },
    failure::FailureType,
    pace::pacer::FULL_PACE,
    state::{
        stream_state::StreamState,
        sync_settings::{MAX_LOOSE_BYTES, SyncSettings},
    },
    sync::{regions, stream_writer::StreamWriter},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use tokio::time::sleep;

const NOW: i64 = 1_795_350_000;
const LATENCY: Duration = Duration::from_millis(3_900);

/// An account with an event a second, from `first` on, that refuses the requests of which `refuses` says so.
struct Account {
    first: i64,
    latency: Duration,
    /// How large an event is, in bytes.
    size: usize,
    refuses: fn(usize) -> Option<LookupErrorKind>,
    /// Whether the answer to a request, by its number, has an event besides its own that belongs to the page before.
    misplaces: fn(usize) -> bool,
    /// How many events of the page before a page repeats.
    repeats: i64,
    asked: RefCell<Vec<Instant>>,
    /// The quota that all who ask the service share; none for a service without.
    quota: Option<Rc<RefCell<Quota>>>,
    /// Whether a request counts when the service gets to it, after its latency, which differs then.
    counts_late: bool,
    throttled: RefCell<Vec<bool>>,
    /// From which second to which it is out of reach.
    out: Option<(u64, u64)>,
    began: Instant,
    under_way: Cell<usize>,
    most_under_way: Cell<usize>,
}

impl Account {
    fn new(events: i64, refuses: fn(usize) -> Option<LookupErrorKind>) -> Self {
        Self {
            first: NOW - events,
            latency: LATENCY,
            size: 0,
            refuses,
            misplaces: |_| false,
            repeats: 0,
            asked: RefCell::default(),
            quota: None,
            counts_late: false,
            throttled: RefCell::default(),
            out: None,
            began: Instant::now(),
            under_way: Cell::new(0),
            most_under_way: Cell::new(0),
        }
    }

    fn page(&self, query: &Query, nth: usize) -> Page {
        let seconds = query.seconds.unwrap();
        let newest = query.token.as_ref().map_or(seconds.last().min(NOW - 1), |token| token.parse().unwrap());
        let oldest = self.first.max(seconds.first()).max(newest - 49);
        let event = |time: i64| Event {
            event_id: Some(time.to_string()),
            event_time: Some(time),
            cloud_trail_event: (self.size > 0).then(|| "x".repeat(self.size)),
            ..Event::default()
        };
        let repeated = if query.token.is_some() { self.repeats } else { 0 };
        let is_misplaced = query.token.is_some() && (self.misplaces)(nth);
        let misplaced = is_misplaced.then(|| Event { event_id: Some("misplaced".to_owned()), ..event(newest + 2) });
        let has_more = oldest > self.first.max(seconds.first());
        Page {
            events: (oldest..=newest + repeated).rev().map(event).chain(misplaced).collect(),
            next_token: has_more.then(|| (oldest - 1).to_string()),
            asked_at: None,
        }
    }
}

impl LookupEvents for Account {
    fn region(&self) -> &'static str {
        "us-east-1"
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let nth = self.asked.borrow().len();
        self.asked.borrow_mut().push(Instant::now());
        self.under_way.set(self.under_way.get() + 1);
        self.most_under_way.set(self.most_under_way.get().max(self.under_way.get()));
        if self.out.is_some_and(|(from, to)| (from..to).contains(&self.began.elapsed().as_secs())) {
            let place = place();
            return Err(LookupError::new(NoAnswer::Unreachable, place));
        }
        if self.counts_late {
            sleep(self.latency.mul_f64(2.0 * fastrand::f64())).await;
        }
        let refusal = (self.refuses)(nth).filter(|seen| query.token.is_some() || !is_about_tokens(seen));
        let is_admitted = refusal.is_none() && self.quota.as_ref().is_none_or(|quota| quota.borrow_mut().admits());
        let seen = refusal.or_else(|| (!is_admitted).then(throttle));
        let refusal = seen.map(|seen| LookupError::new(seen, place()));
        let is_throttled = refusal.as_ref().is_some_and(|refusal| refusal.remedy(false) == Remedy::SlowDown);
        self.throttled.borrow_mut().push(is_throttled);
        if !self.counts_late {
            sleep(if is_throttled { Duration::from_millis(20) } else { self.latency }).await;
        }
        self.under_way.set(self.under_way.get() - 1);
        refusal.map_or_else(|| Ok(self.page(&query, nth)), Err)
    }
}

fn place() -> RequestContext {
    RequestContext {
        service: Service::CloudTrail,
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        credentials: CredentialsSource::Config,
    }
}

fn throttle() -> LookupErrorKind {
    Rejection::Throttled.into()
}

fn is_about_tokens(kind: &LookupErrorKind) -> bool {
    *kind == Rejection::InvalidPageToken.into()
}

fn lost() -> LookupErrorKind {
    NoAnswer::HostNotFound.into()
}

/// What came of a read.
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
    fn failure(self) -> Failure {
        let [failure] = <[Failure; 1]>::try_from(self.failures).expect("one failure is expected");
        failure
    }
}

async fn read_all(account: &Account) -> Read {
    read_on(account, None).await
}

/// Reads what is left to read after `state`.
async fn read_on(account: &Account, state: Option<&Value>) -> Read {
    fastrand::seed(2026);
    let regions = vec!["us-east-1".to_owned()];
    let sync =
        SyncSettings { start: NOW, read_from: None, lookback: 900, filter: None, regions, room: MAX_LOOSE_BYTES };
    let (state, _) = StreamState::open(state.and_then(Value::as_object).cloned(), sync).unwrap();
    let mut bytes = Vec::new();
    let mut output = Output::new(&mut bytes, Some(Level::Info));
    let delivery = RefCell::new(StreamWriter::new(&mut output, Stream::ManagementEvents, state, None));
    let began = Instant::now();
    let failures = regions::read(std::slice::from_ref(account), FULL_PACE, &delivery).await.unwrap();
    let took = began.elapsed();
    drop(delivery);
    drop(output);
    let lines = String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Read { lines, failures, took }
}

#[tokio::test(start_paused = true)]
async fn uses_the_whole_quota_whatever_the_latency() {
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
    assert!(account.most_under_way.get() <= 64);
}

/// Also while nothing but throttling happens: the platform takes a STATE for a sign of life.
#[tokio::test(start_paused = true)]
async fn a_state_comes_every_minute() {
    let throttling = Account::new(2_000, |_| Some(throttle()));
    let slow = Account { latency: Duration::from_secs(35), ..Account::new(2_000, |_| None) };
    for account in [throttling, slow] {
        let read = read_all(&account).await;
        let states = u64::try_from(read.of_type("STATE").count()).unwrap();
        assert!(read.took > Duration::from_mins(1), "the test is too short: {:?}", read.took);
        assert!(states >= read.took.as_secs() / 60, "{states} states in {:?}", read.took);
    }
}

/// A router that starts anew, a network that is away: what is under way fails at once, again and again.
#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_is_waited_for() {
    let account =
        Account { latency: Duration::from_millis(300), out: Some((20, 80)), ..Account::new(50_000, |_| None) };
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn faults_with_pages_in_between_are_no_reason_to_stop() {
    let account = Account::new(50_000, |nth| (nth % 3 != 0).then_some(NoAnswer::Garbled.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_together_are_one_round() {
    let account = Account::new(100_000, |nth| (100..140).contains(&nth).then_some(NoAnswer::TimedOut.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_gets_lost_is_looked_for_again_but_not_one_that_was_never_there() {
    let read = read_all(&Account::new(10_000, |nth| (5..9).contains(&nth).then(lost))).await;
    assert_eq!(read.failures, []);
    let account = Account::new(10_000, |_| Some(lost()));
    let failure = read_all(&account).await.failure();
    assert_eq!((account.asked.borrow().len(), failure.failure_type), (1, FailureType::ConfigError));
    let failure = read_all(&Account::new(10_000, |nth| (nth > 5).then(lost))).await.failure();
    assert_eq!(failure.failure_type, FailureType::TransientError);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_always_refused_cost_nothing_where_each_page_passes_some_seconds() {
    let account = Account::new(10_000, |nth| (nth > 0).then(|| Rejection::InvalidPageToken.into()));
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn of_large_events_only_so_many_are_under_way_as_fit_into_memory() {
    let account = Account { size: 256 << 10, ..Account::new(500, |_| None) };
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 500);
    assert!(account.most_under_way.get() <= 2, "{} pages of 13 MB", account.most_under_way.get());
}

/// Nothing is known of the first pages before one of them arrives.
#[tokio::test(start_paused = true)]
async fn few_requests_go_out_before_the_first_page_shows_how_heavy_pages_are() {
    let gaps: Vec<[i64; 2]> = (1..50).map(|nth| [NOW - nth * 10_000, NOW - nth * 10_000 + 5_000]).collect();
    let entry = json!({"EventTime": NOW - 500_000, "covered": gaps});
    let state = json!({"EventTime": NOW - 500_000, "regions": {"us-east-1": entry}});
    let account = Account { latency: Duration::from_secs(25), ..Account::new(0, |_| None) };
    let read = read_on(&account, Some(&state)).await;
    assert_eq!(read.failures, []);
    let asked = account.asked.borrow();
    let within_the_first_answer = asked.iter().filter(|at| **at - asked[0] < account.latency).count();
    assert!(within_the_first_answer <= 2, "{within_the_first_answer} requests");
    assert!(account.most_under_way.get() > 20, "it stays slow: {}", account.most_under_way.get());
}

/// The logged lines that have `words`.
fn logged<'a>(read: &'a Read, words: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = read.of_type("LOG").filter_map(|line| line["log"]["message"].as_str());
    lines.filter(move |line| line.contains(words))
}

/// An endpoint that sends a byte a second, or none: no request ends before a time-out, some not even then.
#[tokio::test(start_paused = true)]
async fn a_service_that_sends_nothing_is_given_up_after_three_minutes_and_the_user_is_told_meanwhile() {
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
async fn at_the_end_a_line_sums_up() {
    let read = read_all(&Account::new(2_000, |nth| (nth == 3).then(throttle))).await;
    let sum: Vec<&str> = logged(&read, "2000 records from").collect();
    assert!(
        sum.len() == 1 && sum[0].ends_with("1 throttled. All events up to 2026-11-22T12:04:59Z are read."),
        "{sum:?}"
    );
    let read = read_all(&Account::new(2_000, |nth| (nth > 3).then(throttle))).await;
    assert!(logged(&read, "throttled, then it failed. All events up to").next().is_some());
}

#[tokio::test(start_paused = true)]
async fn every_half_minute_a_line_tells_how_it_goes() {
    let read = read_all(&Account::new(50_000, |_| None)).await;
    let lines: Vec<&str> = logged(&read, "requests/s").collect();
    assert!(u64::try_from(lines.len()).unwrap() >= read.took.as_secs() / 31, "{lines:?} in {:?}", read.took);
    assert!(lines.iter().any(|line| line.contains("2.0 of 2.0 requests/s")), "{lines:?}");
}

mod order_tests;
mod throttling_tests;
