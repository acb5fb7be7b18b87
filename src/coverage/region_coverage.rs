//! What has been emitted of one stream in one Region: the type that lets nothing be lost and nothing come twice.
//!
//! It knows the *covered* seconds, in which every event has been emitted, and the *loose* events, emitted outside of
//! them. The law: **emitted = all events in covered seconds + the loose ones.** An event becomes a record exactly
//! when its second is not covered and it is not loose; resuming, late events and a slice that is read again all
//! follow from that, without further machinery.

use super::{
    event_digest::EventDigest,
    loose_events::LooseEvents,
    seconds::{SecondRange, SecondSet, joined},
    window::Window,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many ranges there may be to read. Each costs a request at least, and a sync that is stopped leaves some 64 of them,
/// as many as it has requests under way. A state with more is damaged.
const MOST_UNCOVERED: usize = 256;

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
    /// It is left to a later sync.
    HeldBack,
}

/// A coverage as it stands in a saved state. The form is a promise to users; unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCoverage<'a> {
    /// The last second of the covered range that contains the window's first second. All before it is covered.
    #[serde(rename = "EventTime")]
    pub event_time: i64,
    /// The covered ranges after `event_time`.
    #[serde(default)]
    pub covered: Vec<SecondRange>,
    /// The loose events.
    #[serde(default)]
    pub loose: Cow<'a, LooseEvents>,
}

impl SavedCoverage<'_> {
    /// That all up to and including `event_time` has been emitted, and nothing is known of what came after.
    #[must_use]
    pub fn up_to(event_time: i64) -> Self {
        Self { event_time, covered: Vec::new(), loose: Cow::default() }
    }

    /// The latest second of which it says anything.
    #[must_use]
    pub fn last_second(&self) -> i64 {
        let covered = self.covered.iter().map(|range| range.last());
        covered.chain(self.loose.last_second()).fold(self.event_time, i64::max)
    }
}

impl Coverage {
    /// The coverage with which a sync of `window` begins: what `saved` says, and every second before the window.
    #[must_use]
    pub fn new(window: Window, saved: Option<SavedCoverage<'_>>) -> Self {
        let first = window.seconds().first();
        let saved = saved.unwrap_or_else(|| SavedCoverage::up_to(first - 1));
        let before = [first - 1, saved.event_time].into_iter().filter_map(|last| SecondRange::new(i64::MIN, last));
        let covered: SecondSet = before.chain(saved.covered).collect();
        let mut loose = saved.loose.into_owned();
        loose.remove_all(&covered);
        Self { window, covered, loose }
    }

    /// Decides what becomes of the event `id` of `second`; one that is new counts as emitted from here on.
    ///
    /// Without room for its ID in the state, an event can only be emitted where its second can become covered in this
    /// sync, which takes the ID out of the state again. Any other one is held back: its second stays uncovered, so a
    /// later sync reads it again.
    pub fn emit(&mut self, second: i64, id: EventDigest, has_room: bool) -> Emission {
        if self.covered.contains(second) || self.loose.contains(second, id) {
            return Emission::Duplicate;
        }
        if !has_room && second > self.window.watermark() {
            return Emission::HeldBack;
        }
        self.loose.insert(second, id);
        Emission::New
    }

    /// Whether `second` is covered.
    #[must_use]
    pub fn covers(&self, second: i64) -> bool {
        self.covered.contains(second)
    }

    /// Records that every event of `passed` that the service knows of has been emitted: as far as they can, its seconds
    /// become covered.
    pub fn cover(&mut self, passed: SecondRange) {
        let Some(watermark) = SecondRange::new(passed.first(), passed.last().min(self.window.watermark())) else {
            return;
        };
        self.covered.insert(watermark);
        self.loose.remove(watermark);
    }

    /// Corrects the window, before anything is covered: the first page was asked for at `asked_at`, by the service's
    /// clock.
    pub fn asked_at(&mut self, asked_at: i64) {
        self.window = self.window.asked_at(asked_at);
    }

