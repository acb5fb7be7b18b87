//! What becomes of the pages of one stream: records and states.
//!
//! Coverage decides which events are records. A STATE is the coverage as it stands, written in between pages, so it
//! always says exactly what has been written before it.

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
    pages: u64,
    records: u64,
    records_at_state: u64,
    pages_at_state: Option<u64>,
    state_at: Duration,
}

/// All methods fail with the error of the output, when stdout takes no more.
impl<'a, W: Write> Delivery<'a, W> {
    /// The delivery of `stream`, from `state` on, to `output`; at most `limit` records.
    pub fn new(output: &'a mut Output<W>, stream: Stream, state: StreamState, limit: Option<u64>) -> Self {
        Self {
            output,
            stream,
            state,
            limit,
            pages: 0,
            records: 0,
            records_at_state: 0,
            pages_at_state: None,
            state_at: Duration::ZERO,
        }
    }

    /// What is left to read, oldest first.
    pub fn unread(&mut self) -> Vec<Seconds> {
        self.state.coverage().map(|coverage| coverage.uncovered()).unwrap_or_default()
    }

    /// Delivers a page, with which the reader passed `passed`; `now` is the time since the read began.
    pub fn page(&mut self, page: &Page, passed: Option<Seconds>, now: Duration) -> io::Result<()> {
        let Some(coverage) = self.state.coverage() else { return Ok(()) };
        if let Some(asked_at) = page.asked_at.filter(|_| self.pages == 0) {
            coverage.asked_at(asked_at);
        }
        self.pages += 1;
        for event in &page.events {
            self.event(event)?;
            if self.is_enough() {
                return Ok(());
            }
        }
        if let (Some(coverage), Some(passed)) = (self.state.coverage(), passed) {
            coverage.cover(passed);
        }
        if self.records - self.records_at_state >= RECORDS_PER_STATE { self.checkpoint(now) } else { Ok(()) }
    }

    /// Whether as many records have been delivered as were asked for at the most.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.limit.is_some_and(|limit| self.records >= limit)
    }

    /// When the next STATE is due, as the time since the read began.
    #[must_use]
    pub fn state_due(&self) -> Duration {
        self.state_at + TIME_PER_STATE
    }

    /// Whether there was no STATE yet, or a page was delivered since.
    #[must_use]
    pub fn is_ahead_of_state(&self) -> bool {
        self.pages_at_state.is_none_or(|pages| pages < self.pages)
    }

    /// Writes a STATE, `now` after the read began.
    pub fn checkpoint(&mut self, now: Duration) -> io::Result<()> {
        self.records_at_state = self.records;
        self.pages_at_state = Some(self.pages);
        self.state_at = now;
        self.output.state(self.stream, &self.state.value())
    }

    /// Tells that CloudTrail makes everyone wait for `wait` more.
    pub fn rate_limited(&mut self, wait: Duration) -> io::Result<()> {
        self.output.rate_limited(self.stream, wait)
    }

    /// A line for people.
    pub fn log(&mut self, level: Level, message: &str) -> io::Result<()> {
        self.output.log(level, message)
    }

    /// How many pages have arrived.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// How many records have been written.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many loose events a state could not keep.
    pub fn forgotten(&mut self) -> u64 {
        self.state.coverage().map_or(0, |coverage| coverage.forgotten())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let (Some(id), Some(time)) = (&event.event_id, event.event_time) else {
            return self.output.log(Level::Warn, &incomplete(event));
        };
        if !self.state.coverage().is_some_and(|coverage| coverage.emit(time, Digest::of(id))) {
            return Ok(());
        }
        if self.records == 0 {
            self.output.status(self.stream, StreamStatus::Running)?;
        }
        self.records += 1;
        self.output.record(self.stream, &Record::of(event, id, time))
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
