//! Ranges of whole seconds since the epoch, and sets of them.
//!
//! CloudTrail's times are whole seconds, and its ranges include both ends. So do these.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The seconds from `first` to `last`, both included; `first <= last`. Written as `[first, last]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct SecondRange {
    first: i64,
    last: i64,
}

impl SecondRange {
    /// The seconds from `first` to `last`. None if `first > last`.
    #[must_use]
    pub fn new(first: i64, last: i64) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The oldest second.
    #[must_use]
    pub fn first(self) -> i64 {
        self.first
    }

    /// The newest second.
    #[must_use]
    pub fn last(self) -> i64 {
        self.last
    }

    /// How long they are, at least a second.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.last.abs_diff(self.first).saturating_add(1))
    }

    /// The seconds that are in both ranges.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }
}

impl TryFrom<(i64, i64)> for SecondRange {
    type Error = String;

    /// Fails if the first is after the last.
    fn try_from((first, last): (i64, i64)) -> Result<Self, String> {
        Self::new(first, last).ok_or_else(|| format!("the range [{first}, {last}] ends before it begins"))
    }
}

impl From<SecondRange> for (i64, i64) {
    fn from(seconds: SecondRange) -> Self {
        (seconds.first, seconds.last)
    }
}

/// A set of seconds, kept as the fewest ranges, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SecondSet(Vec<SecondRange>);

impl SecondSet {
    /// Adds the seconds of `added`.
    pub(crate) fn insert(&mut self, added: SecondRange) {
        let from = self.0.partition_point(|range| range.last < added.first.saturating_sub(1));
        let to = self.0.partition_point(|range| range.first <= added.last.saturating_add(1));
        let merged = self.0[from..to].iter().fold(added, |all, range| SecondRange {
            first: all.first.min(range.first),
            last: all.last.max(range.last),
        });
        self.0.splice(from..to, [merged]);
    }

    /// Whether `second` is in the set.
    #[must_use]
    pub(crate) fn contains(&self, second: i64) -> bool {
        self.range_containing(second).is_some()
    }

    /// The range of the set that `second` is in.
    #[must_use]
    pub(crate) fn range_containing(&self, second: i64) -> Option<SecondRange> {
        let at = self.0.partition_point(|range| range.last < second);
        self.0.get(at).copied().filter(|range| range.first <= second)
    }

    /// How many ranges of the set have seconds after `second`.
    #[must_use]
    pub(crate) fn count_after(&self, second: i64) -> usize {
        self.0.len() - self.0.partition_point(|range| range.last <= second)
    }

    /// The ranges of the set, restricted to `window`, oldest first.
    pub(crate) fn within(&self, window: SecondRange) -> impl Iterator<Item = SecondRange> {
        self.0.iter().filter_map(move |range| range.intersection(window))
    }

    /// The ranges of `window` that are not in the set, oldest first.
    #[must_use]
    pub(crate) fn gaps(&self, window: SecondRange) -> Vec<SecondRange> {
        let mut gaps = Vec::new();
        let mut from = window.first;
        for range in self.within(window) {
            if from < range.first {
                gaps.extend(SecondRange::new(from, range.first - 1));
            }
            from = range.last.saturating_add(1);
        }
        let reached_the_end = self.contains(window.last);
        gaps.extend(SecondRange::new(from, window.last).filter(|_| !reached_the_end));
        gaps
    }
}

impl FromIterator<SecondRange> for SecondSet {
    /// Takes ranges in any order. It sorts them first, so that each is added at the end.
    fn from_iter<T: IntoIterator<Item = SecondRange>>(ranges: T) -> Self {
        let mut ranges: Vec<SecondRange> = ranges.into_iter().collect();
        ranges.sort_unstable_by_key(|range| range.first);
        let mut set = Self::default();
        for range in ranges {
            set.insert(range);
        }
        set
    }
}

/// At most `max` ranges that contain the `ranges`, which are disjoint and oldest first: those with the fewest seconds in
/// between are merged.
#[must_use]
pub(crate) fn merged(ranges: Vec<SecondRange>, max: usize) -> Vec<SecondRange> {
    let Some(excess) = ranges.len().checked_sub(max.max(1)).filter(|excess| *excess > 0) else { return ranges };
    let between = |later: &usize| ranges[*later].first.saturating_sub(ranges[later - 1].last);
    let mut closest: Vec<usize> = (1..ranges.len()).collect();
    closest.sort_by_key(between);
    let mut is_merged = vec![false; ranges.len()];
    closest.iter().take(excess).for_each(|later| is_merged[*later] = true);
    let mut merged: Vec<SecondRange> = Vec::with_capacity(max);
    for (range, is_merged) in ranges.into_iter().zip(is_merged) {
        match merged.last_mut().filter(|_| is_merged) {
            Some(earlier) => earlier.last = range.last,
            None => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn any_range() -> impl Strategy<Value = SecondRange> {
        (0..60_i64, 0..60_i64).prop_map(|(a, b)| SecondRange { first: a.min(b), last: a.max(b) })
    }

    fn ranges() -> impl Strategy<Value = Vec<SecondRange>> {
        prop::collection::vec(any_range(), 0..12)
    }

    proptest! {
        #[test]
        fn ranges_are_merged_over_the_shortest_gaps(ranges in ranges(), max in 1..8_usize) {
            let ranges: Vec<SecondRange> = ranges.into_iter().collect::<SecondSet>().0;
            let all: SecondSet = ranges.iter().copied().collect();
            let merged = merged(ranges.clone(), max);
            prop_assert_eq!(merged.len(), ranges.len().min(max));
            prop_assert!(merged.windows(2).all(|pair| pair[0].last < pair[1].first));
            prop_assert!(ranges.iter().all(|range| merged.iter().any(|merged| merged.intersection(*range) == Some(*range))));
            let duration = |ranges: &[SecondRange]| ranges.iter().map(|range| range.duration()).sum::<Duration>();
            let mut gaps: Vec<i64> = ranges.windows(2).map(|pair| pair[1].first - pair[0].last - 1).collect();
            gaps.sort_unstable();
            let shortest = gaps.iter().take(ranges.len() - merged.len()).sum::<i64>().unsigned_abs();
            prop_assert_eq!(duration(&merged), duration(&all.0) + Duration::from_secs(shortest));
        }

        #[test]
        fn contains_the_seconds_that_were_added(ranges in ranges(), window in any_range()) {
            let set: SecondSet = ranges.iter().copied().collect();
            let model: BTreeSet<i64> = ranges.iter().flat_map(|range| range.first..=range.last).collect();
            for second in -1..=60_i64 {
                prop_assert_eq!(set.contains(second), model.contains(&second));
            }
            let gaps: Vec<i64> = set.gaps(window).iter().flat_map(|range| range.first..=range.last).collect();
            let expected: Vec<i64> = (window.first..=window.last).filter(|second| !model.contains(second)).collect();
            prop_assert_eq!(gaps, expected);
        }

        #[test]
        fn keeps_the_fewest_ranges(ranges in ranges()) {
            let set: SecondSet = ranges.into_iter().collect();
            prop_assert!(set.0.windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
        }
    }

    fn range(first: i64, last: i64) -> SecondRange {
        SecondRange { first, last }
    }

    #[test]
    fn the_ends_of_time_are_in_range() {
        let set: SecondSet = [range(i64::MIN, 5), range(7, i64::MAX)].into_iter().collect();
        assert_eq!(set.gaps(range(i64::MIN, i64::MAX)), [range(6, 6)]);
    }
}