    /// The ranges of the window to read, oldest first: all that is not covered. Where these are very many, some covered
    /// seconds between them are among it, whose events are known.
    #[must_use]
    pub fn uncovered(&self) -> Vec<SecondRange> {
        joined(self.covered.missing(self.window.seconds()), MOST_UNCOVERED)
    }

    /// How many bytes the loose events take in a state.
    #[must_use]
    pub fn loose_size(&self) -> usize {
        self.loose.size()
    }

    /// The last second up to which all has been emitted, as far as it can be covered.
    #[must_use]
    pub fn event_time(&self) -> i64 {
        let first = self.window.seconds().first();
        let reached = self.covered.range_of(first).map_or(first - 1, SecondRange::last);
        reached.min(self.window.watermark())
    }

    /// The coverage as it is to be saved.
    #[must_use]
    pub fn saved(&self) -> SavedCoverage<'_> {
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{collections::BTreeSet, time::Duration};

    /// The window of these tests: seconds 100 to 160, of which those up to 140 may be covered.
    const SYNC_START: i64 = 160;
    const LOOKBACK: i64 = 19;

    fn window() -> Window {
        Window::new(SYNC_START, Some(100), Duration::from_secs(LOOKBACK.unsigned_abs())).unwrap()
    }

    #[derive(Clone, Debug)]
    enum Step {
        Emit(i64, u8, bool),
        Cover(SecondRange),
        Save,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let second = 95..=165_i64;
        let step = prop_oneof![
            6 => (second.clone(), 0..4_u8, any::<bool>()).prop_map(|(second, id, has_room)| Step::Emit(second, id, has_room)),
            2 => (second.clone(), second).prop_map(|(a, b)| Step::Cover(SecondRange::new(a.min(b), a.max(b)).unwrap())),
            1 => Just(Step::Save),
        ];
        prop::collection::vec(step, 0..60)
    }

    fn digest(second: i64, id: u8) -> EventDigest {
        EventDigest::of(&format!("{second}/{id}"))
    }

    fn saved_and_resumed(coverage: &Coverage) -> Coverage {
        let text = serde_json::to_string(&coverage.saved()).unwrap();
        Coverage::new(window(), Some(serde_json::from_str(&text).unwrap()))
    }

