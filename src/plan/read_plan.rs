//! What to ask next: the window of a sync, cut into slices that are read side by side.
//!
//! One chain of pages waits a whole latency for each page, so at 3.9 s it uses a tenth of the quota. The plan keeps
//! as many chains going as the latency demands: whenever a request may go out and every slice waits for an answer,
//! it splits the oldest part off the slice that is believed to be the fullest (`density.rs` has the belief), so that
//! one half of what it is believed to hold is on either side.
//!
//! What is full is split even where its chain is ready, and what is known to be even, too, is read from its oldest end,
//! part by part. The oldest slice that is ready goes first, because the oldest events are what the edge of the 90 days
//! reaches.
//!
//! A split costs at most one request more, and is paid for by events that have come. So a read that turns out to be
//! small has wasted little on guesses, and a large one soon has splits to spare.
//!
//! Pure: it knows no clock and no network. Every unread second belongs to exactly one slice (`tiling.rs`), and a slice is
//! read newest first, page after page, with its `StartTime` and `EndTime` frozen (`chain.rs`).

use super::{
    chain::{Broken, BrokenChain},
    density::Stretch,
    tiling::{Outlook, Slice, SliceId, Tiling},
};
use crate::coverage::seconds::SecondRange;

/// The most events that CloudTrail puts on one page. Source: LookupEvents, `MaxResults`.
const EVENTS_PER_PAGE: f64 = 50.0;
/// How many requests may be under way at once.
const MOST_IN_FLIGHT: usize = 64;
/// From this many pages believed unread, splitting is worth a request: of two pages, one is under way.
const WORTH_SPLITTING: f64 = 2.0;
/// How many events pay for a split: two pages' worth. So no read makes more than half as many requests again as its
/// events need, however they lie.
const PRICE_OF_A_SPLIT: usize = 100;
/// How many pages make up a part of plenty: enough to make its last page, half empty, a small loss, and few enough to
/// be read before the edge of the 90 days gets there.
const PART: f64 = 40.0;
/// From this many pages on, some minutes of reading, an even slice is read part by part, for the sake of that edge.
const PLENTY: f64 = 400.0;
/// How much wider the next part of plenty becomes after an empty one.
const WIDENING: f64 = 4.0;

/// One request, as the plan names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The slice whose next page this is.
    pub slice: SliceId,
    /// `StartTime` and `EndTime`, both inclusive, the same for a whole chain of pages.
    pub seconds: SecondRange,
    /// `NextToken`: absent for the first page of a chain.
    pub token: Option<String>,
}

/// The read plan of one stream in one Region.
#[derive(Debug, Default)]
pub struct ReadPlan {
    tiling: Tiling,
    /// How many events have come that have not paid for a split yet.
    savings: usize,
    /// All that was read.
    overall: Stretch,
    /// How many events a second the parts have had lately.
    recent_density: Option<f64>,
}

impl ReadPlan {
    /// A plan to read all of `unread`, ranges that don't overlap.
    pub fn new(unread: impl IntoIterator<Item = SecondRange>) -> Self {
        Self { tiling: Tiling::new(unread), ..Self::default() }
    }

