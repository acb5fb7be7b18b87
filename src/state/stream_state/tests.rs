//! The state of one stream: what it resumes from, and what it saves.

use super::*;
use crate::{
    airbyte::stream::Stream,
    config::filter::Filter,
    coverage::{loose_events::MAX_BYTES_PER_EVENT, seconds::SecondRange},
    state::{input_state::InputState, saved_filter::SavedFilter, sync_settings::MAX_STATE_BYTES},
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_795_350_000;
const LOOKBACK: i64 = 900;
const OLDEST: i64 = oldest_kept(NOW);

fn sync() -> SyncSettings {
    SyncSettings {
        start: NOW,
        read_from: None,
        lookback: Duration::from_secs(LOOKBACK.unsigned_abs()),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![unnamed("us-east-1")],
        max_bytes: MAX_STATE_BYTES,
    }
}

/// A Region of an account that is not known.
fn unnamed(region: &str) -> Partition {
    Partition { account: None, region: region.to_owned() }
}

/// An empty object is no state.
fn saved(state: &Value) -> Option<SavedState<'static>> {
    Some(SavedState::deserialize(state).unwrap()).filter(|_| *state != json!({}))
}

fn open(state: &Value, sync: SyncSettings) -> (StreamState, Vec<LogMessage>) {
    StreamState::open(saved(state), sync).unwrap()
}

/// The state as it is saved.
fn value(state: &StreamState) -> Value {
    serde_json::to_value(state).unwrap()
}

fn uncovered(state: &StreamState) -> Vec<SecondRange> {
    state.coverage(&unnamed("us-east-1")).unwrap().uncovered()
}

#[test]
fn the_cursor_of_the_old_connector_counts_up_to_one_lookback_before_it() {
    let cursor = NOW - 5000;
    for form in [json!(cursor), json!(1_795_345_000.0), json!("1795345000"), json!("1795345000.0")] {
        let (state, _) = open(&json!({"EventTime": form}), sync());
        assert_eq!(uncovered(&state), [SecondRange::new(cursor - LOOKBACK, NOW).unwrap()], "{form}");
    }
}

#[test]
fn a_saved_state_is_resumed() {
    let (mut state, _) = open(&json!({}), sync());
    state.cover(&unnamed("us-east-1"), SecondRange::new(OLDEST, NOW - 8000).unwrap());
    state.cover(&unnamed("us-east-1"), SecondRange::new(NOW - 7000, NOW).unwrap());
    let value = value(&state);
    assert_eq!(value["EventTime"], json!(NOW - 8000));
    let (again, messages) = open(&value, sync());
    assert_eq!(uncovered(&again), uncovered(&state));
    assert_eq!((self::value(&again), messages), (value, vec![]));
}

#[test]
fn other_regions_stay_as_they_are_and_a_new_one_is_read_from_its_start() {
    let elsewhere = json!({"EventTime": NOW - 7, "covered": [[9, 10]], "loose": {}, "of_a_later_version": 1});
    let saved = json!({"EventTime": NOW - 7, "regions": {"eu-west-1": elsewhere}});
    let (state, _) = open(&saved, sync());
    assert_eq!(uncovered(&state), [SecondRange::new(OLDEST, NOW).unwrap()]);
    assert_eq!(value(&state)["regions"]["eu-west-1"], elsewhere);
    assert_eq!(value(&state)["EventTime"], json!(OLDEST - 1));
}

fn of_two() -> SyncSettings {
    SyncSettings { partitions: vec![unnamed("us-east-1"), unnamed("eu-west-1")], ..sync() }
}

#[test]
fn the_cursor_is_that_of_the_region_that_is_furthest_behind() {
    let (mut state, _) = open(&json!({}), of_two());
    for (region, until) in [("us-east-1", NOW - 5000), ("eu-west-1", NOW - 9000)] {
        state.cover(&unnamed(region), SecondRange::new(OLDEST, until).unwrap());
    }
    let value = value(&state);
    assert_eq!(value["EventTime"], json!(NOW - 9000));
    assert_eq!(value["regions"]["us-east-1"]["EventTime"], json!(NOW - 5000));
}

