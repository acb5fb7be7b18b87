//! Pages are read as by the SDK itself.

use super::*;
use crate::sync::event_json::tests::json;
use aws_sdk_cloudtrail::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{Event as SdkEvent, Resource as SdkResource},
};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The page in `body` as the SDK reads it; none if it can't. A missing page is one without events.
fn read_by_the_sdk(body: &str) -> Option<Page> {
    #[derive(Debug)]
    struct Answer(String);

    impl HttpConnector for Answer {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(self.0.clone()))))
        }
    }

    let connector = SharedHttpConnector::new(Answer(body.to_owned()));
    let config = aws_sdk_cloudtrail::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .region(Region::new("us-east-1"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let output = runtime.block_on(Client::from_conf(config).lookup_events().send()).ok()?;
    Some(Page {
        events: output.events.into_iter().flatten().map(event).collect(),
        next_token: output.next_token,
        asked_at: None,
    })
}

fn event(event: SdkEvent) -> Event {
    let string = |text: Option<String>| Some(text?.as_str().into());
    let resource = |resource: SdkResource| Resource {
        resource_name: string(resource.resource_name),
        resource_type: string(resource.resource_type),
    };
    Event {
        access_key_id: string(event.access_key_id),
        cloud_trail_event: string(event.cloud_trail_event),
        event_id: string(event.event_id),
        event_name: string(event.event_name),
        event_source: string(event.event_source),
        event_time: event.event_time.map(|time| time.secs()),
        read_only: string(event.read_only),
        resources: event.resources.map(|resources| resources.into_iter().map(resource).collect()),
        username: string(event.username),
    }
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
