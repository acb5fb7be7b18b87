//! The form of a saved state: what is written unchanged, and how filters are renamed.

use super::*;
use crate::config::filter::Filter;
use serde_json::json;

fn parsed(state: &Value) -> SavedState<'static> {
    SavedState::deserialize(state).unwrap()
}

fn written(state: &SavedState<'_>) -> Value {
    serde_json::to_value(state).unwrap()
}

/// Entries that this version could not read.
fn entries() -> Value {
    json!({
        "as-numbers": {"EventTime": 1e300, "filter": "A=b", "covered": [[u64::MAX, 0.1]], "later": {"deep": [null, {}]}},
        "as-strings": {"EventTime": "1795345000.0", "loose": {"7": ["w0LsPIRG21w"]}, "covered": null},
        "filter-null": {"EventTime": 5, "filter": null},
        "filter-list": {"EventTime": 5, "filter": ["A=b"]},
        "list": [5, [], {}], "null": null, "number": 7, "string": "of a later version", "empty": {},
    })
}

#[test]
fn an_unchanged_state_is_written_as_it_was_passed_in() {
    for state in [
        json!({}),
        json!({"EventTime": 5}),
        json!({"EventTime": "5"}),
        json!({"EventTime": 5.5, "regions": {}}),
        json!({"EventTime": 1e300, "filter": "A=b", "regions": entries(), "account": "111122223333"}),
        json!({"EventTime": 5, "accounts": {"111122223333": {"regions": entries(), "later": 1}, "444455556666": null}, "later": [1]}),
    ] {
        assert_eq!(written(&parsed(&state)), state);
    }
}

/// The Regions' entries are what counts.
#[test]
fn an_event_time_that_is_not_a_number_is_ignored_beside_regions() {
    for event_time in [json!("yesterday"), json!([]), json!(true)] {
        let state = json!({"EventTime": event_time, "regions": {"us-east-1": {"EventTime": 5}}});
        let saved = parsed(&state);
        assert_eq!((saved.event_time(), written(&saved)), (None, state));
        assert_eq!(parsed(&json!({"EventTime": event_time})).event_time(), None);
    }
}

#[test]
fn both_names_of_a_filter_are_known_whether_or_not_its_value_is_secret_now() {
    let filter = |is_secret: bool| {
        let (key, value) = ("AccessKeyId".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned());
        SavedFilter::new(&Filter { key, value }, is_secret)
    };
    let state = |name: &str| {
        let other = "AccessKeyId=AKIAOTHER";
        json!({"filter": name, "regions": {"a": {"filter": name}, "b": {"filter": other}, "c": null}})
    };
    for now in [filter(true), filter(false)] {
        for before in [filter(true), filter(false)] {
            let mut saved = parsed(&state(before.name()));
            saved.rename_filter(&now);
            assert_eq!(written(&saved), state(now.name()));
        }
    }
}
