//! How many seconds the next part has that is split off the oldest end of a large, even slice.
//!
//! A part should hold a certain number of pages. Its width follows from how dense the parts before it were.

use super::density::EVENTS_PER_PAGE;

/// How many events a part should hold: 40 pages of them. These make the last page, which is half empty on average, a
/// small loss, and are few enough to be read before they leave the 90-day history.
const EVENTS_PER_PART: f64 = 40.0 * EVENTS_PER_PAGE;
/// By how many times a part can be wider than the one before, after one that held fewer events than expected.
const MAX_WIDENING: f64 = 4.0;

/// Events per second of a slice that has been read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SliceDensity {
    pub(super) actual: f64,
    /// On its last page, or on that of the slice that it was split off.
    pub(super) expected: f64,
}

/// The width of the next part.
#[derive(Debug, Default)]
pub(super) struct PartWidth {
    /// Events per second of recent slices. None before the first.
    recent_density: Option<f64>,
}

impl PartWidth {
    /// Learns from a slice that has been read.
    pub(super) fn learn(&mut self, slice: SliceDensity) {
        let least = self.recent_density.unwrap_or(slice.expected) / MAX_WIDENING;
        self.recent_density = Some(slice.actual.max(least)).filter(|density| *density > 0.0);
    }

    /// How many seconds the next part has, of a slice with `density` events per second on its last page: at most half
    /// of its `unread_seconds`.
    pub(super) fn seconds(&self, density: f64, unread_seconds: i64) -> i64 {
        let density = self.recent_density.unwrap_or(density);
        whole(EVENTS_PER_PART / density).min(unread_seconds / 2)
    }
}

/// The whole seconds in `seconds`, at least one.
#[allow(clippy::cast_possible_truncation, reason = "the cast saturates, as it should")]
fn whole(seconds: f64) -> i64 {
    seconds.max(1.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(slices: &[(f64, f64)]) -> PartWidth {
        let mut width = PartWidth::default();
        for (actual, expected) in slices {
            width.learn(SliceDensity { actual: *actual, expected: *expected });
        }
        width
    }

    #[test]
    fn a_part_is_as_wide_as_2000_events_were() {
        for (slices, density, unread_seconds, expected) in [
            (&[][..], 1.0, 1_000_000, 2_000),
            (&[], 0.5, 1_000_000, 4_000),
            (&[], 1.0, 3_000, 1_500),
            (&[], 0.0, 3_000, 1_500),
            (&[], 5_000.0, 3_000, 1),
            // The slices before count, not the last page.
            (&[(2.0, 1.0)], 1.0, 1_000_000, 1_000),
            (&[(2.0, 1.0), (0.8, 2.0)], 1.0, 1_000_000, 2_500),
            // Empty ones make it wider step by step.
            (&[(0.0, 1.0)], 1.0, 1_000_000, 8_000),
            (&[(0.0, 1.0), (0.0, 1.0)], 1.0, 1_000_000, 32_000),
            (&[(0.0, 0.0)], 1.0, 1_000_000, 2_000),
        ] {
            assert_eq!(after(slices).seconds(density, unread_seconds), expected, "{slices:?}, {density}");
        }
    }

    proptest! {
        #[test]
        fn a_part_has_a_second_and_at_most_half_of_the_slice(
            slices in prop::collection::vec((0.0..100.0, 0.0..100.0), 0..10),
            density in 0.0..100.0,
            unread_seconds in 2..10_000_000_i64,
        ) {
            let seconds = after(&slices).seconds(density, unread_seconds);
            prop_assert!((1..=unread_seconds / 2).contains(&seconds), "{} of {}", seconds, unread_seconds);
        }

        #[test]
        fn a_part_is_at_most_four_times_as_wide_as_the_one_before(
            slices in prop::collection::vec((0.001..100.0, 0.001..100.0), 1..10),
            actual in 0.0..100.0,
        ) {
            let mut width = after(&slices);
            let before = width.seconds(1.0, i64::MAX);
            width.learn(SliceDensity { actual, expected: 0.0 });
            prop_assert!(width.seconds(1.0, i64::MAX) <= 4 * (before + 1));
        }
    }
}
