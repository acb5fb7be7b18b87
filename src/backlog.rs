//! Whether a read keeps up with the events that are recorded: CloudTrail gives out 100 a second in a Region, and some
//! accounts make more.
//!
//! A read that takes as long as the time span that it reads never catches up. Sooner or later the events that it has
//! not read yet leave the 90 days. Pure: it is told the time, as the time since the read began.

use std::time::Duration;

/// A read that is shorter than this says little about what is recorded in the long run.
const LONG_ENOUGH: Duration = Duration::from_mins(10);
/// From which share of the time span read a read takes too long.
const TOO_LONG: f64 = 0.9;
/// How close the oldest unread event may get to the end of the history, in seconds.
const NEAR: i64 = 86_400;

/// What one Region's read has to read, and how many events that turned out to be.
#[derive(Debug)]
pub struct Backlog {
    region: String,
    /// The oldest second and the number of seconds to read.
    first: i64,
    seconds: i64,
    events: u64,
    is_told: bool,
}

impl Backlog {
    /// The backlog of `seconds` seconds in `region`, from `first` on.
    #[must_use]
    pub fn new(region: &str, first: i64, seconds: i64) -> Self {
        Self { region: region.to_owned(), first, seconds, events: 0, is_told: false }
    }

    /// Counts events that were served.
    pub fn served(&mut self, events: usize) {
        self.events = self.events.saturating_add(u64::try_from(events).unwrap_or(u64::MAX));
    }

    /// What to tell the user when all has been read, `took` after the read began.
    #[must_use]
    pub fn at_end(&self, took: Duration) -> Option<String> {
        let is_too_slow = took >= LONG_ENOUGH && took.as_secs_f64() >= TOO_LONG * float(self.seconds);
        (is_too_slow && !self.is_told).then(|| self.warning(took, self.seconds))
    }

    /// What to tell the user, once, while the read goes on: at `now` all but `unread` seconds have been read, of which
    /// `oldest` is the oldest, and the history reaches back to `edge`.
    pub fn near_the_edge(&mut self, now: Duration, unread: i64, oldest: i64, edge: i64) -> Option<String> {
        let is_gaining = float(oldest.saturating_sub(self.first)) > now.as_secs_f64();
        if self.is_told || now < LONG_ENOUGH || is_gaining || oldest.saturating_sub(edge) >= NEAR {
            return None;
        }
        self.is_told = true;
        let warning = self.warning(now, self.seconds.saturating_sub(unread));
        Some(format!("{warning} Unread events are less than a day from the end of CloudTrail's 90-day history."))
    }

    /// That events of `seconds` took so long to read.
    fn warning(&self, took: Duration, seconds: i64) -> String {
        let (recorded, read) = (float(self.events) / float(seconds.max(1)), float(self.events) / took.as_secs_f64());
        let verdict = if read > recorded { "barely keeps up" } else { "can't keep up" };
        format!(
            "{}: this sync {verdict}. About {recorded:.0} events a second are recorded, and it read {read:.0} a second; CloudTrail returns at most 100 a second for an account and Region. To read fewer events, set lookup_attributes_filter to ReadOnly = false. To read all of them, deliver a trail to Amazon S3 and use Airbyte's S3 source.",
            self.region
        )
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts far below the precision of f64")]
fn float(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(i64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_350_000;
    const DAY: i64 = 86_400;

    fn minutes(count: u64) -> Duration {
        Duration::from_mins(count)
    }

    #[test]
    fn a_read_as_long_as_its_window_can_not_keep_up() {
        let hour = |events| {
            let mut backlog = Backlog::new("us-east-1", NOW - 3_600, 3_600);
            backlog.served(events);
            backlog
        };
        let warning = hour(342_000).at_end(minutes(57)).unwrap();
        for says in [
            "barely keeps up. About 95 events a second are recorded",
            "it read 100 a second",
            "ReadOnly = false",
            "S3 source",
        ] {
            assert!(warning.contains(says), "{warning}");
        }
        assert_eq!(hour(180_000).at_end(minutes(30)), None);
        let short = Backlog::new("us-east-1", NOW - 60, 60);
        assert_eq!(short.at_end(minutes(1)), None);
    }

    #[test]
    fn it_is_told_once_when_the_edge_comes_near() {
        let began = NOW - 90 * DAY;
        let (edge, later) = (began + 1_200, minutes(20));
        let backlog = || Backlog::new("us-east-1", began, 90 * DAY);
        let mut behind = backlog();
        assert_eq!(behind.near_the_edge(minutes(1), 90 * DAY, began, began + 60), None);
        let warning = behind.near_the_edge(later, 90 * DAY - 900, began + 900, edge).unwrap();
        assert!(warning.contains("can't keep up"), "{warning}");
        assert_eq!(behind.near_the_edge(later * 2, 90 * DAY - 900, began + 900, edge), None);
        assert_eq!(behind.at_end(minutes(9_000_000)), None);
        assert_eq!(backlog().near_the_edge(later, 89 * DAY, began + 3_600, edge), None, "it gains on the edge");
        assert_eq!(backlog().near_the_edge(later, 89 * DAY, began, began - DAY), None, "the edge is far");
    }
}
