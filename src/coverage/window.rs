//! What a sync is to read: from where, to where, and up to where it may settle.

use super::seconds::SecondRange;

/// How far back CloudTrail's event history reaches, in seconds: 90 days.
///
/// Source: AWS CloudTrail User Guide, "Working with CloudTrail Event history".
pub const HISTORY: i64 = 90 * 86_400;

/// How far behind the local clock the service's can be, in seconds, where it has accepted a request: AWS allows 5 minutes,
/// and a request takes up to 2.
///
/// Source: IAM User Guide, "AWS Signature Version 4 for API requests".
const CLOCKS_AGREE: i64 = 15 * 60;

/// The seconds that one sync is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    seconds: SecondRange,
    lookback: i64,
    watermark: i64,
}

impl Window {
    /// The window of a sync that starts at `sync_start`, reads from `start` (or 90 days ago, whichever is later) and
    /// expects events to show up at most `lookback` seconds late. None where `start` is in the future.
    ///
    /// `start` and `sync_start` are seconds since the epoch.
    #[must_use]
    pub fn new(sync_start: i64, start: Option<i64>, lookback: i64) -> Option<Self> {
        let oldest = sync_start - HISTORY;
        let first = start.map_or(oldest, |start| start.max(oldest));
        Some(Self { seconds: SecondRange::new(first, sync_start)?, lookback, watermark: sync_start - lookback - 1 })
    }

    /// From the first second to read to the start of the sync.
    #[must_use]
    pub fn seconds(self) -> SecondRange {
        self.seconds
    }

    /// The last second that had wholly ended `lookback` before the sync start: no later one may count as covered.
    #[must_use]
    pub fn watermark(self) -> i64 {
        self.watermark
    }

    /// The same window, of a sync whose first page was asked for at `asked_at`, by the service's clock: what looks
    /// watermark by a local clock that is ahead may not have ended yet. A clock with which AWS would not have accepted the
    /// request is not AWS's, but that of a proxy, and says nothing.
    #[must_use]
    pub fn asked_at(self, asked_at: i64) -> Self {
        if asked_at < self.seconds.last() - CLOCKS_AGREE {
            return self;
        }
        Self { watermark: self.watermark.min(asked_at - self.lookback - 1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_350_000;

    #[test]
    fn begins_at_the_later_of_start_and_ninety_days_ago() {
        let first = |start| Window::new(NOW, start, 900).map(|window| window.seconds().first());
        assert_eq!(first(None), Some(NOW - HISTORY));
        assert_eq!(first(Some(0)), Some(NOW - HISTORY));
        assert_eq!(first(Some(NOW - 5)), Some(NOW - 5));
        assert_eq!(first(Some(NOW + 1)), None);
    }

    #[test]
    fn settles_what_had_ended_a_lookback_before_the_start() {
        let window = Window::new(NOW, None, 900).unwrap();
        assert_eq!(window.watermark() + 1, NOW - 900);
        assert_eq!(window.asked_at(NOW - 7).watermark() + 1, NOW - 907);
        assert_eq!(window.asked_at(NOW + 7), window);
        assert_eq!(window.asked_at(NOW - 420).watermark() + 1, NOW - 1_320);
    }

    #[test]
    fn a_clock_that_cant_be_awss_is_not_believed() {
        let window = Window::new(NOW, None, 900).unwrap();
        for nonsense in [i64::MIN, 0, NOW - 901] {
            assert_eq!(window.asked_at(nonsense), window);
        }
    }
}
