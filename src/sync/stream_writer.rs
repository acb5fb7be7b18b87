//! Writes the pages of one stream: records and states.
//!
//! Coverage decides which events become records. A STATE is the current coverage, written between pages, so it always
//! covers exactly the records that were written before it. The Regions that are read side by side share one writer, and
//! each STATE covers all of them.

use super::{checkpoint::Checkpoint, event_record, record_settings::RecordSettings};
use crate::{
    airbyte::{
        output::Output,
        protocol::{Level, RecordMeta, StreamStatus},
        stream::Stream,
    },
    cloudtrail::lookup::{Event, Page},
    coverage::{
        event_digest::EventDigest,
        region_coverage::{Coverage, Emission},
        seconds::SecondRange,
    },
    json::string::JsonString,
    pace::elapsed::Elapsed,
    partition::Partition,
    state::stream_state::StreamState,
};
use std::{
    borrow::Cow,
    cell::{RefCell, RefMut},
    collections::BTreeSet,
    io::{self, Write},
    time::Duration,
};

/// What is said of a field that an event does not have.
const UNKNOWN: &str = "unknown";

/// The writer of one stream.
pub struct StreamWriter<'a, W: Write> {
    output: &'a Output<W>,
    stream: Stream,
    state: StreamState,
    settings: RecordSettings,
    records: u64,
    /// Whether an event had no JSON object to deliver, so that the user was warned.
    has_unparsed: bool,
    /// Where CloudTrail has returned events out of order.
    out_of_order: BTreeSet<Partition>,
    checkpoint: Checkpoint,
    /// How many pages have arrived since the last STATE.
    pages_since_state: u64,
    has_state: bool,
}

/// All methods fail with the error of the output, if stdout can't be written.
impl<'a, W: Write> StreamWriter<'a, W> {
    /// The writer of `stream`, which resumes from `state` and writes records to `output` as `settings` say.
    pub fn new(output: &'a Output<W>, stream: Stream, state: StreamState, settings: RecordSettings) -> Self {
        Self {
            output,
            stream,
            state,
            settings,
            records: 0,
            has_unparsed: false,
            out_of_order: BTreeSet::new(),
            checkpoint: Checkpoint::default(),
            pages_since_state: 0,
            has_state: false,
        }
    }

    /// When the next STATE is due at the latest.
    #[must_use]
    pub(crate) fn state_due_by(&self) -> Elapsed {
        self.checkpoint.due_by(self.state.size())
    }

    /// Writes a STATE if one is due at `now`.
    pub(crate) fn write_state_if_due(&mut self, now: Elapsed) -> io::Result<()> {
        if self.checkpoint.is_due(self.state.size(), now) { self.write_state(now) } else { Ok(()) }
    }

    /// Writes the last STATE, unless the one before it already covers everything. A read that failed before its first
    /// page has none.
    pub(crate) fn write_last_state(&mut self, now: Elapsed, is_complete: bool) -> io::Result<()> {
        if self.pages_since_state > 0 || (is_complete && !self.has_state) { self.write_state(now) } else { Ok(()) }
    }

    fn write_state(&mut self, now: Elapsed) -> io::Result<()> {
        self.checkpoint.state_written(now);
        self.pages_since_state = 0;
        self.has_state = true;
        self.output.state(self.stream, &self.state)
    }

    /// The second up to which all events of `partition` have been read; none if nothing of it is read.
    #[must_use]
    pub(crate) fn event_time(&self, partition: &Partition) -> Option<i64> {
        self.state.coverage(partition).map(Coverage::event_time)
    }

    /// Writes a LOG line.
    pub(crate) fn log(&self, level: Level, message: &str) -> io::Result<()> {
        self.output.log(level, message)
    }

    /// A place as the log names it, such as `us-east-1 (Insights events)`.
    #[must_use]
    pub(crate) fn label(&self, place: String) -> String {
        match self.stream {
            Stream::ManagementEvents => place,
            Stream::InsightEvents => format!("{place} (Insights events)"),
        }
    }

