//! The messages and files in which the state of a sync is passed in: the platform, PyAirbyte, and people each write it
//! in a form of their own. Source: Airbyte protocol, `AirbyteStateMessage`.

use super::{
    saved_state::SavedState,
    state_error::{Reason, StateError},
};
use crate::airbyte::stream::Stream;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the Airbyte CDK writes for a stream without a cursor: it is no state.
const NO_CURSOR: &str = "__ab_no_cursor_state_message";

/// The states that were passed in, by stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputState(BTreeMap<Stream, SavedState<'static>>);

/// A state message, or a whole STATE line around one.
#[derive(Deserialize)]
struct AirbyteStateMessage {
    #[serde(rename = "type")]
    #[serde(default)]
    state_type: Value,
    /// The message in a STATE line.
    state: Option<Box<AirbyteStateMessage>>,
    stream: Option<AirbyteStreamState>,
    /// In the LEGACY form: the states of all streams, by name.
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct AirbyteStreamState {
    stream_descriptor: Option<StreamDescriptor>,
    #[serde(default)]
    stream_state: Value,
}

#[derive(Deserialize)]
struct StreamDescriptor {
    name: Option<String>,
}

impl InputState {
    /// Reads a state file: a list of STREAM states, one of them, the old form `{"management_events": {…}}`, the state
    /// of the one stream, or nothing at all.
    ///
    /// # Errors
    ///
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let state: Value = serde_json::from_str(text).map_err(|source| Reason::NotJson { source })?;
        let mut states = Self::default();
        match state {
            Value::Null => {}
            Value::Array(messages) => messages.into_iter().try_for_each(|message| states.add_message(message))?,
            Value::Object(fields) if fields.contains_key("stream") || fields.contains_key("type") => {
                states.add_message(Value::Object(fields))?;
            }
            Value::Object(fields) if fields.contains_key("EventTime") => {
                states.add(Stream::ManagementEvents, Value::Object(fields))?;
            }
            Value::Object(by_name) => states.add_by_name(by_name)?,
            _ => return Err(Reason::NotAState.into()),
        }
        Ok(states)
    }

    /// Takes out the state of `stream`; none if it was never read.
    pub fn take(&mut self, stream: Stream) -> Option<SavedState<'static>> {
        self.0.remove(&stream)
    }

    /// Whether any of them says whose events it is about.
    pub(crate) fn name_an_account(&self) -> bool {
        self.0.values().any(SavedState::names_account)
    }

    fn add_message(&mut self, message: Value) -> Result<(), Reason> {
        if !message.is_object() {
            return Err(Reason::MessageNotAnObject);
        }
        let mut message = AirbyteStateMessage::deserialize(message).map_err(|source| Reason::Message { source })?;
        while let Some(inner) = message.state {
            message = *inner;
        }
        match (message.stream, message.data, message.state_type) {
            (None, Value::Object(by_name), _) => self.add_by_name(by_name),
            (_, _, Value::String(state_type)) if state_type != "STREAM" => Err(Reason::StateType { state_type }),
            (stream, _, _) => {
                let AirbyteStreamState { stream_descriptor, stream_state } = stream.ok_or(Reason::NoStreamName)?;
                let name = stream_descriptor.and_then(|descriptor| descriptor.name).ok_or(Reason::NoStreamName)?;
                Stream::named(&name).map_or(Ok(()), |stream| self.add(stream, stream_state))
            }
        }
    }

    /// Adds the states of the LEGACY form, in which one message has all streams. Those of other connectors are ignored.
    fn add_by_name(&mut self, by_name: Map<String, Value>) -> Result<(), Reason> {
        let mut known = by_name.into_iter().filter_map(|(name, state)| Some((Stream::named(&name)?, state)));
        known.try_for_each(|(stream, state)| self.add(stream, state))
    }

    fn add(&mut self, stream: Stream, state: Value) -> Result<(), Reason> {
        match state {
            Value::Null => {}
            Value::Object(state) if state.is_empty() || state.contains_key(NO_CURSOR) => {}
            Value::Object(state) => {
                let saved = SavedState::deserialize(state);
                let saved = saved.map_err(|source| Reason::Stream { stream: stream.name(), source })?;
                self.0.insert(stream, saved);
            }
            _ => return Err(Reason::StreamNotAnObject { stream: stream.name() }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event_time(text: &str) -> Option<i64> {
        InputState::parse(text).unwrap().take(Stream::ManagementEvents)?.event_time()
    }

    #[test]
    fn every_form_that_clients_write_is_accepted() {
        let of = |name: &str, state: Value| json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}});
        let ours = of("management_events", json!({"EventTime": 5}));
        let mut with_nulls = ours.clone();
        with_nulls["global_"] = Value::Null;
        with_nulls["data"] = Value::Null;
        with_nulls["stream"]["stream_descriptor"]["namespace"] = Value::Null;
        let mut untyped = ours.clone();
        untyped.as_object_mut().unwrap().remove("type");
        let mut of_other_types = ours.clone();
        (of_other_types["type"], of_other_types["data"]) = (json!(7), json!([]));
        // Some clients add the LEGACY form beside the stream's.
        let mut with_data = ours.clone();
        with_data["data"] = json!({"management_events": {"EventTime": 9}});
        for form in [
            json!([ours]),
            of_other_types,
            with_data,
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
            assert_eq!(event_time(&form.to_string()), Some(5), "{form}");
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
    fn an_invalid_state_file_is_rejected_with_the_reason() {
        for (garbage, says) in [
            ("{", "not JSON (line 1, column 1)"),
            ("7", "neither a list"),
            ("\"EventTime\"", "neither a list"),
            ("[7]", "is not an object"),
            ("[{}]", "does not name its stream"),
            (r#"[{"stream": 7}]"#, "is not a state message"),
            (r#"[{"type": "GLOBAL", "global": {}}]"#, "the type \"GLOBAL\""),
            (r#"{"management_events": 7}"#, "is not an object"),
            (
                r#"[{"type":"STREAM","stream":{"stream_descriptor":{"name":"management_events"},"stream_state":[]}}]"#,
                "is not an object",
            ),
        ] {
            let message = InputState::parse(garbage).unwrap_err().to_string();
            assert!(message.contains(says), "{garbage}: {message}");
        }
    }
}
