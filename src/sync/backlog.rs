//! Whether a read keeps up with the events that are recorded: CloudTrail returns 100 a second in a Region, and some
//! accounts record more.
//!
//! A read that takes as long as the time span that it reads never catches up. Sooner or later, its unread events are
//! older than 90 days and leave the event history. Pure: it is told how
//! long the read has taken.

use super::rate::per_second;
use std::time::Duration;

/// The most events that CloudTrail puts on one page. Source: LookupEvents, `MaxResults`.
const EVENTS_PER_PAGE: u64 = 50;
/// A shorter read says little about what is recorded in the long run.
const LONG_ENOUGH: Duration = Duration::from_mins(10);
/// A read that takes this part of its time span, or more, takes too long.
const TOO_LONG: f64 = 0.9;
/// The part of what CloudTrail returns from which on there are too many events. With fewer, something else is slow:
/// another reader that uses the quota, or a stdout that is read slowly.
const TOO_MANY: f64 = 0.8;
/// How close, in seconds, the oldest unread event may get to the end of the event history.
const NEAR_THE_EDGE: i64 = 86_400;

/// The time span that one Region's read has to read, and how many events turned out to be in it.
#[derive(Debug)]
pub(super) struct Backlog {
    region: String,
    /// The length of the time span to read.
    to_read: Duration,
    /// How many events a second can be read at the full pace.
    capacity: f64,
    events: u64,
    has_warned: bool,
}

impl Backlog {
    /// The backlog of a time span of the length `to_read` in `region`, read with at most one request in each `pace`.
    #[must_use]
    pub(super) fn new(region: &str, to_read: Duration, pace: Duration) -> Self {
        let capacity = per_second(EVENTS_PER_PAGE, pace);
        Self { region: region.to_owned(), to_read, capacity, events: 0, has_warned: false }
    }

    /// Counts events that CloudTrail returned.
    pub(super) fn events_arrived(&mut self, events: usize) {
        self.events = self.events.saturating_add(u64::try_from(events).unwrap_or(u64::MAX));
    }

    /// The warning when all has been read, which `took` so long.
    #[must_use]
    pub(super) fn warning_at_end(&self, took: Duration) -> Option<String> {
        self.warning(took, self.to_read).filter(|_| !self.has_warned)
    }

    /// The warning, once, while the read is running. It `took` so long, and a time span of the length `unread` has not
    /// been read yet. Its oldest second is `oldest`, and the event history reaches back to the second `edge`, in seconds
    /// since the epoch.
    pub(super) fn warning_near_the_edge(
        &mut self,
        took: Duration,
        unread: Duration,
        oldest: i64,
        edge: i64,
    ) -> Option<String> {
        if self.has_warned || oldest.saturating_sub(edge) >= NEAR_THE_EDGE {
            return None;
        }
        let warning = self.warning(took, self.to_read.saturating_sub(unread))?;
        self.has_warned = true;
        Some(format!("{warning} Unread events are less than a day from the end of CloudTrail's 90-day history."))
    }

    /// That a time span of the length `read` `took` so long, if that is too long because of too many events.
    fn warning(&self, took: Duration, read: Duration) -> Option<String> {
        let recorded_per_second = per_second(self.events, read.max(Duration::from_secs(1)));
        let read_per_second = per_second(self.events, took);
        let is_too_slow = took >= LONG_ENOUGH && took >= read.mul_f64(TOO_LONG);
        if !is_too_slow || recorded_per_second < TOO_MANY * self.capacity {
            return None;
        }
        let verdict = if read_per_second > recorded_per_second { "barely keeps up" } else { "can't keep up" };
        let region = &self.region;
        Some(format!(
            "{region}: this sync {verdict}. About {recorded_per_second:.0} events a second are recorded, and it read {read_per_second:.0} a second; CloudTrail returns at most 100 a second for an account and Region. To read fewer events, set lookup_attributes_filter to ReadOnly = false. To read all of them, deliver a trail to Amazon S3 and use Airbyte's S3 source."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::pacer::FULL_PACE;

    const NOW: i64 = 1_795_350_000;
    const DAY: i64 = 86_400;

    fn minutes(count: u64) -> Duration {
        Duration::from_mins(count)
    }

    fn seconds(count: i64) -> Duration {
        Duration::from_secs(count.unsigned_abs())
    }

    /// The backlog of so many seconds, in which so many events have been read.
    fn backlog(to_read: i64, events: usize) -> Backlog {
        let mut backlog = Backlog::new("us-east-1", seconds(to_read), FULL_PACE);
        backlog.events_arrived(events);
        backlog
    }

    #[test]
    fn a_read_that_takes_as_long_as_its_time_span_does_not_keep_up() {
        let warning = backlog(3_600, 342_000).warning_at_end(minutes(57)).unwrap();
        let barely = "barely keeps up. About 95 events a second are recorded";
        for says in [barely, "it read 100 a second", "ReadOnly = false", "S3 source"] {
            assert!(warning.contains(says), "{warning}");
        }
        assert!(backlog(3_600, 432_000).warning_at_end(minutes(73)).unwrap().contains("can't keep up"));
        assert_eq!(backlog(3_600, 180_000).warning_at_end(minutes(30)), None, "it has time to spare");
        assert_eq!(backlog(3_600, 36_000).warning_at_end(minutes(60)), None, "another reader uses the quota");
        assert_eq!(backlog(60, 6_000).warning_at_end(minutes(1)), None, "it is too short to tell");
    }

    #[test]
    fn it_warns_once_when_the_edge_is_near() {
        let began = NOW - 90 * DAY;
        let (edge, later, unread) = (began + 1_200, minutes(20), seconds(90 * DAY - 1_000));
        let new = || backlog(90 * DAY, 118_000);
        let mut behind = new();
        assert_eq!(
            behind.warning_near_the_edge(minutes(1), seconds(90 * DAY), began, began + 60),
            None,
            "it has just begun"
        );
        let warning = behind.warning_near_the_edge(later, unread, began, edge).unwrap();
        assert!(warning.contains("can't keep up") && warning.contains("less than a day"), "{warning}");
        assert_eq!(behind.warning_near_the_edge(later, unread, began, edge), None, "it has warned");
        assert_eq!(new().warning_near_the_edge(later, unread, began, began - DAY), None, "the edge is far");
    }

    /// A first read starts at the edge, and its oldest second may stay unread until the end.
    #[test]
    fn a_long_first_read_of_few_events_does_not_warn() {
        let began = NOW - 90 * DAY;
        let mut backlog = backlog(90 * DAY, 118_000);
        assert_eq!(backlog.warning_near_the_edge(minutes(20), seconds(40 * DAY), began, began + 1_200), None);
        assert_eq!(backlog.warning_at_end(minutes(60)), None);
    }
}
