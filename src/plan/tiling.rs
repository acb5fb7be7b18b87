//! The unread seconds, cut into slices: every one of them belongs to exactly one slice.
//!
//! A slice is read newest first by its own chain of pages. It shrinks from its newest end as the chain goes on, and
//! from its oldest end when a part is split off there.

use super::{
    chain::Chain,
    density::{History, Stretch, believed, float},
    evenness::Evenness,
};
use crate::coverage::seconds::SecondRange;

/// Which slice a request belongs to. Its order is that of the slices' making, not of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceId(pub(super) u64);

/// Some unread seconds, and the chain of pages that reads them.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) id: SliceId,
    /// The oldest unread second; it rises when the oldest part is split off.
    pub(super) first: i64,
    /// The newest unread second: that of the last event seen, whose siblings may be on the next page.
    pub(super) last: i64,
    pub(super) chain: Chain,
    /// Whether a request is under way.
    pub(super) waiting: bool,
    /// The seconds that it has had, and the events in them so far.
    width: i64,
    events: usize,
    /// The second down to which `history` goes.
    known_to: i64,
    /// What was read directly above the unread seconds: nothing before the first event.
    history: History,
    evenness: Evenness,
}

impl Slice {
    fn new(id: SliceId, seconds: SecondRange) -> Self {
        Self {
            id,
            first: seconds.first(),
            last: seconds.last(),
            chain: Chain::new(seconds),
            waiting: false,
            width: seconds.count(),
            events: 0,
            known_to: seconds.last(),
            history: History::default(),
            evenness: Evenness::unknown(seconds.last()),
        }
    }

    /// How many seconds are unread.
    pub(super) fn unread(&self) -> i64 {
        self.last - self.first + 1
    }

    /// The events a second of its last page, or of the slice that it was split off.
    pub(super) fn density(&self) -> f64 {
        self.evenness.density()
    }

    /// Whether it is known well enough to be read from its oldest end: at most twice as long as the stretch above it
    /// that is known to be alike.
    pub(super) fn is_even(&self) -> bool {
        self.unread() <= self.evenness.seconds(self.last).saturating_mul(2)
    }

    /// Learns from the slice's events on a page, newest first.
    pub(super) fn learn(&mut self, times: &[i64]) {
        self.evenness.read(self.last, times, self.events == 0);
        self.history.read(self.known_to, times);
        self.known_to = times.iter().copied().fold(self.known_to, i64::min);
        self.events += times.len();
    }
}

/// A slice, with what is known of the seconds above it.
pub(super) struct Outlook<'a> {
    pub(super) slice: &'a Slice,
    /// The slices from the next one on that has read something, oldest first.
    above: &'a [Slice],
    /// How many unread seconds lie between what that one has read and this slice.
    away: i64,
}

