//! What a sync reads: from where, to where, and up to where seconds may become covered.
//!
//! Points in time are whole seconds since the epoch; spans of time are [`Duration`]s.

use super::seconds::SecondRange;
use std::time::Duration;

/// How far back CloudTrail's event history reaches: 90 days.
///
/// Source: AWS CloudTrail User Guide, "Working with CloudTrail Event history".
const HISTORY: Duration = Duration::from_hours(90 * 24);

/// How far the service's clock can be behind the local clock when it has accepted a request: AWS allows 5 minutes, and
/// a request takes up to 2: 7 minutes, about doubled to be safe.
///
/// Source: IAM User Guide, "AWS Signature Version 4 for API requests".
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(15);

/// The oldest second that CloudTrail keeps at `now`, both in seconds since the epoch.
#[must_use]
pub const fn oldest_kept(now: i64) -> i64 {
    before(now, HISTORY)
}

/// The second that is `span` before `second`.
pub(crate) const fn before(second: i64, span: Duration) -> i64 {
    second.saturating_sub_unsigned(span.as_secs())
}

/// The seconds that one sync reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    seconds: SecondRange,
    lookback: Duration,
    watermark: i64,
}

impl Window {
    /// The window of a sync that starts at `sync_start`, reads from `start` (or from 90 days ago, whichever is later)
    /// and expects events to show up at most `lookback` late. None if `start` is in the future.
    ///
    /// `start` and `sync_start` are seconds since the epoch.
    #[must_use]
    pub fn new(sync_start: i64, start: Option<i64>, lookback: Duration) -> Option<Self> {
        let oldest = oldest_kept(sync_start);
        let first = start.map_or(oldest, |start| start.max(oldest));
        let seconds = SecondRange::new(first, sync_start)?;
        Some(Self { seconds, lookback, watermark: before(sync_start, lookback) - 1 })
    }

    /// From the first second to read to the start of the sync.
    #[must_use]
    pub fn seconds(self) -> SecondRange {
        self.seconds
    }

    /// The last second that had wholly ended one lookback before the sync's start: no later one may become covered.
    #[must_use]
    pub fn watermark(self) -> i64 {
        self.watermark
    }

    /// The same window, for a sync whose first page was requested at `asked_at` by the service's clock: a second that
    /// has ended by a local clock that is ahead may not have ended yet. A time at which AWS would have rejected the
    /// request is not AWS's but a proxy's, and is ignored.
    #[must_use]
    pub fn asked_at(self, asked_at: i64) -> Self {
        if asked_at < before(self.seconds.last(), MAX_CLOCK_SKEW) {
            return self;
        }
        Self { watermark: self.watermark.min(before(asked_at, self.lookback) - 1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_350_000;
    const LOOKBACK: Duration = Duration::from_mins(15);

    #[test]
    fn begins_at_the_later_of_start_and_ninety_days_ago() {
        let first = |start| Window::new(NOW, start, LOOKBACK).map(|window| window.seconds().first());
        assert_eq!(first(None), Some(NOW - 90 * 86_400));
        assert_eq!(first(Some(0)), Some(NOW - 90 * 86_400));
        assert_eq!(first(Some(NOW - 5)), Some(NOW - 5));
        assert_eq!(first(Some(NOW + 1)), None);
    }

    #[test]
    fn the_watermark_is_the_last_second_that_ended_a_lookback_before_the_start() {
        let window = Window::new(NOW, None, LOOKBACK).unwrap();
        assert_eq!(window.watermark() + 1, NOW - 900);
        assert_eq!(window.asked_at(NOW - 7).watermark() + 1, NOW - 907);
        assert_eq!(window.asked_at(NOW + 7), window);
        assert_eq!(window.asked_at(NOW - 420).watermark() + 1, NOW - 1_320);
    }

    #[test]
    fn a_clock_that_cannot_be_the_one_of_aws_is_ignored() {
        let window = Window::new(NOW, None, LOOKBACK).unwrap();
        for impossible in [i64::MIN, 0, NOW - 901] {
            assert_eq!(window.asked_at(impossible), window);
        }
    }
}
