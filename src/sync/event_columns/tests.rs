//! Which values become columns, and in which form.

use super::*;
use crate::sync::{column_table::tests::defined, event_json};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The columns in `json`, as it is and within a string.
fn written(json: &str) -> String {
    let written = |columns: &Columns<'_>| {
        let mut json = Vec::new();
        let mut record = JsonObject::open(&mut json);
        columns.add_to(&mut record);
        record.close();
        String::from_utf8(json).unwrap()
    };
    let columns = written(&Columns::of(json));
    match Columns::within(&json.into()) {
        Some(within) => assert_eq!(written(&within), columns, "{json}"),
        None => assert!(columns == "{}" || json.contains(['\\', '\n']), "{json}"),
    }
    columns
}

fn columns(json: &str) -> Value {
    serde_json::from_str(&written(json)).unwrap()
}

/// Any value in the place of any column, and other members around it.
fn event() -> impl Strategy<Value = Value> {
    let places: Vec<String> = defined(&EVENT).into_iter().map(|(place, _, _)| place).collect();
    let place = prop::sample::select(places);
    prop::collection::vec((place, event_json::tests::json()), 0..20).prop_map(|values| {
        let mut event = json!({});
        for (place, value) in values {
            let names: Vec<&str> = place.split('/').skip(1).collect();
            let mut object = &mut event;
            for name in names {
                if !object.is_object() {
                    *object = json!({});
                }
                object = &mut object[name];
            }
            *object = value;
        }
        event
    })
}

proptest! {
    #[test]
    fn the_columns_are_the_values_of_their_type_in_their_places(event in event()) {
        let is = |kind: &str, value: &Value| if kind == "string" { value.is_string() } else { value.is_number() };
        let column = |(place, column, kind): (String, &'static str, &str)| {
            let value = event.pointer(&place).filter(|value| is(kind, value))?;
            Some((column.to_owned(), value.clone()))
        };
        let expected: Map<_, _> = defined(&EVENT).into_iter().filter_map(column).collect();
        let columns = columns(&event.to_string());
        prop_assert_eq!(columns, Value::from(expected));
    }
}

#[test]
fn a_value_of_another_type_has_no_column() {
    let json = r#"{"apiVersion": "2012-10-17", "recipientAccountId": 7, "errorCode": null, "userAgent": {"a": []},
        "userIdentity": "Root", "tlsDetails": {"tlsVersion": ["a"]},
        "insightDetails": {"insightContext": {"statistics": {"insightDuration": "5", "baselineDuration": -1.50}}}}"#;
    assert_eq!(columns(json), json!({"ApiVersion": "2012-10-17", "InsightBaselineDuration": -1.5}));
}

#[test]
fn what_is_not_an_object_has_no_columns() {
    for json in ["", "not JSON", "[]", "\"eventType\"", "{\"eventType\":\"a\"", "{\"eventType\":\"a\"} x"] {
        assert_eq!(columns(json), json!({}), "{json}");
    }
}

#[test]
fn the_last_of_repeated_members_counts() {
    let json = r#"{"apiVersion": "a", "apiVersion": "b", "userAgent": "a", "userAgent": 1,
        "userIdentity": {"type": "Root", "arn": "a"}, "userIdentity": {"arn": "b"}}"#;
    assert_eq!(columns(json), json!({"ApiVersion": "b", "UserIdentityArn": "b"}));
}

#[test]
fn text_and_numbers_stay_as_they_are_written() {
    let json = r#"{"userAgent":"a\/\u00e4\"","insightDetails":{"insightContext":{"statistics":{"insight":{"average":9.82222E-5}}}}}"#;
    assert_eq!(written(json), r#"{"UserAgent":"a\/\u00e4\"","InsightAverage":9.82222E-5}"#);
}

#[test]
fn text_that_is_not_unicode_has_no_column_but_the_others_have() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let json = format!(
        r#"{{"\ud800":1,"userAgent":"\ud800","requestParameters":{deep},"x":"\ud800","errorCode":"a",
            "insightDetails":{{"insightContext":{{"statistics":{{"insightDuration":1e999}}}}}}}}"#
    );
    assert_eq!(columns(&json), json!({"ErrorCode": "a"}));
}
