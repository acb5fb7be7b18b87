//! The types and values that each member of a request may have, and the errors for all others.

use super::{HISTORY_SECONDS, LookupRequest, Query};
use crate::history::event::Category;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NOW: i64 = 1_740_000_000;

/// The last millisecond of the second.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned()) + Duration::from_millis(999)
}

/// The query of a request, or the code of its error.
fn query(request: &Value) -> Result<Query, String> {
    LookupRequest::parse(request.as_object().unwrap())
        .and_then(|request| request.resolve(now()))
        .map_err(|error| error.code)
}

fn code(request: &Value) -> String {
    query(request).unwrap_err()
}

#[test]
fn an_empty_request_gets_pages_of_fifty_management_events() {
    let all =
        Query { first: NOW - HISTORY_SECONDS, last: NOW, category: Category::Management, filter: None, page_size: 50 };
    assert_eq!(query(&json!({})), Ok(all.clone()));
    assert_eq!(query(&json!({"StartTime": null, "LookupAttributes": [], "Unknown": {"x": 1}})), Ok(all));
}

#[test]
fn times_are_rounded_down_to_whole_seconds() {
    for start in [json!(1_739_000_000), json!(1_739_000_000.0), json!(1.739e9), json!(1_739_000_000.9)] {
        assert_eq!(query(&json!({"StartTime": start})).unwrap().first, 1_739_000_000);
    }
}

#[test]
fn the_history_goes_back_exactly_ninety_days() {
    let first = |start: i64| query(&json!({"StartTime": start})).unwrap().first;
    let oldest = NOW - 90 * 86_400;
    assert_eq!(first(oldest), oldest);
    assert_eq!(first(oldest + 1), oldest + 1);
    assert_eq!(first(oldest - 1), oldest);
    assert_eq!(first(0), oldest);
}

#[test]
fn a_time_range_may_be_one_second_or_end_in_the_future_but_must_not_end_before_it_starts() {
    let range = |start: i64, end: i64| query(&json!({"StartTime": start, "EndTime": end}));
    assert!(range(NOW, NOW).is_ok());
    assert_eq!(range(NOW, NOW + 86_400).unwrap().last, NOW + 86_400);
    assert_eq!(range(NOW, NOW - 1).unwrap_err(), "InvalidTimeRangeException");
    assert_eq!(code(&json!({"StartTime": NOW + 1})), "InvalidTimeRangeException");
    assert!(query(&json!({"EndTime": 0})).is_ok());
}

#[test]
fn max_results_is_1_to_50() {
    for size in [1, 50] {
        assert!(query(&json!({"MaxResults": size})).is_ok());
    }
    for size in [-1, 0, 51] {
        assert_eq!(code(&json!({"MaxResults": size})), "InvalidMaxResultsException");
    }
}

#[test]
fn insight_is_the_only_category_that_can_be_named() {
    assert_eq!(query(&json!({"EventCategory": "insight"})).unwrap().category, Category::Insight);
    for other in ["", "management", "Insight"] {
        assert_eq!(code(&json!({"EventCategory": other})), "InvalidEventCategoryException");
    }
}

#[test]
fn a_request_may_have_one_valid_lookup_attribute() {
    let attribute = |key: &str, value: &str| json!({"AttributeKey": key, "AttributeValue": value});
    let valid = attribute("EventName", "AssumeRole");
    assert!(query(&json!({"LookupAttributes": [valid]})).unwrap().filter.is_some());
    for invalid in [
        json!([valid, valid]),
        json!([attribute("Color", "red")]),
        json!([attribute("EventName", "")]),
        json!([{"AttributeKey": "EventName"}]),
        json!([{}]),
    ] {
        assert_eq!(code(&json!({"LookupAttributes": invalid})), "InvalidLookupAttributesException");
    }
    let username = json!({"EventCategory": "insight", "LookupAttributes": [attribute("Username", "x")]});
    assert_eq!(code(&username), "InvalidLookupAttributesException");
}

#[test]
fn a_wrong_type_is_a_serialization_error() {
    for invalid in [
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
        assert_eq!(code(&invalid), "SerializationException", "{invalid}");
    }
}

#[test]
fn a_token_is_valid_for_the_same_account_region_and_members_only() {
    let scope = |request: Value, account: &str, region: &str| {
        LookupRequest::parse(request.as_object().unwrap()).unwrap().token_scope(account, region)
    };
    let of = |request: Value| scope(request, "1", "us-east-1");
    let scopes = [
        of(json!({})),
        of(json!({"StartTime": 1})),
        of(json!({"EndTime": 1})),
        of(json!({"MaxResults": 1})),
        of(json!({"EventCategory": "insight"})),
        of(json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}]})),
        of(json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "y"}]})),
        scope(json!({}), "2", "us-east-1"),
        scope(json!({}), "1", "us-east-2"),
    ];
    for (index, scope) in scopes.iter().enumerate() {
        assert_eq!(scopes.iter().position(|other| other == scope), Some(index));
    }
    assert_eq!(of(json!({"StartTime": 1})), of(json!({"StartTime": 1.0, "NextToken": "x"})));
}
