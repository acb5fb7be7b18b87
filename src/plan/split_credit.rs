//! How many splits the events read so far pay for.
//!
//! A split costs at most one request that finds nothing. Because it has to be paid for by events, a read that turns out
//! to be small wastes little, and a large one soon has credit to spare.

/// How many events pay for one split: two pages of them. So a read makes at most half as many requests again as its
/// events take, wherever they are.
pub(super) const EVENTS_PER_SPLIT: usize = 100;

/// The events that have not paid for a split yet.
#[derive(Debug, Default)]
pub(super) struct SplitCredit {
    events: usize,
}

impl SplitCredit {
    /// Adds `events` that were read.
    pub(super) fn add(&mut self, events: usize) {
        self.events = self.events.saturating_add(events);
    }

    /// Whether there is credit for a split.
    pub(super) fn is_enough(&self) -> bool {
        self.events >= EVENTS_PER_SPLIT
    }

    /// Pays for a split, if there is credit for it.
    pub(super) fn spend(&mut self) {
        self.events = self.events.saturating_sub(EVENTS_PER_SPLIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_pages_of_events_pay_for_one_split() {
        let mut credit = SplitCredit::default();
        credit.add(50);
        assert!(!credit.is_enough());
        credit.add(49);
        assert!(!credit.is_enough());
        credit.add(1);
        assert!(credit.is_enough());
        credit.spend();
        assert!(!credit.is_enough());
    }

    proptest! {
        /// No more, because each costs a request; no fewer, because chains would be missing.
        #[test]
        fn there_is_a_split_for_each_hundred_events(pages in prop::collection::vec(0..=50_usize, 0..200)) {
            let mut credit = SplitCredit::default();
            let mut splits = 0;
            for events in &pages {
                credit.add(*events);
                while credit.is_enough() {
                    credit.spend();
                    splits += 1;
                }
            }
            prop_assert_eq!(splits, pages.iter().sum::<usize>() / EVENTS_PER_SPLIT);
        }
    }
}
