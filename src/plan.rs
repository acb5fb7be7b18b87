//! What to ask next: the window of a sync, cut into slices that are read side by side.
//!
//! One chain of pages waits a whole latency for each page, so at 3.9 s it uses a tenth of the quota. The plan keeps
//! as many chains going as the latency demands: whenever a request may go out and every slice waits for an answer,
//! it splits the oldest part off the slice that is believed to be the fullest; while there is plenty, off the oldest
//! one. The oldest part goes first because that is what the edge of the 90 days reaches.
//!
//! A page's density is believed only for some times as far back as it has been seen. Where far more is unread, all of
//! it goes to one request, a probe, which is not split before it has found something: so a burst in a silent window
//! costs little, and an even history is known for one when probes, further and further down, all find the same.
//!
//! A split costs at most one request more, and is paid for by events that have come. So a read that turns out to be
//! small has wasted little on guesses, and a large one soon has splits to spare.
//!
//! Pure: it knows no clock and no network. Every unread second belongs to exactly one slice, and a slice is read
//! newest first, page after page, with its `StartTime` and `EndTime` frozen.

use crate::seconds::Seconds;
use std::collections::BTreeMap;

/// The most events that CloudTrail puts on one page. Source: LookupEvents, `MaxResults`.
const EVENTS_PER_PAGE: f64 = 50.0;
/// How many requests may be under way at once.
const MOST_IN_FLIGHT: usize = 64;
/// From this many pages believed unread, splitting is worth a request. Of two pages, one is under way and the other
/// can seldom be split off so that neither runs over.
const WORTH_SPLITTING: f64 = 2.2;
/// How many events pay for a split: two pages' worth. So no read makes more than half as many requests again as its
/// events need, however they lie.
const PRICE_OF_A_SPLIT: usize = 100;
/// Below this many pages, only one page is split off.
const FEW: f64 = 3.0;
/// As much as surely fits on one page, in pages: 50 events that come by chance are known to within some 14 %.
const SURELY_ONE_PAGE: f64 = 0.85;
/// How many pages make up a part of plenty: enough to make its last page, half empty, a small loss, and few enough to
/// be read before the edge of the 90 days gets there. Of more than this, more than half is split off.
const PART: f64 = 40.0;
/// From this many pages on, some minutes of reading, a slice is read part by part, for the sake of that edge.
const PLENTY: f64 = 400.0;
/// How much wider the next part becomes after an empty one.
const WIDENING: f64 = 4.0;
/// How many times as long as the stretch seen the unread one may be, for the density to be believed of all of it. A
/// small even history, of some fifty pages, is split at once; the silence between two bursts is longer than that.
const FAR: i64 = 64;
/// How many times the stretch seen is left above a probe. Bursts end soon: more of it would mostly be split in vain.
const REACH: i64 = 8;
/// By how many times two densities may differ that pass for the same.
const ALIKE: f64 = 4.0;
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
    /// How many events have come that have not paid for a split yet.
    savings: usize,
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
    /// Events a second: those of the last page, or before the first one, of the slice that it was split off.
    density: f64,
    /// Since when, counted backwards, the density has been like that.
    alike_from: i64,
    /// Split off where nobody knows whether there is anything.
    probe: bool,
}

impl Slice {
    fn new(seconds: Seconds) -> Self {
        Self {
            first: seconds.first(),
            last: seconds.last(),
            asked: seconds,
            token: None,
            waiting: false,
            refusals: 0,
            width: seconds.count(),
            events: 0,
            density: 0.0,
            alike_from: seconds.last(),
            probe: false,
        }
    }

    fn unread(&self) -> i64 {
        self.last - self.first + 1
    }

    /// How many seconds above the unread ones are known to be of the same density.
    fn seen(&self) -> i64 {
        self.alike_from.saturating_sub(self.last).max(1)
    }

    /// Whether it is too long for its density to say anything about its oldest end.
    fn is_far(&self) -> bool {
        self.unread() > self.seen().saturating_mul(FAR)
    }

    fn believed_pages(&self) -> f64 {
        if self.probe && self.events == 0 {
            return 0.0;
        }
        self.density * float(self.unread()) / EVENTS_PER_PAGE
    }

    /// Whether it is both full and well enough known to be read part by part: at most twice as long as the stretch
    /// above it that has been seen to be alike.
    fn is_plenty(&self) -> bool {
        self.unread() <= self.seen().saturating_mul(2) && self.believed_pages() > PLENTY
    }