    /// Whether every second has been read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.tiling.slices().is_empty()
    }

    /// The oldest second that is unread.
    #[must_use]
    pub fn oldest_unread(&self) -> Option<i64> {
        self.tiling.slices().iter().map(|slice| slice.first).min()
    }

    /// Whether `slice` has unread seconds.
    #[must_use]
    pub fn has(&self, slice: SliceId) -> bool {
        self.tiling.slices().iter().any(|open| open.id == slice)
    }

    /// How many seconds are unread.
    #[must_use]
    pub fn unread(&self) -> i64 {
        self.tiling.slices().iter().map(Slice::unread).sum()
    }

    /// The request to make now, if there is one; it counts as under way until the plan is told how it went, by
    /// [`arrived`](Self::arrived), [`failed`](Self::failed) or [`token_refused`](Self::token_refused).
    pub fn ask(&mut self) -> Option<Lookup> {
        let slices = self.tiling.slices();
        if slices.iter().filter(|slice| slice.waiting).count() >= MOST_IN_FLIGHT {
            return None;
        }
        let oldest_ready = slices.iter().find(|slice| !slice.waiting).map(|slice| slice.id);
        let id = match oldest_ready {
            // A chain that is fast enough alone would get to the oldest events last.
            Some(ready) => self.split(Some(ready)).unwrap_or(ready),
            None => self.split(None)?,
        };
        let slice = self.tiling.get_mut(id)?;
        slice.waiting = true;
        Some(Lookup { slice: id, seconds: slice.chain.asked(), token: slice.chain.token().cloned() })
    }

    /// Applies a page of `slice`: the `EventTime`s on it, newest first, and its `NextToken`. Returns the seconds that
    /// the chain passed with it, which are read to their end.
    ///
    /// # Errors
    ///
    /// Where the page's token was given before, or where it is one page too many without a second of progress, the
    /// chain is broken: the page may be from any place, so nothing of it may count as passed.
    pub fn arrived(
        &mut self,
        slice: SliceId,
        times: &[i64],
        token: Option<String>,
    ) -> Result<Option<SecondRange>, BrokenChain> {
        let Some(read) = self.tiling.get_mut(slice) else { return Ok(None) };
        // What was not asked for says nothing of how far the chain is.
        let range = read.chain.asked();
        let asked: Vec<i64> =
            times.iter().copied().filter(|time| (range.first()..=range.last()).contains(time)).collect();
        let in_slice = asked.iter().filter(|time| **time >= read.first).count();
        let from = match (&token, asked.iter().min()) {
            (None, _) => range.first(),
            (Some(_), Some(oldest)) => oldest + 1,
            (Some(_), None) => read.last + 1,
        };
        let passed = SecondRange::new(from, read.last);
        if let Err(broken) = read.chain.go_on(token, passed.is_some(), in_slice == 0) {
            return Err(self.start_anew(slice, broken));
        }
        read.waiting = false;
        read.learn(&asked[..in_slice]);
        self.savings = self.savings.saturating_add(in_slice);
        self.overall.add(passed.map_or(0, SecondRange::count), in_slice);
        if let Some((density, expected)) = passed.and_then(|passed| self.tiling.pass(slice, passed)) {
            let least = self.recent_density.unwrap_or(expected) / WIDENING;
            self.recent_density = Some(density.max(least)).filter(|density| *density > 0.0);
        }
        Ok(passed)
    }

    /// A request of `slice` came to nothing: it is to be made again.
    pub fn failed(&mut self, slice: SliceId) {
        if let Some(slice) = self.tiling.get_mut(slice) {
            slice.waiting = false;
        }
    }

    /// The service refused the token of `slice`: its unread part is asked for anew, the last second seen included.
    pub fn token_refused(&mut self, slice: SliceId) -> BrokenChain {
        self.start_anew(slice, Broken::Refused)
    }

    fn start_anew(&mut self, slice: SliceId, broken: Broken) -> BrokenChain {
        let Some(slice) = self.tiling.get_mut(slice) else { return BrokenChain::StartedAnew };
        slice.waiting = false;
        let unread = SecondRange::new(slice.first, slice.last).unwrap_or(slice.chain.asked());
        slice.chain.start_anew(unread, broken)
    }

    /// Splits the oldest part off the oldest slice that has plenty, or else off the fullest, if that is worth a
    /// request and paid for; of a slice that is `ready`, only off that one, if it has plenty.
    fn split(&mut self, ready: Option<SliceId>) -> Option<SliceId> {
        let savings = self.savings.checked_sub(PRICE_OF_A_SPLIT)?;
        let outlooks = self.tiling.outlooks();
        let splittable = outlooks.iter().filter(|outlook| outlook.slice.unread() >= 2).map(|outlook| {
            let events = outlook.events(outlook.slice.unread(), self.overall);
            (outlook, events / EVENTS_PER_PAGE)
        });
        let splittable = splittable
            .filter(|(outlook, pages)| ready.is_none_or(|ready| outlook.slice.id == ready && *pages > PLENTY));
        let oldest_even = splittable.clone().find(|(outlook, pages)| outlook.slice.is_even() && *pages > PLENTY);
        let (id, width) = if let Some((Outlook { slice, .. }, _)) = oldest_even {
            let density = self.recent_density.unwrap_or(slice.density());
            (slice.id, whole(PART * EVENTS_PER_PAGE / density).min(slice.unread() / 2))
        } else {
            let (fullest, pages) = splittable.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
            if pages < WORTH_SPLITTING {
                return None;
            }
            let unread = fullest.slice.unread();
            let near = fullest.seconds(pages * EVENTS_PER_PAGE / 2.0, self.overall);
            (fullest.slice.id, (unread - near).clamp(1, unread - 1))
        };
        self.savings = savings;
        self.tiling.split(id, width)
    }
}

/// As many whole seconds as are in `seconds`, at least one.
#[allow(clippy::cast_possible_truncation, reason = "a cast that saturates is what is wanted")]
fn whole(seconds: f64) -> i64 {
    seconds.max(1.0) as i64
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod split_tests;
#[cfg(test)]
mod tests;
