//! What to request next: the window of a sync, divided into slices that are read concurrently.
//!
//! A single chain of pages waits a whole latency for each page, so at 3.9 s it uses an eighth of the quota. The plan keeps
//! as many chains going as the latency requires: whenever a request may be sent and every slice waits for a response, it
//! splits a slice. `split_policy.rs` chooses it, by how many events are expected in each (`slice_estimate.rs`); and
//! `split_credit.rs` says whether the events read so far pay for it.
//!
//! The oldest slice that is ready goes first, because the oldest events are the first to leave the 90-day history.
//!
//! Pure: it knows no clock and no network. Every unread second belongs to exactly one slice (`tiling.rs`), and a slice is
//! read newest first, page after page, with its `StartTime` and `EndTime` unchanged (`chain.rs`).

use super::{
    chain::{BrokenChain, ChainFault},
    density::Sample,
    part_width::PartWidth,
    slice::{Slice, SliceId, width_seconds},
    slice_estimate::SliceEstimate,
    split_credit::SplitCredit,
    split_policy::{self, Split},
    tiling::Tiling,
};
use crate::coverage::seconds::SecondRange;
use std::time::Duration;

/// How many requests can be in flight at once. At 2 requests per second, these are enough for a latency of 32 s.
const MAX_IN_FLIGHT: usize = 64;

/// One request, as the plan describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The slice whose next page this is.
    pub slice: SliceId,
    /// `StartTime` and `EndTime`, both inclusive, the same for all pages of a chain.
    pub seconds: SecondRange,
    /// `NextToken`. None for the first page of a chain.
    pub token: Option<String>,
}

/// The read plan of one stream in one Region.
#[derive(Debug, Default)]
pub struct ReadPlan {
    tiling: Tiling,
    credit: SplitCredit,
    part_width: PartWidth,
    /// All that was read.
    overall: Sample,
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
    pub(crate) fn oldest_unread(&self) -> Option<i64> {
        self.tiling.slices().first().map(|slice| slice.first)
    }

    /// Whether `slice` has unread seconds.
    #[must_use]
    pub(crate) fn has(&self, slice: SliceId) -> bool {
        self.tiling.slices().iter().any(|unread| unread.id == slice)
    }

    /// How much time is unread.
    #[must_use]
    pub(crate) fn unread(&self) -> Duration {
        let seconds: i64 = self.tiling.slices().iter().map(Slice::unread_seconds).sum();
        Duration::from_secs(seconds.unsigned_abs())
    }

    /// The request to send now, if there is one. It counts as in flight until the plan is told the outcome, by
    /// [`arrived`](Self::arrived), [`failed`](Self::failed) or [`token_rejected`](Self::token_rejected).
    pub fn next_lookup(&mut self) -> Option<Lookup> {
        let slices = self.tiling.slices();
        if slices.iter().filter(|slice| slice.in_flight).count() >= MAX_IN_FLIGHT {
            return None;
        }
        let oldest_ready = slices.iter().find(|slice| !slice.in_flight).map(|slice| slice.id);
        let id = match oldest_ready {
            // The chain of a large slice would get to its oldest events last.
            Some(ready) => self.split(Some(ready)).unwrap_or(ready),
            None => self.split(None)?,
        };
        let slice = self.tiling.get_mut(id)?;
        slice.in_flight = true;
        Some(Lookup { slice: id, seconds: slice.chain.seconds(), token: slice.chain.token().cloned() })
    }

    /// Applies a page of `slice`: the `EventTime`s on it, newest first, and its `NextToken`. Returns the seconds that
    /// the chain passed with it, which have been read completely.
    ///
    /// # Errors
    ///
    /// If the page's token was returned before, or if it is one page too many without a second of progress, the
    /// chain is broken: the page may be from anywhere, so nothing of it counts as passed.
    pub fn arrived(
        &mut self,
        slice: SliceId,
        times: &[i64],
        token: Option<String>,
    ) -> Result<Option<SecondRange>, BrokenChain> {
        let Some(read) = self.tiling.get_mut(slice) else { return Ok(None) };
        // Events that were not requested don't show how far the chain is.
        let range = read.chain.seconds();
        let requested: Vec<i64> =
            times.iter().copied().filter(|time| (range.first()..=range.last()).contains(time)).collect();
        let in_slice = requested.iter().filter(|time| **time >= read.first).count();
        let from = match (&token, requested.iter().min()) {
            (None, _) => range.first(),
            (Some(_), Some(oldest)) => oldest + 1,
            (Some(_), None) => read.last + 1,
        };
        let passed = SecondRange::new(from, read.last);
        if let Err(fault) = read.chain.advance(token, passed.is_some(), in_slice == 0) {
            return Err(self.restart(slice, fault));
        }
        read.in_flight = false;
        read.learn(&requested[..in_slice]);
        self.credit.add(in_slice);
        self.overall.add(passed.map_or(0, width_seconds), in_slice);
        if let Some(finished) = passed.and_then(|passed| self.tiling.pass(slice, passed)) {
            self.part_width.learn(finished);
        }
        Ok(passed)
    }

    /// A request of `slice` failed. It will be sent again.
    pub fn failed(&mut self, slice: SliceId) {
        if let Some(slice) = self.tiling.get_mut(slice) {
            slice.in_flight = false;
        }
    }

    /// The service rejected the token of `slice`. Its unread seconds are requested again without one, including the
    /// second of the last event.
    pub fn token_rejected(&mut self, slice: SliceId) -> BrokenChain {
        self.restart(slice, ChainFault::TokenRejected)
    }

    fn restart(&mut self, slice: SliceId, fault: ChainFault) -> BrokenChain {
        let Some(slice) = self.tiling.get_mut(slice) else { return BrokenChain::Restarted };
        slice.in_flight = false;
        let unread = SecondRange::new(slice.first, slice.last).unwrap_or(slice.chain.seconds());
        slice.chain.restart(unread, fault)
    }

    /// Splits a slice, if that is worth a request and paid for. Returns the part that was split off. If the slice
    /// `ready` can be requested right away, only that one is split.
    fn split(&mut self, ready: Option<SliceId>) -> Option<SliceId> {
        if !self.credit.is_enough() {
            return None;
        }
        let estimates = SliceEstimate::of_all(self.tiling.slices(), self.overall);
        let candidates: Vec<_> = estimates.iter().filter_map(SliceEstimate::candidate).collect();
        let (id, split) = split_policy::choose(&candidates, ready)?;
        let estimate = estimates.iter().find(|estimate| estimate.slice.id == id)?;
        let width_seconds = match split {
            Split::OldestPart => {
                self.part_width.seconds(estimate.slice.last_page_density(), estimate.slice.unread_seconds())
            }
            Split::OlderHalf => estimate.older_half_seconds(),
        };
        self.credit.spend();
        self.tiling.split(id, width_seconds)
    }
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod split_tests;
#[cfg(test)]
mod tests;
