//! A LookupEvents that follows a history of its own by tokio's clock: events show up late, tokens go bad, pages are
//! short, and answers take long or fail, each as a seeded generator has it.
//!
//! It is strict with its caller: a token comes with the `StartTime` and `EndTime` that it was given out for.

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
};
use std::{cell::RefCell, time::Duration};
use tokio::time::{Instant, sleep};

/// When the histories begin, in seconds since the epoch.
pub(crate) const BASE: i64 = 1_795_000_000;
pub(crate) const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-south-1"];

/// One event of the account.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) region: &'static str,
    pub(crate) second: i64,
    pub(crate) id: String,
    /// From when on it is served, in milliseconds since the epoch.
    pub(crate) visible: i64,
    pub(crate) digest: EventDigest,
}

/// How a token remembers where its chain stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tokens {
    /// By the event that was served last.
    Position,
    /// By how many were served: an event that shows up meanwhile shifts the rest.
    Offset,
}

/// Where a chain stands: below this event, or after so many.
#[derive(Clone, Debug)]
enum Snapshot {
    Below(i64, String),
    After(usize),
}

/// How the service behaves during a sync: how long the slowest answer takes, and of a hundred requests, how many come
/// to which grief.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) slowest: Duration,
    pub(crate) throttled: u32,
    pub(crate) garbled: u32,
    pub(crate) timed_out: u32,
    pub(crate) refused_tokens: u32,
    pub(crate) repeated_tokens: u32,
    pub(crate) short_pages: u32,
    pub(crate) denied: u32,
}

/// The account: all that ever happens in it, and the clock of the service.
pub(crate) struct Account {
    /// Newest first, in a stable order inside one second.
    events: Vec<Event>,
    tokens: Tokens,
    given: RefCell<Vec<(SecondRange, Snapshot)>>,
    began: Instant,
}

impl Account {
    pub(crate) fn new(mut events: Vec<Event>, tokens: Tokens) -> Self {
        events.sort_by(|a, b| (b.second, &a.id).cmp(&(a.second, &b.id)));
        Self { events, tokens, given: RefCell::default(), began: Instant::now() }
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

    fn give(&self, seconds: SecondRange, standing: Snapshot) -> String {
        let mut given = self.given.borrow_mut();
        given.push((seconds, standing));
        (given.len() - 1).to_string()
    }

    /// At most `size` events of `region`, as they are visible now.
    pub(crate) fn page(&self, region: &str, query: &Query, size: usize) -> Page {
        let seconds = query.seconds.unwrap();
        let standing = query.token.as_ref().map(|token| {
            let (of, standing) = self.given.borrow()[token.parse::<usize>().unwrap()].clone();
            assert_eq!(of, seconds, "a token of other seconds");
            standing
        });
        let newest = self.events.partition_point(|event| event.second > seconds.last());
        let oldest = self.events.partition_point(|event| event.second >= seconds.first());
        let now = self.millis();
        let is_there = |event: &&Event| event.region == region && event.visible <= now;
        let is_left = |event: &&Event| match &standing {
            Some(Snapshot::Below(second, id)) => (-event.second, &event.id) > (-second, id),
            _ => true,
        };
        let skipped = if let Some(Snapshot::After(count)) = standing { count } else { 0 };
        let mut left = self.events[newest..oldest].iter().filter(is_there).filter(is_left).skip(skipped).peekable();
        let events: Vec<&Event> = left.by_ref().take(size).collect();
        let next = left.peek().map(|_| match (self.tokens, events.last()) {
            (Tokens::Offset, _) => Snapshot::After(skipped + events.len()),
            (Tokens::Position, Some(last)) => Snapshot::Below(last.second, last.id.clone()),
            (Tokens::Position, None) => standing.clone().unwrap_or(Snapshot::Below(i64::MAX, String::new())),
        });
        Page {
            events: events.into_iter().map(served).collect(),
            next_token: next.map(|next| self.give(seconds, next)),
            asked_at: None,
        }
    }
}

fn served(event: &Event) -> lookup::Event {
    lookup::Event { event_id: Some(event.id.clone()), event_time: Some(event.second), ..lookup::Event::default() }
}

/// The account's events in one Region, as one sync finds them.
pub(crate) struct Source<'a> {
    pub(crate) account: &'a Account,
    pub(crate) region: &'static str,
    pub(crate) weather: Weather,
    pub(crate) is_dated: bool,
    pub(crate) page_size: usize,
    pub(crate) random: RefCell<Rng>,
}

impl Source<'_> {
    fn happens(&self, of_a_hundred: u32) -> bool {
        self.random.borrow_mut().u32(0..100) < of_a_hundred
    }

    /// A time of at most `longest`: mostly short, now and then the whole of it.
    fn some_of(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.random.borrow_mut().f64().powi(3))
    }

    /// The error that is answered in the place of a page.
    fn error(&self, query: &Query) -> Option<LookupErrorKind> {
        if self.happens(self.weather.throttled) {
            Some(Rejection::Throttled.into())
        } else if self.happens(self.weather.garbled) {
            Some(NoAnswer::Garbled.into())
        } else if self.happens(self.weather.timed_out) {
            Some(NoAnswer::TimedOut.into())
        } else if self.happens(self.weather.denied) {
            Some(Rejection::AccessDenied.into())
        } else {
            (query.token.is_some() && self.happens(self.weather.refused_tokens))
                .then(|| Rejection::InvalidPageToken.into())
        }
    }

    fn size(&self) -> usize {
        if self.happens(self.weather.short_pages) {
            self.random.borrow_mut().usize(0..self.page_size)
        } else {
            self.page_size
        }
    }
}

impl LookupEvents for Source<'_> {
    fn region(&self) -> &str {
        self.region
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let asked = Instant::now();
        sleep(self.some_of(self.weather.slowest / 2)).await;
        if let Some(kind) = self.error(&query) {
            let (service, region) = (Service::CloudTrail, self.region.to_owned());
            let place = RequestContext { service, region, endpoint_url: None, credentials: CredentialsSource::Config };
            return Err(LookupError::new(kind, place));
        }
        let mut page = self.account.page(self.region, &query, self.size());
        if query.token.is_some() && self.happens(self.weather.repeated_tokens) {
            // A page of who knows where: the one after the right one.
            let next = Query { token: page.next_token.or(query.token.clone()), ..query.clone() };
            page = Page { next_token: query.token, ..self.account.page(self.region, &next, self.page_size) };
        }
        let date = self.account.now();
        sleep(self.some_of(self.weather.slowest / 2)).await;
        let took = i64::try_from(asked.elapsed().as_secs()).unwrap();
        Ok(Page { asked_at: self.is_dated.then_some(date - took - 1), ..page })
    }
}
