//! What the log says of a state when a sync resumes from it.

use super::{
    saved_filter::SavedFilter,
    saved_region::ReadRegion,
    sync_settings::SyncSettings,
    utc_time::{utc_date, utc_time},
};
use crate::{
    airbyte::protocol::Level,
    coverage::window::{before, oldest_kept},
    partition::Partition,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A gap of up to a day is not logged: a state at the edge of the history falls out of it before the next sync.
const TOLERATED_GAP: Duration = Duration::from_hours(24);

/// How many Regions have a line each for the same message. For more, there is one line.
const MAX_LINES: usize = 8;
/// How many Regions that line names.
const MAX_NAMES: usize = 3;

/// A line of the log.
pub(crate) type LogMessage = (Level, String);

/// What to say of a state that ends in the future, at `event_time`.
pub(super) fn state_in_the_future(event_time: i64) -> LogMessage {
    let end = utc_time(event_time);
    let message = format!(
        "The state ends in the future, at {end}. Nothing is read until then, and the state does not change. If the time is wrong, refresh the stream (Refresh and retain records)."
    );
    (Level::Warn, message)
}

/// What to say of entries that are not used, because the state does not say which account they are of.
pub(super) fn dropped_entries() -> LogMessage {
    let message = "The state does not name its account, so it is not used, and all events are read again from the start date. Events that were written before are written again, with the same EventId.".to_owned();
    (Level::Warn, message)
}

/// What to say of a start date in the future.
pub(super) fn start_date_in_the_future(start_date: i64) -> LogMessage {
    let start_date = utc_date(start_date);
    let message =
        format!("start_date {start_date} is in the future. Nothing is read until then, and the state does not change.");
    (Level::Warn, message)
}

/// What there is to say of the start of the read of a Region.
pub(super) struct Note<'a> {
    partition: &'a Partition,
    topic: Topic,
    /// The time that it is about, in seconds since the epoch, if it is about one.
    time: Option<i64>,
}

/// What a note is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// Its entry ends in the future.
    InTheFuture,
    /// The start date is older than the event history.
    LateStart,
    ChangedFilter {
        old: Option<String>,
    },
    /// CloudTrail dropped events before they were read.
    Gap,
    IgnoredStartDate,
}

impl<'a> Note<'a> {
    /// The entry of `partition` ends in the future, at `event_time`.
    pub(super) fn in_the_future(partition: &'a Partition, event_time: i64) -> Self {
        Self { partition, topic: Topic::InTheFuture, time: Some(event_time) }
    }

    /// What there is to say of `partition`, which resumes from `saved` or is read from its start.
    pub(super) fn of_start(
        partition: &'a Partition,
        saved: Option<&ReadRegion<'_>>,
        settings: &SyncSettings,
    ) -> impl Iterator<Item = Self> {
        let notes = match saved {
            None => [late_start(settings), None, None],
            Some(ReadRegion { coverage, filter }) => [
                changed_filter(filter.as_deref(), settings),
                gap(coverage.event_time, settings),
                ignored_start_date(coverage.event_time, settings),
            ],
        };
        notes.into_iter().flatten().map(move |(topic, time)| Self { partition, topic, time })
    }
}

fn late_start(settings: &SyncSettings) -> Option<(Topic, Option<i64>)> {
    let oldest = oldest_kept(settings.start);
    settings.read_from.filter(|start| *start < oldest).map(|_| (Topic::LateStart, Some(oldest)))
}

fn changed_filter(old: Option<&str>, settings: &SyncSettings) -> Option<(Topic, Option<i64>)> {
    let new = settings.filter.as_ref().map(SavedFilter::name);
    (old != new).then(|| (Topic::ChangedFilter { old: old.map(str::to_owned) }, None))
}

fn gap(end: i64, settings: &SyncSettings) -> Option<(Topic, Option<i64>)> {
    let next = end.saturating_add(1);
    let wanted = next.max(settings.read_from.unwrap_or(next));
    let oldest = oldest_kept(settings.start);
    (wanted < before(oldest, TOLERATED_GAP)).then_some((Topic::Gap, Some(end)))
}

