//! Ranges of whole seconds since the epoch, and sets of them.
//!
//! CloudTrail's times are whole seconds and its ranges include both ends, so everything here does too.

use serde::{Deserialize, Serialize};

/// The seconds from `first` to `last`, both included; `first <= last`. Written as `[first, last]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct SecondRange {
    first: i64,
    last: i64,
}

impl SecondRange {
    /// The seconds from `first` to `last`; none where `first > last`, because that is no second at all.
    #[must_use]
    pub fn new(first: i64, last: i64) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The earliest second.
    #[must_use]
    pub fn first(self) -> i64 {
        self.first
    }

    /// The latest second.
    #[must_use]
    pub fn last(self) -> i64 {
        self.last
    }

    /// How many seconds these are, at least 1.
    #[must_use]
    pub fn count(self) -> i64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// The seconds that both have.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }
}

impl TryFrom<(i64, i64)> for SecondRange {
    type Error = String;

    /// Fails where the first is later than the last.
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
pub struct SecondSet(Vec<SecondRange>);

impl SecondSet {
    /// Puts all of `added` into the set.
    pub fn insert(&mut self, added: SecondRange) {
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
    pub fn contains(&self, second: i64) -> bool {
        self.range_of(second).is_some()
    }

    /// The unbroken range that `second` is in.
    #[must_use]
    pub fn range_of(&self, second: i64) -> Option<SecondRange> {
        let at = self.0.partition_point(|range| range.last < second);
        self.0.get(at).copied().filter(|range| range.first <= second)
    }

    /// The ranges of the set that lie in `window`, cut to it, oldest first.
    pub fn within(&self, window: SecondRange) -> impl Iterator<Item = SecondRange> {
        self.0.iter().filter_map(move |range| range.intersection(window))
    }

    /// The ranges of `window` that are not in the set, oldest first.
    #[must_use]
    pub fn missing(&self, window: SecondRange) -> Vec<SecondRange> {
        let mut missing = Vec::new();
        let mut from = window.first;
        for range in self.within(window) {
            if from < range.first {
                missing.extend(SecondRange::new(from, range.first - 1));
            }
            from = range.last.saturating_add(1);
        }
        let reached_the_end = self.contains(window.last);
        missing.extend(SecondRange::new(from, window.last).filter(|_| !reached_the_end));
        missing
    }
}

impl FromIterator<SecondRange> for SecondSet {
    /// Takes ranges in any order, also many of them: each is only added at the end.
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

/// `ranges`, which are disjoint and oldest first, as at most `most` ranges: those with the fewest seconds between them
/// become one.
#[must_use]
pub fn joined(ranges: Vec<SecondRange>, most: usize) -> Vec<SecondRange> {
    let Some(joints) = ranges.len().checked_sub(most.max(1)).filter(|joints| *joints > 0) else { return ranges };
    let between = |later: &usize| ranges[*later].first.saturating_sub(ranges[later - 1].last);
    let mut closest: Vec<usize> = (1..ranges.len()).collect();
    closest.sort_by_key(between);
    let mut is_joined = vec![false; ranges.len()];
    closest.iter().take(joints).for_each(|later| is_joined[*later] = true);
    let mut joined: Vec<SecondRange> = Vec::with_capacity(most);
    for (range, is_joined) in ranges.into_iter().zip(is_joined) {
        match joined.last_mut().filter(|_| is_joined) {
            Some(earlier) => earlier.last = range.last,
            None => joined.push(range),
        }
    }
    joined
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
        /// They cover the same, with as little in between as that many ranges can.
        #[test]
        fn ranges_are_joined_over_the_shortest_gaps(ranges in ranges(), most in 1..8_usize) {
            let ranges: Vec<SecondRange> = ranges.into_iter().collect::<SecondSet>().0;
            let all: SecondSet = ranges.iter().copied().collect();
            let joined = joined(ranges.clone(), most);
            prop_assert_eq!(joined.len(), ranges.len().min(most));
            prop_assert!(joined.windows(2).all(|pair| pair[0].last < pair[1].first));
            prop_assert!(ranges.iter().all(|range| joined.iter().any(|over| over.intersection(*range) == Some(*range))));
            let count = |ranges: &[SecondRange]| ranges.iter().map(|range| range.count()).sum::<i64>();
            let mut gaps: Vec<i64> = ranges.windows(2).map(|pair| pair[1].first - pair[0].last - 1).collect();
            gaps.sort_unstable();
            let shortest: i64 = gaps.iter().take(ranges.len() - joined.len()).sum();
            prop_assert_eq!(count(&joined), count(&all.0) + shortest);
        }

        #[test]
        fn is_the_set_of_the_seconds_put_in(ranges in ranges(), window in any_range()) {
            let set: SecondSet = ranges.iter().copied().collect();
            let model: BTreeSet<i64> = ranges.iter().flat_map(|range| range.first..=range.last).collect();
            for second in -1..=60_i64 {
                prop_assert_eq!(set.contains(second), model.contains(&second));
            }
            let missing: Vec<i64> = set.missing(window).iter().flat_map(|range| range.first..=range.last).collect();
            let expected: Vec<i64> = (window.first..=window.last).filter(|second| !model.contains(second)).collect();
            prop_assert_eq!(missing, expected);
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
    fn takes_the_ends_of_time() {
        let set: SecondSet = [range(i64::MIN, 5), range(7, i64::MAX)].into_iter().collect();
        assert_eq!(set.missing(range(i64::MIN, i64::MAX)), [range(6, 6)]);
    }
}
