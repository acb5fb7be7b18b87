//! The state of a sync: what earlier connectors and clients hand in, and what this one hands out.
//!
//! Here are the outer forms, the messages and files in which a state travels; `state/saved.rs` has the state of one
//! stream, `state/entry.rs` what it says of one Region, `state/filter.rs` what it calls a filter, and `state/notes.rs` what
//! users are told of it. Source: Airbyte protocol, `AirbyteStateMessage`; the platform, PyAirbyte and people by hand each write it in a way of their own.

use super::entry::unusable;
use crate::{airbyte::stream::Stream, failure::Failure};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the Airbyte CDK writes for a stream without a cursor: it is no state.
const NO_CURSOR: &str = "__ab_no_cursor_state_message";

/// The states that were handed in, by stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputState(BTreeMap<String, Map<String, Value>>);

impl InputState {
    /// Reads a state file: a list of STREAM states, one of them, the old form `{"management_events": {…}}`, what that
    /// says of the one stream, or nothing at all.
    ///
    /// # Errors
    ///
    /// A config error for what is none of these.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let state: Value = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            unusable(&format!("it is not JSON ({place})"))
        })?;
        let mut states = Self::default();
        match state {
            Value::Null => {}
            Value::Array(messages) => messages.into_iter().try_for_each(|message| states.put_message(message))?,
            message if message.get("stream").is_some() || message.get("type").is_some() => {
                states.put_message(message)?;
            }
            bare if bare.get("EventTime").is_some() => states.put(Stream::ManagementEvents.name(), bare)?,
            Value::Object(by_name) => states.put_by_name(by_name)?,
            _ => return Err(unusable("it is neither a list of STREAM states nor an object")),
        }
        Ok(states)
    }

    /// Takes the state of `stream` out; none where it was never read.
    pub fn take(&mut self, stream: Stream) -> Option<Map<String, Value>> {
        self.0.remove(stream.name())
    }

    fn put_message(&mut self, message: Value) -> Result<(), Failure> {
        let mut message = match message {
            Value::Object(mut message) => match message.remove("state") {
                Some(Value::Object(inner)) => inner,
                _ => message,
            },
            _ => return Err(unusable("an entry of its list is not an object")),
        };
        let has_stream = message.get("stream").is_some_and(|stream| !stream.is_null());
        if let Some(Value::Object(by_name)) = message.remove("data").filter(|_| !has_stream) {
            return self.put_by_name(by_name);
        }
        match message.get("type").and_then(Value::as_str) {
            Some("STREAM") | None => {}
            Some(other) => return Err(unusable(&format!("it has the type \"{other}\", where STREAM is needed"))),
        }
        let mut stream = message.remove("stream").unwrap_or_default();
        let state = stream.get_mut("stream_state").map(Value::take).unwrap_or_default();
        let name = stream.pointer("/stream_descriptor/name").and_then(Value::as_str);
        self.put(name.ok_or_else(|| unusable("an entry does not name its stream"))?, state)
    }

    /// The form of a time when a state was one for all streams.
    fn put_by_name(&mut self, by_name: Map<String, Value>) -> Result<(), Failure> {
        by_name.into_iter().try_for_each(|(name, state)| self.put(&name, state))
    }

    fn put(&mut self, name: &str, state: Value) -> Result<(), Failure> {
        match state {
            _ if Stream::named(name).is_none() => {}
            Value::Null => {}
            Value::Object(state) if state.is_empty() || state.contains_key(NO_CURSOR) => {}
            Value::Object(state) => drop(self.0.insert(name.to_owned(), state)),
            _ => return Err(unusable(&format!("what it says of the stream \"{name}\" is not an object"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event_time(text: &str) -> Option<Value> {
        InputState::parse(text).unwrap().take(Stream::ManagementEvents).map(|state| state["EventTime"].clone())
    }

    #[test]
    fn takes_every_form_that_clients_write() {
        let of = |name: &str, state: Value| json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}});
        let ours = of("management_events", json!({"EventTime": 5}));
        let mut with_nulls = ours.clone();
        with_nulls["global_"] = Value::Null;
        with_nulls["data"] = Value::Null;
        with_nulls["stream"]["stream_descriptor"]["namespace"] = Value::Null;
        let mut untyped = ours.clone();
        untyped.as_object_mut().unwrap().remove("type");
        for form in [
            json!([ours]),
            json!([of("users", json!({"id": 1})), ours]),
            json!([with_nulls]),
            json!([{"type": "STATE", "state": ours}]),
            ours.clone(),
            json!({"type": "STATE", "state": ours}),
            untyped,
            json!({"management_events": {"EventTime": 5}}),
            json!({"management_events": {"EventTime": 5}, "users": 7}),
            json!({"EventTime": 5}),
            json!({"EventTime": 5, "regions": {}}),
            json!({"type": "STATE", "state": {"data": {"management_events": {"EventTime": 5}}}}),
            json!({"type": "STATE", "state": {"type": "LEGACY", "stream": null, "data": {"management_events": {"EventTime": 5}}}}),
        ] {
            assert_eq!(event_time(&form.to_string()), Some(json!(5)), "{form}");
        }
        for none in [
            json!([]),
            json!({}),
            Value::Null,
            json!([of("management_events", Value::Null)]),
            json!([of("management_events", json!({}))]),
            json!([of("management_events", json!({"__ab_no_cursor_state_message": true}))]),
            json!([of("users", json!({"id": 1}))]),
            json!({"management_events": null}),
        ] {
            assert_eq!(event_time(&none.to_string()), None, "{none}");
        }
        assert_eq!(event_time(" \n"), None);
    }

    #[test]
    fn says_what_is_wrong() {
        for (garbage, says) in [
            ("{", "not JSON (line 1, column 1)"),
            ("7", "neither a list"),
            ("\"EventTime\"", "neither a list"),
            ("[7]", "is not an object"),
            ("[{}]", "does not name its stream"),
            (r#"[{"type": "GLOBAL", "global": {}}]"#, "the type \"GLOBAL\""),
            (r#"{"management_events": 7}"#, "is not an object"),
            (
                r#"[{"type":"STREAM","stream":{"stream_descriptor":{"name":"management_events"},"stream_state":[]}}]"#,
                "is not an object",
            ),
        ] {
            let failure = InputState::parse(garbage).unwrap_err();
            assert!(failure.message.contains(says), "{garbage}: {}", failure.message);
        }
    }
}
