//! What has been emitted of one stream in one Region: the type that lets nothing be lost and nothing come twice.
//!
//! It knows the *covered* seconds, in which every event has been emitted, and the *loose* events, emitted outside of
//! them. The law: **emitted = all events in covered seconds + the loose ones.** An event becomes a record exactly
//! when its second is not covered and it is not loose; resuming, late events and a slice that is read again all
//! follow from that, without further machinery.

use crate::{
    digest::Digest,
    seconds::{SecondSet, Seconds},
    window::Window,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The coverage of one stream in one Region.
#[derive(Clone, Debug)]
pub struct Coverage {
    window: Window,
    covered: SecondSet,
    loose: BTreeSet<(i64, Digest)>,
    forgotten: u64,
}

/// A coverage as it stands in a saved state. The form is a promise to users; unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCoverage {
    /// The last second of the covered range that contains the window's first second. All before it is covered.
    #[serde(rename = "EventTime")]
    pub event_time: i64,
    /// The covered ranges after `event_time`.
    #[serde(default)]
    pub covered: Vec<Seconds>,
    /// The loose events, by second.
    #[serde(default)]
    pub loose: BTreeMap<i64, Vec<Digest>>,
}

impl SavedCoverage {
    /// That all up to and including `event_time` has been emitted, and nothing is known of what came after.
    #[must_use]
    pub fn up_to(event_time: i64) -> Self {
        Self { event_time, covered: Vec::new(), loose: BTreeMap::new() }
    }
}

impl Coverage {
    /// The coverage with which a sync of `window` begins: what `saved` says, and every second before the window.
    #[must_use]
    pub fn new(window: Window, saved: Option<SavedCoverage>) -> Self {
        let first = window.seconds().first();
        let saved = saved.unwrap_or_else(|| SavedCoverage::up_to(first - 1));
        let before = [first - 1, saved.event_time].into_iter().filter_map(|last| Seconds::new(i64::MIN, last));
        let covered: SecondSet = before.chain(saved.covered).collect();
        let loose = saved.loose.into_iter().flat_map(|(second, ids)| ids.into_iter().map(move |id| (second, id)));
        let loose = loose.filter(|(second, _)| !covered.contains(*second)).collect();
        Self { window, covered, loose, forgotten: 0 }
    }

    /// Whether the event `id` of `second` is to be emitted now; from here on it counts as emitted.
    pub fn emit(&mut self, second: i64, id: Digest) -> bool {
        !self.covered.contains(second) && self.loose.insert((second, id))
    }

    /// How many loose events there are.
    #[must_use]
    pub fn loose(&self) -> usize {
        self.loose.len()
    }

    /// The second of the oldest loose event.
    #[must_use]
    pub fn oldest_loose(&self) -> Option<i64> {
        self.loose.first().map(|(second, _)| *second)
    }

    /// Forgets the oldest loose event.
    pub fn forget_oldest(&mut self) {
        self.forgotten += u64::from(self.loose.pop_first().is_some());
    }

    /// Takes note that every event of `passed` that the service knows of has been emitted: as far as they may, its
    /// seconds become covered.
    pub fn cover(&mut self, passed: Seconds) {
        let Some(settled) = Seconds::new(passed.first(), passed.last().min(self.window.settled())) else { return };
        self.covered.insert(settled);
        let ids = (settled.first(), Digest::MIN)..=(settled.last(), Digest::MAX);
        self.loose.extract_if(ids, |_| true).for_each(drop);
    }

    /// Takes note, before anything is covered, that the first page was asked for at `asked_at`, by the service's clock.
    pub fn asked_at(&mut self, asked_at: i64) {
        self.window = self.window.asked_at(asked_at);
    }

    /// The ranges of the window that are not covered, oldest first.
    #[must_use]
    pub fn uncovered(&self) -> Vec<Seconds> {
        self.covered.missing(self.window.seconds())
    }

    /// How many loose events had to be forgotten because there were too many: each may come once more.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The coverage as it is to be saved.
    #[must_use]
    pub fn saved(&self) -> SavedCoverage {
        let first = self.window.seconds().first();
        let reached = self.covered.range_of(first).map_or(first - 1, Seconds::last);
        let event_time = reached.min(self.window.settled());
        let after = Seconds::new(event_time + 1, i64::MAX);
        let mut loose = BTreeMap::<i64, Vec<Digest>>::new();
        for (second, id) in &self.loose {
            loose.entry(*second).or_default().push(*id);
        }
        SavedCoverage {
            event_time,
            covered: after.map_or_else(Vec::new, |after| self.covered.within(after).collect()),
            loose,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The window of these tests: seconds 100 to 160, of which those up to 140 may be covered.
    const SYNC_START: i64 = 160;
    const LOOKBACK: i64 = 19;

    fn window() -> Window {
        Window::new(SYNC_START, Some(100), LOOKBACK).unwrap()
    }

    #[derive(Clone, Debug)]
    enum Step {
        Emit(i64, u8),
        Cover(Seconds),
        Save,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let second = 95..=165_i64;
        let step = prop_oneof![
            6 => (second.clone(), 0..4_u8).prop_map(|(second, id)| Step::Emit(second, id)),
            2 => (second.clone(), second).prop_map(|(a, b)| Step::Cover(Seconds::new(a.min(b), a.max(b)).unwrap())),
            1 => Just(Step::Save),
        ];
        prop::collection::vec(step, 0..60)
    }

    fn digest(second: i64, id: u8) -> Digest {
        Digest::of(&format!("{second}/{id}"))
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
                    Step::Emit(second, id) => {
                        let expected = !covered.contains(&second) && emitted.insert((second, id));
                        prop_assert_eq!(coverage.emit(second, digest(second, id)), expected);
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
                    Step::Emit(second, id) => drop(coverage.emit(second, digest(second, id))),
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
        coverage.cover(Seconds::new(100, 110).unwrap());
        coverage.cover(Seconds::new(120, 150).unwrap());
        coverage.emit(150, Digest::of("a"));
        assert_eq!(
            serde_json::to_string(&coverage.saved()).unwrap(),
            r#"{"EventTime":110,"covered":[[120,140]],"loose":{"150":["ypeBEsobvco"]}}"#
        );
    }

    #[test]
    fn seconds_before_the_window_are_covered_and_their_loose_ids_go() {
        let loose = BTreeMap::from([(99, vec![Digest::of("old")]), (120, vec![Digest::of("young")])]);
        let mut coverage = Coverage::new(window(), Some(SavedCoverage { event_time: 50, covered: vec![], loose }));
        assert_eq!(coverage.saved().event_time, 99);
        assert_eq!(coverage.saved().loose.keys().copied().collect::<Vec<_>>(), [120]);
        assert!(!coverage.emit(99, Digest::of("another")));
    }

    #[test]
    fn a_longer_lookback_takes_nothing_back() {
        let saved =
            SavedCoverage { event_time: 130, covered: vec![Seconds::new(135, 138).unwrap()], loose: BTreeMap::new() };
        let stricter = Window::new(SYNC_START, Some(100), 50).unwrap();
        let saved_again = Coverage::new(stricter, Some(saved.clone())).saved();
        assert_eq!(saved_again.event_time, stricter.settled());
        assert_eq!(Coverage::new(window(), Some(saved_again)).saved(), saved);
    }

    #[test]
    fn a_clock_that_is_ahead_settles_less() {
        let mut coverage = Coverage::new(window(), None);
        coverage.asked_at(SYNC_START - 10);
        coverage.cover(window().seconds());
        assert_eq!(coverage.saved().event_time, window().settled() - 10);
    }
}
