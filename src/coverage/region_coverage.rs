//! What has been emitted of one stream in one Region. Because of this type, no event is lost or duplicated.
//!
//! It knows the *covered* seconds, in which every event has been emitted, and the *loose* events, which were emitted in
//! other seconds. The law: **emitted = all events in covered seconds + the loose ones.** An event becomes a record exactly
//! when its second is not covered and it is not loose. Resumed syncs, late events and slices that are read again need no
//! further rules.

use super::{
    event_digest::EventDigest,
    loose_events::{LooseEvents, MAX_BYTES_PER_EVENT},
    seconds::{SecondRange, SecondSet, merged},
    window::Window,
};
use serde::Serialize;
use std::borrow::Cow;

/// How many ranges there can be to read. Each costs at least one request, and a sync that is stopped leaves at most some 64
/// of them, as many as it has requests in flight. A state with more is damaged.
const MAX_UNCOVERED: usize = 256;
/// How many characters a coverage takes in a state, besides its ranges and loose events.
const CHARS: usize = r#"{"EventTime":1795361200,"covered":[],"loose":{}}"#.len();
/// How many characters a covered range takes in a state.
const CHARS_PER_RANGE: usize = "[1795361200,1795361201],".len();

/// The coverage of one stream in one Region.
#[derive(Clone, Debug)]
pub struct Coverage {
    window: Window,
    covered: SecondSet,
    loose: LooseEvents,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// It becomes a record.
    New,
    /// It was emitted before.
    Duplicate,
    /// It is left for a later sync, because the state has no room for it.
    HeldBack,
    /// It is later than the start of the sync, so a later sync reads it.
    TooNew,
}

/// A coverage in a saved state. Later versions have to read this form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SavedCoverage<'a> {
    /// The last second of the covered range that contains the window's first second. All seconds before it are covered.
    #[serde(rename = "EventTime")]
    pub(crate) event_time: i64,
    /// The covered ranges after `event_time`.
    pub(crate) covered: Vec<SecondRange>,
    /// The loose events.
    pub(crate) loose: Cow<'a, LooseEvents>,
}

impl SavedCoverage<'_> {
    /// All events up to and including `event_time` have been emitted, and none after it.
    #[must_use]
    pub(crate) fn up_to(event_time: i64) -> Self {
        Self { event_time, covered: Vec::new(), loose: Cow::default() }
    }

    /// The newest second that it mentions.
    #[must_use]
    pub(crate) fn last_second(&self) -> i64 {
        let covered = self.covered.iter().map(|range| range.last());
        covered.chain(self.loose.last_second()).fold(self.event_time, i64::max)
    }
}

impl Coverage {
    /// The coverage at the start of a sync of `window`: what is in `saved`, and every second before the window.
    #[must_use]
    pub(crate) fn new(window: Window, saved: Option<SavedCoverage<'_>>) -> Self {
        let first = window.seconds().first();
        let saved = saved.unwrap_or_else(|| SavedCoverage::up_to(first - 1));
        let before = [first - 1, saved.event_time].into_iter().filter_map(|last| SecondRange::new(i64::MIN, last));
        let covered: SecondSet = before.chain(saved.covered).collect();
        let mut loose = saved.loose.into_owned();
        loose.remove_all(&covered);
        Self { window, covered, loose }
    }

    /// Decides what becomes of the event `id` of `second`. A new one counts as emitted from then on. `free_bytes` is by how
    /// much the state can grow.
    ///
    /// If that is not enough for its ID, an event is emitted only if its second can become covered in this sync, which
    /// removes the ID again. Otherwise it is held back: its second stays uncovered, so that a later sync reads it again.
    pub(crate) fn emit(&mut self, second: i64, id: EventDigest, free_bytes: usize) -> Emission {
        if self.covered.contains(second) || self.loose.contains(second, id) {
            return Emission::Duplicate;
        }
        // A sync does not resume from a state that mentions the future.
        if second > self.window.seconds().last() {
            return Emission::TooNew;
        }
        if free_bytes < MAX_BYTES_PER_EVENT && second > self.window.watermark() {
            return Emission::HeldBack;
        }
        self.loose.insert(second, id);
        Emission::New
    }

    /// Whether `second` is covered.
    #[must_use]
    pub(crate) fn covers(&self, second: i64) -> bool {
        self.covered.contains(second)
    }

    /// Every event in `passed` that the service has returned so far has been emitted. The seconds up to the window's
    /// watermark become covered. Returns whether there are any.
    pub fn cover(&mut self, passed: SecondRange) -> bool {
        let Some(covered) = SecondRange::new(passed.first(), passed.last().min(self.window.watermark())) else {
            return false;
        };
        self.covered.insert(covered);
        self.loose.remove(covered);
        true
    }

    /// Corrects the window before any second becomes covered: the first page was requested at `asked_at`, by the service's
    /// clock.
    pub(crate) fn asked_at(&mut self, asked_at: i64) {
        self.window = self.window.asked_at(asked_at);
    }

    /// The ranges of the window that are not covered, oldest first. If there are very many, they include some covered
    /// seconds in between, whose events are known to be duplicates.
    #[must_use]
    pub fn uncovered(&self) -> Vec<SecondRange> {
        merged(self.covered.gaps(self.window.seconds()), MAX_UNCOVERED)
    }

    /// How many bytes it takes in a state.
    #[must_use]
    pub(crate) fn size(&self) -> usize {
        CHARS + CHARS_PER_RANGE * self.covered.count_after(self.event_time()) + self.loose.size()
    }

    /// The cursor: the last second up to which all seconds are covered, at most the window's watermark.
    #[must_use]
    pub(crate) fn event_time(&self) -> i64 {
        let first = self.window.seconds().first();
        let reached = self.covered.range_containing(first).map_or(first - 1, SecondRange::last);
        reached.min(self.window.watermark())
    }

    /// The coverage to save.
    #[must_use]
    pub(crate) fn saved(&self) -> SavedCoverage<'_> {
        let event_time = self.event_time();
        let after = SecondRange::new(event_time + 1, i64::MAX);
        SavedCoverage {
            event_time,
            covered: after.map_or_else(Vec::new, |after| self.covered.within(after).collect()),
            loose: Cow::Borrowed(&self.loose),
        }
    }
}

#[cfg(test)]
mod tests;
