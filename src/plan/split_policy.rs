//! Which slice is split, and how.
//!
//! A large slice whose events are known to be even is read from its oldest end, part by part, because its oldest events
//! are the first to leave the 90-day history. Of all other slices, the fullest is split in halves, so that two chains
//! share what it is expected to hold.

use super::slice::SliceId;

/// The fewest pages a slice must be expected to hold for a split to be worth a request: of two pages, one is in flight.
const MIN_PAGES: f64 = 2.0;
/// A slice that is expected to hold more pages than this is large. At 2 requests per second, these take more than 3
/// minutes. A large slice is split even if its chain is ready to continue.
const MAX_PAGES_IN_ONE_CHAIN: f64 = 400.0;

/// A slice that can be split.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) slice: SliceId,
    /// Whether its events are known to be even.
    pub(super) is_even: bool,
    /// How many pages it is expected to hold.
    pub(super) pages: f64,
}

impl Candidate {
    fn is_large(&self) -> bool {
        self.pages > MAX_PAGES_IN_ONE_CHAIN
    }
}

/// How a slice is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// A part of a certain number of pages comes off at the oldest end (`part_width.rs`).
    OldestPart,
    /// The older half of the expected events comes off.
    OlderHalf,
}

/// Chooses among `candidates`, which are sorted oldest first. If the slice `ready` can be requested right away, that
/// one is split if it is large, and no other. None if no split is worth a request.
pub(super) fn choose(candidates: &[Candidate], ready: Option<SliceId>) -> Option<(SliceId, Split)> {
    let is_eligible =
        |candidate: &&Candidate| ready.is_none_or(|ready| candidate.slice == ready && candidate.is_large());
    let eligible = || candidates.iter().filter(is_eligible);
    if let Some(oldest) = eligible().find(|candidate| candidate.is_even && candidate.is_large()) {
        return Some((oldest.slice, Split::OldestPart));
    }
    let fullest = eligible().max_by(|a, b| a.pages.total_cmp(&b.pages))?;
    (fullest.pages >= MIN_PAGES).then_some((fullest.slice, Split::OlderHalf))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(nth: u64) -> SliceId {
        SliceId::after(nth)
    }

    fn candidates(slices: &[(bool, f64)]) -> Vec<Candidate> {
        (0..)
            .zip(slices)
            .map(|(nth, (is_even, pages))| Candidate { slice: id(nth), is_even: *is_even, pages: *pages })
            .collect()
    }

    #[test]
    fn the_oldest_large_even_slice_comes_first_and_then_the_fullest() {
        const EVEN: bool = true;
        const UNEVEN: bool = false;
        let (part, half) = (|nth| Some((id(nth), Split::OldestPart)), |nth| Some((id(nth), Split::OlderHalf)));
        for (slices, ready, expected) in [
            (&[][..], None, None),
            (&[(UNEVEN, 1.9), (EVEN, 1.9)], None, None),
            (&[(UNEVEN, 2.0)], None, half(0)),
            (&[(UNEVEN, 2.0), (UNEVEN, 9.0), (UNEVEN, 3.0)], None, half(1)),
            (&[(EVEN, 400.0)], None, half(0)),
            (&[(EVEN, 400.1)], None, part(0)),
            (&[(UNEVEN, 900.0), (EVEN, 500.0), (EVEN, 800.0)], None, part(1)),
            (&[(EVEN, 300.0), (UNEVEN, 900.0)], None, half(1)),
            // The ready one only, and only if it is large.
            (&[(UNEVEN, 400.0), (UNEVEN, 900.0)], Some(0), None),
            (&[(UNEVEN, 500.0), (UNEVEN, 900.0)], Some(0), half(0)),
            (&[(EVEN, 900.0), (EVEN, 500.0)], Some(1), part(1)),
            (&[(EVEN, 900.0)], Some(7), None),
        ] {
            assert_eq!(choose(&candidates(slices), ready.map(id)), expected, "{slices:?}, ready: {ready:?}");
        }
    }

    proptest! {
        #[test]
        fn a_slice_that_is_split_is_worth_it(
            slices in prop::collection::vec((any::<bool>(), 0.0..1_000.0), 0..8),
            ready in prop::option::of(0..8_u64),
        ) {
            let candidates = candidates(&slices);
            let Some((slice, split)) = choose(&candidates, ready.map(id)) else {
                prop_assert!(ready.is_some() || candidates.iter().all(|candidate| candidate.pages < MIN_PAGES));
                return Ok(());
            };
            let chosen = candidates.iter().find(|candidate| candidate.slice == slice).unwrap();
            prop_assert!(chosen.pages >= MIN_PAGES);
            prop_assert_eq!(split == Split::OldestPart, chosen.is_even && chosen.is_large());
            prop_assert!(ready.is_none_or(|ready| id(ready) == slice && chosen.is_large()));
        }
    }
}
