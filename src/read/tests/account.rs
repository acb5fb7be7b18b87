//! A simulated account for the tests of the read: its events, and how its answers fail, are throttled, or take long.

use super::{LATENCY, NOW, partition, throttling_tests::Quota};
use crate::{
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query},
        lookup_error::{
            context::{CredentialsSource, RequestContext, Service},
            error::{LookupError, Remedy},
            kind::{LookupErrorKind, NoAnswer, Rejection},
        },
    },
    partition::Partition,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// An account with an event in each second from `first` to `last`.
pub(super) struct Account {
    pub(super) partition: Partition,
    pub(super) first: i64,
    /// The second of its newest event.
    pub(super) last: i64,
    pub(super) latency: Duration,
    /// How large an event is, in bytes.
    pub(super) size: usize,
    /// The error that is returned for a request, by its number.
    pub(super) error: fn(usize) -> Option<LookupErrorKind>,
    /// Whether the page for a request, by its number, also has an event that belongs on the page before.
    pub(super) misplaces: fn(usize) -> bool,
    /// How many events of the page before each page repeats.
    pub(super) repeats: i64,
    pub(super) asked: RefCell<Vec<Instant>>,
    /// The quota that all readers of the account share; none for a service without a limit.
    pub(super) quota: Option<Rc<RefCell<Quota>>>,
    /// Whether a request counts against the quota only after its latency, which varies then.
    pub(super) counts_late: bool,
    pub(super) throttled: RefCell<Vec<bool>>,
    /// From which second to which second of the read it can't be reached.
    pub(super) outage: Option<(u64, u64)>,
    pub(super) began: Instant,
    pub(super) in_flight: Cell<usize>,
    pub(super) max_in_flight: Cell<usize>,
}

impl Account {
    pub(super) fn new(events: i64, error: fn(usize) -> Option<LookupErrorKind>) -> Self {
        Self {
            partition: partition(),
            first: NOW - events,
            last: NOW - 1,
            latency: LATENCY,
            size: 0,
            error,
            misplaces: |_| false,
            repeats: 0,
            asked: RefCell::default(),
            quota: None,
            counts_late: false,
            throttled: RefCell::default(),
            outage: None,
            began: Instant::now(),
            in_flight: Cell::new(0),
            max_in_flight: Cell::new(0),
        }
    }

    fn page(&self, query: &Query, nth: usize) -> Page {
        let seconds = query.seconds.unwrap();
        let newest = query.token.as_ref().map_or(seconds.last().min(self.last), |token| token.parse().unwrap());
        let oldest = self.first.max(seconds.first()).max(newest - 49);
        let event = |time: i64| Event {
            event_id: Some(time.to_string().as_str().into()),
            event_time: Some(time),
            cloud_trail_event: (self.size > 0).then(|| "x".repeat(self.size).as_str().into()),
            ..Event::default()
        };
        let repeated = if query.token.is_some() { self.repeats } else { 0 };
        let is_misplaced = query.token.is_some() && (self.misplaces)(nth);
        let misplaced = is_misplaced.then(|| Event { event_id: Some("misplaced".into()), ..event(newest + 2) });
        let has_more = oldest > self.first.max(seconds.first());
        Page {
            events: (oldest..=newest + repeated).rev().map(event).chain(misplaced).collect(),
            next_token: has_more.then(|| (oldest - 1).to_string()),
            asked_at: None,
        }
    }
}

impl LookupEvents for &Account {
    fn partition(&self) -> &Partition {
        &self.partition
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let nth = self.asked.borrow().len();
        self.asked.borrow_mut().push(Instant::now());
        self.in_flight.set(self.in_flight.get() + 1);
        self.max_in_flight.set(self.max_in_flight.get().max(self.in_flight.get()));
        if self.outage.is_some_and(|(from, to)| (from..to).contains(&self.began.elapsed().as_secs())) {
            return Err(LookupError::new(NoAnswer::Unreachable, context()));
        }
        if self.counts_late {
            sleep(self.latency.mul_f64(2.0 * fastrand::f64())).await;
        }
        let error = (self.error)(nth).filter(|seen| query.token.is_some() || !is_about_tokens(seen));
        let is_admitted = error.is_none() && self.quota.as_ref().is_none_or(|quota| quota.borrow_mut().admits());
        let seen = error.or_else(|| (!is_admitted).then(throttle));
        let error = seen.map(|seen| LookupError::new(seen, context()));
        let is_throttled = error.as_ref().is_some_and(|error| error.remedy(false) == Remedy::SlowDown);
        self.throttled.borrow_mut().push(is_throttled);
        if !self.counts_late {
            sleep(if is_throttled { Duration::from_millis(20) } else { self.latency }).await;
        }
        self.in_flight.set(self.in_flight.get() - 1);
        error.map_or_else(|| Ok(self.page(&query, nth)), Err)
    }
}

fn context() -> RequestContext {
    RequestContext {
        service: Service::CloudTrail,
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        credentials: CredentialsSource::Config,
    }
}

pub(super) fn throttle() -> LookupErrorKind {
    Rejection::Throttled.into()
}

fn is_about_tokens(kind: &LookupErrorKind) -> bool {
    *kind == Rejection::InvalidPageToken.into()
}

pub(super) fn unknown_host() -> LookupErrorKind {
    NoAnswer::HostNotFound.into()
}
