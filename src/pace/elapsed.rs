//! A point in time of a read, as the time since the read began.
//!
//! The types that decide are told the time as an `Elapsed`. An interval, such as a wait, is a `Duration`. So the
//! compiler rejects one in the place of the other. Pure: only the clock of a read makes one from the time that passes.

use std::{
    ops::{Add, AddAssign, Sub},
    time::Duration,
};

/// A point in time, counted from the start of the read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Elapsed(Duration);

impl Elapsed {
    /// The start of the read.
    pub(crate) const START: Self = Self(Duration::ZERO);

    /// The time since the read began.
    #[must_use]
    pub(crate) fn since_start(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Elapsed {
    type Output = Self;

    fn add(self, interval: Duration) -> Self {
        Self(self.0.saturating_add(interval))
    }
}

impl AddAssign<Duration> for Elapsed {
    fn add_assign(&mut self, interval: Duration) {
        *self = *self + interval;
    }
}

impl Sub for Elapsed {
    type Output = Duration;

    /// The interval from `earlier` to this point in time; zero if `earlier` is the later one.
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_never_negative() {
        let (early, late) = (Elapsed::START + Duration::from_secs(2), Elapsed::START + Duration::from_secs(5));
        assert!(early < late);
        assert_eq!((late - early, early - late), (Duration::from_secs(3), Duration::ZERO));
        assert_eq!(late.since_start(), Duration::from_secs(5));
    }
}
