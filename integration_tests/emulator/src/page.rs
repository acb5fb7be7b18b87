//! A page as JSON text. It is put together by hand because a number can be written in more ways than a JSON library
//! offers, and clients meet all of them.

use crate::event::Event;
use serde_json::Value;
use std::sync::Arc;

/// How `EventTime` is written; AWS's services differ.
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

/// The body of an answer.
pub(crate) fn page(events: &[Arc<Event>], next_token: Option<&str>, times: TimeFormat) -> String {
    let events: Vec<String> = events.iter().map(|event| object(event, times)).collect();
    let next_token = next_token.map(|token| format!(",\"NextToken\":{}", Value::from(token))).unwrap_or_default();
    format!("{{\"Events\":[{}]{next_token}}}", events.join(","))
}

fn object(event: &Event, times: TimeFormat) -> String {
    let time = event.timed.then(|| format!("\"EventTime\":{}", times.write(event.second)));
    let members = event
        .body
        .iter()
        .filter(|(name, _)| *name != "EventTime")
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    let members: Vec<String> = members.chain(time).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Event {
        let body = json!({"EventId": "a\"\u{0}", "EventTime": "not this", "Resources": [{"ResourceType": null}]});
        Event::new(1_704_996_177, body.as_object().unwrap().clone())
    }

    #[test]
    fn a_page_is_its_events_and_a_token() {
        assert_eq!(page(&[], None, TimeFormat::Float), r#"{"Events":[]}"#);
        assert_eq!(
            page(&[Arc::new(event())], Some("t"), TimeFormat::Float),
            r#"{"Events":[{"EventId":"a\"\u0000","Resources":[{"ResourceType":null}],"EventTime":1704996177.0}],"NextToken":"t"}"#
        );
    }

    #[test]
    fn every_way_to_write_a_time_is_the_same_number() {
        let times = [TimeFormat::Float, TimeFormat::Integer, TimeFormat::Exponent];
        let texts = times.map(|format| format.write(1_704_996_177));
        assert_eq!(texts, ["1704996177.0", "1704996177", "1.704996177E9"]);
        for format in times {
            for second in [0, 9, 1_700_000_000, 1_704_996_177, 4_102_444_800] {
                let number: f64 = serde_json::from_str(&format.write(second)).unwrap();
                assert_eq!(crate::lookup::whole_seconds(number), second);
            }
        }
    }

    #[test]
    fn an_event_may_lack_id_and_time() {
        let bare = event().without_id().without_time();
        assert_eq!(object(&bare, TimeFormat::Float), r#"{"Resources":[{"ResourceType":null}]}"#);
    }
}