fn ignored_start_date(end: i64, settings: &SyncSettings) -> Option<(Topic, Option<i64>)> {
    let next = end.saturating_add(1);
    let resumed = next.max(oldest_kept(settings.start));
    settings.read_from.filter(|start| *start < next).map(|_| (Topic::IgnoredStartDate, Some(resumed)))
}

/// The lines to log for `notes`. What is to be said of many Regions becomes one line.
pub(super) fn lines(notes: &[Note<'_>], settings: &SyncSettings) -> Vec<LogMessage> {
    let mut by_topic: BTreeMap<&Topic, Vec<&Note<'_>>> = BTreeMap::new();
    for note in notes {
        by_topic.entry(&note.topic).or_default().push(note);
    }
    let lines = by_topic.into_iter().flat_map(|(topic, notes)| {
        let at_once = if notes.len() > MAX_LINES { notes.len() } else { 1 };
        notes.chunks(at_once).map(|notes| line(topic, notes, settings)).collect::<Vec<_>>()
    });
    lines.collect()
}

/// The line about `topic` for the Regions of `notes`. It names them if others are read, too.
fn line(topic: &Topic, notes: &[&Note<'_>], settings: &SyncSettings) -> LogMessage {
    let names = names(notes, settings);
    let (level, text) = text(topic, &names, &times(notes), settings);
    let is_named = settings.partitions.len() > 1 && *topic != Topic::InTheFuture;
    (level, if is_named { format!("{names}: {text}") } else { text })
}

/// The Regions of `notes`: the first of them if they are many.
fn names(notes: &[&Note<'_>], settings: &SyncSettings) -> String {
    let first = if notes.len() > MAX_LINES { &notes[..MAX_NAMES] } else { notes };
    let names: Vec<String> = first.iter().map(|note| settings.name(note.partition)).collect();
    let more = notes.len() - first.len();
    if more > 0 { format!("{}, and {more} more Regions", names.join(", ")) } else { names.join(", ") }
}

/// The time that `notes` are about: the earliest if there are several.
fn times(notes: &[&Note<'_>]) -> String {
    let times: BTreeSet<i64> = notes.iter().filter_map(|note| note.time).collect();
    let earliest = times.first().copied().map(utc_time).unwrap_or_default();
    if times.len() > 1 { format!("{earliest} or later") } else { earliest }
}

/// What to say about `topic`, and the time `end`, of `regions`.
fn text(topic: &Topic, regions: &str, end: &str, settings: &SyncSettings) -> LogMessage {
    let oldest = utc_time(oldest_kept(settings.start));
    let start_date = settings.read_from.map(utc_date).unwrap_or_default();
    match topic {
        Topic::InTheFuture => (
            Level::Warn,
            format!(
                "The state of {regions} ends in the future, at {end}. Nothing is read there until then, and its state does not change. If the time is wrong, refresh the stream (Refresh and retain records)."
            ),
        ),
        Topic::LateStart => (
            Level::Info,
            format!("CloudTrail keeps events for 90 days. Reading from {oldest} instead of start_date {start_date}."),
        ),
        Topic::ChangedFilter { old } => {
            let new = settings.filter.as_ref().map(SavedFilter::name);
            let (old, new) = (old.as_deref().unwrap_or("no filter"), new.unwrap_or("no filter"));
            (
                Level::Warn,
                format!(
                    "The filter changed from {old} to {new}. Events already read are not read again. To read them with the new filter, refresh the stream (Refresh and retain records)."
                ),
            )
        }
        Topic::Gap => (
            Level::Warn,
            format!(
                "The state ends at {end}, more than 90 days ago. Events before {oldest} that were not read are no longer in the event history. Sync more often."
            ),
        ),
        Topic::IgnoredStartDate => (
            Level::Info,
            format!(
                "Resuming from the state at {end}; start_date {start_date} is ignored. To read from start_date, refresh the stream (Refresh and retain records)."
            ),
        ),
    }
}

#[cfg(test)]
mod tests;
