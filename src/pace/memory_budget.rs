//! How many requests may be under way, so that their answers fit into memory together.
//!
//! A page of usual events has 100 KB, one of the largest events 13 MB, and nobody knows before it arrives. So each
//! Region reckons with the heaviest of its last pages, and with the worst before it has had one. All Regions share one
//! budget. A Region that has nothing under way may always ask, so that none starves: that much more, a page for each
//! Region, may come on top.

use std::cell::Cell;

/// How many bytes of events may be under way, over all Regions: far more than 64 pages of usual events have.
const MOST_BYTES: usize = 32 << 20;
/// What a page can have at the most: 50 events of 256 KB. Source: AWS CloudTrail User Guide, quotas.
const HEAVIEST_PAGE: usize = 50 * 256 * 1024;
/// Which part of a heavy page's weight each lighter one makes forget.
const FORGOTTEN: usize = 32;

/// The bytes that may be under way, over all Regions.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    reserved: Cell<usize>,
}

/// One Region's part of a budget. What it has reserved is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct RegionBudget<'a> {
    budget: &'a MemoryBudget,
    under_way: usize,
    /// About how many bytes the heaviest of the last pages has; none before the first one.
    heaviest: Option<usize>,
}

impl<'a> RegionBudget<'a> {
    /// A part of `budget` for a Region that has no page yet.
    #[must_use]
    pub(crate) fn new(budget: &'a MemoryBudget) -> Self {
        Self { budget, under_way: 0, heaviest: None }
    }

    /// Whether one more request may go out.
    #[must_use]
    pub(crate) fn has_room(&self) -> bool {
        self.under_way == 0 || self.budget.reserved.get() + self.expected() <= MOST_BYTES
    }

    /// Counts a request that goes out.
    pub(crate) fn asked(&mut self) {
        self.update(self.under_way + 1, self.heaviest);
    }

    /// Counts a request that came to an end, with a page of `weight` bytes or with none.
    pub(crate) fn ended(&mut self, weight: Option<usize>) {
        let lighter = self.heaviest.map(|heaviest| heaviest - heaviest / FORGOTTEN);
        let heaviest = weight.map_or(self.heaviest, |weight| lighter.max(Some(weight)));
        self.update(self.under_way.saturating_sub(1), heaviest);
    }

    /// How many bytes the next page is to be reckoned with.
    fn expected(&self) -> usize {
        self.heaviest.unwrap_or(HEAVIEST_PAGE)
    }

    fn update(&mut self, under_way: usize, heaviest: Option<usize>) {
        let others = self.budget.reserved.get() - self.under_way * self.expected();
        (self.under_way, self.heaviest) = (under_way, heaviest);
        self.budget.reserved.set(others + under_way * self.expected());
    }
}

impl Drop for RegionBudget<'_> {
    fn drop(&mut self) {
        self.update(0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USUAL: usize = 100_000;

    /// How many requests go out of `share` before it has no more room.
    fn fill(share: &mut RegionBudget<'_>) -> usize {
        let mut count = 0;
        while share.has_room() {
            share.asked();
            count += 1;
        }
        count
    }

    #[test]
    fn before_the_first_page_only_so_many_go_out_as_the_heaviest_pages_fit() {
        let budget = MemoryBudget::default();
        let (mut first, mut second) = (RegionBudget::new(&budget), RegionBudget::new(&budget));
        assert_eq!(fill(&mut first), 2);
        assert!(second.has_room());
        second.asked();
        assert!(!second.has_room());
        first.ended(Some(USUAL));
        assert!(fill(&mut first) > 64);
    }

    #[test]
    fn a_heavy_page_is_remembered_over_dozens_of_light_ones() {
        let budget = MemoryBudget::default();
        let mut share = RegionBudget::new(&budget);
        for weight in [USUAL, 8 << 20].into_iter().chain([USUAL; 24]) {
            share.asked();
            share.ended(Some(weight));
        }
        assert!(fill(&mut share) < 10);
    }

    proptest! {
        /// Whatever the pages weigh, what is reserved for those under way fits, but for one of each Region.
        #[test]
        fn what_is_under_way_fits(steps in prop::collection::vec((0..3_usize, any::<bool>(), 0..HEAVIEST_PAGE), 0..300)) {
            let budget = MemoryBudget::default();
            let mut shares = [RegionBudget::new(&budget), RegionBudget::new(&budget), RegionBudget::new(&budget)];
            for (region, answers, weight) in steps {
                let share = &mut shares[region];
                if answers && share.under_way > 0 {
                    share.ended(Some(weight));
                } else if share.has_room() {
                    let before = budget.reserved.get();
                    share.asked();
                    prop_assert!(budget.reserved.get() <= MOST_BYTES || share.under_way == 1);
                    prop_assert_eq!(budget.reserved.get(), before + share.expected());
                }
            }
            drop(shares);
            prop_assert_eq!(budget.reserved.get(), 0);
        }
    }
}
