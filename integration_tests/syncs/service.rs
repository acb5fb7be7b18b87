//! A simulated LookupEvents whose history follows tokio's clock: events appear late, tokens become invalid, pages are
//! short, and answers take long or fail, each decided by a seeded generator.
//!
//! It is strict with its caller: a token must come with the `StartTime` and `EndTime` that it was issued for.

use fastrand::Rng;
use source_aws_cloudtrail::{
    cloudtrail::{
        lookup::{self, LookupEvents, Page, Query},
        lookup_error::{
            context::{CredentialsSource, RequestContext, Service},
            error::LookupError,
            kind::{LookupErrorKind, NoAnswer, Rejection},
        },
    },
    coverage::{event_digest::EventDigest, seconds::SecondRange},
    partition::Partition,
};
use std::{cell::RefCell, time::Duration};
use tokio::time::{Instant, sleep};

/// When the histories start, in seconds since the epoch.
pub(crate) const BASE: i64 = 1_795_000_000;
pub(crate) const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-south-1"];

/// One event of the account.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) region: &'static str,
    pub(crate) second: i64,
    pub(crate) id: String,
    /// From when on it is returned, in milliseconds since the epoch.
    pub(crate) visible: i64,
    pub(crate) digest: EventDigest,
}

/// How a token encodes the position of its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tokens {
    /// By the event that was returned last.
    Position,
    /// By how many were returned: an event that appears meanwhile shifts the rest.
    Offset,
}

/// The position of a chain: older than this event, or after so many.
#[derive(Clone, Debug)]
enum Position {
    OlderThan(i64, String),
    After(usize),
}

/// How the service behaves during a sync: how long the slowest answer takes, and how many percent of the requests have
/// which problem.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) slowest: Duration,
    pub(crate) throttled: u32,
    pub(crate) garbled: u32,
    pub(crate) timed_out: u32,
    pub(crate) rejected_tokens: u32,
    pub(crate) repeated_tokens: u32,
    pub(crate) short_pages: u32,
    pub(crate) denied: u32,
}

/// The account: all events that ever happen in it, and the clock of the service.
pub(crate) struct Account {
    /// Newest first, in a stable order inside one second.
    events: Vec<Event>,
    tokens: Tokens,
    issued: RefCell<Vec<(SecondRange, Position)>>,
    began: Instant,
}

impl Account {
    pub(crate) fn new(mut events: Vec<Event>, tokens: Tokens) -> Self {
        events.sort_by(|a, b| (b.second, &a.id).cmp(&(a.second, &b.id)));
        Self { events, tokens, issued: RefCell::default(), began: Instant::now() }
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The time by the service's clock, in milliseconds since the epoch.
    fn millis(&self) -> i64 {
        BASE * 1000 + i64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    /// The time by the service's clock, in seconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.millis() / 1000
    }

    fn issue_token(&self, seconds: SecondRange, position: Position) -> String {
        let mut issued = self.issued.borrow_mut();
        issued.push((seconds, position));
        (issued.len() - 1).to_string()
    }

    /// A page of at most `size` events of `region` that are visible now.
    pub(crate) fn page(&self, region: &str, query: &Query, size: usize) -> Page {
        let seconds = query.seconds.unwrap();
        let position = query.token.as_ref().map(|token| {
            let (issued_for, position) = self.issued.borrow()[token.parse::<usize>().unwrap()].clone();
            assert_eq!(issued_for, seconds, "a token of other seconds");
            position
        });
        let newest = self.events.partition_point(|event| event.second > seconds.last());
        let oldest = self.events.partition_point(|event| event.second >= seconds.first());
        let now = self.millis();
        let is_visible = |event: &&Event| event.region == region && event.visible <= now;
        let is_left = |event: &&Event| match &position {
            Some(Position::OlderThan(second, id)) => (-event.second, &event.id) > (-second, id),
            _ => true,
        };
        let skipped = if let Some(Position::After(count)) = position { count } else { 0 };
        let mut left = self.events[newest..oldest].iter().filter(is_visible).filter(is_left).skip(skipped).peekable();
        let events: Vec<&Event> = left.by_ref().take(size).collect();
        let next = left.peek().map(|_| match (self.tokens, events.last()) {
            (Tokens::Offset, _) => Position::After(skipped + events.len()),
            (Tokens::Position, Some(last)) => Position::OlderThan(last.second, last.id.clone()),
            (Tokens::Position, None) => position.clone().unwrap_or(Position::OlderThan(i64::MAX, String::new())),
        });
        Page {
            events: events.into_iter().map(as_returned).collect(),
            next_token: next.map(|next| self.issue_token(seconds, next)),
            asked_at: None,
        }
    }
}

fn as_returned(event: &Event) -> lookup::Event {
    lookup::Event {
        event_id: Some(event.id.as_str().into()),
        event_time: Some(event.second),
        ..lookup::Event::default()
    }
}

/// The account's events in one Region, under the conditions of one sync.
pub(crate) struct Source<'a> {
    pub(crate) account: &'a Account,
    pub(crate) partition: Partition,
    pub(crate) conditions: Conditions,
    pub(crate) is_dated: bool,
    pub(crate) page_size: usize,
    pub(crate) random: RefCell<Rng>,
}

impl Source<'_> {
    fn happens(&self, percent: u32) -> bool {
        self.random.borrow_mut().u32(0..100) < percent
    }

    /// A random time of at most `longest`, mostly a short one.
    fn random_time(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.random.borrow_mut().f64().powi(3))
    }

    /// The error that is returned instead of a page.
    fn error(&self, query: &Query) -> Option<LookupErrorKind> {
        if self.happens(self.conditions.throttled) {
            Some(Rejection::Throttled.into())
        } else if self.happens(self.conditions.garbled) {
            Some(NoAnswer::Garbled.into())
        } else if self.happens(self.conditions.timed_out) {
            Some(NoAnswer::TimedOut.into())
        } else if self.happens(self.conditions.denied) {
            Some(Rejection::AccessDenied.into())
        } else {
            (query.token.is_some() && self.happens(self.conditions.rejected_tokens))
                .then(|| Rejection::InvalidPageToken.into())
        }
    }

    fn size(&self) -> usize {
        if self.happens(self.conditions.short_pages) {
            self.random.borrow_mut().usize(0..self.page_size)
        } else {
            self.page_size
        }
    }
}

impl LookupEvents for &Source<'_> {
    fn partition(&self) -> &Partition {
        &self.partition
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let asked = Instant::now();
        sleep(self.random_time(self.conditions.slowest / 2)).await;
        if let Some(seen) = self.error(&query) {
            let (service, region) = (Service::CloudTrail, self.partition.region.clone());
            let context =
                RequestContext { service, region, endpoint_url: None, credentials: CredentialsSource::Config };
            return Err(LookupError::new(seen, context));
        }
        let region = &self.partition.region;
        let mut page = self.account.page(region, &query, self.size());
        if query.token.is_some() && self.happens(self.conditions.repeated_tokens) {
            // The wrong page: the one after the right one.
            let next = Query { token: page.next_token.or(query.token.clone()), ..query.clone() };
            page = Page { next_token: query.token, ..self.account.page(region, &next, self.page_size) };
        }
        let date = self.account.now();
        sleep(self.random_time(self.conditions.slowest / 2)).await;
        let took = i64::try_from(asked.elapsed().as_secs()).unwrap();
        Ok(Page { asked_at: self.is_dated.then_some(date - took - 1), ..page })
    }
}
