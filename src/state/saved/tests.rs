//! The state of one stream: what it takes up, what it hands out, and what it says.

use super::*;
use crate::{seconds::Seconds, window::HISTORY};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NOW: i64 = 1_795_350_000;
const LOOKBACK: i64 = 900;
const DAY: i64 = 86_400;

fn sync() -> Sync {
    let (read_from, filter, regions) = (None, None, vec!["us-east-1".to_owned()]);
    Sync { start: NOW, read_from, lookback: LOOKBACK, filter, regions }
}

fn open(state: &Value, sync: Sync) -> (StreamState, Vec<Note>) {
    StreamState::open(state.as_object(), sync).unwrap()
}

fn uncovered(state: &mut StreamState) -> Vec<Seconds> {
    state.coverage("us-east-1").unwrap().uncovered()
}

#[test]
fn the_old_connectors_cursor_counts_less_the_lookback() {
    let cursor = NOW - 5000;
    for form in [json!(cursor), json!(1_795_345_000.0), json!("1795345000"), json!("1795345000.0")] {
        let (mut state, _) = open(&json!({"EventTime": form}), sync());
        assert_eq!(uncovered(&mut state), [Seconds::new(cursor - LOOKBACK, NOW).unwrap()], "{form}");
    }
}

#[test]
fn what_was_saved_is_taken_up() {
    let (mut state, _) = open(&json!({}), sync());
    state.coverage("us-east-1").unwrap().cover(Seconds::new(NOW - HISTORY, NOW - 8000).unwrap());
    state.coverage("us-east-1").unwrap().cover(Seconds::new(NOW - 7000, NOW).unwrap());
    let value = state.value();
    assert_eq!(value["EventTime"], json!(NOW - 8000));
    let (mut again, notes) = open(&value, sync());
    assert_eq!(uncovered(&mut again), uncovered(&mut state));
    assert_eq!((again.value(), notes), (value, vec![]));
}

#[test]
fn other_regions_stay_as_they_are_and_a_new_one_begins_at_its_start() {
    let elsewhere = json!({"EventTime": 7, "covered": [[9, 10]], "loose": {}, "of_a_later_version": 1});
    let saved = json!({"EventTime": 7, "regions": {"eu-west-1": elsewhere}});
    let (mut state, _) = open(&saved, sync());
    assert_eq!(uncovered(&mut state), [Seconds::new(NOW - HISTORY, NOW).unwrap()]);
    assert_eq!(state.value()["regions"]["eu-west-1"], elsewhere);
    assert_eq!(state.value()["EventTime"], json!(NOW - HISTORY - 1));
}

fn of_two() -> Sync {
    Sync { regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()], ..sync() }
}

#[test]
fn the_cursor_is_that_of_the_region_that_is_furthest_behind() {
    let (mut state, _) = open(&json!({}), of_two());
    for (region, until) in [("us-east-1", NOW - 5000), ("eu-west-1", NOW - 9000)] {
        state.coverage(region).unwrap().cover(Seconds::new(NOW - HISTORY, until).unwrap());
    }
    let value = state.value();
    assert_eq!(value["EventTime"], json!(NOW - 9000));
    assert_eq!(value["regions"]["us-east-1"]["EventTime"], json!(NOW - 5000));
}

proptest! {
    #[test]
    fn too_many_loose_events_cost_repeats_and_no_losses(
        events in prop::collection::vec((any::<bool>(), 150..160_i64, 0..9_u8), 0..60), most in 1..20_usize,
    ) {
        let (state, _) = open(&json!({}), of_two());
        let mut state = StreamState { most_loose: most, ..state };
        let mut emitted = BTreeSet::new();
        for (elsewhere, second, id) in events {
            let (region, second) = (if elsewhere { "eu-west-1" } else { "us-east-1" }, NOW - second);
            let is_new = emitted.insert((second, region, id));
            let now = state.emit(region, second, Digest::of(&format!("{region}/{second}/{id}")));
            prop_assert!(now || !is_new, "an event was lost");
        }
        let loose = |region: &str| state.coverages[region].loose();
        let kept = loose("us-east-1") + loose("eu-west-1");
        prop_assert!(kept <= most);
        let forgotten: u64 = state.coverages.values().map(Coverage::forgotten).sum();
        prop_assert!(forgotten > 0 || kept == emitted.len());
        let oldest_kept = state.coverages.values().filter_map(Coverage::oldest_loose).min();
        let newer = emitted.iter().filter(|(second, ..)| Some(*second) > oldest_kept).count();
        prop_assert!(newer <= kept, "a newer one was forgotten before an older one");
    }
}

#[test]
fn an_old_state_is_the_first_regions() {
    let (mut state, _) = open(&json!({"EventTime": NOW - 5000}), of_two());
    let first = |state: &mut StreamState, region| state.coverage(region).unwrap().uncovered()[0].first();
    assert_eq!(first(&mut state, "us-east-1"), NOW - 5000 - LOOKBACK);
    assert_eq!(first(&mut state, "eu-west-1"), NOW - HISTORY);
}

