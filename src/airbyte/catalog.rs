//! The configured catalog: the streams to sync.

use super::{event_format::EventFormat, stream::Stream};
use crate::failure::Failure;
use serde_json::Value;
use thiserror::Error;

/// Why a configured catalog can't be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum CatalogError {
    #[error(
        "The configured catalog must be a JSON object with a list of \"streams\". Create it from the output of discover."
    )]
    NoStreams,
    #[error("A stream in the configured catalog has no name. Each entry requires {{\"stream\": {{\"name\": …}}}}.")]
    NoName,
    #[error(
        "The configured catalog contains the stream \"{stream}\", which this connector does not have. Choose from {known}, or refresh the source schema."
    )]
    UnknownStream { stream: String, known: String },
    #[error(
        "The configured catalog has no valid sync_mode for the stream \"{stream}\". Choose full_refresh or incremental."
    )]
    NoSyncMode { stream: &'static str },
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self::config(error.to_string())
    }
}

/// A stream of the configured catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConfiguredStream {
    pub(crate) stream: Stream,
    /// The format of `CloudTrailEvent` in the schema that the destination was given; none if it does not say.
    format: Option<EventFormat>,
}

impl ConfiguredStream {
    /// What the user should know if the config has another `format`.
    pub(crate) fn format_warning(self, format: EventFormat) -> Option<String> {
        let schema = self.format.filter(|schema| *schema != format)?;
        let (stream, schema, format) = (self.stream.name(), schema.name(), format.name());
        Some(format!(
            "The configured catalog declares CloudTrailEvent in {stream} as {schema}, but cloudtrail_event_format is {format}. Refresh the source schema of the connection."
        ))
    }
}

/// The streams to read, in the catalog's order, each once.
///
/// Full refresh and incremental syncs read in the same way: a stream without a state is read from its start, one with a
/// state is resumed. Source: before a new full refresh, the platform drops the state. Explicit nulls, unknown fields,
/// and any destination sync mode are accepted.
pub(crate) fn streams(catalog: &Value) -> Result<Vec<ConfiguredStream>, CatalogError> {
    let configured = catalog.get("streams").and_then(Value::as_array).ok_or(CatalogError::NoStreams)?;
    let mut streams: Vec<ConfiguredStream> = Vec::new();
    for entry in configured {
        let stream = configured_stream(entry)?;
        if streams.iter().all(|known| known.stream != stream.stream) {
            streams.push(stream);
        }
    }
    Ok(streams)
}

fn configured_stream(entry: &Value) -> Result<ConfiguredStream, CatalogError> {
    let name = entry.pointer("/stream/name").and_then(Value::as_str).ok_or(CatalogError::NoName)?;
    let stream = Stream::named(name).ok_or_else(|| CatalogError::UnknownStream {
        stream: name.to_owned(),
        known: Stream::ALL.map(Stream::name).join(", "),
    })?;
    match entry.get("sync_mode").and_then(Value::as_str) {
        Some("full_refresh" | "incremental") => {
            let format = entry.pointer("/stream/json_schema").and_then(EventFormat::in_schema);
            Ok(ConfiguredStream { stream, format })
        }
        _ => Err(CatalogError::NoSyncMode { stream: stream.name() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(stream: &str, sync_mode: &Value) -> Value {
        json!({"streams": [{
            "stream": {"name": stream, "json_schema": {}, "namespace": null}, "sync_mode": sync_mode,
            "destination_sync_mode": "made_up", "cursor_field": null, "primary_key": null, "generation_id": 1
        }]})
    }

    #[test]
    fn accepts_what_real_clients_send() {
        for sync_mode in ["full_refresh", "incremental"] {
            assert_eq!(
                streams(&one("management_events", &json!(sync_mode))),
                Ok(vec![ConfiguredStream { stream: Stream::ManagementEvents, format: None }])
            );
        }
        assert_eq!(streams(&json!({"streams": []})), Ok(vec![]));
    }

    #[test]
    fn a_schema_of_another_format_is_warned_about() {
        for (declared, format, warns) in [
            (json!(["null", "string"]), EventFormat::Object, true),
            (json!(["null", "object"]), EventFormat::String, true),
            (json!("string"), EventFormat::String, false),
            (json!(["null", "object"]), EventFormat::Object, false),
            (json!(null), EventFormat::Object, false),
        ] {
            let mut catalog = one("management_events", &json!("incremental"));
            catalog["streams"][0]["stream"]["json_schema"] =
                json!({"properties": {"CloudTrailEvent": {"type": declared}}});
            let warning = streams(&catalog).unwrap()[0].format_warning(format);
            assert_eq!(warning.is_some(), warns, "{declared}: {warning:?}");
        }
    }

    #[test]
    fn an_invalid_catalog_is_rejected_with_the_reason() {
        for (catalog, says) in [
            (json!([]), "list of \"streams\""),
            (json!({"streams": {}}), "list of \"streams\""),
            (json!({"streams": [{}]}), "has no name"),
            (json!({"streams": [7]}), "has no name"),
            (one("users", &json!("full_refresh")), "\"users\""),
            (one("users", &json!("INVALID")), "\"users\""),
            (one("management_events", &json!("INVALID")), "sync_mode"),
            (one("management_events", &json!(null)), "sync_mode"),
        ] {
            let message = streams(&catalog).unwrap_err().to_string();
            assert!(message.contains(says), "{catalog}: {message}");
        }
    }
}
