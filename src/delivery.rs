//! What becomes of the pages of one stream: records and states.
//!
//! Coverage decides which events are records. A STATE is the coverage as it stands, written in between pages, so it
//! always says exactly what has been written before it. The Regions that are read side by side share one delivery, and
//! each STATE tells of them all.

use crate::{
    cloudtrail::{Event, Page},
    digest::Digest,
    output::Output,
    protocol::{Level, StreamStatus},
    record::Record,
    seconds::Seconds,
    state::StreamState,
    stream::Stream,
};
use std::{
    cell::{RefCell, RefMut},
    io::{self, Write},
    time::Duration,
};

/// After how many records a STATE is due.
const RECORDS_PER_STATE: u64 = 2500;
/// After how much time a STATE is due, whatever happens: the platform takes one for a sign of life, too.
const TIME_PER_STATE: Duration = Duration::from_mins(1);

/// The delivery of one stream.
pub struct Delivery<'a, W: Write> {
    output: &'a mut Output<W>,
    stream: Stream,
    state: StreamState,
    limit: Option<u64>,
    records: u64,
    records_at_state: u64,
    /// How many pages have arrived since the last STATE.
    pages_since_state: u64,
    /// When the last STATE was written.
    state_at: Option<Duration>,
}

/// All methods fail with the error of the output, when stdout takes no more.
impl<'a, W: Write> Delivery<'a, W> {
    /// The delivery of `stream`, from `state` on, to `output`; at most `limit` records.
    pub fn new(output: &'a mut Output<W>, stream: Stream, state: StreamState, limit: Option<u64>) -> Self {
        Self { output, stream, state, limit, records: 0, records_at_state: 0, pages_since_state: 0, state_at: None }
    }

    /// When the next STATE is due, as the time since the read began.
    #[must_use]
    pub fn state_due(&self) -> Duration {
        self.state_at.unwrap_or_default() + TIME_PER_STATE
    }

    /// Writes a STATE, `now` after the read began.
    pub fn checkpoint(&mut self, now: Duration) -> io::Result<()> {
        self.records_at_state = self.records;
        self.pages_since_state = 0;
        self.state_at = Some(now);
        self.output.state(self.stream, &self.state.value())
    }

    /// Writes the last STATE, where the one before does not say it all. A read that failed before its first page has
    /// none.
    pub fn finish(&mut self, now: Duration, is_whole: bool) -> io::Result<()> {
        if self.pages_since_state > 0 || (is_whole && self.state_at.is_none()) { self.checkpoint(now) } else { Ok(()) }
    }

    fn is_enough(&self) -> bool {
        self.limit.is_some_and(|limit| self.records >= limit)
    }

    /// Whether `event` of `region` became a record.
    fn event(&mut self, region: &str, event: &Event) -> io::Result<bool> {
        let (Some(id), Some(time)) = (&event.event_id, event.event_time) else {
            self.output.log(Level::Warn, &incomplete(event))?;
            return Ok(false);
        };
        if !self.state.emit(region, time, Digest::of(id)) {
            return Ok(false);
        }
        if self.records == 0 {
            self.output.status(self.stream, StreamStatus::Running)?;
        }
        self.records += 1;
        self.output.record(self.stream, &Record::of(event, id, time))?;
        Ok(true)
    }
}

/// One Region's part in the delivery of a stream.
pub struct RegionDelivery<'a, 'b, W: Write> {
    delivery: &'a RefCell<Delivery<'b, W>>,
    region: String,
    pages: u64,
    records: u64,
}

/// All methods fail with the error of the output, when stdout takes no more.
impl<'a, 'b, W: Write> RegionDelivery<'a, 'b, W> {
    /// The part of `region` in `delivery`.
    pub fn new(delivery: &'a RefCell<Delivery<'b, W>>, region: &str) -> Self {
        Self { delivery, region: region.to_owned(), pages: 0, records: 0 }
    }

    /// The delivery of all Regions: to be given back before anything is waited for.
    fn shared(&self) -> RefMut<'a, Delivery<'b, W>> {
        self.delivery.borrow_mut()
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What is left to read, oldest first.
    #[must_use]
    pub fn unread(&self) -> Vec<Seconds> {
        self.shared().state.coverage(&self.region).map(|coverage| coverage.uncovered()).unwrap_or_default()
    }

    /// Delivers a page, with which the reader passed `passed`; `now` is the time since the read began.
    pub fn page(&mut self, page: &Page, passed: Option<Seconds>, now: Duration) -> io::Result<()> {
        let delivery = &mut *self.delivery.borrow_mut();
        let Some(coverage) = delivery.state.coverage(&self.region) else { return Ok(()) };
        if let Some(asked_at) = page.asked_at.filter(|_| self.pages == 0) {
            coverage.asked_at(asked_at);
        }
        self.pages += 1;
        delivery.pages_since_state += 1;
        for event in &page.events {
            if delivery.is_enough() {
                return Ok(());
            }
            self.records += u64::from(delivery.event(&self.region, event)?);
        }
        if let (Some(coverage), Some(passed)) = (delivery.state.coverage(&self.region), passed) {
            coverage.cover(passed);
        }
        if delivery.records - delivery.records_at_state >= RECORDS_PER_STATE {
            delivery.checkpoint(now)
        } else {
            Ok(())
        }
    }

    /// Whether as many records of the stream have been delivered as were asked for at the most.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.shared().is_enough()
    }

    /// Tells that CloudTrail makes everyone wait for `wait` more.
    pub fn rate_limited(&self, wait: Duration) -> io::Result<()> {
        let delivery = &mut *self.shared();
        delivery.output.rate_limited(delivery.stream, wait)
    }

    /// A line for people.
    pub fn log(&self, level: Level, message: &str) -> io::Result<()> {
        self.shared().output.log(level, message)
    }

    /// How many pages of the Region have arrived.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// How many records of the Region have been written.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many loose events of the Region a state could not keep.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.shared().state.coverage(&self.region).map_or(0, |coverage| coverage.forgotten())
    }
}

/// What there is to say of an event that can't be a record.
fn incomplete(event: &Event) -> String {
    let or_unknown = |field: Option<&str>| field.unwrap_or("unknown").to_owned();
    format!(
        "CloudTrail served an event without an EventId or an EventTime, which can't be a record and is left out: EventId {}, EventTime {}, EventName {}, EventSource {}.",
        or_unknown(event.event_id.as_deref()),
        or_unknown(event.event_time.map(|time| time.to_string()).as_deref()),
        or_unknown(event.event_name.as_deref()),
        or_unknown(event.event_source.as_deref()),
    )
}