proptest! {
    /// Whatever the limit is: no event comes twice, none is held back in a second that can become covered, and only
    /// such seconds take the state over its limit, until they are covered.
    #[test]
    fn a_full_state_holds_young_events_back(
        events in prop::collection::vec((any::<bool>(), any::<bool>(), 0..10_i64, 0..9_u8), 0..60), max_bytes in 0..800_usize,
    ) {
        let (mut state, _) = open(&json!({}), SyncSettings { max_bytes, ..of_two() });
        let (mut emitted, mut coverable_bytes, empty) = (BTreeSet::new(), 0, state.size());
        for (elsewhere, is_young, second, id) in events {
            let region = if elsewhere { "eu-west-1" } else { "us-east-1" };
            let second = second + if is_young { NOW - LOOKBACK } else { NOW - 5_000 };
            let had_room = state.size() + MAX_BYTES_PER_EVENT <= max_bytes;
            let emission = state.emit(&unnamed(region), second, EventDigest::of(&format!("{region}/{second}/{id}")));
            let is_known = emitted.contains(&(second, region, id));
            match emission {
                Emission::New => prop_assert!(emitted.insert((second, region, id)), "it comes twice"),
                Emission::Duplicate => prop_assert!(is_known, "it was lost"),
                Emission::HeldBack => prop_assert!(is_young && !had_room && !is_known),
                Emission::TooNew => prop_assert!(false, "none is that new"),
            }
            coverable_bytes += usize::from(emission == Emission::New && !is_young) * MAX_BYTES_PER_EVENT;
            prop_assert!(state.size() <= max_bytes.max(empty + coverable_bytes) + coverable_bytes);
        }
        for region in ["us-east-1", "eu-west-1"] {
            state.cover(&unnamed(region), SecondRange::new(OLDEST, NOW).unwrap());
        }
        prop_assert!(state.size() <= max_bytes.max(empty));
    }
}