    fn has_reached_limit(&self) -> bool {
        self.settings.limit.is_some_and(|limit| self.records >= limit)
    }

    /// Writes `event` of `partition` as a record if it is new and not held back. None for an event that can't become a
    /// record.
    fn write_event(&mut self, partition: &Partition, event: &Event) -> io::Result<Option<Emission>> {
        let (Some(id), Some(time)) = (&event.event_id, event.event_time) else {
            self.output.log(Level::Warn, &incomplete(event))?;
            return Ok(None);
        };
        let emission = self.state.emit(partition, time, EventDigest::of(&id.text()));
        if emission == Emission::New {
            self.write_record(partition, event, time)?;
        }
        Ok(Some(emission))
    }

    fn write_record(&mut self, partition: &Partition, event: &Event, time: i64) -> io::Result<()> {
        if self.records == 0 {
            self.output.status(self.stream, StreamStatus::Running)?;
        }
        self.records += 1;
        let account = partition.account.as_ref().or(self.state.account());
        let mut is_unparsed = false;
        let bytes = self.output.record(self.stream, |json| {
            is_unparsed = event_record::add(json, event, time, (account, &partition.region), self.settings.format);
            is_unparsed.then(|| RecordMeta::not_serializable("CloudTrailEvent"))
        })?;
        self.checkpoint.record_written(bytes);
        if is_unparsed && !self.has_unparsed {
            self.has_unparsed = true;
            self.output.log(Level::Warn, &unparsed(event))?;
        }
        Ok(())
    }
}

/// The part of one Region of one account in the writer of a stream.
pub(crate) struct RegionWriter<'a, 'b, W: Write> {
    shared: &'a RefCell<StreamWriter<'b, W>>,
    partition: Partition,
    pages: u64,
    records: u64,
    held_back: u64,
    has_covered: bool,
}

/// All methods fail with the error of the output, if stdout can't be written.
impl<'a, 'b, W: Write> RegionWriter<'a, 'b, W> {
    /// The part of `partition` in the writer that all share.
    pub(crate) fn new(shared: &'a RefCell<StreamWriter<'b, W>>, partition: &Partition) -> Self {
        Self { shared, partition: partition.clone(), pages: 0, records: 0, held_back: 0, has_covered: false }
    }

    /// The writer of all Regions. It must be dropped before the reader waits for anything.
    fn shared(&self) -> RefMut<'a, StreamWriter<'b, W>> {
        self.shared.borrow_mut()
    }

    /// The Region.
    #[must_use]
    pub(crate) fn region(&self) -> &str {
        &self.partition.region
    }

    /// The Region as the log names it, such as `us-east-1 (Insights events)`.
    #[must_use]
    pub(crate) fn label(&self) -> String {
        let shared = self.shared();
        let place = match shared.state.account() {
            // All Regions are of this account.
            Some(_) => self.partition.region.clone(),
            None => self.partition.to_string(),
        };
        shared.label(place)
    }

    /// The seconds that are left to read, oldest first.
    #[must_use]
    pub(crate) fn unread(&self) -> Vec<SecondRange> {
        self.shared().state.coverage(&self.partition).map(Coverage::uncovered).unwrap_or_default()
    }

    /// Writes the new events of `page`, covers the seconds `passed` that have been read to their end with it, and writes a
    /// STATE if one is due.
    pub(crate) fn write_page(&mut self, page: &Page, passed: Option<SecondRange>, now: Elapsed) -> io::Result<()> {
        let shared = &mut *self.shared.borrow_mut();
        if let Some(asked_at) = page.asked_at.filter(|_| self.pages == 0) {
            shared.state.asked_at(&self.partition, asked_at);
        }
        if self.partition.account.is_none()
            && shared.state.account().is_none()
            && let Some(account) = page.events.iter().find_map(Event::recipient_account)
        {
            shared.state.learn_account(account);
        }
        self.pages += 1;
        shared.pages_since_state += 1;
        for event in &page.events {
            if shared.has_reached_limit() {
                return Ok(());
            }
            if shared.settings.excludes(event) {
                continue;
            }
            match shared.write_event(&self.partition, event)? {
                Some(Emission::New) => self.records += 1,
                Some(Emission::HeldBack) => self.held_back += 1,
                Some(Emission::Duplicate | Emission::TooNew) | None => {}
            }
        }
        if let Some(passed) = passed {
            self.has_covered |= shared.state.cover(&self.partition, passed);
        }
        shared.write_state_if_due(now)
    }

