//! Any JSON as a configured catalog.

use super::laws;
use crate::{
    airbyte::{catalog, event_format::EventFormat, stream::Stream},
    failure::Failure,
};
use serde_json::Value;

/// The catalog in `data` is used as it is written, or rejected with a message for the user.
pub fn catalog(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    let streams = catalog::streams(&json);
    assert_eq!(streams, catalog::streams(&json), "it is read differently the second time");
    match streams {
        Err(error) => laws::is_for_the_user(&Failure::from(error), text),
        Ok(streams) => {
            let mut named: Vec<Stream> = Vec::new();
            for entry in json["streams"].as_array().expect("a list of streams") {
                let name = entry["stream"]["name"].as_str().expect("a stream has a name");
                let stream = Stream::named(name).expect("a stream of this connector");
                assert!(matches!(entry["sync_mode"].as_str(), Some("full_refresh" | "incremental")), "{text}");
                if !named.contains(&stream) {
                    named.push(stream);
                }
            }
            assert_eq!(streams.iter().map(|stream| stream.stream).collect::<Vec<_>>(), named);
            for stream in streams {
                for format in [EventFormat::String, EventFormat::Object] {
                    if let Some(warning) = stream.format_warning(format) {
                        laws::is_for_people(&warning, "");
                    }
                }
            }
        }
    }
}
