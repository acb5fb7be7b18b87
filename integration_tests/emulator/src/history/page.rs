//! A page as JSON. It is not written by a JSON library, because `EventTime` can be written in more ways than a library
//! offers, and clients have to read them all.

use super::event::Event;
use serde_json::Value;
use std::sync::Arc;

/// How `EventTime` is written. AWS's services differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// `1704996177.0`
    #[default]
    Float,
    /// `1704996177`
    Integer,
    /// `1.704996177E9`
    Exponent,
}

impl TimeFormat {
    fn write(self, second: i64) -> String {
        match self {
            Self::Float => format!("{second}.0"),
            Self::Integer => second.to_string(),
            Self::Exponent => format!("{second:E}"),
        }
    }
}

/// The body of a response.
pub(crate) fn json(events: &[Arc<Event>], next_token: Option<&str>, format: TimeFormat) -> String {
    let mut json = "{\"Events\":[".to_owned();
    for (nth, event) in events.iter().enumerate() {
        if nth > 0 {
            json.push(',');
        }
        add(&mut json, event, format);
    }
    json.push(']');
    if let Some(token) = next_token {
        json.extend([",\"NextToken\":", &text(&token.into())]);
    }
    json.push('}');
    json
}

/// Adds the object of `event` to `json`.
fn add(json: &mut String, event: &Event, format: TimeFormat) {
    let mut separator = "{";
    for (name, value) in event.body.iter().filter(|(name, _)| *name != "EventTime") {
        json.extend([separator, &text(&name.as_str().into()), ":", &text(value)]);
        separator = ",";
    }
    if event.timed {
        json.extend([separator, "\"EventTime\":", &format.write(event.second)]);
        separator = ",";
    }
    json.push_str(if separator == "{" { "{}" } else { "}" });
}

/// `value` as JSON. Its `Display` takes several times as long, most of all for events, which have many quotes to escape.
#[expect(clippy::expect_used, reason = "a value can always be written to memory")]
fn text(value: &Value) -> String {
    serde_json::to_string(value).expect("a value in memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::timestamp::whole_second;

    fn event() -> Event {
        let body =
            serde_json::json!({"EventId": "a\"\u{0}", "EventTime": "not this", "Resources": [{"ResourceType": null}]});
        Event::new(1_704_996_177, body.as_object().unwrap().clone())
    }

    #[test]
    fn a_page_has_events_and_a_token() {
        assert_eq!(json(&[], None, TimeFormat::Float), r#"{"Events":[]}"#);
        assert_eq!(
            json(&[Arc::new(event())], Some("t"), TimeFormat::Float),
            r#"{"Events":[{"EventId":"a\"\u0000","Resources":[{"ResourceType":null}],"EventTime":1704996177.0}],"NextToken":"t"}"#
        );
    }

    #[test]
    fn every_time_format_is_the_same_number() {
        let formats = [TimeFormat::Float, TimeFormat::Integer, TimeFormat::Exponent];
        let texts = formats.map(|format| format.write(1_704_996_177));
        assert_eq!(texts, ["1704996177.0", "1704996177", "1.704996177E9"]);
        for format in formats {
            for second in [0, 9, 1_700_000_000, 1_704_996_177, 4_102_444_800] {
                let number: f64 = serde_json::from_str(&format.write(second)).unwrap();
                assert_eq!(whole_second(number), second);
            }
        }
    }

    #[test]
    fn an_event_may_have_no_id_and_no_time() {
        let bare = event().without_id().without_time();
        assert_eq!(
            json(&[Arc::new(bare)], None, TimeFormat::Float),
            r#"{"Events":[{"Resources":[{"ResourceType":null}]}]}"#
        );
        let empty = Event::new(0, serde_json::Map::new()).without_time();
        assert_eq!(json(&[Arc::new(empty)], None, TimeFormat::Float), r#"{"Events":[{}]}"#);
    }
}