    /// Whether `second` of the Region is covered: according to the state, all its events have been written.
    #[must_use]
    pub(crate) fn covers(&self, second: i64) -> bool {
        self.shared().state.coverage(&self.partition).is_some_and(|coverage| coverage.covers(second))
    }

    /// Writes events of covered seconds that CloudTrail returned out of order, so that they were not written before. Returns
    /// whether that happens for the first time in the Region.
    pub(crate) fn write_out_of_order(&mut self, events: &[&Event]) -> io::Result<bool> {
        let shared = &mut *self.shared.borrow_mut();
        shared.pages_since_state += 1;
        for event in events {
            let (Some(_), Some(time)) = (&event.event_id, event.event_time) else { continue };
            if shared.has_reached_limit() {
                break;
            }
            if shared.settings.excludes(event) {
                continue;
            }
            shared.write_record(&self.partition, event, time)?;
            self.records += 1;
        }
        Ok(shared.out_of_order.insert(self.partition.clone()))
    }

    /// Whether as many records of the stream have been written as the user's limit allows.
    #[must_use]
    pub(crate) fn has_reached_limit(&self) -> bool {
        self.shared().has_reached_limit()
    }

    /// Tells the platform that CloudTrail throttles, and that requests wait for `wait`.
    pub(crate) fn rate_limited(&self, wait: Duration) -> io::Result<()> {
        let shared = &mut *self.shared();
        shared.output.rate_limited(shared.stream, wait)
    }

    /// Writes a LOG line.
    pub(crate) fn log(&self, level: Level, message: &str) -> io::Result<()> {
        self.shared().log(level, message)
    }

    /// Whether any second of the Region became covered, so that another turn goes on from there.
    #[must_use]
    pub(crate) fn has_covered(&self) -> bool {
        self.has_covered
    }

    /// How many pages of the Region have arrived.
    #[must_use]
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// How many records of the Region have been written.
    #[must_use]
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// The second up to which all events of the Region have been written.
    #[must_use]
    pub(crate) fn complete_up_to(&self) -> Option<i64> {
        self.shared().state.coverage(&self.partition).map(Coverage::event_time)
    }

    /// The oldest second that CloudTrail keeps at `now`, in seconds since the epoch.
    #[must_use]
    pub(crate) fn oldest_kept(&self, now: Elapsed) -> i64 {
        self.shared().state.oldest_kept(now.since_start())
    }

    /// How many events of the Region are left to a later sync. An event that is returned again counts again.
    #[must_use]
    pub(crate) fn held_back(&self) -> u64 {
        self.held_back
    }
}

/// The warning about the first event whose `CloudTrailEvent` can't be delivered as an object.
fn unparsed(event: &Event) -> String {
    let id = or_unknown(event.event_id.as_ref());
    format!(
        "CloudTrailEvent of the event {id} can't be delivered as an object, because it is not a JSON object that all destinations can read. Its text is delivered as {{\"unparsed\": \"…\"}}, as is that of other such events."
    )
}

/// The warning about an event that can't become a record.
fn incomplete(event: &Event) -> String {
    format!(
        "CloudTrail returned an event without an EventId or an EventTime, which can't become a record and is left out: EventId {}, EventTime {}, EventName {}, EventSource {}.",
        or_unknown(event.event_id.as_ref()),
        event.event_time.map_or_else(|| UNKNOWN.to_owned(), |time| time.to_string()),
        or_unknown(event.event_name.as_ref()),
        or_unknown(event.event_source.as_ref()),
    )
}

fn or_unknown(string: Option<&JsonString>) -> Cow<'_, str> {
    string.map_or(Cow::Borrowed(UNKNOWN), JsonString::text)
}

#[cfg(test)]
mod tests;
