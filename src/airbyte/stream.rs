//! The streams that this connector offers.

use super::event_format::EventFormat;
use crate::failure::Failure;
use serde_json::{Value, json};
use thiserror::Error;

/// A stream: one category of CloudTrail's event history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// API calls and other activity in the account.
    ManagementEvents,
    /// Unusual activity that CloudTrail Insights has detected.
    InsightEvents,
}

/// A stream's schema, which is part of the program, is not JSON. A test holds that it is.
#[derive(Debug, Error)]
#[error("The JSON schema of the stream {stream} in this build is damaged. Report this error.")]
pub(crate) struct SchemaError {
    stream: &'static str,
    source: serde_json::Error,
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::system(error.to_string()).with_source(error)
    }
}

impl Stream {
    /// Every stream.
    pub(crate) const ALL: [Self; 2] = [Self::ManagementEvents, Self::InsightEvents];

    /// The stream of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }

    /// Its name in catalogs, records, and states.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ManagementEvents => "management_events",
            Self::InsightEvents => "insight_events",
        }
    }

    /// The stream as `discover` returns it if `CloudTrailEvent` is delivered in this `format`. Source: Airbyte protocol,
    /// `AirbyteStream`.
    pub(crate) fn offer(self, format: EventFormat) -> Result<Value, SchemaError> {
        Ok(json!({
            "name": self.name(),
            "json_schema": self.json_schema(format)?,
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_cursor": true,
            "default_cursor_field": ["EventTime"],
            "source_defined_primary_key": [["EventId"]],
            "is_resumable": true,
        }))
    }

    fn json_schema(self, format: EventFormat) -> Result<Value, SchemaError> {
        let text = match self {
            Self::ManagementEvents => include_str!("../../schemas/management_events.json"),
            Self::InsightEvents => include_str!("../../schemas/insight_events.json"),
        };
        let schema = serde_json::from_str(text).map_err(|source| SchemaError { stream: self.name(), source })?;
        Ok(format.apply(schema))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_schema_with_its_key_and_cursor() {
        for stream in Stream::ALL {
            let offer = stream.offer(EventFormat::String).unwrap();
            let properties = &offer["json_schema"]["properties"];
            assert_eq!(properties["EventTime"]["type"], json!(["null", "integer"]));
            assert_eq!(properties["EventId"]["type"], json!(["null", "string"]));
            assert_eq!(Stream::named(stream.name()), Some(stream));
        }
    }

    #[test]
    fn the_schema_declares_the_format_of_the_event() {
        for stream in Stream::ALL {
            for (format, declared) in [(EventFormat::String, "string"), (EventFormat::Object, "object")] {
                let offer = stream.offer(format).unwrap();
                let schema = &offer["json_schema"];
                assert_eq!(schema["properties"]["CloudTrailEvent"]["type"], json!(["null", declared]));
                assert_eq!(EventFormat::in_schema(schema), Some(format));
            }
        }
        assert_eq!(EventFormat::in_schema(&json!({})), None);
    }

    #[test]
    fn every_column_has_a_description() {
        for stream in Stream::ALL {
            for format in [EventFormat::String, EventFormat::Object] {
                let offer = stream.offer(format).unwrap();
                for (name, column) in offer["json_schema"]["properties"].as_object().unwrap() {
                    assert!(column["description"].as_str().is_some_and(|text| text.len() > 10), "{name}: {column}");
                }
            }
        }
    }
}
