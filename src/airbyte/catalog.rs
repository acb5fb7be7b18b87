//! The configured catalog: which of the streams the user wants.

use super::stream::Stream;
use crate::failure::Failure;
use serde_json::Value;

/// The streams to read, in the catalog's order, each once.
///
/// Full refresh and incremental are read in the same way: what has no state is read whole, what has one is resumed.
/// Source: the platform drops the state of a full refresh before a new sync. Explicit nulls, unknown fields and
/// destination modes are tolerated.
///
/// # Errors
///
/// A config error for what is no catalog, for an unknown stream and an unknown sync mode.
pub(crate) fn streams(catalog: &Value) -> Result<Vec<Stream>, Failure> {
    let Some(configured) = catalog.get("streams").and_then(Value::as_array) else {
        return Err(Failure::config(
            "The configured catalog must be a JSON object with a list of \"streams\": pass the file that was made from what discover answers.",
        ));
    };
    let mut streams = Vec::new();
    for entry in configured {
        let stream = configured_stream(entry)?;
        if !streams.contains(&stream) {
            streams.push(stream);
        }
    }
    Ok(streams)
}

fn configured_stream(entry: &Value) -> Result<Stream, Failure> {
    let Some(name) = entry.pointer("/stream/name").and_then(Value::as_str) else {
        return Err(Failure::config(
            "A stream of the configured catalog has no name: each needs {\"stream\": {\"name\": …}}.",
        ));
    };
    let Some(stream) = Stream::named(name) else {
        let known: Vec<_> = Stream::ALL.iter().map(|stream| stream.name()).collect();
        return Err(Failure::config(format!(
            "The configured catalog asks for the stream \"{name}\", which this connector does not have: choose from {}, or refresh the source schema.",
            known.join(", ")
        )));
    };
    match entry.get("sync_mode").and_then(Value::as_str) {
        Some("full_refresh" | "incremental") => Ok(stream),
        _ => Err(Failure::config(format!(
            "The configured catalog has no valid sync_mode for the stream \"{name}\": choose full_refresh or incremental."
        ))),
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
    fn takes_what_real_clients_send() {
        for sync_mode in ["full_refresh", "incremental"] {
            assert_eq!(streams(&one("management_events", &json!(sync_mode))), Ok(vec![Stream::ManagementEvents]));
        }
        assert_eq!(streams(&json!({"streams": []})), Ok(vec![]));
    }

    #[test]
    fn says_what_is_wrong() {
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
            let failure = streams(&catalog).unwrap_err();
            assert!(failure.message.contains(says), "{catalog}: {}", failure.message);
        }
    }
}
