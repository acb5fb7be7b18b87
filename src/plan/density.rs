//! How many events to expect in unread seconds.
//!
//! Events come in bursts of any length, with silences of any length in between, so no single density fits. The estimate
//! is the mean of two: a local one, from what was read directly above, and an overall one, from all that was read. The
//! local one knows a burst that continues, the overall one that there are other bursts further down.
//!
//! The local estimate assumes that what is below is like what is above, in reverse order: a burst so far above is expected
//! as far below. All distances are doubled, because a split too far down costs one request, and one not far enough down
//! leaves a long chain for the end.
//!
//! A single page says little about 90 days. So the overall estimate grows with the square root of the seconds beyond as
//! many as were read: four times as many are expected to hold twice as many events.

/// The most events that CloudTrail returns on one page. Source: AWS CloudTrail API Reference, `LookupEvents`,
/// `MaxResults`.
pub(super) const EVENTS_PER_PAGE: f64 = 50.0;
/// How many times as far below as above the local estimate expects the same events.
const STRETCH: f64 = 2.0;
/// The weight of the local estimate. The rest is that of the overall one.
const LOCAL_WEIGHT: f64 = 0.5;

/// Seconds that were read, and the events in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    seconds: f64,
    events: f64,
}

impl Sample {
    /// Adds what one page has brought.
    pub(super) fn add(&mut self, seconds: i64, events: usize) {
        self.seconds += float(seconds);
        self.events += float(events);
    }

    /// How many events to expect in `seconds` that are like these.
    fn extrapolated_to(self, seconds: f64) -> f64 {
        let known = self.seconds.max(1.0);
        if seconds <= known { self.events * seconds / known } else { self.events * (seconds / known).sqrt() }
    }
}

/// What was read directly above an unread slice, as consecutive samples, nearest last. There are some dozens of them:
/// the further away, the longer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DensityProfile(Vec<Sample>);

impl DensityProfile {
    /// Whether nothing was read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a page with events at `times`, newest first, of a chain that had been read down to the second `from`.
    pub(super) fn add_page(&mut self, from: i64, times: &[i64]) {
        let mut from = from;
        for second in times.chunk_by(|a, b| a == b) {
            // What is newer than `from` has been read before.
            self.0.push(Sample { seconds: float((from - second[0]).max(0)), events: float(second.len()) });
            from = from.min(second[0]);
        }
        self.coarsen();
    }

    /// Adds seconds without events.
    pub(super) fn add_silence(&mut self, seconds: i64) {
        self.0.push(Sample { seconds: float(seconds), events: 0.0 });
        self.coarsen();
    }

    /// Adds the profile `above`, because the seconds between the two have been read.
    pub(super) fn extend_upward(&mut self, above: &Self) {
        self.0.splice(..0, above.0.iter().copied());
        self.coarsen();
    }

    /// The samples, nearest first.
    pub(super) fn nearest_first(&self) -> impl Iterator<Item = Sample> {
        self.0.iter().rev().copied()
    }

    /// Merges neighbors that are together no longer than all that is nearer, so that lengths double with the distance.
    fn coarsen(&mut self) {
        let mut merged: Vec<Sample> = Vec::new();
        let mut nearer = 0.0;
        for next in self.nearest_first() {
            match merged.last_mut() {
                Some(last) if last.seconds + next.seconds <= nearer => {
                    last.seconds += next.seconds;
                    last.events += next.events;
                }
                last => {
                    nearer += last.map_or(0.0, |last| last.seconds);
                    merged.push(next);
                }
            }
        }
        merged.reverse();
        self.0 = merged;
    }
}

