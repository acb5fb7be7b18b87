//! How many requests may be in flight, so that the memory for their answers is limited.
//!
//! A page of usual events has some 100 KB, one of the largest events 13 MB, and its size is not known before it arrives.
//! So each read, of a stream in a Region, reserves for each request what the heaviest of its last pages had, and the worst
//! case before the first page of any read. All reads share one budget, and a request waits while its reservation does not
//! fit. Only a read without a request in flight may always send one, so that none starves. So one page for each read may
//! exceed the limit.
//!
//! A page that is heavier than expected is only known when it arrives. It raises the reservations of the requests that are
//! in flight at that time, which may exceed the limit, too; no further request is sent until they fit.
//!
//! The number of requests in flight is limited, too, because each has a connection.
//!
//! Pure.

use std::cell::Cell;

/// How many bytes of pages may be in flight, over all reads: far more than 64 pages of usual events have, which is as
/// many as the plan of a read has in flight, and enough for two of the heaviest pages.
const MAX_BYTES_IN_FLIGHT: usize = 32 << 20;
/// About how many bytes a page can have: 50 events of 256 KB, without their escapes. Source: AWS CloudTrail User Guide,
/// quotas.
const MAX_PAGE_BYTES: usize = 50 * 256 * 1024;
/// Each lighter page reduces the expected size by this part of it. So the size of heavy pages, which come in bursts, is
/// remembered over some dozens of light ones.
const DECAY: usize = 32;

/// How many requests may be in flight: enough for 64 busy Regions at a latency of 3 s, while a process may have 1,024 open
/// files on most systems.
const MAX_REQUESTS: usize = 400;

/// The bytes that are reserved for requests in flight, over all reads, and how many requests that are.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    reserved: Cell<usize>,
    requests: Cell<usize>,
    /// About how many bytes the heaviest of the last pages of all reads had; none before the first page.
    heaviest: Cell<Option<usize>>,
}

/// The part of a budget for the read of one stream in one Region. Its reservations are released when it is dropped.
#[derive(Debug)]
pub(crate) struct RegionBudget<'a> {
    budget: &'a MemoryBudget,
    in_flight: usize,
    /// About how many bytes the heaviest of the last pages had; none before the first page.
    heaviest: Option<usize>,
}

impl<'a> RegionBudget<'a> {
    /// The part of `budget` for a read that has received no page yet.
    #[must_use]
    pub(crate) fn new(budget: &'a MemoryBudget) -> Self {
        Self { budget, in_flight: 0, heaviest: budget.heaviest.get() }
    }

    /// Whether one more request may be sent.
    #[must_use]
    pub(crate) fn has_room(&self) -> bool {
        let MemoryBudget { reserved, requests, .. } = self.budget;
        self.in_flight == 0
            || (reserved.get() + self.expected() <= MAX_BYTES_IN_FLIGHT && requests.get() < MAX_REQUESTS)
    }

    /// Reserves memory for a request that is sent.
    pub(crate) fn request_sent(&mut self) {
        self.update(self.in_flight + 1, self.heaviest);
    }

    /// Releases the reservation of a request that ended, with a page of `bytes` or without a page.
    pub(crate) fn request_ended(&mut self, bytes: Option<usize>) {
        let with = |heaviest: Option<usize>| match bytes {
            Some(bytes) => heaviest.map(|heaviest| heaviest - heaviest / DECAY).max(Some(bytes)),
            None => heaviest,
        };
        self.budget.heaviest.set(with(self.budget.heaviest.get()));
        let heaviest = with(self.heaviest);
        self.update(self.in_flight.saturating_sub(1), heaviest);
    }

    /// How many bytes the next page is expected to have.
    fn expected(&self) -> usize {
        self.heaviest.unwrap_or(MAX_PAGE_BYTES)
    }

    fn update(&mut self, in_flight: usize, heaviest: Option<usize>) {
        let others = self.budget.reserved.get() - self.in_flight * self.expected();
        self.budget.requests.set(self.budget.requests.get() - self.in_flight + in_flight);
        (self.in_flight, self.heaviest) = (in_flight, heaviest);
        self.budget.reserved.set(others + in_flight * self.expected());
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

    /// How many requests `region` sends before it has no more room.
    fn fill(region: &mut RegionBudget<'_>) -> usize {
        let mut count = 0;
        while region.has_room() {
            region.request_sent();
            count += 1;
        }
        count
    }

    #[test]
    fn before_the_first_page_only_as_many_requests_are_sent_as_the_heaviest_pages_fit() {
        let budget = MemoryBudget::default();
        let (mut first, mut second) = (RegionBudget::new(&budget), RegionBudget::new(&budget));
        assert_eq!(fill(&mut first), 2);
        assert!(second.has_room());
        second.request_sent();
        assert!(!second.has_room());
        first.request_ended(Some(USUAL));
        assert!(fill(&mut first) > 64);
    }

    #[test]
    fn a_heavy_page_is_remembered_over_dozens_of_light_ones() {
        let budget = MemoryBudget::default();
        let mut region = RegionBudget::new(&budget);
        for bytes in [USUAL, 8 << 20].into_iter().chain([USUAL; 24]) {
            region.request_sent();
            region.request_ended(Some(bytes));
        }
        assert!(fill(&mut region) < 10);
    }

    proptest! {
        /// Whatever the pages weigh: a second request of a Region is sent only if it fits, what is reserved is what
        /// the Regions expect, and dropping a Region releases its part.
        #[test]
        fn a_request_that_does_not_fit_waits_while_its_region_has_another_in_flight(
            steps in prop::collection::vec((0..3_usize, 0..8_u8, 0..MAX_PAGE_BYTES), 0..300),
        ) {
            let budget = MemoryBudget::default();
            let mut regions = [(); 3].map(|()| RegionBudget::new(&budget));
            for (region, step, bytes) in steps {
                let region = &mut regions[region];
                match step {
                    0 => *region = RegionBudget::new(&budget),
                    1 => region.request_ended(None),
                    2..4 if region.in_flight > 0 => region.request_ended(Some(bytes)),
                    _ if region.has_room() => {
                        region.request_sent();
                        prop_assert!(region.in_flight == 1 || budget.reserved.get() <= MAX_BYTES_IN_FLIGHT);
                    }
                    _ => prop_assert!(region.in_flight > 0 && budget.reserved.get() + region.expected() > MAX_BYTES_IN_FLIGHT),
                }
                let reserved: usize = regions.iter().map(|region| region.in_flight * region.expected()).sum();
                prop_assert_eq!(budget.reserved.get(), reserved);
            }
            drop(regions);
            prop_assert_eq!(budget.reserved.get(), 0);
        }

        /// While no page is heavier than its Region expects, the limit is exceeded by one page for each Region at most.
        #[test]
        fn the_limit_is_exceeded_by_one_page_for_each_region_at_most(
            steps in prop::collection::vec((0..3_usize, any::<bool>(), 0.0..=1.0_f64), 0..300),
        ) {
            let budget = MemoryBudget::default();
            let mut regions = [(); 3].map(|()| RegionBudget::new(&budget));
            for (region, ends, part) in steps {
                let region = &mut regions[region];
                if ends && region.in_flight > 0 {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a page")]
                    region.request_ended(Some((region.expected() as f64 * part) as usize));
                } else if region.has_room() {
                    region.request_sent();
                }
                prop_assert!(budget.reserved.get() <= MAX_BYTES_IN_FLIGHT + 3 * MAX_PAGE_BYTES);
            }
        }
    }
}
