//! How long to wait while no page arrives at all.
//!
//! `backoff.rs` counts failures in rounds. But a service that keeps each request open for minutes, or that sends a byte
//! a second, fails too rarely for that. So the read of a Region ends after three minutes without a page, whatever it
//! waits for, and the user is told every half minute.
//!
//! Only the time in which the reader listened counts: each check counts for half a minute, however late it comes. So a
//! process that was suspended, or blocked by a stdout that nobody reads, does not give up on a service that it did not
//! listen to.
//!
//! Pure: it is told the time.

use super::elapsed::Elapsed;
use std::time::Duration;

/// How often to check, which is also how often the user is told.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
/// After how many checks without a page the read ends: three minutes, more than the two after which a request times out,
/// so that a service that answers too slowly is reported as such.
const MAX_CHECKS: u32 = 6;

/// The time since the last page of a Region, or since the start of its read.
#[derive(Debug)]
pub(crate) struct IdleTimeout {
    checks: u32,
    next_check: Elapsed,
}

impl IdleTimeout {
    /// A timeout that starts at `now`.
    #[must_use]
    pub(crate) fn new(now: Elapsed) -> Self {
        Self { checks: 0, next_check: now + CHECK_INTERVAL }
    }

    /// When to check next.
    #[must_use]
    pub(crate) fn next_check(&self) -> Elapsed {
        self.next_check
    }

    /// Counts a check at `now`, before which no page arrived. Returns for how long no page has arrived.
    pub(crate) fn checked(&mut self, now: Elapsed) -> Duration {
        self.checks += 1;
        self.next_check = now + CHECK_INTERVAL;
        CHECK_INTERVAL * self.checks
    }

    /// Whether to give up.
    #[must_use]
    pub(crate) fn is_expired(&self) -> bool {
        self.checks >= MAX_CHECKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_expires_after_three_minutes() {
        let mut idle = IdleTimeout::new(Elapsed::START);
        for check in 1..=6 {
            assert!(!idle.is_expired());
            let now = idle.next_check();
            assert_eq!((now, idle.checked(now)), (Elapsed::START + CHECK_INTERVAL * check, CHECK_INTERVAL * check));
        }
        assert!(idle.is_expired());
    }

    #[test]
    fn a_late_check_counts_for_half_a_minute() {
        let mut idle = IdleTimeout::new(Elapsed::START);
        let later = Elapsed::START + Duration::from_hours(9);
        assert_eq!(idle.checked(later), CHECK_INTERVAL);
        assert_eq!((idle.next_check(), idle.is_expired()), (later + CHECK_INTERVAL, false));
    }
}
