//! How far the read of one Region is, how fast it is, and what slows it down, in a line for people. There is a long line
//! for logs and a short one for the progress bar.
//!
//! Pure: it is told the time. `progress_display.rs` shows the lines.

use super::{
    rate::{Rates, per_second},
    time_spans::{about, countdown, in_words},
};
use crate::pace::elapsed::Elapsed;
use std::time::Duration;

/// The remaining time is guessed as at most this many times the time so far, so that it can't overflow.
const MAX_TIMES_LEFT: f64 = 1e6;
/// What there is to say while nothing has been read.
pub(super) const UNKNOWN_TIME_LEFT: &str = "time left unknown";

/// The progress of one Region's read.
#[derive(Debug)]
pub(super) struct Progress {
    region: String,
    /// Requests a second at the full pace.
    quota: f64,
    /// The length of the time span to read.
    to_read: Duration,
    requests: u64,
    throttles: u64,
    rates: Rates,
}

/// The progress at a point in time.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    /// The part of the time span that has been read, from 0 to 1.
    pub part_read: f64,
    /// All there is to say, in a line.
    pub line: String,
    /// The same in short, without the part: beside a bar of 10 columns, it fits into 80 columns.
    pub short: String,
}

impl Progress {
    /// The progress of a read of a time span of the length `to_read` in `region`, with one request in each `pace`.
    #[must_use]
    pub(super) fn new(region: &str, pace: Duration, to_read: Duration) -> Self {
        Self {
            region: region.to_owned(),
            quota: per_second(1, pace),
            to_read,
            requests: 0,
            throttles: 0,
            rates: Rates::default(),
        }
    }

    /// Counts a request.
    pub(super) fn request_sent(&mut self) {
        self.requests += 1;
    }

    /// Counts a request that was throttled.
    pub(super) fn throttled(&mut self) {
        self.throttles += 1;
    }

    /// The progress at `now`, with so many `records` written, and with a time span of the length `unread` left to read.
    pub(super) fn snapshot(&mut self, now: Elapsed, records: u64, unread: Duration) -> Snapshot {
        let (events, requests) = self.rates.at(now, records, self.requests);
        let part_read = part_read(self.to_read, unread);
        let left = time_left(now.since_start(), part_read);
        let or_unknown = |left: Option<String>| left.unwrap_or_else(|| UNKNOWN_TIME_LEFT.to_owned());
        let line = format!(
            "{region}: {records} events, {events:.0} events/s with {requests:.1} of {quota:.1} requests/s, {percent:.0}% of the time span read, {left}, {throttles} throttled",
            region = self.region,
            quota = self.quota,
            percent = 100.0 * part_read,
            left = or_unknown(left.map(about)),
            throttles = self.throttles,
        );
        let left = or_unknown(left.map(|left| format!("{} left", countdown(left))));
        let throttled = if self.throttles > 0 { format!(", {} throttled", self.throttles) } else { String::new() };
        let short = format!("{}: {records} events, {events:.0}/s, {left}{throttled}", self.region);
        Snapshot { part_read, line, short }
    }

    /// What the read took up to `now`, in which so many `records` were written.
    #[must_use]
    pub(super) fn summary(&self, now: Elapsed, records: u64) -> String {
        format!(
            "{region}: {records} records from {requests} requests in {time}, {throttles} throttled",
            region = self.region,
            requests = self.requests,
            time = in_words(now.since_start()),
            throttles = self.throttles,
        )
    }
}

/// The part of `to_read`, from 0 to 1, that has been read if `unread` of it is left.
pub(super) fn part_read(to_read: Duration, unread: Duration) -> f64 {
    let read = to_read.saturating_sub(unread);
    if to_read.is_zero() { 0.0 } else { read.div_duration_f64(to_read) }
}

/// How long a read will take that has taken `so_far` for the part `part_read`; none if nothing has been read.
pub(super) fn time_left(so_far: Duration, part_read: f64) -> Option<Duration> {
    (part_read > 0.0).then(|| so_far.mul_f64(((1.0 - part_read) / part_read).min(MAX_TIMES_LEFT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(second: u64) -> Elapsed {
        Elapsed::START + seconds(second)
    }

    /// A read of 1,000 s, at two requests a second.
    fn progress() -> Progress {
        Progress::new("us-east-1", Duration::from_millis(500), seconds(1_000))
    }

    #[test]
    fn the_line_says_how_far_how_fast_and_what_slows_it_down() {
        let mut progress = progress();
        (0..120).for_each(|_| progress.request_sent());
        progress.throttled();
        assert_eq!(
            progress.snapshot(at(60), 5_400, seconds(600)).line,
            "us-east-1: 5400 events, 90 events/s with 2.0 of 2.0 requests/s, 40% of the time span read, about 1 min left, 1 throttled"
        );
    }

    #[test]
    fn the_short_line_fits_beside_a_bar() {
        let mut progress = progress();
        for (now, records, unread, says) in [
            (0, 0, 1_000, "0 events, 0/s, time left unknown"),
            (24, 2_160, 500, "2160 events, 90/s, 0:24 left"),
            (24, 2_160, 250, "2160 events, 90/s, 0:08 left"),
            (60, 5_400, 600, "5400 events, 90/s, 1:30 left"),
        ] {
            assert_eq!(progress.snapshot(at(now), records, seconds(unread)).short, format!("us-east-1: {says}"));
        }
        progress.throttled();
        let short = progress.snapshot(at(3_600), 324_000, seconds(750)).short;
        assert_eq!(short, "us-east-1: 324000 events, 90/s, 3:00:00 left, 1 throttled");
    }

    #[test]
    fn the_summary_says_what_the_read_took() {
        let mut progress = progress();
        (0..63).for_each(|_| progress.request_sent());
        progress.throttled();
        let summary = "us-east-1: 3000 records from 63 requests in 3 h 20 min, 1 throttled";
        assert_eq!(progress.summary(at(12_000), 3_000), summary);
    }

    #[test]
    fn the_time_left_is_unknown_before_anything_is_read() {
        let mut progress = progress();
        let first = progress.snapshot(Elapsed::START, 0, seconds(1_000));
        assert!(first.line.contains("time left unknown"));
        let last = progress.snapshot(at(5), 1, Duration::ZERO);
        assert_eq!((first.part_read, last.part_read), (0.0, 1.0));
    }
}
