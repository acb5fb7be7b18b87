//! What to ask next: the window of a sync, cut into slices that are read side by side.
//!
//! One chain of pages waits a whole latency for each page, so at 3.9 s it uses a tenth of the quota. The plan keeps
//! as many chains going as the latency demands: whenever a request may go out and every slice waits for an answer,
//! it splits the oldest part off the slice that is believed to be the fullest. The oldest part goes first because
//! that is what the edge of the 90 days reaches.
//!
//! Pure: it knows no clock and no network. Every unread second belongs to exactly one slice, and a slice is read
//! newest first, page after page, with its `StartTime` and `EndTime` frozen.

use crate::seconds::Seconds;
use std::collections::BTreeMap;

/// The most events that CloudTrail puts on one page. Source: LookupEvents, `MaxResults`.
const EVENTS_PER_PAGE: f64 = 50.0;
/// How many requests may be under way at once.
const MOST_IN_FLIGHT: usize = 64;
/// Below this many pages believed unread, splitting is not worth a request.
const WORTH_SPLITTING: f64 = 3.0;
/// How many pages to split off, where far more than that is unread.
const PART: f64 = 40.0;
/// How much wider the next part becomes after an empty one.
const WIDENING: f64 = 4.0;
/// How often a slice's tokens may be refused while not one second is passed.
const MOST_REFUSALS: u32 = 10;

/// Which slice a request belongs to. Its order is that of the slices' making, not of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceId(u64);

/// One request, as the plan names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The slice whose next page this is.
    pub slice: SliceId,
    /// `StartTime` and `EndTime`, both inclusive, the same for a whole chain of pages.
    pub seconds: Seconds,
    /// `NextToken`: absent for the first page of a chain.
    pub token: Option<String>,
}

/// A chain of pages broke: the service gave the same token twice, or refused the one that it had given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// The unread rest of the slice will be asked for anew.
    StartedAnew,
    /// That was tried often enough, without one second of progress.
    GivenUp,
}

/// The read plan of one stream in one Region.
#[derive(Debug)]
pub struct Plan {
    slices: BTreeMap<SliceId, Slice>,
    made: u64,
    recent_density: Option<f64>,
}

#[derive(Debug)]
struct Slice {
    /// The oldest unread second; it rises when the oldest part is split off.
    first: i64,
    /// The newest unread second: that of the last event seen, whose siblings may be on the next page.
    last: i64,
    asked: Seconds,
    token: Option<String>,
    waiting: bool,
    refusals: u32,
    width: i64,
    events: u32,
    /// Events a second on the last page; none before the first one.
    density: Option<f64>,
    /// Events a second, as they were believed to be when it was split off.
    guess: f64,
}

impl Slice {
    fn new(seconds: Seconds, guess: f64) -> Self {
        Self {
            first: seconds.first(),
            last: seconds.last(),
            asked: seconds,
            token: None,
            waiting: false,
            refusals: 0,
            width: seconds.count(),
            events: 0,
            density: None,
            guess,
        }
    }

    fn unread(&self) -> i64 {
        self.last - self.first + 1
    }

    fn believed_pages(&self) -> f64 {
        self.density.unwrap_or(0.0) * float(self.unread()) / EVENTS_PER_PAGE
    }
}

impl Plan {
    /// A plan to read all of `unread`, ranges that don't overlap.
    pub fn new(unread: impl IntoIterator<Item = Seconds>) -> Self {
        let mut plan = Self { slices: BTreeMap::new(), made: 0, recent_density: None };
        for seconds in unread {
            plan.add(seconds, 0.0);
        }
        plan
    }