    proptest! {
        /// Against the plainest model there is: a set of covered seconds and a set of emitted events.
        #[test]
        fn emits_what_is_neither_covered_nor_emitted(steps in steps()) {
            let mut coverage = Coverage::new(window(), None);
            let mut covered: BTreeSet<i64> = (95..100).collect();
            let mut emitted = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Emit(second, id, has_room) => {
                        let is_known = covered.contains(&second) || emitted.contains(&(second, id));
                        let can_stay = has_room || second < SYNC_START - LOOKBACK;
                        let expected = match (is_known, can_stay) {
                            (true, _) => Emission::Duplicate,
                            (false, false) => Emission::HeldBack,
                            (false, true) => Emission::New,
                        };
                        prop_assert_eq!(coverage.emit(second, digest(second, id), has_room), expected);
                        emitted.extend((expected == Emission::New).then_some((second, id)));
                    }
                    Step::Cover(seconds) => {
                        coverage.cover(seconds);
                        covered.extend((seconds.first()..=seconds.last()).filter(|second| *second < SYNC_START - LOOKBACK));
                    }
                    Step::Save => coverage = saved_and_resumed(&coverage),
                }
            }
            let uncovered: Vec<i64> = coverage.uncovered().iter().flat_map(|range| range.first()..=range.last()).collect();
            let expected: Vec<i64> = (100..=SYNC_START).filter(|second| !covered.contains(second)).collect();
            prop_assert_eq!(uncovered, expected);
        }

        #[test]
        fn is_the_same_after_it_was_saved(steps in steps()) {
            let mut coverage = Coverage::new(window(), None);
            for step in steps {
                match step {
                    Step::Emit(second, id, has_room) => {
                        coverage.emit(second, digest(second, id), has_room);
                    }
                    Step::Cover(seconds) => coverage.cover(seconds),
                    Step::Save => {}
                }
                let resumed = saved_and_resumed(&coverage);
                prop_assert_eq!(resumed.saved(), coverage.saved());
                prop_assert_eq!(resumed.uncovered(), coverage.uncovered());
            }
        }

        #[test]
        fn cursor_never_moves_back_nor_past_what_is_settled(steps in steps()) {
            let mut coverage = Coverage::new(window(), None);
            let mut event_time = coverage.saved().event_time;
            for step in steps {
                if let Step::Cover(seconds) = step {
                    coverage.cover(seconds);
                }
                let next = coverage.saved().event_time;
                prop_assert!(event_time <= next && next < SYNC_START - LOOKBACK);
                event_time = next;
            }
        }
    }

    #[test]
    fn form_of_a_saved_coverage() {
        let mut coverage = Coverage::new(window(), None);
        assert_eq!(serde_json::to_string(&coverage.saved()).unwrap(), r#"{"EventTime":99,"covered":[],"loose":{}}"#);
        coverage.cover(SecondRange::new(100, 110).unwrap());
        coverage.cover(SecondRange::new(120, 150).unwrap());
        coverage.emit(150, EventDigest::of("a"), true);
        assert_eq!(
            serde_json::to_string(&coverage.saved()).unwrap(),
            r#"{"EventTime":110,"covered":[[120,140]],"loose":{"150":"ypeBEsobvco"}}"#
        );
    }

    #[test]
    fn seconds_before_the_window_are_covered_and_their_loose_ids_go() {
        let mut loose = LooseEvents::default();
        loose.insert(99, EventDigest::of("old"));
        loose.insert(120, EventDigest::of("young"));
        let saved = SavedCoverage { loose: Cow::Owned(loose), ..SavedCoverage::up_to(50) };
        let mut coverage = Coverage::new(window(), Some(saved));
        assert_eq!(coverage.saved().event_time, 99);
        assert_eq!(serde_json::to_string(&coverage.saved().loose).unwrap(), r#"{"120":"27qSHOIFECE"}"#);
        assert_eq!(coverage.emit(99, EventDigest::of("another"), true), Emission::Duplicate);
    }

    #[test]
    fn a_longer_lookback_takes_nothing_back() {
        let saved = SavedCoverage { covered: vec![SecondRange::new(135, 138).unwrap()], ..SavedCoverage::up_to(130) };
        let stricter = Window::new(SYNC_START, Some(100), Duration::from_secs(50)).unwrap();
        let stricter_coverage = Coverage::new(stricter, Some(saved.clone()));
        let saved_again = stricter_coverage.saved();
        assert_eq!(saved_again.event_time, stricter.watermark());
        assert_eq!(Coverage::new(window(), Some(saved_again)).saved(), saved);
    }

    /// Such a state is damaged, or somebody means harm.
    #[test]
    fn a_state_in_pieces_is_read_in_few_requests() {
        let now = 1_795_350_000;
        let covered = (1..200_000).map(|nth| SecondRange::new(now - nth * 30, now - nth * 30 + 20).unwrap()).collect();
        let window = Window::new(now, None, Duration::from_secs(LOOKBACK.unsigned_abs())).unwrap();
        let coverage = Coverage::new(window, Some(SavedCoverage { covered, ..SavedCoverage::up_to(now - 6_000_000) }));
        let unread = coverage.uncovered();
        assert_eq!(unread.len(), MOST_UNCOVERED);
        assert_eq!((unread[0].first(), unread[255].last()), (now - 5_999_999, now));
    }

    #[test]
    fn a_clock_that_is_ahead_settles_less() {
        let mut coverage = Coverage::new(window(), None);
        coverage.asked_at(SYNC_START - 10);
        coverage.cover(window().seconds());
        assert_eq!(coverage.saved().event_time, window().watermark() - 10);
    }
}
