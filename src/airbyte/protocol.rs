//! The messages of the Airbyte protocol, in types with which a wrong message cannot be written down.
//!
//! Source: airbyte-protocol, `airbyte_protocol.yaml` v0. Member order is part of it: the platform takes lines that
//! begin with `{"type":"RECORD","record":` by a faster way.

use super::stream::Stream;
use crate::failure::FailureType;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Message<'a, T: Serialize = ()> {
    /// One event.
    Record {
        /// The event and its stream.
        record: Record<'a, T>,
    },
    /// How far a stream has been read.
    State {
        /// The checkpoint.
        state: State<'a, T>,
    },
    /// A line for people.
    Log {
        /// The line.
        log: Log<'a>,
    },
    /// What the connector can be configured with.
    Spec {
        /// The specification.
        spec: &'a Value,
    },
    /// Whether the config works.
    ConnectionStatus {
        /// The answer of `check`.
        #[serde(rename = "connectionStatus")]
        connection_status: ConnectionStatus<'a>,
    },
    /// What can be read.
    Catalog {
        /// The answer of `discover`.
        catalog: Catalog,
    },
    /// How the sync goes.
    Trace {
        /// A status or an error.
        trace: Trace<'a>,
    },
}

/// One event of a stream.
#[derive(Debug, Serialize)]
pub struct Record<'a, T> {
    /// The stream's name.
    pub stream: StreamName,
    /// The event's fields.
    pub data: &'a T,
    /// When it was written, in milliseconds since the epoch.
    pub emitted_at: i64,
}

/// A checkpoint of one stream.
#[derive(Debug)]
pub struct State<'a, T> {
    /// The stream.
    pub stream: Stream,
    /// The coverage as it stands.
    pub stream_state: &'a T,
    /// How many records of the stream were written since its last STATE.
    pub record_count: u32,
}

impl<T: Serialize> Serialize for State<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Of<'a, T> {
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
        let of = Of { stream_descriptor: self.stream.into(), stream_state: self.stream_state };
        map.serialize_entry("stream", &of)?;
        map.serialize_entry("sourceStats", &Stats { record_count: f64::from(self.record_count) })?;
        map.end()
    }
}

/// A line for people.
#[derive(Debug, Serialize)]
pub struct Log<'a> {
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub message: &'a str,
}

/// How much a line matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For whoever looks into a sync.
    Debug,
    /// What the sync does.
    Info,
    /// What the user should know.
    Warn,
}

/// The answer of `check`.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum ConnectionStatus<'a> {
    /// The config works.
    Succeeded {
        /// What the user should know all the same.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    },
    /// It doesn't.
    Failed {
        /// What is wrong and what to do.
        message: &'a str,
    },
}

/// The streams on offer.
#[derive(Debug, Serialize)]
pub struct Catalog {
    /// Each as `AirbyteStream`.
    pub streams: Vec<Value>,
}

/// How the sync goes.
#[derive(Debug)]
pub struct Trace<'a> {
    /// When it was written, in milliseconds since the epoch.
    pub emitted_at: i64,
    /// What there is to say.
    pub event: TraceEvent<'a>,
}

/// What a trace tells.
#[derive(Debug)]
pub enum TraceEvent<'a> {
    /// Where a stream stands.
    Status(Stream, StreamStatus),
    /// Why something failed.
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

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    /// The connector has begun with it.
    Started,
    /// Records are coming.
    Running,
    /// The service asks to wait until about this time, in milliseconds since the epoch.
    RateLimited(i64),
    /// It was read to its end.
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
            let reason = serde_json::json!({"type": "RATE_LIMITED", "rate_limited": {"quota_reset": quota_reset}});
            map.serialize_entry("reasons", &[reason])?;
        }
        map.end()
    }
}

/// Why something failed.
#[derive(Debug, Serialize)]
pub struct ErrorTrace<'a> {
    /// What is wrong and what to do, in plain words.
    pub message: &'a str,
    /// What was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_message: Option<&'a str>,
    /// Who can mend it.
    pub failure_type: FailureType,
    /// The stream that failed; none where it was the whole command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_descriptor: Option<StreamDescriptor>,
}

/// How the protocol names a stream.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StreamDescriptor {
    name: StreamName,
}

impl From<Stream> for StreamDescriptor {
    fn from(stream: Stream) -> Self {
        Self { name: StreamName(stream) }
    }
}

/// A stream, written as its name.
#[derive(Clone, Copy, Debug)]
pub struct StreamName(pub Stream);