    /// Learns the density from the slice's events on a page, newest first.
    ///
    /// A first page that is as dense as the pages above the slice, from the slice's very end on, shows that all
    /// between is like that. Two bursts don't pass for it: the silence between them makes the page reach far down.
    fn learn(&mut self, times: &[i64]) {
        let (Some(&newest), Some(&oldest)) = (times.first(), times.last()) else { return };
        let density = float(times.len()) / float((newest - oldest + 1).max(1));
        let with_silence = float(times.len()) / float((self.last - oldest + 1).max(1));
        let alike = density < self.density * ALIKE && self.density < with_silence * ALIKE;
        if self.events == 0 && !alike {
            self.alike_from = newest;
        }
        self.density = density;
        self.events += u32::try_from(times.len()).unwrap_or(u32::MAX);
    }

    /// How many seconds to split off, fewer than are unread, where parts have lately been `nearby` events a second.
    ///
    /// Of a slice that reaches far, all but the nearest seconds is a probe. Otherwise half keeps both sides busy
    /// equally long; of much, more than half goes, because what is further from the pages seen is less likely to be
    /// as full.
    fn part_width(&self, nearby: f64) -> i64 {
        let (unread, pages) = (self.unread(), self.believed_pages());
        if self.is_far() {
            unread - self.seen().saturating_mul(REACH)
        } else if pages < FEW {
            whole(float(unread) * SURELY_ONE_PAGE / pages)
        } else if pages <= PART {
            unread / 2
        } else if self.is_plenty() {
            whole(PART * EVENTS_PER_PAGE / nearby).min(unread / 2)
        } else {
            unread - (unread / 4).max(1)
        }
    }
}

impl Plan {
    /// A plan to read all of `unread`, ranges that don't overlap.
    pub fn new(unread: impl IntoIterator<Item = Seconds>) -> Self {
        let mut plan = Self { slices: BTreeMap::new(), made: 0, savings: 0, recent_density: None };
        for seconds in unread {
            plan.add(Slice::new(seconds));
        }
        plan
    }

    /// Whether every second has been read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.slices.is_empty()
    }

    /// The oldest second that is unread.
    #[must_use]
    pub fn oldest_unread(&self) -> Option<i64> {
        self.slices.values().map(|slice| slice.first).min()
    }

    /// Whether `slice` has unread seconds.
    #[must_use]
    pub fn has(&self, slice: SliceId) -> bool {
        self.slices.contains_key(&slice)
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
        // What was not asked for says nothing of how far the chain is.
        let is_asked = |time: &i64| (read.asked.first()..=read.asked.last()).contains(time);
        let asked: Vec<i64> = times.iter().copied().filter(is_asked).collect();
        let in_slice = asked.iter().filter(|time| **time >= read.first).count();
        read.learn(&asked[..in_slice]);
        self.savings = self.savings.saturating_add(in_slice);
        let from = match (&token, asked.into_iter().min()) {
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

    fn add(&mut self, slice: Slice) -> SliceId {
        let id = SliceId(self.made);
        self.made += 1;
        self.slices.insert(id, slice);
        id
    }

    /// Takes `passed`, which a chain of `reader` has read to its end, off whatever slices it was in: a chain that
    /// goes on below its slice has read the part that was split off, too.
    fn pass(&mut self, reader: SliceId, passed: Seconds) {
        let mut finished = None;
        self.slices.retain(|id, slice| {
            if passed.first() <= slice.last && slice.last <= passed.last() {
                slice.last = passed.first() - 1;
                slice.refusals = 0;
            }
            let is_unread = slice.first <= slice.last;
            if !is_unread && *id == reader {
                finished = Some((f64::from(slice.events) / float(slice.width), slice.density));
            }
            is_unread
        });
        if let Some((density, believed)) = finished {
            let known = self.recent_density.unwrap_or(believed);
            self.recent_density = Some(density.max(known / WIDENING)).filter(|density| *density > 0.0);
        }
    }

    /// Splits the oldest part off the oldest slice that has plenty, or else off the fullest, if that is worth a
    /// request and paid for.
    fn split(&mut self) -> Option<SliceId> {
        let savings = self.savings.checked_sub(PRICE_OF_A_SPLIT)?;
        let slices = || self.slices.iter().filter(|(_, slice)| slice.unread() >= 2);
        let oldest = slices().filter(|(_, slice)| slice.is_plenty()).min_by_key(|(_, slice)| slice.first);
        let fullest = || slices().max_by(|(_, a), (_, b)| a.believed_pages().total_cmp(&b.believed_pages()));
        let id = *oldest.or_else(fullest)?.0;
        let slice = self.slices.get_mut(&id).filter(|slice| slice.believed_pages() >= WORTH_SPLITTING)?;
        let width = slice.part_width(self.recent_density.unwrap_or(slice.density));
        let part = Slice {
            density: slice.density,
            alike_from: slice.alike_from,
            probe: slice.is_far(),
            ..Slice::new(Seconds::new(slice.first, slice.first + width - 1)?)
        };
        slice.first += width;
        slice.width -= width;
        self.savings = savings;
        Some(self.add(part))
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