    /// Whether every second has been read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.slices.is_empty()
    }

    /// How many seconds are unread.
    #[must_use]
    pub fn unread(&self) -> i64 {
        self.slices.values().map(Slice::unread).sum()
    }

    /// The request to make now, if there is one; it counts as under way until the plan is told how it went, by
    /// [`arrived`](Self::arrived), [`failed`](Self::failed) or [`token_refused`](Self::token_refused).
    pub fn ask(&mut self) -> Option<Lookup> {
        if self.slices.values().filter(|slice| slice.waiting).count() >= MOST_IN_FLIGHT {
            return None;
        }
        let ready = self.slices.iter().filter(|(_, slice)| !slice.waiting).min_by_key(|(_, slice)| slice.first);
        let id = ready.map(|(id, _)| *id).or_else(|| self.split())?;
        let slice = self.slices.get_mut(&id)?;
        slice.waiting = true;
        Some(Lookup { slice: id, seconds: slice.asked, token: slice.token.clone() })
    }

    /// Takes note of a page of `slice`: the `EventTime`s on it, newest first, and its `NextToken`. Returns the
    /// seconds that the chain passed with it, which are read to their end.
    ///
    /// # Errors
    ///
    /// Where the page repeats the token that it was asked for with, the chain is broken: a page of unknown place, of
    /// which nothing may count as passed.
    pub fn arrived(
        &mut self,
        slice: SliceId,
        times: &[i64],
        token: Option<String>,
    ) -> Result<Option<Seconds>, BrokenChain> {
        let Some(read) = self.slices.get_mut(&slice) else { return Ok(None) };
        if token.is_some() && token == read.token {
            return Err(self.token_refused(slice));
        }
        read.waiting = false;
        let in_slice = times.iter().filter(|time| **time >= read.first).count();
        read.events += u32::try_from(in_slice).unwrap_or(u32::MAX);
        if let (Some(newest), Some(oldest)) = (times.first(), times.get(in_slice.saturating_sub(1))) {
            read.density = Some(float(in_slice) / float((newest - oldest + 1).max(1)));
        }
        let oldest = times.iter().copied().min();
        let from = match (&token, oldest) {
            (None, _) => read.asked.first(),
            (Some(_), Some(oldest)) => oldest + 1,
            (Some(_), None) => read.last + 1,
        };
        read.token = token;
        let passed = Seconds::new(from, read.last);
        if let Some(passed) = passed {
            self.pass(slice, passed);
        }
        Ok(passed)
    }

    /// Takes note that a request of `slice` came to nothing: it is to be made again.
    pub fn failed(&mut self, slice: SliceId) {
        if let Some(slice) = self.slices.get_mut(&slice) {
            slice.waiting = false;
        }
    }

    /// Takes note that the service refused the token of `slice`: its unread part is asked for anew, the last second
    /// seen included.
    pub fn token_refused(&mut self, slice: SliceId) -> BrokenChain {
        let Some(slice) = self.slices.get_mut(&slice) else { return BrokenChain::StartedAnew };
        slice.waiting = false;
        slice.token = None;
        slice.asked = Seconds::new(slice.first, slice.last).unwrap_or(slice.asked);
        slice.refusals += 1;
        if slice.refusals > MOST_REFUSALS { BrokenChain::GivenUp } else { BrokenChain::StartedAnew }
    }

    fn add(&mut self, seconds: Seconds, guess: f64) -> SliceId {
        let id = SliceId(self.made);
        self.made += 1;
        self.slices.insert(id, Slice::new(seconds, guess));
        id
    }

    /// Takes `passed`, which a chain of `reader` has read to its end, off whatever slices it was in: a chain that
    /// goes on below its slice has read the part that was split off, too.
    fn pass(&mut self, reader: SliceId, passed: Seconds) {
        let mut density = None;
        self.slices.retain(|id, slice| {
            if passed.first() <= slice.last && slice.last <= passed.last() {
                slice.last = passed.first() - 1;
                slice.refusals = 0;
            }
            let finished = slice.last < slice.first;
            if finished && *id == reader {
                density = Some((f64::from(slice.events) / float(slice.width), slice.guess));
            }
            !finished
        });
        if let Some((density, guess)) = density {
            let known = self.recent_density.unwrap_or(guess);
            self.recent_density = Some(density.max(known / WIDENING)).filter(|density| *density > 0.0);
        }
    }

    /// Splits the oldest part off the fullest slice, if that is worth a request.
    fn split(&mut self) -> Option<SliceId> {
        let candidates = self.slices.values_mut().filter(|slice| slice.unread() >= 2);
        let fullest = candidates.max_by(|a, b| a.believed_pages().total_cmp(&b.believed_pages()))?;
        let pages = fullest.believed_pages();
        if pages < WORTH_SPLITTING {
            return None;
        }
        let half = fullest.unread() / 2;
        let density = self.recent_density.or(fullest.density).unwrap_or(0.0);
        let width = if pages > 2.0 * PART { half.min(whole(PART * EVENTS_PER_PAGE / density)) } else { half };
        let part = Seconds::new(fullest.first, fullest.first + width - 1)?;
        fullest.first += width;
        fullest.width -= width;
        Some(self.add(part, density))
    }
}

/// A count, of seconds or events, as a number to reckon with.
fn float(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

/// As many whole seconds as are in `seconds`, at least one.
#[allow(clippy::cast_possible_truncation, reason = "a cast that saturates is what is wanted")]
fn whole(seconds: f64) -> i64 {
    seconds.max(1.0) as i64
}

#[cfg(test)]
mod tests;