impl Outlook<'_> {
    /// How many events are believed to be in the newest `seconds` of the slice.
    pub(super) fn events(&self, seconds: i64, overall: Stretch) -> f64 {
        let down_to =
            |seconds| believed(self.above.iter().flat_map(|slice| slice.history.nearest_first()), overall, seconds);
        down_to(self.away + seconds) - down_to(self.away)
    }

    /// The fewest of the newest seconds that are believed to hold `events`.
    pub(super) fn seconds(&self, events: f64, overall: Stretch) -> i64 {
        let (mut low, mut high) = (0, self.slice.unread());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.events(middle, overall) < events {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// All slices.
#[derive(Debug, Default)]
pub(super) struct Tiling {
    /// Oldest first, and disjoint.
    slices: Vec<Slice>,
    made: u64,
}

impl Tiling {
    /// A slice for each of `unread`, ranges that don't overlap.
    pub(super) fn new(unread: impl IntoIterator<Item = SecondRange>) -> Self {
        let mut ranges: Vec<SecondRange> = unread.into_iter().collect();
        ranges.sort_unstable_by_key(|range| range.first());
        let slices: Vec<Slice> = (0..).zip(ranges).map(|(id, range)| Slice::new(SliceId(id), range)).collect();
        Self { made: slices.len() as u64, slices }
    }

    /// The slices, oldest first.
    pub(super) fn slices(&self) -> &[Slice] {
        &self.slices
    }

    pub(super) fn get_mut(&mut self, id: SliceId) -> Option<&mut Slice> {
        self.slices.iter_mut().find(|slice| slice.id == id)
    }

    /// The slices, oldest first, with what is known of the seconds above them.
    pub(super) fn outlooks(&self) -> Vec<Outlook<'_>> {
        let (mut from, mut away) = (self.slices.len(), 0);
        let mut outlooks = Vec::with_capacity(self.slices.len());
        for (at, slice) in self.slices.iter().enumerate().rev() {
            if !slice.history.is_empty() {
                (from, away) = (at, 0);
            }
            outlooks.push(Outlook { slice, above: &self.slices[from..], away });
            away += slice.unread();
        }
        outlooks.reverse();
        outlooks
    }

    /// Splits the `width` oldest seconds off a slice, fewer than it has. Returns the slice that they make up.
    pub(super) fn split(&mut self, id: SliceId, width: i64) -> Option<SliceId> {
        let at = self.slices.iter().position(|slice| slice.id == id)?;
        let slice = &mut self.slices[at];
        let oldest = SecondRange::new(slice.first, slice.first + width - 1)?;
        let part = Slice { evenness: slice.evenness, ..Slice::new(SliceId(self.made), oldest) };
        slice.first += width;
        slice.width -= width;
        self.made += 1;
        let id = part.id;
        self.slices.insert(at, part);
        Some(id)
    }

    /// Takes `passed`, which a chain has read to its end, off whatever slices it was in: a chain that goes on below
    /// its slice has read the part that was split off, too. If the slice `reader` is finished, returns how many events
    /// a second it has had, and how many its last page, or the slice that it was split off, let expect.
    pub(super) fn pass(&mut self, reader: SliceId, passed: SecondRange) -> Option<(f64, f64)> {
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
            let mut finished = self.slices.remove(at);
            if finished.id == reader {
                density = Some((float(finished.events) / float(finished.width), finished.density()));
            }
            finished.history.read_silence(finished.known_to - finished.first);
            if let Some(older) = at.checked_sub(1).and_then(|at| self.slices.get_mut(at)) {
                older.history.continue_with(&finished.history);
            }
        }
        density
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(first: i64, last: i64) -> SecondRange {
        SecondRange::new(first, last).unwrap()
    }

    fn ranges(tiling: &Tiling) -> Vec<(i64, i64)> {
        tiling.slices().iter().map(|slice| (slice.first, slice.last)).collect()
    }

    #[test]
    fn slices_are_kept_oldest_first() {
        let mut tiling = Tiling::new([seconds(50, 59), seconds(0, 39)]);
        assert_eq!(tiling.split(SliceId(0), 10), Some(SliceId(2)));
        assert_eq!(ranges(&tiling), [(0, 9), (10, 39), (50, 59)]);
    }

    #[test]
    fn a_chain_that_goes_on_below_its_slice_reads_the_part_that_was_split_off() {
        let mut tiling = Tiling::new([seconds(0, 99)]);
        tiling.split(SliceId(0), 50);
        tiling.get_mut(SliceId(0)).unwrap().learn(&[80; 20]);
        assert_eq!(tiling.pass(SliceId(0), seconds(40, 99)), Some((20.0 / 50.0, 20.0)));
        assert_eq!(ranges(&tiling), [(0, 39)]);
    }

    #[test]
    fn a_slice_that_read_nothing_is_seen_from_the_next_one_that_did() {
        let mut tiling = Tiling::new([seconds(0, 99)]);
        let slice = tiling.get_mut(SliceId(0)).unwrap();
        slice.learn(&[99, 95, 91, 90]);
        slice.last = 90;
        tiling.split(SliceId(0), 83);
        let [part, rest] = &tiling.outlooks()[..] else { panic!("two slices") };
        assert_eq!((part.away, rest.away), (8, 0));
        let events = |outlook: &Outlook<'_>, seconds| outlook.events(seconds, Stretch::default());
        assert!(events(rest, 8) > 0.0 && events(part, 10) > 0.0);
        assert!((events(rest, 8) + events(part, 10) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn what_a_finished_slice_has_read_is_known_above_the_next_one() {
        let mut tiling = Tiling::new([seconds(0, 99)]);
        tiling.split(SliceId(0), 50);
        tiling.get_mut(SliceId(0)).unwrap().learn(&[60, 60, 60]);
        tiling.pass(SliceId(0), seconds(50, 99));
        let outlook = &tiling.outlooks()[0];
        let events = |seconds| outlook.events(seconds, Stretch::default());
        assert!(events(18) < 0.5 && events(49) > 0.5, "{} {}", events(18), events(49));
    }
}
