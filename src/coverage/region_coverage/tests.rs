//! The law of coverage, its saved form, and damaged states.

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
    Emit(i64, u8, usize),
    Cover(SecondRange),
    Save,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let second = 95..=165_i64;
    let free_bytes = prop_oneof![Just(MAX_BYTES_PER_EVENT - 1), Just(MAX_BYTES_PER_EVENT)];
    let step = prop_oneof![
        6 => (second.clone(), 0..4_u8, free_bytes).prop_map(|(second, id, free_bytes)| Step::Emit(second, id, free_bytes)),
        2 => (second.clone(), second).prop_map(|(a, b)| Step::Cover(SecondRange::new(a.min(b), a.max(b)).unwrap())),
        1 => Just(Step::Save),
    ];
    prop::collection::vec(step, 0..60)
}

fn digest(second: i64, id: u8) -> EventDigest {
    EventDigest::of(&format!("{second}/{id}"))
}

fn saved_and_resumed(coverage: &Coverage) -> Coverage {
    Coverage::new(window(), Some(coverage.saved()))
}

#[test]
fn an_event_later_than_the_start_of_the_sync_is_read_by_the_next_one() {
    let mut coverage = Coverage::new(window(), None);
    let (second, id) = (SYNC_START + 1, digest(SYNC_START + 1, 0));
    assert_eq!(coverage.emit(second, id, usize::MAX), Emission::TooNew);
    coverage.cover(SecondRange::new(100, SYNC_START).unwrap());
    let lookback = Duration::from_secs(LOOKBACK.unsigned_abs());
    let next = Window::new(SYNC_START + 100, Some(100), lookback).unwrap();
    assert_eq!(Coverage::new(next, Some(coverage.saved())).emit(second, id, usize::MAX), Emission::New);
}

proptest! {
    /// Compared with a set of covered seconds and a set of emitted events.
    #[test]
    fn an_event_is_new_unless_it_is_covered_or_was_emitted(steps in steps()) {
        let mut coverage = Coverage::new(window(), None);
        let mut covered: BTreeSet<i64> = (95..100).collect();
        let mut emitted = BTreeSet::new();
        for step in steps {
            match step {
                Step::Emit(second, id, free_bytes) => {
                    let is_known = covered.contains(&second) || emitted.contains(&(second, id));
                    let has_room = free_bytes >= MAX_BYTES_PER_EVENT || second < SYNC_START - LOOKBACK;
                    let expected = match (is_known, second <= SYNC_START, has_room) {
                        (true, ..) => Emission::Duplicate,
                        (false, false, _) => Emission::TooNew,
                        (false, true, false) => Emission::HeldBack,
                        (false, true, true) => Emission::New,
                    };
                    prop_assert_eq!(coverage.emit(second, digest(second, id), free_bytes), expected);
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
    fn a_saved_coverage_resumes_unchanged(steps in steps()) {
        let mut coverage = Coverage::new(window(), None);
        for step in steps {
            match step {
                Step::Emit(second, id, free_bytes) => {
                    coverage.emit(second, digest(second, id), free_bytes);
                }
                Step::Cover(seconds) => {
                    coverage.cover(seconds);
                }
                Step::Save => {}
            }
            let resumed = saved_and_resumed(&coverage);
            prop_assert_eq!(resumed.saved(), coverage.saved());
            prop_assert_eq!(resumed.uncovered(), coverage.uncovered());
        }
    }

    #[test]
    fn the_cursor_never_moves_back_or_past_the_watermark(steps in steps()) {
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
fn the_form_of_a_saved_coverage() {
    let mut coverage = Coverage::new(window(), None);
    assert_eq!(serde_json::to_string(&coverage.saved()).unwrap(), r#"{"EventTime":99,"covered":[],"loose":{}}"#);
    coverage.cover(SecondRange::new(100, 110).unwrap());
    coverage.cover(SecondRange::new(120, 150).unwrap());
    coverage.emit(150, EventDigest::of("a"), usize::MAX);
    assert_eq!(
        serde_json::to_string(&coverage.saved()).unwrap(),
        r#"{"EventTime":110,"covered":[[120,140]],"loose":{"150":"ypeBEsobvco"}}"#
    );
}

#[test]
fn seconds_before_the_window_are_covered_and_lose_their_loose_events() {
    let mut loose = LooseEvents::default();
    loose.insert(99, EventDigest::of("old"));
    loose.insert(120, EventDigest::of("young"));
    let saved = SavedCoverage { loose: Cow::Owned(loose), ..SavedCoverage::up_to(50) };
    let mut coverage = Coverage::new(window(), Some(saved));
    assert_eq!(coverage.saved().event_time, 99);
    assert_eq!(serde_json::to_string(&coverage.saved().loose).unwrap(), r#"{"120":"27qSHOIFECE"}"#);
    assert_eq!(coverage.emit(99, EventDigest::of("another"), usize::MAX), Emission::Duplicate);
}

#[test]
fn a_longer_lookback_uncovers_nothing() {
    let saved = SavedCoverage { covered: vec![SecondRange::new(135, 138).unwrap()], ..SavedCoverage::up_to(130) };
    let stricter = Window::new(SYNC_START, Some(100), Duration::from_secs(50)).unwrap();
    let stricter_coverage = Coverage::new(stricter, Some(saved.clone()));
    let saved_again = stricter_coverage.saved();
    assert_eq!(saved_again.event_time, stricter.watermark());
    assert_eq!(Coverage::new(window(), Some(saved_again)).saved(), saved);
}

/// Such a state is damaged or malicious.
#[test]
fn a_state_with_very_many_gaps_takes_few_requests() {
    let now = 1_795_350_000;
    let covered = (1..200_000).map(|nth| SecondRange::new(now - nth * 30, now - nth * 30 + 20).unwrap()).collect();
    let window = Window::new(now, None, Duration::from_secs(LOOKBACK.unsigned_abs())).unwrap();
    let coverage = Coverage::new(window, Some(SavedCoverage { covered, ..SavedCoverage::up_to(now - 6_000_000) }));
    let unread = coverage.uncovered();
    assert_eq!(unread.len(), MAX_UNCOVERED);
    assert_eq!((unread[0].first(), unread[255].last()), (now - 5_999_999, now));
}

#[test]
fn a_clock_that_is_ahead_lowers_the_watermark() {
    let mut coverage = Coverage::new(window(), None);
    coverage.asked_at(SYNC_START - 10);
    coverage.cover(window().seconds());
    assert_eq!(coverage.saved().event_time, window().watermark() - 10);
}
