//! The messages of the Airbyte protocol, in types that can't express an invalid one. The data of records is JSON already.
//!
//! Source: airbyte-protocol, `airbyte_protocol.yaml` v0. The order of members matters: the platform has a faster parser
//! for lines that begin with `{"type":"RECORD","record":`.

use super::stream::Stream;
use crate::failure::FailureType;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Message<'a, T: Serialize = ()> {
    State {
        state: State<'a, T>,
    },
    Log {
        log: Log<'a>,
    },
    /// The result of `spec`.
    Spec {
        spec: &'a Value,
    },
    /// The result of `check`.
    ConnectionStatus {
        #[serde(rename = "connectionStatus")]
        connection_status: ConnectionStatus<'a>,
    },
    /// The result of `discover`.
    Catalog {
        catalog: Catalog,
    },
    Trace {
        trace: Trace<'a>,
    },
}

/// One event of a stream, but for its data, which is JSON already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) stream: Stream,
    /// When the record is written, in milliseconds since the epoch.
    pub(crate) emitted_at: i64,
}

impl Record {
    /// Adds the message to `line`. `add_data` adds its data, and returns what the destination should know about it.
    pub(crate) fn add_to(self, line: &mut Vec<u8>, add_data: impl FnOnce(&mut Vec<u8>) -> Option<RecordMeta>) {
        let mut add = |json: &str| line.extend_from_slice(json.as_bytes());
        add(r#"{"type":"RECORD","record":{"stream":""#);
        add(self.stream.name());
        add(r#"","data":"#);
        let meta = add_data(line);
        let mut add = |json: &str| line.extend_from_slice(json.as_bytes());
        add(r#","emitted_at":"#);
        add(&self.emitted_at.to_string());
        if let Some(meta) = meta {
            add(r#","meta":"#);
            add(&meta.json());
        }
        add("}}");
    }
}

/// What the destination should know about a record: a field is not delivered as the schema declares it.
#[derive(Debug)]
pub(crate) struct RecordMeta {
    field: &'static str,
    change: &'static str,
    reason: &'static str,
}

impl RecordMeta {
    /// The value of `field` could not be delivered in the type of the field.
    pub(crate) fn not_serializable(field: &'static str) -> Self {
        Self { field, change: "NULLED", reason: "SOURCE_SERIALIZATION_ERROR" }
    }

    fn json(&self) -> String {
        let Self { field, change, reason } = self;
        format!(r#"{{"changes":[{{"field":"{field}","change":"{change}","reason":"{reason}"}}]}}"#)
    }
}

/// A checkpoint of one stream.
#[derive(Debug)]
pub(crate) struct State<'a, T> {
    pub(crate) stream: Stream,
    /// What the platform saves and passes to the next sync.
    pub(crate) value: &'a T,
    /// How many records of the stream were written since its last STATE.
    pub(crate) record_count: u32,
}

impl<T: Serialize> Serialize for State<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct StreamState<'a, T> {
            stream_descriptor: StreamDescriptor,
            stream_state: &'a T,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Stats {
            record_count: f64,
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("type", "STREAM")?;
        let stream = StreamState { stream_descriptor: self.stream.into(), stream_state: self.value };
        map.serialize_entry("stream", &stream)?;
        map.serialize_entry("sourceStats", &Stats { record_count: f64::from(self.record_count) })?;
        map.end()
    }
}

/// A line for people.
#[derive(Debug, Serialize)]
pub(crate) struct Log<'a> {
    pub(crate) level: Level,
    pub(crate) message: &'a str,
}

/// The levels of LOG messages, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For troubleshooting.
    Debug,
    /// What the connector does.
    Info,
    /// What the user should know.
    Warn,
}

/// The result of `check`.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub(crate) enum ConnectionStatus<'a> {
    Succeeded {
        /// What the user should know nevertheless.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    },
    Failed {
        /// What is wrong, and how to fix it.
        message: &'a str,
    },
}

/// The streams that the connector offers.
#[derive(Debug, Serialize)]
pub(crate) struct Catalog {
    /// Each one as an `AirbyteStream`.
    pub(crate) streams: Vec<Value>,
}

/// A status or an error.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    /// When it is written, in milliseconds since the epoch.
    pub(crate) emitted_at: i64,
    pub(crate) event: TraceEvent<'a>,
}

#[derive(Debug)]
pub(crate) enum TraceEvent<'a> {
    Status(Stream, StreamStatus),
    Error(ErrorTrace<'a>),
}

impl Serialize for Trace<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Status {
            stream_descriptor: StreamDescriptor,
            #[serde(flatten)]
            status: StreamStatus,
        }
        let mut map = serializer.serialize_map(Some(3))?;
        match &self.event {
            TraceEvent::Status(stream, status) => {
                map.serialize_entry("type", "STREAM_STATUS")?;
                map.serialize_entry("emitted_at", &self.emitted_at)?;
                let status = Status { stream_descriptor: (*stream).into(), status: *status };
                map.serialize_entry("stream_status", &status)?;
            }
            TraceEvent::Error(error) => {
                map.serialize_entry("type", "ERROR")?;
                map.serialize_entry("emitted_at", &self.emitted_at)?;
                map.serialize_entry("error", error)?;
            }
        }
        map.end()
    }
}

/// The status of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamStatus {
    /// The connector has started to read it.
    Started,
    /// It returns records.
    Running,
    /// CloudTrail throttles requests until about this time, in milliseconds since the epoch.
    RateLimited(i64),
    /// It was read completely.
    Complete,
    /// It was not.
    Incomplete,
}

impl Serialize for StreamStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let status = match self {
            Self::Started => "STARTED",
            Self::Running | Self::RateLimited(_) => "RUNNING",
            Self::Complete => "COMPLETE",
            Self::Incomplete => "INCOMPLETE",
        };
        map.serialize_entry("status", status)?;
        if let Self::RateLimited(quota_reset) = self {
            let reason = json!({"type": "RATE_LIMITED", "rate_limited": {"quota_reset": quota_reset}});
            map.serialize_entry("reasons", &[reason])?;
        }
        map.end()
    }
}

/// Why a command or a stream failed.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorTrace<'a> {
    /// What is wrong, and how to fix it.
    pub(crate) message: &'a str,
    /// Details for troubleshooting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) internal_message: Option<&'a str>,
    pub(crate) failure_type: FailureType,
    /// The stream that failed. None if it was the whole command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream_descriptor: Option<StreamDescriptor>,
}

/// A stream, as the protocol identifies it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct StreamDescriptor {
    name: StreamName,
}

impl From<Stream> for StreamDescriptor {
    fn from(stream: Stream) -> Self {
        Self { name: StreamName(stream) }
    }
}

/// A stream, serialized as its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamName(pub(crate) Stream);

impl Serialize for StreamName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

#[cfg(test)]
mod tests;
