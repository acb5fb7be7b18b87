//! What people are told about the read of one Region, or of many, in LOG lines. Pure.

use super::{
    backlog::Backlog,
    counts::{in_groups, more_regions, regions},
    names::Names,
    progress::Progress,
    time_spans::in_words,
};
use crate::{airbyte::protocol::Level, pace::elapsed::Elapsed, state::utc_time::utc_time};
use std::time::Duration;

/// Why no page arrives, if no request has failed.
const WAITING: &str = "Requests are waiting for an answer.";

/// That the read of `region` starts, with a time span of the length `to_read`.
pub(super) fn start(region: &str, to_read: Duration) -> String {
    let time = in_words(to_read);
    format!("Reading {region}: {time} left to read.")
}

/// That the read of the Regions that `name` sums up starts, with at most so many at a time, and with a time span of the
/// length `to_read` in the one that has the most to read.
pub(super) fn start_of_many(name: &str, to_read: Duration, at_a_time: usize) -> String {
    let time = in_words(to_read);
    format!("Reading {name}: up to {time} left to read in each, at most {at_a_time} Regions at a time.")
}

/// That no page has arrived for `idle`, and why, if a request has failed.
pub(super) fn no_page(region: &str, idle: Duration, failure: Option<&str>) -> String {
    let seconds = idle.as_secs();
    let why = failure.unwrap_or(WAITING);
    format!("{region}: no page for {seconds} seconds. {why}")
}

/// That no page has arrived from `count` of the Regions that `name` sums up, of `longest` for `idle`, and why there, if a
/// request has failed.
pub(super) fn no_pages(name: &str, count: usize, longest: &str, idle: Duration, failure: Option<&str>) -> String {
    let seconds = idle.as_secs();
    let why = failure.unwrap_or(WAITING);
    format!(
        "{name}: {count} have sent no page for 30 seconds or more. The longest wait is {seconds} seconds, for {longest}. {why}"
    )
}

/// That `count` events were out of order, for the first time.
pub(super) fn out_of_order(region: &str, count: usize) -> String {
    format!(
        "{region}: CloudTrail returned events out of order ({count}). They are written, and the rest of their time span is read again."
    )
}

/// That events were out of order in `more` Regions, apart from those that were named before.
pub(super) fn out_of_order_in_more(more: &Names) -> String {
    let regions = format!("{}: {more}", more_regions(more.count()));
    format!(
        "CloudTrail returned events out of order in {regions}. They were written, and the rest of their time spans was read again."
    )
}

/// That the read does not keep up in `more` Regions, apart from those that were named before.
pub(super) fn backlog_in_more(more: &Names) -> String {
    let regions = format!("{}: {more}", more_regions(more.count()));
    format!(
        "This sync can't keep up, or barely keeps up, in {regions}. About as many events are recorded there as it can read, or more; CloudTrail returns at most 100 a second for an account and Region. To read fewer events, set lookup_attributes_filter to ReadOnly = false. To read all of them, deliver a trail to Amazon S3 and use Airbyte's S3 source."
    )
}

/// What there is to say when the read of a Region ends.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) region: &'a str,
    pub(super) now: Elapsed,
    pub(super) progress: &'a Progress,
    pub(super) records: u64,
    /// The second up to which all events have been written, if a page has arrived.
    pub(super) complete_up_to: Option<i64>,
    /// The message of the failure that ended the read.
    pub(super) failure: Option<&'a str>,
    /// The backlog, if all of it was read.
    pub(super) backlog: Option<&'a Backlog>,
    /// How many events the state had no room for.
    pub(super) held_back: u64,
}

impl Summary<'_> {
    /// The lines to log, each with its level.
    pub(super) fn lines(&self) -> impl Iterator<Item = (Level, String)> {
        let summary = self.progress.summary(self.now, self.records);
        let complete = self.complete_up_to.map(utc_time);
        let complete = complete.map(|time| format!(" All events up to {time} have been read.")).unwrap_or_default();
        let ended = match self.failure {
            None => (Level::Info, format!("{summary}.{complete}")),
            Some(failure) => (Level::Warn, format!("{summary}, then it failed.{complete} {failure}")),
        };
        let too_many = self.backlog.and_then(|backlog| backlog.warning_at_end(self.now.since_start()));
        let held_back = (self.held_back > 0).then(|| held_back(self.region, self.held_back));
        let warnings = too_many.into_iter().chain(held_back).map(|warning| (Level::Warn, warning));
        std::iter::once(ended).chain(warnings)
    }
}

/// That `count` events of `region` are held back.
pub(super) fn held_back(region: &str, count: u64) -> String {
    format!(
        "{region}: {count} events from within the lookback window are held back, because the state has no room for more event IDs. A later sync delivers them. To get them sooner, decrease lookback_window_minutes."
    )
}

/// That `count` events of `many` Regions are held back.
pub(super) fn held_back_in_many(many: &Names, count: u64) -> String {
    let (count, regions) = (in_groups(count), format!("{} ({many})", regions(many.count())));
    format!(
        "{count} events from within the lookback window are held back in {regions}, because the state has no room for more event IDs. A later sync delivers them. To get them sooner, decrease lookback_window_minutes."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::pacer::FULL_PACE;

    const HOUR: Duration = Duration::from_hours(1);

    const COUNTS: &str = "us-east-1: 50 records from 0 requests in 1 h, 0 throttled";

    fn summary(progress: &Progress) -> Summary<'_> {
        Summary {
            region: "us-east-1",
            now: Elapsed::START + HOUR,
            progress,
            records: 50,
            complete_up_to: Some(1_795_350_000),
            failure: None,
            backlog: None,
            held_back: 0,
        }
    }

    fn progress() -> Progress {
        Progress::new("us-east-1", FULL_PACE, HOUR)
    }

    fn lines(summary: &Summary<'_>) -> Vec<(Level, String)> {
        summary.lines().collect()
    }

    #[test]
    fn a_read_that_succeeds_has_one_line() {
        let progress = progress();
        let whole = format!("{COUNTS}. All events up to 2026-11-22T12:20:00Z have been read.");
        assert_eq!(lines(&summary(&progress)), [(Level::Info, whole)]);
        let without_a_page = Summary { complete_up_to: None, ..summary(&progress) };
        assert_eq!(lines(&without_a_page), [(Level::Info, format!("{COUNTS}."))]);
    }

    #[test]
    fn a_read_that_fails_warns_with_the_reason() {
        let progress = progress();
        let failed = Summary { complete_up_to: None, failure: Some("It is down."), ..summary(&progress) };
        assert_eq!(lines(&failed), [(Level::Warn, format!("{COUNTS}, then it failed. It is down."))]);
    }

    #[test]
    fn a_backlog_and_events_that_are_held_back_have_warnings_of_their_own() {
        let (progress, mut backlog) = (progress(), Backlog::new("us-east-1", HOUR, FULL_PACE));
        backlog.events_arrived(360_000);
        let lines = lines(&Summary { backlog: Some(&backlog), held_back: 7, ..summary(&progress) });
        let levels: Vec<Level> = lines.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [Level::Info, Level::Warn, Level::Warn]);
        assert!(lines[1].1.contains("keep up") && lines[2].1.contains("7 events"), "{lines:?}");
    }
}