/// How many events to expect in the `seconds` below what was read: the samples `nearest_first`, and `overall` all that
/// was read.
pub(super) fn expected_events(nearest_first: impl Iterator<Item = Sample>, overall: Sample, seconds: i64) -> f64 {
    let seconds = float(seconds);
    let seconds_above = seconds / STRETCH;
    let (mut left, mut events_above) = (seconds_above, 0.0);
    for sample in nearest_first {
        if left < sample.seconds {
            events_above += sample.events * left / sample.seconds;
            left = 0.0;
            break;
        }
        left -= sample.seconds;
        events_above += sample.events;
    }
    // Beyond what was read directly above, the overall density fills in.
    events_above += overall.extrapolated_to(seconds_above) - overall.extrapolated_to(seconds_above - left);
    LOCAL_WEIGHT * STRETCH * events_above + (1.0 - LOCAL_WEIGHT) * overall.extrapolated_to(seconds)
}

/// A number of seconds or events, to calculate with.
pub(super) fn float(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(seconds: i64, events: usize) -> Sample {
        let mut sample = Sample::default();
        sample.add(seconds, events);
        sample
    }

    /// What is expected if three events were read 10, 20 and 30 seconds above, and nothing since.
    fn after_three_events(seconds: i64) -> f64 {
        let mut profile = DensityProfile::default();
        profile.add_page(130, &[120, 110, 100]);
        expected_events(profile.nearest_first(), Sample::default(), seconds)
    }

    fn is(events: f64, expected: f64) -> bool {
        (events - expected).abs() < 1e-9
    }

    #[test]
    fn what_is_above_is_expected_below_at_twice_the_distance() {
        assert!(is(after_three_events(20), 1.0));
        assert!(is(after_three_events(50), 2.5));
        assert!(is(after_three_events(60), 3.0));
        assert!(is(after_three_events(6_000), 3.0));
    }

    #[test]
    fn a_silence_above_a_burst_is_expected_below_it() {
        let mut profile = DensityProfile::default();
        profile.add_silence(1_000);
        profile.add_page(10, &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let expected = |seconds| expected_events(profile.nearest_first(), Sample::default(), seconds);
        assert!(is(expected(20), 10.0));
        assert!(is(expected(2_000), 10.0));
    }

    #[test]
    fn the_overall_density_is_half_of_the_estimate_and_all_of_it_beyond_the_profile() {
        let none = DensityProfile::default();
        assert!(is(expected_events(none.nearest_first(), sample(100, 50), 100), 25.0 + 25.0));
        let mut silence = DensityProfile::default();
        silence.add_silence(1_000);
        assert!(is(expected_events(silence.nearest_first(), sample(100, 50), 100), 25.0));
    }

    #[test]
    fn a_small_sample_says_little_about_many_seconds() {
        let none = DensityProfile::default();
        assert!(is(sample(100, 50).extrapolated_to(400.0), 100.0));
        assert!(is(expected_events(none.nearest_first(), Sample::default(), i64::MAX), 0.0));
    }

    proptest! {
        /// However much was read, a profile stays small and loses no event.
        #[test]
        fn a_profile_is_short_and_loses_nothing(gaps in prop::collection::vec(0..100_000_i64, 1..2_000)) {
            let mut profile = DensityProfile::default();
            for gap in &gaps {
                profile.add_page(*gap, &[0]);
            }
            let samples: Vec<Sample> = profile.nearest_first().collect();
            prop_assert!(samples.len() < 64, "{} samples", samples.len());
            let sum = |sum: (f64, f64), sample: &Sample| (sum.0 + sample.seconds, sum.1 + sample.events);
            let (seconds, events) = samples.iter().fold((0.0, 0.0), sum);
            prop_assert!(is(seconds, float(gaps.iter().sum::<i64>())) && is(events, float(gaps.len())));
        }

        #[test]
        fn more_seconds_are_never_expected_to_hold_fewer_events(
            gaps in prop::collection::vec(0..10_000_i64, 0..100),
            (seconds, more) in (0..10_000_000_i64, 0..10_000_i64),
            (known, events) in (1..10_000_000_i64, 0..10_000_usize),
        ) {
            let mut profile = DensityProfile::default();
            for gap in gaps {
                profile.add_page(gap, &[0]);
            }
            let expected = |seconds| expected_events(profile.nearest_first(), sample(known, events), seconds);
            prop_assert!(expected(seconds) <= expected(seconds + more) + 1e-9);
        }
    }
}