impl Serialize for StreamName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use serde_json::json;

    const STREAM: Stream = Stream::ManagementEvents;

    fn line(message: &Message<'_, Value>) -> String {
        serde_json::to_string(message).unwrap()
    }

    fn trace(event: TraceEvent<'_>) -> String {
        line(&Message::Trace { trace: Trace { emitted_at: 1_795_350_000_123, event } })
    }

    fn status(status: StreamStatus) -> String {
        trace(TraceEvent::Status(STREAM, status))
    }

    fn error(failure_type: FailureType) -> String {
        let (message, internal_message) = ("Say it plainly.", None);
        trace(TraceEvent::Error(ErrorTrace { message, internal_message, failure_type, stream_descriptor: None }))
    }

    #[test]
    fn record() {
        let record =
            Record { stream: StreamName(STREAM), data: &json!({"EventId": "ä"}), emitted_at: 1_795_350_000_123 };
        assert_snapshot!(line(&Message::Record { record }), @r#"{"type":"RECORD","record":{"stream":"management_events","data":{"EventId":"ä"},"emitted_at":1795350000123}}"#);
    }

    #[test]
    fn state() {
        let state = State { stream: STREAM, stream_state: &json!({"EventTime": 5}), record_count: 2 };
        assert_snapshot!(line(&Message::State { state }), @r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"management_events"},"stream_state":{"EventTime":5}},"sourceStats":{"recordCount":2.0}}}"#);
    }

    #[test]
    fn log() {
        for (level, expected) in [(Level::Debug, "DEBUG"), (Level::Info, "INFO"), (Level::Warn, "WARN")] {
            assert_eq!(
                line(&Message::Log { log: Log { level, message: "a \"line\"" } }),
                format!(r#"{{"type":"LOG","log":{{"level":"{expected}","message":"a \"line\""}}}}"#)
            );
        }
    }

    #[test]
    fn spec() {
        assert_snapshot!(line(&Message::Spec { spec: &json!({"connectionSpecification": {}}) }), @r#"{"type":"SPEC","spec":{"connectionSpecification":{}}}"#);
    }

    #[test]
    fn connection_status() {
        let line = |connection_status| line(&Message::ConnectionStatus { connection_status });
        assert_snapshot!(line(ConnectionStatus::Succeeded { message: None }), @r#"{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}"#);
        assert_snapshot!(line(ConnectionStatus::Succeeded { message: Some("but") }), @r#"{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED","message":"but"}}"#);
        assert_snapshot!(line(ConnectionStatus::Failed { message: "why" }), @r#"{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"why"}}"#);
    }

    #[test]
    fn catalog() {
        assert_snapshot!(line(&Message::Catalog { catalog: Catalog { streams: vec![json!({"name": "s"})] } }), @r#"{"type":"CATALOG","catalog":{"streams":[{"name":"s"}]}}"#);
    }

    #[test]
    fn stream_status() {
        assert_snapshot!(status(StreamStatus::Started), @r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1795350000123,"stream_status":{"stream_descriptor":{"name":"management_events"},"status":"STARTED"}}}"#);
        assert_snapshot!(status(StreamStatus::Running), @r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1795350000123,"stream_status":{"stream_descriptor":{"name":"management_events"},"status":"RUNNING"}}}"#);
        assert_snapshot!(status(StreamStatus::RateLimited(1_795_350_030_000)), @r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1795350000123,"stream_status":{"stream_descriptor":{"name":"management_events"},"status":"RUNNING","reasons":[{"rate_limited":{"quota_reset":1795350030000},"type":"RATE_LIMITED"}]}}}"#);
        assert_snapshot!(status(StreamStatus::Complete), @r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1795350000123,"stream_status":{"stream_descriptor":{"name":"management_events"},"status":"COMPLETE"}}}"#);
        assert_snapshot!(status(StreamStatus::Incomplete), @r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1795350000123,"stream_status":{"stream_descriptor":{"name":"management_events"},"status":"INCOMPLETE"}}}"#);
    }

    #[test]
    fn error_trace() {
        assert_snapshot!(error(FailureType::ConfigError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Say it plainly.","failure_type":"config_error"}}}"#);
        assert_snapshot!(error(FailureType::TransientError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Say it plainly.","failure_type":"transient_error"}}}"#);
        assert_snapshot!(error(FailureType::SystemError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Say it plainly.","failure_type":"system_error"}}}"#);
        let of_a_stream = ErrorTrace {
            message: "Say it plainly.",
            internal_message: Some("seen"),
            failure_type: FailureType::TransientError,
            stream_descriptor: Some(STREAM.into()),
        };
        assert_snapshot!(trace(TraceEvent::Error(of_a_stream)), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Say it plainly.","internal_message":"seen","failure_type":"transient_error","stream_descriptor":{"name":"management_events"}}}}"#);
    }
}
