//! A slice: consecutive unread seconds, and the chain of pages that reads them.
//!
//! A slice is read newest first. It shrinks from its newest end as its chain advances, and from its oldest end when a
//! part is split off.

use super::{
    chain::Chain,
    density::{DensityProfile, float},
    evenness::Evenness,
};
use crate::coverage::seconds::SecondRange;

/// Identifies a slice for as long as the plan exists. The order of IDs is the order of creation, not of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceId(u64);

impl SliceId {
    /// The ID of the slice that was created after `count` others.
    pub(super) fn after(count: u64) -> Self {
        Self(count)
    }
}

/// Consecutive unread seconds, and the chain of pages that reads them.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) id: SliceId,
    /// The oldest unread second. It increases when a part is split off.
    pub(super) first: i64,
    /// The newest unread second: that of the oldest event read so far, because the next page may have more events of it.
    pub(super) last: i64,
    pub(super) chain: Chain,
    /// Whether a request of the chain is in flight.
    pub(super) in_flight: bool,
    /// How many seconds it had when it was created, without the parts that were split off since.
    width_seconds: i64,
    /// How many of its events have been read.
    events: usize,
    /// The oldest second that `profile` contains.
    profile_end: i64,
    /// What was read directly above the unread seconds. Empty before the first event.
    profile: DensityProfile,
    evenness: Evenness,
}

impl Slice {
    pub(super) fn new(id: SliceId, seconds: SecondRange) -> Self {
        Self {
            id,
            first: seconds.first(),
            last: seconds.last(),
            chain: Chain::new(seconds),
            in_flight: false,
            width_seconds: width_seconds(seconds),
            events: 0,
            profile_end: seconds.last(),
            profile: DensityProfile::default(),
            evenness: Evenness::unknown(seconds.last()),
        }
    }

    /// How many seconds are unread.
    pub(super) fn unread_seconds(&self) -> i64 {
        self.last - self.first + 1
    }

    /// Events per second on its last page, or on that of the slice that it was split off.
    pub(super) fn last_page_density(&self) -> f64 {
        self.evenness.density()
    }

    /// Events per second over the whole slice, once it has been read.
    pub(super) fn density(&self) -> f64 {
        float(self.events) / float(self.width_seconds)
    }

    /// Whether its events are known to be even enough for reading it from its oldest end.
    pub(super) fn is_even(&self) -> bool {
        self.evenness.extends_over(self.last, self.unread_seconds())
    }

    /// What was read directly above the unread seconds.
    pub(super) fn profile(&self) -> &DensityProfile {
        &self.profile
    }

    /// Learns from the slice's events on a page: their seconds, newest first.
    pub(super) fn learn(&mut self, times: &[i64]) {
        self.evenness.add_page(self.last, times, self.events == 0);
        self.profile.add_page(self.profile_end, times);
        self.profile_end = times.iter().copied().fold(self.profile_end, i64::min);
        self.events += times.len();
    }

    /// Splits the `width_seconds` oldest seconds off, fewer than there are, as a slice with the ID `id`.
    pub(super) fn split_off_oldest(&mut self, id: SliceId, width_seconds: i64) -> Option<Self> {
        let oldest = SecondRange::new(self.first, self.first + width_seconds - 1)?;
        self.first += width_seconds;
        self.width_seconds -= width_seconds;
        Some(Self { evenness: self.evenness, ..Self::new(id, oldest) })
    }

    /// Learns that `newer`, the finished slice directly above, has been read.
    pub(super) fn follow(&mut self, mut newer: Self) {
        newer.profile.add_silence(newer.profile_end - newer.first);
        self.profile.extend_upward(&newer.profile);
    }
}

/// How many seconds `seconds` has, as a number to calculate with.
pub(super) fn width_seconds(seconds: SecondRange) -> i64 {
    seconds.last().saturating_sub(seconds.first()).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(first: i64, last: i64) -> Slice {
        Slice::new(SliceId::after(0), SecondRange::new(first, last).unwrap())
    }

    #[test]
    fn a_part_has_the_oldest_seconds() {
        let mut rest = slice(0, 99);
        rest.learn(&[90; 20]);
        let part = rest.split_off_oldest(SliceId::after(1), 30).unwrap();
        assert_eq!((part.id, part.first, part.last), (SliceId(1), 0, 29));
        assert_eq!((rest.id, rest.first, rest.last), (SliceId(0), 30, 99));
        assert_eq!((part.unread_seconds(), rest.unread_seconds()), (30, 70));
        assert!(part.profile().is_empty() && !rest.profile().is_empty());
    }

    /// The part is expected to be like the last page of the slice that it was split off.
    #[test]
    fn densities_are_events_per_second() {
        let mut rest = slice(0, 99);
        rest.learn(&[99, 98, 97, 90]);
        let part = rest.split_off_oldest(SliceId::after(1), 50).unwrap();
        for (density, expected) in
            [(rest.density(), 0.08), (rest.last_page_density(), 0.4), (part.last_page_density(), 0.4)]
        {
            assert!((density - expected).abs() < 1e-9, "{density} instead of {expected}");
        }
    }
}
