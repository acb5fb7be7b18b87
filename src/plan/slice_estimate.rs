//! How many events are expected in a slice, from what was read above it.

use super::{
    density::{EVENTS_PER_PAGE, Sample, expected_events},
    slice::Slice,
    split_policy::Candidate,
};

/// The expected events of one slice.
pub(super) struct SliceEstimate<'a> {
    pub(super) slice: &'a Slice,
    /// The slices from the nearest one above that has read something, oldest first. It may be the slice itself.
    above: &'a [Slice],
    /// How many unread seconds are between what was read above and this slice.
    gap_seconds: i64,
    /// All that was read.
    overall: Sample,
}

impl SliceEstimate<'_> {
    /// The estimates for `slices`, which are sorted oldest first. `overall` is all that was read.
    pub(super) fn of_all(slices: &[Slice], overall: Sample) -> Vec<SliceEstimate<'_>> {
        let (mut nearest_read, mut gap_seconds) = (slices.len(), 0);
        let mut estimates = Vec::with_capacity(slices.len());
        for (at, slice) in slices.iter().enumerate().rev() {
            if !slice.profile().is_empty() {
                (nearest_read, gap_seconds) = (at, 0);
            }
            estimates.push(SliceEstimate { slice, above: &slices[nearest_read..], gap_seconds, overall });
            gap_seconds += slice.unread_seconds();
        }
        estimates.reverse();
        estimates
    }

    /// The slice as the split policy sees it. None if it has a single second, which can't be split.
    pub(super) fn candidate(&self) -> Option<Candidate> {
        (self.slice.unread_seconds() >= 2).then(|| Candidate {
            slice: self.slice.id,
            is_even: self.slice.is_even(),
            pages: self.pages(),
        })
    }

    /// How many of the oldest seconds are expected to hold half of the slice's events; at least one, and not all. The
    /// slice must have two seconds or more.
    pub(super) fn older_half_seconds(&self) -> i64 {
        let unread = self.slice.unread_seconds();
        let newer = self.newest_seconds_holding(self.pages() * EVENTS_PER_PAGE / 2.0);
        (unread - newer).clamp(1, unread - 1)
    }

    /// How many pages the unread seconds are expected to take.
    fn pages(&self) -> f64 {
        self.events_in_newest(self.slice.unread_seconds()) / EVENTS_PER_PAGE
    }

    /// How many events are expected in the newest `seconds` of the slice.
    fn events_in_newest(&self, seconds: i64) -> f64 {
        let events_within = |seconds| {
            let samples = self.above.iter().flat_map(|slice| slice.profile().nearest_first());
            expected_events(samples, self.overall, seconds)
        };
        events_within(self.gap_seconds + seconds) - events_within(self.gap_seconds)
    }

    /// The fewest of the newest seconds that are expected to hold `events`.
    fn newest_seconds_holding(&self, events: f64) -> i64 {
        let (mut low, mut high) = (0, self.slice.unread_seconds());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.events_in_newest(middle) < events {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{coverage::seconds::SecondRange, plan::slice::SliceId};

    fn slice(first: i64, last: i64) -> Slice {
        Slice::new(SliceId::after(0), SecondRange::new(first, last).unwrap())
    }

    #[test]
    fn a_slice_without_pages_is_estimated_from_the_next_one_above_that_has_some() {
        let mut rest = slice(0, 99);
        rest.learn(&[99, 95, 91, 90]);
        rest.last = 90;
        let part = rest.split_off_oldest(SliceId::after(1), 83).unwrap();
        let slices = [part, rest];
        let [part, rest] = &SliceEstimate::of_all(&slices, Sample::default())[..] else { panic!("two slices") };
        assert_eq!((part.gap_seconds, rest.gap_seconds), (8, 0));
        assert!(rest.events_in_newest(8) > 0.0 && part.events_in_newest(10) > 0.0);
        assert!((rest.events_in_newest(8) + part.events_in_newest(10) - 4.0).abs() < 1e-9);
    }

    /// One event per second was read, so as many are expected below, at twice the distance.
    #[test]
    fn half_of_the_expected_events_are_in_the_older_half() {
        let mut slice = slice(0, 299);
        slice.learn(&(200..=299).rev().collect::<Vec<i64>>());
        slice.last = 199;
        let estimate = &SliceEstimate::of_all(std::slice::from_ref(&slice), Sample::default())[0];
        let candidate = estimate.candidate().unwrap();
        assert!((candidate.pages - 2.0).abs() < 0.1, "{}", candidate.pages);
        assert!((estimate.older_half_seconds() - 100).abs() <= 2, "{}", estimate.older_half_seconds());
    }

    #[test]
    fn a_single_second_is_no_candidate() {
        let slices = [slice(0, 0), slice(1, 2)];
        let estimates = SliceEstimate::of_all(&slices, Sample::default());
        assert!(estimates[0].candidate().is_none());
        assert_eq!(estimates[1].older_half_seconds(), 1);
    }
}
