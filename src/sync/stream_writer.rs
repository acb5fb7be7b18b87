//! What becomes of the pages of one stream: records and states.
//!
//! Coverage decides which events are records. A STATE is the coverage as it stands, written in between pages, so it
//! always says exactly what has been written before it. The Regions that are read side by side share one delivery, and
//! each STATE tells of them all.

use super::{checkpoint::Checkpoint, event_record::EventRecord};
use crate::{
    airbyte::{
        output::Output,
        protocol::{Level, StreamStatus},
        stream::Stream,
    },
    cloudtrail::lookup::{Event, Page},
    coverage::{event_digest::EventDigest, region_coverage::Emission, seconds::SecondRange},
    state::stream_state::StreamState,
};
use std::{
    cell::{RefCell, RefMut},
    io::{self, Write},
    time::Duration,
};

/// The delivery of one stream.
pub struct StreamWriter<'a, W: Write> {
    output: &'a mut Output<W>,
    stream: Stream,
    state: StreamState,
    limit: Option<u64>,
    records: u64,
    checkpoint: Checkpoint,
    /// How many pages have arrived since the last STATE.
    pages_since_state: u64,
    has_state: bool,
}

/// All methods fail with the error of the output, when stdout takes no more.
impl<'a, W: Write> StreamWriter<'a, W> {
    /// The delivery of `stream`, from `state` on, to `output`; at most `limit` records.
    pub fn new(output: &'a mut Output<W>, stream: Stream, state: StreamState, limit: Option<u64>) -> Self {
        let checkpoint = Checkpoint::default();
        Self { output, stream, state, limit, records: 0, checkpoint, pages_since_state: 0, has_state: false }
    }

    /// When the next STATE is due at the latest, as the time since the read began.
    #[must_use]
    pub fn state_due_by(&self) -> Duration {
        self.checkpoint.due_by(self.state.size())
    }

    /// Writes a STATE if one is due, `now` after the read began.
    pub fn checkpoint(&mut self, now: Duration) -> io::Result<()> {
        if self.checkpoint.is_due(self.state.size(), now) { self.write_state(now) } else { Ok(()) }
    }

    /// Writes the last STATE, where the one before does not say it all. A read that failed before its first page has
    /// none.
    pub fn finish(&mut self, now: Duration, is_whole: bool) -> io::Result<()> {
        if self.pages_since_state > 0 || (is_whole && !self.has_state) { self.write_state(now) } else { Ok(()) }
    }

    fn write_state(&mut self, now: Duration) -> io::Result<()> {
        self.checkpoint.state_written(now);
        self.pages_since_state = 0;
        self.has_state = true;
        self.output.state(self.stream, &self.state)
    }

    fn is_enough(&self) -> bool {
        self.limit.is_some_and(|limit| self.records >= limit)
    }

    /// Writes `event` of `region`, if it is to become a record. None for an event that can't be one.
    fn event(&mut self, region: &str, event: &Event) -> io::Result<Option<Emission>> {
        let (Some(id), Some(time)) = (&event.event_id, event.event_time) else {
            self.output.log(Level::Warn, &incomplete(event))?;
            return Ok(None);
        };
        let emission = self.state.emit(region, time, EventDigest::of(id));
        if emission == Emission::New {
            self.record(event, id, time)?;
        }
        Ok(Some(emission))
    }

    fn record(&mut self, event: &Event, id: &str, time: i64) -> io::Result<()> {
        if self.records == 0 {
            self.output.status(self.stream, StreamStatus::Running)?;
        }
        self.records += 1;
        let bytes = self.output.record(self.stream, &EventRecord::of(event, id, time))?;
        self.checkpoint.record_written(bytes);
        Ok(())
    }
}

/// One Region's part in the delivery of a stream.
pub struct RegionWriter<'a, 'b, W: Write> {
    delivery: &'a RefCell<StreamWriter<'b, W>>,
    region: String,
    pages: u64,
    records: u64,
    held_back: u64,
}

/// All methods fail with the error of the output, when stdout takes no more.
impl<'a, 'b, W: Write> RegionWriter<'a, 'b, W> {
    /// The part of `region` in `delivery`.
    pub fn new(delivery: &'a RefCell<StreamWriter<'b, W>>, region: &str) -> Self {
        Self { delivery, region: region.to_owned(), pages: 0, records: 0, held_back: 0 }
    }

    /// The delivery of all Regions: to be given back before anything is waited for.
    fn shared(&self) -> RefMut<'a, StreamWriter<'b, W>> {
        self.delivery.borrow_mut()
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What is left to read, oldest first.
    #[must_use]
    pub fn unread(&self) -> Vec<SecondRange> {
        self.shared().state.coverage(&self.region).map(|coverage| coverage.uncovered()).unwrap_or_default()
    }

    /// Delivers a page, with which the reader passed `passed`; `now` is the time since the read began.
    pub fn page(&mut self, page: &Page, passed: Option<SecondRange>, now: Duration) -> io::Result<()> {
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
            match delivery.event(&self.region, event)? {
                Some(Emission::New) => self.records += 1,
                Some(Emission::HeldBack) => self.held_back += 1,
                Some(Emission::Duplicate) | None => {}
            }
        }
        if let (Some(coverage), Some(passed)) = (delivery.state.coverage(&self.region), passed) {
            coverage.cover(passed);
        }
        delivery.checkpoint(now)
    }

    /// Whether `second` of the Region is covered: the state takes all its events for written.
    #[must_use]
    pub fn covers(&self, second: i64) -> bool {
        self.shared().state.coverage(&self.region).is_some_and(|coverage| coverage.covers(second))
    }

    /// Delivers events of covered seconds that CloudTrail served too late for its order, so that they were not written.
    pub fn out_of_order(&mut self, events: &[&Event]) -> io::Result<()> {
        let delivery = &mut *self.delivery.borrow_mut();
        delivery.pages_since_state += 1;
        for event in events {
            let (Some(id), Some(time)) = (&event.event_id, event.event_time) else { continue };
            if delivery.is_enough() {
                break;
            }
            delivery.record(event, id, time)?;
            self.records += 1;
        }
        Ok(())
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

    /// The second up to which all events of the Region have been written.
    #[must_use]
    pub fn read_up_to(&self) -> Option<i64> {
        self.shared().state.coverage(&self.region).map(|coverage| coverage.event_time())
    }

    /// The oldest second that CloudTrail keeps, `now` after the read began.
    #[must_use]
    pub fn oldest_kept(&self, now: Duration) -> i64 {
        self.shared().state.oldest_kept(now)
    }

    /// How many events of the Region are left to a later sync. One that is served again counts again.
    #[must_use]
    pub fn held_back(&self) -> u64 {
        self.held_back
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

#[cfg(test)]
mod tests;
