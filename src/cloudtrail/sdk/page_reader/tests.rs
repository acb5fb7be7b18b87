//! Pages are read as by the SDK itself.

use super::*;
use crate::{
    cloudtrail::sdk::canned::{self, Answer},
    sync::event_json::tests::json,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The page in `body` as the SDK reads it; none if it can't.
fn read_by_the_sdk(body: &str) -> Option<Page> {
    canned::lookup_by_the_sdk(Answer::with_body(body))
}

/// An object some of whose members have the names and types of a shape.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members = members.into_iter().map(|(name, value)| {
        let value = prop_oneof![6 => value.prop_map(Some), 1 => Just(Some(Value::Null)), 2 => Just(None)];
        value.prop_map(move |value| Some((name.to_owned(), value?)))
    });
    let unknown = prop::option::weighted(0.2, ("[a-zA-Z]{1,8}", json()));
    (members.collect::<Vec<_>>(), unknown)
        .prop_map(|(members, unknown)| members.into_iter().flatten().chain(unknown).collect::<serde_json::Map<_, _>>())
        .prop_map(Value::from)
        .boxed()
}

fn page_body() -> impl Strategy<Value = Value> {
    let string = || any::<String>().prop_map(Value::from).boxed();
    let time = prop_oneof![
        (1_600_000_000_i64..2_000_000_000).prop_map(Value::from),
        (1_600_000_000.0..2_000_000_000.0).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ];
    let nested = json().prop_map(|json| Value::from(json.to_string()));
    let resource = object(vec![("ResourceName", string()), ("ResourceType", string())]);
    let event = object(vec![
        ("AccessKeyId", string()),
        ("CloudTrailEvent", nested.boxed()),
        ("EventId", string()),
        ("EventName", string()),
        ("EventSource", string()),
        ("EventTime", time.boxed()),
        ("ReadOnly", string()),
        ("Resources", prop::collection::vec(resource, 0..3).prop_map(Value::from).boxed()),
        ("Username", string()),
    ]);
    let events = prop::collection::vec(event, 0..4).prop_map(Value::from).boxed();
    object(vec![("Events", events), ("NextToken", string())])
}

/// The page that this connector reads, with an empty one for what it does not take for a page.
fn read(body: &str) -> Option<Page> {
    match page(body.as_bytes()) {
        Ok(page) => Some(page),
        Err(error) if error.to_string().starts_with("no Events") => Some(Page::default()),
        Err(_) => None,
    }
}

/// Without the difference between an empty token and none, which only the SDK makes.
fn without_empty_token(page: Page) -> Page {
    Page { next_token: page.next_token.filter(|token| !token.is_empty()), ..page }
}

proptest! {
    #[test]
    fn every_page_is_read_as_by_the_sdk(body in page_body(), is_pretty in any::<bool>()) {
        let text = if is_pretty { format!("{body:#}") } else { body.to_string() };
        let by_the_sdk = read_by_the_sdk(&text).map(without_empty_token);
        prop_assert!(by_the_sdk.is_some());
        prop_assert_eq!(read(&text), by_the_sdk);
    }

    /// Of what is not JSON, or not a page, the SDK may read more, but never something else.
    #[test]
    fn a_damaged_page_is_read_as_by_the_sdk_or_refused(
        body in page_body(),
        at in any::<prop::sample::Index>(),
        new in prop::sample::select(vec!["\"", "\\", "\\u0041", "\\ud800", "{", "}", "[", "]", ",", "null", "1", "-", "\n", "\u{0}"]),
    ) {
        let mut text = body.to_string();
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        text.insert_str(*at.get(&places), new);
        let by_the_sdk = read_by_the_sdk(&text).map(without_empty_token);
        let page = read(&text);
        if page.is_some() || serde_json::from_str::<Value>(&text).is_ok() {
            prop_assert_eq!(page, by_the_sdk, "{}", text);
        }
    }
}

#[test]
fn what_is_not_a_page_is_refused_without_its_text() {
    for (body, expected) in [
        ("", "the body is not a page, from byte 0 on"),
        ("{}", "no Events in the body"),
        (r#"{"NextToken":""}"#, "no Events in the body"),
        (r#"{"Events":null}"#, "no Events in the body"),
        (r#"{"Events":[{"EventId":5}]}"#, "the body is not a page, from byte 22 on"),
        (r#"{"Events":[{"EventId":"secret"#, "the body is not a page, from byte 22 on"),
        (r#"{"Events":[]} {"#, "the body is not a page, from byte 14 on"),
        (r#"{"Events":[{"CloudTrailEvent":"\ud800"}]}"#, "the body is not a page, from byte 38 on"),
    ] {
        assert_eq!(page(body.as_bytes()).unwrap_err().to_string(), expected, "{body}");
    }
    assert!(page(b"{\"Events\":[{\"EventId\":\"\xff\"}]}").is_err());
}

#[test]
fn a_page_may_have_a_token_and_no_events() {
    let page = page(json!({"NextToken": "next"}).to_string().as_bytes()).unwrap();
    assert_eq!(page, Page { next_token: Some("next".to_owned()), ..Page::default() });
}
