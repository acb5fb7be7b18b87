//! What there is to say of a state when it is taken up, in the words that the user reads.

use super::{saved_filter::SavedFilter, sync_settings::SyncSettings};
use crate::{
    airbyte::protocol::Level,
    coverage::{region_coverage::SavedCoverage, window::HISTORY},
};
use chrono::DateTime;

const DAY: i64 = 86_400;

/// A line about a state that the user should see.
pub(crate) type Note = (Level, String);

/// The notes of a sync that begins with a start date.
pub(super) fn clipped(sync: &SyncSettings) -> Vec<Note> {
    let oldest = sync.start - HISTORY;
    let start = sync.read_from.filter(|start| *start < oldest);
    start
        .map(|start| {
            (
                Level::Info,
                format!(
                    "CloudTrail keeps 90 days: reading from {}, not from the start_date {}.",
                    written(oldest),
                    date(start)
                ),
            )
        })
        .into_iter()
        .collect()
}

/// The notes of a sync that resumes from what was read with `filter`.
pub(super) fn other_filter(filter: Option<&str>, sync: &SyncSettings) -> Vec<Note> {
    let now = sync.filter.as_ref().map(SavedFilter::name);
    let name = |filter: Option<&str>| filter.unwrap_or("no filter").to_owned();
    let note = || {
        format!(
            "The state was written with {}, the config now has {}: what was read with the other one is not read again. Reset the stream if it should be.",
            name(filter),
            name(now)
        )
    };
    if filter == now { Vec::new() } else { vec![(Level::Warn, note())] }
}

/// The notes of a sync that goes on from a state.
pub(super) fn resumed(saved: &SavedCoverage<'_>, sync: &SyncSettings) -> Vec<Note> {
    let mut notes = Vec::new();
    let next = saved.event_time.saturating_add(1);
    let wanted = next.max(sync.read_from.unwrap_or(next));
    let oldest = sync.start - HISTORY;
    if wanted < oldest - DAY {
        notes.push((
            Level::Warn,
            format!(
                "The state ends at {}, and CloudTrail keeps 90 days: events up to {} that were not read yet are no longer in the event history.",
                written(saved.event_time),
                written(oldest)
            ),
        ));
    }
    if let Some(start) = sync.read_from.filter(|start| *start < next) {
        notes.push((
            Level::Info,
            format!(
                "Going on from the state, at {}: the start_date {} changes nothing any more; reset the stream to read from it again.",
                written(next.max(oldest)),
                date(start)
            ),
        ));
    }
    notes
}

/// A second, in the form that users read.
#[must_use]
pub(crate) fn written(second: i64) -> String {
    DateTime::from_timestamp(second, 0)
        .map_or_else(|| second.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn date(second: i64) -> String {
    DateTime::from_timestamp(second, 0).map_or_else(|| second.to_string(), |time| time.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests;