#[test]
fn the_entries_of_unread_regions_count() {
    let entry = json!({"EventTime": NOW - 5, "loose": {"1795349999": ["w0LsPIRG21w"]}});
    let saved = json!({"EventTime": NOW - 5, "regions": {"eu-west-1": entry}});
    let (state, _) = open(&saved, sync());
    let without = open(&json!({"EventTime": NOW - 5, "regions": {}}), sync()).0.size();
    assert_eq!(state.size(), without + format!(r#""eu-west-1":{entry}"#).len());
}

/// Entries that this version could not read.
fn later_entries() -> Value {
    json!({
        "as-numbers": {"EventTime": 1e300, "filter": "A=b", "covered": [[u64::MAX, 0.1]], "later": {"deep": [null, {}]}},
        "filter-null": {"EventTime": NOW, "filter": null},
        "filter-list": {"EventTime": NOW, "filter": ["A=b"]},
        "list": [5, [], {}], "null": null, "number": 7, "string": "of a later version", "empty": {},
    })
}

#[test]
fn the_entries_of_unread_regions_stay_as_they_are() {
    let saved = json!({"EventTime": 5, "regions": later_entries(), "accounts": {"444455556666": {"regions": later_entries(), "later": 1}}});
    let (state, _) = open(&saved, sync());
    let value = value(&state);
    assert_eq!((&value["regions"], &value["accounts"]), (&saved["regions"], &saved["accounts"]));
}

/// Up to version 0.2.0, a state had one filter for all Regions.
#[test]
fn the_filter_of_all_regions_goes_into_entries_that_have_none() {
    let entry = |filter: &str| json!({"EventTime": NOW, "later": 1, "filter": filter});
    let without = json!({"EventTime": NOW, "later": 1});
    let regions = json!({"a": without, "b": entry("B=b"), "c": "of a later version", "d": {"EventTime": NOW, "later": 1, "filter": null}});
    let (state, _) = open(&json!({"filter": "A=a", "regions": regions}), sync());
    let expected = json!({"a": entry("A=a"), "b": entry("B=b"), "c": "of a later version", "d": entry("A=a")});
    assert_eq!(value(&state)["regions"], expected);
    assert_eq!(value(&state).get("filter"), None);
}

#[test]
fn an_unread_region_that_is_older_than_the_history_is_dropped() {
    let old = OLDEST - 1;
    for (entry, stays) in [
        (json!({"EventTime": old}), false),
        (json!({"EventTime": old + 1}), true),
        (json!({"EventTime": 7, "covered": [[9, old]]}), false),
        (json!({"EventTime": 7, "covered": [[9, old + 1]]}), true),
        (json!({"EventTime": 7, "loose": {(old + 1).to_string(): "w0LsPIRG21w"}}), true),
        (json!("of a later version"), true),
    ] {
        let (state, _) = open(&json!({"EventTime": 7, "regions": {"eu-west-1": entry}}), sync());
        assert_eq!(value(&state)["regions"].get("eu-west-1"), Some(&entry).filter(|_| stays), "{entry}");
    }
}

proptest! {
    /// Whatever is read and whatever stays: the size is that of the saved form, up to some bytes.
    #[test]
    fn a_state_knows_its_size(
        is_single in any::<bool>(), is_filtered in any::<bool>(),
        steps in prop::collection::vec((0..6_usize, -3_000..0_i64, prop::option::of(0..900_i64)), 0..60),
        unread in 0..4_usize,
    ) {
        let filter = Filter { key: "EventName".to_owned(), value: "A \"quoted\" value \\ \u{e4}".to_owned() };
        let account = |number: usize| AccountId::parse(&format!("{number:012}")).unwrap();
        let of = |account: AccountId| ["us-east-1", "ap-southeast-2"].map(|region| Partition { account: Some(account.clone()), region: region.to_owned() });
        let partitions: Vec<Partition> = (0..if is_single { 1 } else { 3 }).flat_map(|number| of(account(number))).collect();
        let accounts = if is_single { AccountsRead::One(Some(account(0))) } else { AccountsRead::Many };
        let filter = Some(SavedFilter::new(&filter, false)).filter(|_| is_filtered);
        let entry = json!({"EventTime": NOW - 5, "loose": {"1795349999": ["w0LsPIRG21w"]}, "later": "\u{e4}"});
        let entries: serde_json::Map<String, Value> = (0..unread).map(|number| (account(90 + number).to_string(), json!({"regions": {"eu-west-1": entry}}))).collect();
        let saved = json!({"EventTime": 5, "accounts": entries});
        let (mut state, _) = open(&saved, SyncSettings { filter, accounts, partitions: partitions.clone(), ..sync() });
        for partition in &partitions {
            state.cover(partition, SecondRange::new(OLDEST, OLDEST).unwrap());
        }
        for (partition, second, length) in steps {
            let partition = &partitions[partition % partitions.len()];
            match length {
                Some(length) => drop(state.cover(partition, SecondRange::new(NOW + second - length, NOW + second).unwrap())),
                None => drop(state.emit(partition, NOW + second, EventDigest::of(&second.to_string()))),
            }
            let written = serde_json::to_string(&state).unwrap().len();
            prop_assert!((written..written + 300).contains(&state.size()), "{} for {written}", state.size());
        }
    }
}

/// As many as an organization of 100 accounts has, with 17 Regions each.
#[test]
fn no_state_of_many_accounts_is_larger_than_a_mebibyte() {
    let account = |number: usize| AccountId::parse(&format!("{number:012}"));
    let partition =
        |number: usize| Partition { account: account(number / 17), region: format!("ap-southeast-{}", number % 17) };
    let partitions: Vec<Partition> = (0..1_700).map(partition).collect();
    let settings = SyncSettings { accounts: AccountsRead::Many, partitions: partitions.clone(), ..sync() };
    let (mut state, _) = open(&json!({}), settings);
    for nth in 0..100_000_i64 {
        let partition = &partitions[usize::try_from(nth % 1_700).unwrap()];
        state.emit(partition, NOW - nth % 900, EventDigest::of(&nth.to_string()));
    }
    for partition in &partitions {
        state.cover(partition, SecondRange::new(NOW - 9_000, NOW - 8_000).unwrap());
    }
    let size = serde_json::to_string(&state).unwrap().len();
    assert!((900 << 10..1 << 20).contains(&size) && size <= state.size(), "{size}");
}

#[test]
fn what_was_not_read_has_no_entry_so_that_an_earlier_start_date_counts() {
    let later = SyncSettings { read_from: Some(NOW - 5_000), ..of_two() };
    let (mut state, _) = open(&json!({}), later);
    state.cover(&unnamed("us-east-1"), SecondRange::new(NOW - 5_000, NOW).unwrap());
    let value = value(&state);
    assert_eq!((&value["EventTime"], value["regions"].get("eu-west-1")), (&json!(NOW - 5_001), None));
    let (state, _) = open(&value, of_two());
    let first = |region| state.coverage(&unnamed(region)).unwrap().uncovered()[0].first();
    assert_eq!((first("us-east-1"), first("eu-west-1")), (NOW - LOOKBACK, OLDEST));
}

/// What is skipped counts as read.
#[test]
fn a_region_that_is_not_read_this_time_keeps_its_entry() {
    let saved = json!({"EventTime": NOW - 9_000, "regions": {"us-east-1": {"EventTime": NOW - 9_000}}});
    let (state, _) = open(&saved, SyncSettings { read_from: Some(NOW - 5_000), ..sync() });
    assert_eq!(value(&state)["regions"]["us-east-1"]["EventTime"], json!(NOW - 5_001));
}

/// A state has to hold 100 events a second for the default lookback. One event in each second is the worst case.
#[test]
fn no_state_is_larger_than_a_mebibyte() {
    for (events_a_second, seconds, at_least) in [(100_u32, 1_000, 90_000_u32), (1, 80_000, 35_000)] {
        let (mut state, _) = open(&json!({}), SyncSettings { lookback: Duration::from_hours(24), ..sync() });
        let mut emitted = 0;
        for second in NOW - seconds..NOW {
            for nth in 0..events_a_second {
                let id = EventDigest::of(&format!("{second}/{nth}"));
                emitted += u32::from(state.emit(&unnamed("us-east-1"), second, id) == Emission::New);
            }
        }
        assert!(emitted >= at_least, "{emitted}");
        let size = serde_json::to_string(&state).unwrap().len();
        assert!(size <= 1 << 20 && (size..size + 100).contains(&state.size()), "{size}");
    }
}

#[test]
fn a_state_of_the_old_connector_belongs_to_the_first_region() {
    let (state, _) = open(&json!({"EventTime": NOW - 5000}), of_two());
    let first = |state: &StreamState, region| state.coverage(&unnamed(region)).unwrap().uncovered()[0].first();
    assert_eq!(first(&state, "us-east-1"), NOW - 5000 - LOOKBACK);
    assert_eq!(first(&state, "eu-west-1"), OLDEST);
}

#[test]
fn a_region_in_the_future_does_not_stop_the_others() {
    let ahead = json!({"EventTime": NOW + 9, "covered": [], "loose": {}});
    let saved = json!({"EventTime": NOW - 9, "regions": {"us-east-1": {"EventTime": NOW - 9}, "eu-west-1": ahead}});
    let (state, messages) = open(&saved, of_two());
    assert!(state.coverage(&unnamed("eu-west-1")).is_none() && state.coverage(&unnamed("us-east-1")).is_some());
    assert!(
        messages.len() == 1 && messages[0].1.starts_with("The state of eu-west-1 ends in the future"),
        "{messages:?}"
    );
    let value = value(&state);
    assert_eq!((&value["regions"]["eu-west-1"], &value["EventTime"]), (&ahead, &json!(NOW - LOOKBACK - 1)));
}

/// A sync that starts within the second of the one before resumes; only what is later than its start is the future.
#[test]
fn a_state_that_ends_at_the_start_of_the_sync_is_resumed() {
    let of_region = |entry: Value| json!({"EventTime": NOW, "regions": {"us-east-1": entry}});
    for (saved, unread) in [
        (json!({"EventTime": NOW}), SecondRange::new(NOW - LOOKBACK, NOW)),
        (of_region(json!({"EventTime": NOW - 1})), SecondRange::new(NOW, NOW)),
        (of_region(json!({"EventTime": NOW})), None),
        (of_region(json!({"EventTime": NOW - 9, "covered": [[NOW, NOW]]})), SecondRange::new(NOW - 8, NOW - 1)),
    ] {
        let (state, messages) = open(&saved, sync());
        assert_eq!((uncovered(&state), messages), (Vec::from_iter(unread), vec![]), "{saved}");
    }
}

#[test]
fn a_state_in_the_future_stays_as_it_came() {
    for future in [
        json!({"EventTime": NOW + 1}),
        json!({"EventTime": "33333333333"}),
        json!({"EventTime": 1e300}),
        // A number that becomes another one if it is not read exactly.
        json!({"EventTime": 2.914_111_122_223_333_7e23}),
        json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": NOW + 1, "covered": [], "loose": {}}}, "more": true}),
        json!({"EventTime": NOW + 1, "regions": {"us-east-1": {"EventTime": NOW - 1, "covered": [], "loose": {}}}}),
        json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": 5, "covered": [[9, i64::MAX]], "loose": {}}}}),
    ] {
        let (state, messages) = open(&future, sync());
        assert!(state.coverage(&unnamed("us-east-1")).is_none());
        let saved: Value = serde_json::from_str(&value(&state).to_string()).unwrap();
        assert_eq!((saved, messages.len()), (future, 1));
    }
}

#[test]
fn a_start_date_in_the_future_reads_nothing() {
    let later = || SyncSettings { read_from: Some(NOW + 1), ..sync() };
    for saved in [json!({}), json!({"EventTime": 7})] {
        let (state, messages) = open(&saved, later());
        assert!(state.coverage(&unnamed("us-east-1")).is_none());
        assert_eq!((value(&state), messages.len()), (saved, 1));
    }
}

#[test]
fn the_later_of_start_date_and_state_wins() {
    for (start, state, first) in [(NOW - 500, NOW - 4000, NOW - 500), (NOW - 4000, NOW - 500, NOW - 500 - LOOKBACK)] {
        let (state, _) = open(&json!({"EventTime": state}), SyncSettings { read_from: Some(start), ..sync() });
        assert_eq!(uncovered(&state)[0].first(), first);
    }
}

#[test]
fn an_invalid_state_is_rejected() {
    let region = |region: Value| json!({"EventTime": 5, "regions": {"us-east-1": region}});
    let account = |account: Value| json!({"EventTime": 5, "regions": {}, "account": account});
    let accounts = |accounts: Value| json!({"EventTime": 5, "accounts": accounts});
    for invalid in [
        account(json!(111_122_223_333_i64)),
        account(json!("1111")),
        account(json!({"id": "111122223333"})),
        accounts(json!(7)),
        accounts(json!(["111122223333"])),
        accounts(json!({"1": {"regions": {}}})),
        accounts(json!({"111122223333": 7})),
        accounts(json!({"111122223333": []})),
        accounts(json!({"111122223333": {"regions": 7}})),
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
        let passed_in = InputState::parse(&json!({"management_events": invalid}).to_string());
        let opened = passed_in.and_then(|mut states| StreamState::open(states.take(Stream::ManagementEvents), sync()));
        let message = opened.unwrap_err().to_string();
        assert!(message.starts_with("The state can't be used: "), "{invalid}: {message}");
    }
}