#[test]
fn a_region_in_the_future_waits_alone() {
    let ahead = json!({"EventTime": NOW + 9, "covered": [], "loose": {}});
    let saved = json!({"EventTime": NOW - 9, "regions": {"us-east-1": {"EventTime": NOW - 9}, "eu-west-1": ahead}});
    let (mut state, notes) = open(&saved, of_two());
    assert!(state.coverage("eu-west-1").is_none() && state.coverage("us-east-1").is_some());
    assert!(notes.len() == 1 && notes[0].1.starts_with("The state of eu-west-1 lies in the future"), "{notes:?}");
    let value = state.value();
    assert_eq!((&value["regions"]["eu-west-1"], &value["EventTime"]), (&ahead, &json!(NOW - LOOKBACK - 1)));
}

#[test]
fn a_state_in_the_future_stays_as_it_came() {
    for future in [
        json!({"EventTime": NOW + 1}),
        json!({"EventTime": "33333333333"}),
        json!({"EventTime": 1e300}),
        json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": NOW + 1, "covered": [], "loose": {}}}, "more": true}),
        json!({"EventTime": NOW + 1, "regions": {"us-east-1": {"EventTime": NOW - 1, "covered": [], "loose": {}}}}),
        json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": 5, "covered": [[9, i64::MAX]], "loose": {}}}}),
    ] {
        let (mut state, notes) = open(&future, sync());
        assert!(state.coverage("us-east-1").is_none());
        assert_eq!((state.value(), notes.len()), (future, 1));
    }
}

#[test]
fn a_start_date_in_the_future_reads_nothing() {
    let later = || Sync { read_from: Some(NOW + 1), ..sync() };
    for came in [json!({}), json!({"EventTime": 7})] {
        let (mut state, notes) = open(&came, later());
        assert!(state.coverage("us-east-1").is_none());
        assert_eq!((state.value(), notes.len()), (came, 1));
    }
}

#[test]
fn the_later_of_start_date_and_state_wins() {
    for (start, state, first) in [(NOW - 500, NOW - 4000, NOW - 500), (NOW - 4000, NOW - 500, NOW - 500 - LOOKBACK)] {
        let (mut state, _) = open(&json!({"EventTime": state}), Sync { read_from: Some(start), ..sync() });
        assert_eq!(uncovered(&mut state)[0].first(), first);
    }
}

#[test]
fn says_what_the_user_should_know() {
    let saved =
        |time: i64| json!({"EventTime": time, "filter": "EventName=A", "regions": {"us-east-1": {"EventTime": time}}});
    let filtered = || Sync { filter: Some("EventName=A".to_owned()), ..sync() };
    for (state, sync, says) in [
        (json!({}), sync(), None),
        (json!({}), Sync { read_from: Some(0), ..sync() }, Some("not from the start_date 1970-01-01")),
        (saved(NOW - 5), filtered(), None),
        (saved(NOW - 5), sync(), Some("written with EventName=A, the config now has no filter")),
        (saved(NOW - HISTORY - DAY - 2), filtered(), Some("no longer in the event history")),
        (saved(NOW - HISTORY - DAY), filtered(), None),
        (saved(NOW - 5), Sync { read_from: Some(NOW - 10), ..filtered() }, Some("changes nothing any more")),
    ] {
        let (_, notes) = open(&state, sync);
        let text: Vec<_> = notes.into_iter().map(|(_, text)| text).collect();
        match says {
            None => assert!(text.is_empty(), "{state}: {text:?}"),
            Some(says) => assert!(text.len() == 1 && text[0].contains(says), "{state}: {text:?}"),
        }
    }
}

#[test]
fn the_filter_is_kept() {
    let (state, _) = open(&json!({}), Sync { filter: Some("EventName=A".to_owned()), ..sync() });
    assert_eq!(state.value()["filter"], json!("EventName=A"));
}

#[test]
fn nonsense_is_refused() {
    let region = |region: Value| json!({"EventTime": 5, "regions": {"us-east-1": region}});
    for nonsense in [
        json!({"EventTime": "yesterday"}),
        json!({"EventTime": null}),
        json!({"EventTime": [5]}),
        json!({"cursor": 5}),
        json!({"EventTime": 5, "regions": 7}),
        json!({"EventTime": 5, "filter": 7, "regions": {}}),
        region(json!(7)),
        region(json!({"covered": []})),
        region(json!({"EventTime": 5, "covered": [[9, 8]]})),
        region(json!({"EventTime": 5, "covered": [9]})),
        region(json!({"EventTime": 5, "loose": {"second": []}})),
        region(json!({"EventTime": 5, "loose": {"7": ["not an id"]}})),
    ] {
        let failure = StreamState::open(nonsense.as_object(), sync()).unwrap_err();
        assert!(failure.message.starts_with("The state can't be used"), "{nonsense}: {}", failure.message);
    }
}
