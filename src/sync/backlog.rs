//! Whether a read keeps up with the events that are recorded: CloudTrail gives out 100 a second in a Region, and some
//! accounts make more.
//!
//! A read that takes as long as the time span that it reads never catches up. Sooner or later the events that it has
//! not read yet leave the 90 days. Pure: it is told the time, as the time since the read began.

use super::progress::float;
use std::time::Duration;

/// The most events that CloudTrail puts on one page. Source: LookupEvents, `MaxResults`.
const EVENTS_PER_PAGE: f64 = 50.0;

/// A read that is shorter than this says little about what is recorded in the long run.
const LONG_ENOUGH: Duration = Duration::from_mins(10);
/// From which share of the time span read a read takes too long.
const TOO_LONG: f64 = 0.9;
/// From which share of what CloudTrail returns on there are too many events. With fewer, something else is slow: another
/// reader that takes the quota, or a stdout that is read slowly.
const TOO_MANY: f64 = 0.8;
/// How close the oldest unread event may get to the end of the history, in seconds.
const NEAR: i64 = 86_400;

/// What one Region's read has to read, and how many events that turned out to be.
#[derive(Debug)]
pub(super) struct Backlog {
    region: String,
    /// The number of seconds to read.
    seconds: i64,
    /// How many events a second can be read, at the full pace.
    capacity: f64,
    events: u64,
    is_told: bool,
}

impl Backlog {
    /// The backlog of `seconds` seconds in `region`, read with one request each `pace` at the most.
    #[must_use]
    pub(super) fn new(region: &str, seconds: i64, pace: Duration) -> Self {
        let capacity = EVENTS_PER_PAGE / pace.as_secs_f64();
        Self { region: region.to_owned(), seconds, capacity, events: 0, is_told: false }
    }

    /// Counts events that were served.
    pub(super) fn served(&mut self, events: usize) {
        self.events = self.events.saturating_add(u64::try_from(events).unwrap_or(u64::MAX));
    }

    /// What to tell the user when all has been read, `took` after the read began.
    #[must_use]
    pub(super) fn at_end(&self, took: Duration) -> Option<String> {
        self.warning(took, self.seconds).filter(|_| !self.is_told)
    }

    /// What to tell the user, once, while the read goes on: at `now` all but `unread` seconds have been read, of which
    /// `oldest` is the oldest, and the history reaches back to `edge`.
    pub(super) fn near_the_edge(&mut self, now: Duration, unread: i64, oldest: i64, edge: i64) -> Option<String> {
        if self.is_told || oldest.saturating_sub(edge) >= NEAR {
            return None;
        }
        let warning = self.warning(now, self.seconds.saturating_sub(unread))?;
        self.is_told = true;
        Some(format!("{warning} Unread events are less than a day from the end of CloudTrail's 90-day history."))
    }

    /// That events of `seconds` took so long to read, if that is too long and they are too many.
    fn warning(&self, took: Duration, seconds: i64) -> Option<String> {
        let (recorded, read) = (float(self.events) / float(seconds.max(1)), float(self.events) / took.as_secs_f64());
        let is_too_slow = took >= LONG_ENOUGH && took.as_secs_f64() >= TOO_LONG * float(seconds);
        if !is_too_slow || recorded < TOO_MANY * self.capacity {
            return None;
        }
        let verdict = if read > recorded { "barely keeps up" } else { "can't keep up" };
        Some(format!(
            "{}: this sync {verdict}. About {recorded:.0} events a second are recorded, and it read {read:.0} a second; CloudTrail returns at most 100 a second for an account and Region. To read fewer events, set lookup_attributes_filter to ReadOnly = false. To read all of them, deliver a trail to Amazon S3 and use Airbyte's S3 source.",
            self.region
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

    fn after(seconds: i64, events: usize) -> Backlog {
        let mut backlog = Backlog::new("us-east-1", seconds, FULL_PACE);
        backlog.served(events);
        backlog
    }

    #[test]
    fn a_read_as_long_as_its_window_can_not_keep_up() {
        let warning = after(3_600, 342_000).at_end(minutes(57)).unwrap();
        let barely = "barely keeps up. About 95 events a second are recorded";
        for says in [barely, "it read 100 a second", "ReadOnly = false", "S3 source"] {
            assert!(warning.contains(says), "{warning}");
        }
        assert!(after(3_600, 432_000).at_end(minutes(73)).unwrap().contains("can't keep up"));
        assert_eq!(after(3_600, 180_000).at_end(minutes(30)), None, "it has time to spare");
        assert_eq!(after(3_600, 36_000).at_end(minutes(60)), None, "another reader takes the quota");
        assert_eq!(after(60, 6_000).at_end(minutes(1)), None, "it is too short to tell");
    }

    #[test]
    fn it_is_told_once_when_the_edge_comes_near() {
        let began = NOW - 90 * DAY;
        let (edge, later, unread) = (began + 1_200, minutes(20), 90 * DAY - 1_000);
        let backlog = || after(90 * DAY, 118_000);
        let mut behind = backlog();
        assert_eq!(behind.near_the_edge(minutes(1), 90 * DAY, began, began + 60), None, "it has just begun");
        let warning = behind.near_the_edge(later, unread, began, edge).unwrap();
        assert!(warning.contains("can't keep up") && warning.contains("less than a day"), "{warning}");
        assert_eq!(behind.near_the_edge(later, unread, began, edge), None, "it was told");
        assert_eq!(backlog().near_the_edge(later, unread, began, began - DAY), None, "the edge is far");
    }

    /// A first read begins at the edge, and its oldest second may stay unread until the end.
    #[test]
    fn a_long_first_read_of_few_events_is_no_reason_to_warn() {
        let began = NOW - 90 * DAY;
        let mut backlog = after(90 * DAY, 118_000);
        assert_eq!(backlog.near_the_edge(minutes(20), 40 * DAY, began, began + 1_200), None);
        assert_eq!(backlog.at_end(minutes(60)), None);
    }
}
