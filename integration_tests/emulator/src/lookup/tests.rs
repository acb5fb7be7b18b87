//! What each member of a request may be, and the error for what it may not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{HISTORY, Lookup, Query};
use crate::event::Category;

const NOW: i64 = 1_740_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned()) + Duration::from_millis(999)
}

/// The query that a request comes to, or the code of its error.
fn query(request: &Value) -> Result<Query, String> {
    Lookup::read(request.as_object().unwrap()).and_then(|lookup| lookup.resolve(now())).map_err(|error| error.code)
}

fn code(request: &Value) -> String {
    query(request).unwrap_err()
}

#[test]
fn an_empty_request_asks_for_all_management_events_by_fifty() {
    let all = Query { first: NOW - HISTORY, last: NOW, category: Category::Management, filter: None, page_size: 50 };
    assert_eq!(query(&json!({})), Ok(all.clone()));
    assert_eq!(query(&json!({"StartTime": null, "LookupAttributes": [], "Novelty": {"x": 1}})), Ok(all));
}

#[test]
fn times_are_whole_seconds_however_written() {
    for start in [json!(1_739_000_000), json!(1_739_000_000.0), json!(1.739e9), json!(1_739_000_000.9)] {
        assert_eq!(query(&json!({"StartTime": start})).unwrap().first, 1_739_000_000);
    }
}

#[test]
fn the_history_reaches_back_ninety_days_and_not_a_second_more() {
    let first = |start: i64| query(&json!({"StartTime": start})).unwrap().first;
    let edge = NOW - 90 * 86_400;
    assert_eq!(first(edge), edge);
    assert_eq!(first(edge + 1), edge + 1);
    assert_eq!(first(edge - 1), edge);
    assert_eq!(first(0), edge);
}

#[test]
fn a_range_may_be_one_second_or_end_in_the_future_but_not_run_backwards() {
    let range = |start: i64, end: i64| query(&json!({"StartTime": start, "EndTime": end}));
    assert!(range(NOW, NOW).is_ok());
    assert_eq!(range(NOW, NOW + 86_400).unwrap().last, NOW + 86_400);
    assert_eq!(range(NOW, NOW - 1).unwrap_err(), "InvalidTimeRangeException");
    assert_eq!(code(&json!({"StartTime": NOW + 1})), "InvalidTimeRangeException");
    assert!(query(&json!({"EndTime": 0})).is_ok());
}

#[test]
fn a_page_has_one_to_fifty_events() {
    for size in [1, 50] {
        assert!(query(&json!({"MaxResults": size})).is_ok());
    }
    for size in [-1, 0, 51] {
        assert_eq!(code(&json!({"MaxResults": size})), "InvalidMaxResultsException");
    }
}

#[test]
fn the_only_category_is_insight() {
    assert_eq!(query(&json!({"EventCategory": "insight"})).unwrap().category, Category::Insight);
    for other in ["", "management", "Insight"] {
        assert_eq!(code(&json!({"EventCategory": other})), "InvalidEventCategoryException");
    }
}

#[test]
fn at_most_one_attribute_and_only_a_valid_one() {
    let attribute = |key: &str, value: &str| json!({"AttributeKey": key, "AttributeValue": value});
    let right = attribute("EventName", "AssumeRole");
    assert!(query(&json!({"LookupAttributes": [right]})).unwrap().filter.is_some());
    for wrong in [
        json!([right, right]),
        json!([attribute("Colour", "red")]),
        json!([attribute("EventName", "")]),
        json!([{"AttributeKey": "EventName"}]),
        json!([{}]),
    ] {
        assert_eq!(code(&json!({"LookupAttributes": wrong})), "InvalidLookupAttributesException");
    }
    let username = json!({"EventCategory": "insight", "LookupAttributes": [attribute("Username", "x")]});
    assert_eq!(code(&username), "InvalidLookupAttributesException");
}

#[test]
fn a_wrong_type_is_a_serialization_error() {
    for wrong in [
        json!({"StartTime": "2025-02-19T21:20:00Z"}),
        json!({"EndTime": [1]}),
        json!({"MaxResults": 1.5}),
        json!({"MaxResults": "1"}),
        json!({"NextToken": 1}),
        json!({"EventCategory": true}),
        json!({"LookupAttributes": {}}),
        json!({"LookupAttributes": ["EventName"]}),
        json!({"LookupAttributes": [{"AttributeKey": 1}]}),
    ] {
        assert_eq!(code(&wrong), "SerializationException", "{wrong}");
    }
}

#[test]
fn a_token_is_bound_to_every_other_member() {
    let binding = |request: Value, account: &str, region: &str| {
        Lookup::read(request.as_object().unwrap()).unwrap().binding(account, region)
    };
    let of = |request: Value| binding(request, "1", "us-east-1");
    let bindings = [
        of(json!({})),
        of(json!({"StartTime": 1})),
        of(json!({"EndTime": 1})),
        of(json!({"MaxResults": 1})),
        of(json!({"EventCategory": "insight"})),
        of(json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}]})),
        of(json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "y"}]})),
        binding(json!({}), "2", "us-east-1"),
        binding(json!({}), "1", "us-east-2"),
    ];
    for (place, one) in bindings.iter().enumerate() {
        assert_eq!(bindings.iter().position(|other| other == one), Some(place));
    }
    assert_eq!(of(json!({"StartTime": 1})), of(json!({"StartTime": 1.0, "NextToken": "x"})));
}
