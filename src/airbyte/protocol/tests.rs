//! Each message in its serialized form.

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
    let (message, internal_message) = ("Fix the config.", None);
    trace(TraceEvent::Error(ErrorTrace { message, internal_message, failure_type, stream_descriptor: None }))
}

fn record(meta: Option<RecordMeta>) -> String {
    let mut line = Vec::new();
    Record { stream: STREAM, emitted_at: 1_795_350_000_123 }.add_to(&mut line, |line| {
        line.extend_from_slice(r#"{"EventId":"ä"}"#.as_bytes());
        meta
    });
    String::from_utf8(line).unwrap()
}

#[test]
fn records() {
    assert_snapshot!(record(None), @r#"{"type":"RECORD","record":{"stream":"management_events","data":{"EventId":"ä"},"emitted_at":1795350000123}}"#);
    let meta = RecordMeta::not_serializable("CloudTrailEvent");
    assert_snapshot!(record(Some(meta)), @r#"{"type":"RECORD","record":{"stream":"management_events","data":{"EventId":"ä"},"emitted_at":1795350000123,"meta":{"changes":[{"field":"CloudTrailEvent","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}}}"#);
}

#[test]
fn state() {
    let state = State { stream: STREAM, value: &json!({"EventTime": 5}), record_count: 2 };
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
    assert_snapshot!(error(FailureType::ConfigError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Fix the config.","failure_type":"config_error"}}}"#);
    assert_snapshot!(error(FailureType::TransientError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Fix the config.","failure_type":"transient_error"}}}"#);
    assert_snapshot!(error(FailureType::SystemError), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Fix the config.","failure_type":"system_error"}}}"#);
    let of_stream = ErrorTrace {
        message: "Fix the config.",
        internal_message: Some("seen"),
        failure_type: FailureType::TransientError,
        stream_descriptor: Some(STREAM.into()),
    };
    assert_snapshot!(trace(TraceEvent::Error(of_stream)), @r#"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1795350000123,"error":{"message":"Fix the config.","internal_message":"seen","failure_type":"transient_error","stream_descriptor":{"name":"management_events"}}}}"#);
}
