//! The slices of a plan: every unread second belongs to exactly one of them.

use super::{
    part_width::SliceDensity,
    slice::{Slice, SliceId},
};
use crate::coverage::seconds::SecondRange;

/// All slices.
#[derive(Debug, Default)]
pub(super) struct Tiling {
    /// Oldest first, and disjoint.
    slices: Vec<Slice>,
    /// How many slices were ever created.
    created: u64,
}

impl Tiling {
    /// A slice for each of `unread`, ranges that don't overlap.
    pub(super) fn new(unread: impl IntoIterator<Item = SecondRange>) -> Self {
        let mut ranges: Vec<SecondRange> = unread.into_iter().collect();
        ranges.sort_unstable_by_key(|range| range.first());
        let slices: Vec<Slice> =
            (0..).zip(ranges).map(|(count, range)| Slice::new(SliceId::after(count), range)).collect();
        Self { created: slices.len() as u64, slices }
    }

    /// The slices, oldest first.
    pub(super) fn slices(&self) -> &[Slice] {
        &self.slices
    }

    pub(super) fn get_mut(&mut self, id: SliceId) -> Option<&mut Slice> {
        self.slices.iter_mut().find(|slice| slice.id == id)
    }

    /// Splits the `width_seconds` oldest seconds off a slice, fewer than it has. Returns the ID of the slice that they
    /// become.
    pub(super) fn split(&mut self, id: SliceId, width_seconds: i64) -> Option<SliceId> {
        let at = self.slices.iter().position(|slice| slice.id == id)?;
        let part = self.slices[at].split_off_oldest(SliceId::after(self.created), width_seconds)?;
        self.created += 1;
        let id = part.id;
        self.slices.insert(at, part);
        Some(id)
    }

    /// Removes `passed`, which a chain has read completely, from every slice that it was in: a chain that continues
    /// below its slice has read the part that was split off, too. If that finishes the slice `reader`, returns its
    /// density.
    pub(super) fn pass(&mut self, reader: SliceId, passed: SecondRange) -> Option<SliceDensity> {
        let mut density = None;
        for at in (0..self.slices.len()).rev() {
            let slice = &mut self.slices[at];
            if passed.first() > slice.last || slice.last > passed.last() {
                continue;
            }
            slice.last = passed.first() - 1;
            slice.chain.progress();
            if slice.first <= slice.last {
                continue;
            }
            let finished = self.slices.remove(at);
            if finished.id == reader {
                density = Some(SliceDensity { actual: finished.density(), expected: finished.last_page_density() });
            }
            if let Some(older) = at.checked_sub(1).and_then(|at| self.slices.get_mut(at)) {
                older.follow(finished);
            }
        }
        density
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::density::{Sample, expected_events},
        *,
    };

    fn seconds(first: i64, last: i64) -> SecondRange {
        SecondRange::new(first, last).unwrap()
    }

    fn ranges(tiling: &Tiling) -> Vec<(i64, i64)> {
        tiling.slices().iter().map(|slice| (slice.first, slice.last)).collect()
    }

    /// A tiling of the seconds 0 to 99, and the ID of its slice.
    fn hundred_seconds() -> (Tiling, SliceId) {
        let tiling = Tiling::new([seconds(0, 99)]);
        let id = tiling.slices()[0].id;
        (tiling, id)
    }

    #[test]
    fn slices_are_kept_oldest_first() {
        let mut tiling = Tiling::new([seconds(50, 59), seconds(0, 39)]);
        let ids: Vec<SliceId> = tiling.slices().iter().map(|slice| slice.id).collect();
        let part = tiling.split(ids[0], 10).unwrap();
        assert!(!ids.contains(&part));
        assert_eq!(ranges(&tiling), [(0, 9), (10, 39), (50, 59)]);
    }

    #[test]
    fn a_chain_that_continues_below_its_slice_reads_the_part_that_was_split_off() {
        let (mut tiling, id) = hundred_seconds();
        tiling.split(id, 50);
        tiling.get_mut(id).unwrap().learn(&[80; 20]);
        let density = SliceDensity { actual: 20.0 / 50.0, expected: 20.0 };
        assert_eq!(tiling.pass(id, seconds(40, 99)), Some(density));
        assert_eq!(ranges(&tiling), [(0, 39)]);
    }

    #[test]
    fn what_a_finished_slice_has_read_is_known_to_the_next_one_below() {
        let (mut tiling, id) = hundred_seconds();
        tiling.split(id, 50);
        tiling.get_mut(id).unwrap().learn(&[60, 60, 60]);
        assert!(tiling.slices()[0].profile().is_empty());
        tiling.pass(id, seconds(50, 99));
        // Nearest first: ten seconds without events, then three events.
        let expected =
            |seconds| expected_events(tiling.slices()[0].profile().nearest_first(), Sample::default(), seconds);
        assert!(expected(18) < 0.5 && expected(49) > 0.5, "{} {}", expected(18), expected(49));
    }
}
