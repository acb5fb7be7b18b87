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
};
use std::time::Duration;

/// A gap of up to a day is not logged: a state at the edge of the history falls out of it before the next sync.
const TOLERATED_GAP: Duration = Duration::from_hours(24);

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

/// The same of the state of one Region.
pub(super) fn region_in_the_future(region: &str, event_time: i64) -> LogMessage {
    let end = utc_time(event_time);
    let message = format!(
        "The state of {region} ends in the future, at {end}. Nothing is read there until then, and its state does not change. If the time is wrong, refresh the stream (Refresh and retain records)."
    );
    (Level::Warn, message)
}

/// What to say of a start date in the future.
pub(super) fn start_date_in_the_future(start_date: i64) -> LogMessage {
    let start_date = utc_date(start_date);
    let message =
        format!("start_date {start_date} is in the future. Nothing is read until then, and the state does not change.");
    (Level::Warn, message)
}

/// What to say of `region`, which resumes from `saved` or is read from its start. The messages name it if others are
/// read, too.
pub(super) fn start_of_region(
    region: &str,
    saved: Option<&ReadRegion<'_>>,
    settings: &SyncSettings,
) -> Vec<LogMessage> {
    let messages = match saved {
        None => vec![late_start(settings)],
        Some(ReadRegion { coverage, filter }) => vec![
            changed_filter(filter.as_deref(), settings.filter.as_ref().map(SavedFilter::name)),
            gap(coverage.event_time, settings),
            ignored_start_date(coverage.event_time, settings),
        ],
    };
    let is_alone = settings.regions.len() == 1;
    let named = |message| if is_alone { message } else { format!("{region}: {message}") };
    messages.into_iter().flatten().map(|(level, message)| (level, named(message))).collect()
}

/// A start date that is older than the event history.
fn late_start(settings: &SyncSettings) -> Option<LogMessage> {
    let oldest = oldest_kept(settings.start);
    let start_date = settings.read_from.filter(|start| *start < oldest).map(utc_date)?;
    let oldest = utc_time(oldest);
    let message =
        format!("CloudTrail keeps events for 90 days. Reading from {oldest} instead of start_date {start_date}.");
    Some((Level::Info, message))
}

fn changed_filter(old: Option<&str>, new: Option<&str>) -> Option<LogMessage> {
    if old == new {
        return None;
    }
    let (old, new) = (old.unwrap_or("no filter"), new.unwrap_or("no filter"));
    let message = format!(
        "The filter changed from {old} to {new}. Events already read are not read again. To read them with the new filter, refresh the stream (Refresh and retain records)."
    );
    Some((Level::Warn, message))
}

/// Events that CloudTrail dropped before they were read.
fn gap(end: i64, settings: &SyncSettings) -> Option<LogMessage> {
    let next = end.saturating_add(1);
    let wanted = next.max(settings.read_from.unwrap_or(next));
    let oldest = oldest_kept(settings.start);
    if wanted >= before(oldest, TOLERATED_GAP) {
        return None;
    }
    let (end, oldest) = (utc_time(end), utc_time(oldest));
    let message = format!(
        "The state ends at {end}, more than 90 days ago. Events before {oldest} that were not read are no longer in the event history. Sync more often."
    );
    Some((Level::Warn, message))
}

fn ignored_start_date(end: i64, settings: &SyncSettings) -> Option<LogMessage> {
    let next = end.saturating_add(1);
    let start_date = settings.read_from.filter(|start| *start < next).map(utc_date)?;
    let resumed = utc_time(next.max(oldest_kept(settings.start)));
    let message = format!(
        "Resuming from the state at {resumed}; start_date {start_date} is ignored. To read from start_date, refresh the stream (Refresh and retain records)."
    );
    Some((Level::Info, message))
}

#[cfg(test)]
mod tests;
