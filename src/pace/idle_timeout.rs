//! How long to wait where no page arrives at all.
//!
//! Failures are counted in rounds, by `patience.rs`. But a service that lets each request wait for minutes, or sends a
//! byte a second, fails too seldom for that. So after three minutes without a page the read of a Region ends, whatever
//! it waits for, and each half minute the user is told.
//!
//! The minutes are those in which the reader waited: it looks at the clock every half minute, and a half minute counts
//! once, however late that look is. So a process that was suspended, or blocked by a stdout that nobody reads, does not
//! give up a service that it did not listen to.
//!
//! Pure: it is told the time, as the time since the read began.

use std::time::Duration;

/// How often the user is told.
const SPAN: Duration = Duration::from_secs(30);
/// After how many such spans without a page the read ends.
const MOST_SPANS: u32 = 6;

/// The time since the last page of a Region, or since its read began.
#[derive(Debug)]
pub(crate) struct IdleTimeout {
    spans: u32,
    next: Duration,
}

impl IdleTimeout {
    /// The silence that begins at `now`.
    #[must_use]
    pub(crate) fn new(now: Duration) -> Self {
        Self { spans: 0, next: now + SPAN }
    }

    /// When to look again.
    #[must_use]
    pub(crate) fn next(&self) -> Duration {
        self.next
    }

    /// Counts a span at `now`, in which no page arrived. Returns how long the silence has been.
    pub(crate) fn goes_on(&mut self, now: Duration) -> Duration {
        self.spans += 1;
        self.next = now + SPAN;
        SPAN * self.spans
    }

    /// Whether it is time to give up.
    #[must_use]
    pub(crate) fn is_too_long(&self) -> bool {
        self.spans >= MOST_SPANS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_minutes_are_too_long() {
        let mut silence = IdleTimeout::new(Duration::ZERO);
        for span in 1..=6 {
            assert!(!silence.is_too_long());
            let now = silence.next();
            assert_eq!((now, silence.goes_on(now)), (SPAN * span, SPAN * span));
        }
        assert!(silence.is_too_long());
    }

    #[test]
    fn time_in_which_nobody_listened_counts_once() {
        let mut silence = IdleTimeout::new(Duration::ZERO);
        let later = Duration::from_hours(9);
        assert_eq!(silence.goes_on(later), SPAN);
        assert_eq!((silence.next(), silence.is_too_long()), (later + SPAN, false));
    }
}
