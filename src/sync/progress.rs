//! How the read of one Region goes, in a line for people: how far it is, how fast, and what keeps it from being faster.
//! There is a long line for logs and a short one to stand beside a bar.
//!
//! Pure: it is told the time. `meter.rs` shows what it says.

use std::time::Duration;

/// Over how much time, at least, the rates are taken.
const SPAN: Duration = Duration::from_secs(30);

/// The progress of one Region's read. All times are since it began.
#[derive(Debug)]
pub(super) struct Progress {
    region: String,
    /// Requests a second at the full pace.
    quota: f64,
    /// How many seconds there were to read.
    whole: i64,
    requests: u64,
    throttles: u64,
    rates_since: Mark,
    rates_next: Mark,
}

/// What had been done at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: Duration,
    records: u64,
    requests: u64,
}

/// Where a read stands.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    /// The share of the time span that has been read, from 0 to 1.
    pub share: f64,
    /// All there is to say, in a line.
    pub line: String,
    /// The same in short, without the share: beside a bar of 10 columns, it fits into 80 columns.
    pub short: String,
}

impl Progress {
    /// The progress of a read of `whole` seconds of `region`, one request each `pace` at the most.
    #[must_use]
    pub(super) fn new(region: &str, pace: Duration, whole: i64) -> Self {
        Self {
            region: region.to_owned(),
            quota: 1.0 / pace.as_secs_f64(),
            whole,
            requests: 0,
            throttles: 0,
            rates_since: Mark::default(),
            rates_next: Mark::default(),
        }
    }

    /// Takes note that a request went out.
    pub(super) fn asked(&mut self) {
        self.requests += 1;
    }

    /// Takes note that a request was throttled.
    pub(super) fn throttled(&mut self) {
        self.throttles += 1;
    }

    /// Where the read stands at `now`, with so many `records` written and so many seconds `unread`.
    pub(super) fn standing(&mut self, now: Duration, records: u64, unread: i64) -> Snapshot {
        let mark = Mark { at: now, records, requests: self.requests };
        if now >= self.rates_next.at + SPAN {
            self.rates_since = std::mem::replace(&mut self.rates_next, mark);
        }
        let since = self.rates_since;
        let took = now.saturating_sub(since.at).as_secs_f64().max(f64::EPSILON);
        let rate = |now: u64, then: u64| float(now - then) / took;
        let events = rate(records, since.records);
        let share = float(self.whole.saturating_sub(unread)) / float(self.whole.max(1));
        let left = (share > 0.0).then(|| now.mul_f64(((1.0 - share) / share).min(1e6)));
        let region = &self.region;
        let line = format!(
            "{region}: {records} events, {events:.0} events/s by {:.1} of {:.1} requests/s, {:.0} % of the time span read, {}, {} throttled",
            rate(self.requests, since.requests),
            self.quota,
            100.0 * share,
            left.map_or_else(|| "time left unknown".to_owned(), about),
            self.throttles,
        );
        let left = left.map_or_else(|| "time left unknown".to_owned(), |left| format!("{} left", clock(left)));
        let throttled = if self.throttles > 0 { format!(", {} throttled", self.throttles) } else { String::new() };
        let short = format!("{region}: {records} events, {events:.0}/s, {left}{throttled}");
        Snapshot { share, line, short }
    }

    /// What the read took up to `now`, in which so many `records` were written.
    #[must_use]
    pub(super) fn sum(&self, now: Duration, records: u64) -> String {
        let (region, requests, throttles, took) = (&self.region, self.requests, self.throttles, duration(now));
        format!("{region}: {records} records from {requests} requests in {took}, {throttles} throttled")
    }
}

/// A duration, in its two largest units.
fn duration(took: Duration) -> String {
    match took.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A time left, in words no finer than it can be known.
fn about(left: Duration) -> String {
    match left.as_secs() {
        0..60 => "less than a minute left".to_owned(),
        seconds @ 60..5_400 => format!("about {} min left", seconds / 60),
        seconds => format!("about {} h left", seconds.div_ceil(3_600)),
    }
}

/// A time left, as a clock that runs down shows it.
fn clock(left: Duration) -> String {
    let (hours, minutes, seconds) = (left.as_secs() / 3_600, left.as_secs() / 60 % 60, left.as_secs() % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

#[allow(clippy::cast_precision_loss, reason = "counts far below the precision of f64")]
pub(crate) fn float(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(i64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn says_how_far_how_fast_and_what_is_in_the_way() {
        let mut progress = Progress::new("us-east-1", Duration::from_millis(500), 1_000);
        (0..120).for_each(|_| progress.asked());
        progress.throttled();
        assert_eq!(
            progress.standing(seconds(60), 5_400, 600).line,
            "us-east-1: 5400 events, 90 events/s by 2.0 of 2.0 requests/s, 40 % of the time span read, about 1 min left, 1 throttled"
        );
    }

    #[test]
    fn says_the_same_in_short() {
        let mut progress = Progress::new("us-east-1", Duration::from_millis(500), 1_000);
        for (now, records, unread, says) in [
            (0, 0, 1_000, "0 events, 0/s, time left unknown"),
            (24, 2_160, 500, "2160 events, 90/s, 0:24 left"),
            (24, 2_160, 250, "2160 events, 90/s, 0:08 left"),
            (60, 5_400, 600, "5400 events, 90/s, 1:30 left"),
        ] {
            assert_eq!(progress.standing(seconds(now), records, unread).short, format!("us-east-1: {says}"));
        }
        progress.throttled();
        let short = progress.standing(seconds(3_600), 324_000, 750).short;
        assert_eq!(short, "us-east-1: 324000 events, 90/s, 3:00:00 left, 1 throttled");
    }

    #[test]
    fn sums_up_what_the_read_took() {
        let mut progress = Progress::new("us-east-1", Duration::from_millis(500), 1_000);
        (0..63).for_each(|_| progress.asked());
        progress.throttled();
        for (took, says) in [(59, "59 s"), (605, "10 min 5 s"), (12_000, "3 h 20 min")] {
            let sum = format!("us-east-1: 3000 records from 63 requests in {says}, 1 throttled");
            assert_eq!(progress.sum(seconds(took), 3_000), sum);
        }
    }

    /// Not over the whole read: a user is to see when others begin to use the quota.
    #[test]
    fn rates_are_those_of_the_last_minute() {
        let mut progress = Progress::new("us-east-1", Duration::from_millis(500), 1_000);
        progress.standing(seconds(600), 60_000, 500);
        progress.standing(seconds(630), 60_300, 490);
        let line = progress.standing(seconds(660), 60_600, 480).line;
        assert!(line.contains(" 10 events/s"), "{line}");
    }

    #[test]
    fn knows_no_time_left_before_anything_is_read() {
        let mut progress = Progress::new("us-east-1", Duration::from_millis(500), 1_000);
        let standing = progress.standing(Duration::ZERO, 0, 1_000);
        assert!(standing.line.contains("time left unknown"));
        assert_eq!((standing.share, progress.standing(seconds(5), 1, 0).share), (0.0, 1.0));
    }
}
