//! Writes the messages of the connector, one per line. All output goes through here.
//!
//! It counts the records of each STATE, masks secrets in everything that is written for people, and writes whole lines
//! only, so that even a panic leaves no partial line.

use super::{
    protocol::{
        Catalog, ConnectionStatus, ErrorTrace, Level, Log, Message, Record, RecordMeta, State, StreamStatus, Trace,
        TraceEvent,
    },
    stream::Stream,
};
use crate::{
    clock,
    failure::{Failure, FailureType},
    secrets::Mask,
};
use memchr::memchr2;
use serde::Serialize;
use serde_json::Value;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{self, BufWriter, Write},
    mem,
    time::Duration,
};

/// How many bytes of records are buffered. All other messages are flushed at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// The lowest level of LOG messages to write, from `debug` or from the environment's `LOG_LEVEL`. None if no LOG
/// messages are wanted.
#[must_use]
pub fn level(debug: bool) -> Option<Level> {
    if debug {
        return Some(Level::Debug);
    }
    match std::env::var("LOG_LEVEL").unwrap_or_default().to_ascii_uppercase().as_str() {
        "TRACE" | "DEBUG" => Some(Level::Debug),
        "WARN" | "WARNING" => Some(Level::Warn),
        "ERROR" | "FATAL" | "CRITICAL" => None,
        _ => Some(Level::Info),
    }
}

/// Writes messages to `W`, which is stdout outside of tests. The streams that are read side by side share it.
pub struct Output<W: Write> {
    lines: RefCell<Lines<W>>,
    level: Option<Level>,
    mask: Mask,
    /// Records of each stream since its last STATE.
    since_state: RefCell<BTreeMap<Stream, u32>>,
}

/// All methods return the error of `W`. A broken pipe means that the platform has stopped reading.
impl<W: Write> Output<W> {
    /// An output to `sink`, with LOG messages from `level` on, or none of them.
    pub fn new(sink: W, level: Option<Level>) -> Self {
        let sink = BufWriter::with_capacity(BUFFER_BYTES, sink);
        let lines = RefCell::new(Lines { sink, line: Vec::new() });
        Self { lines, level, mask: Mask::default(), since_state: RefCell::default() }
    }

    /// The mask for everything that is written for people. A secret that is added to it is masked from then on.
    ///
    /// Records are not masked: they are delivered as CloudTrail returned them, including the access key ID of the config
    /// in events that were made with it.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Writes an event of `stream`. `add_data` adds its record as JSON, and returns what the destination should know about
    /// it. Returns how many bytes the line has.
    pub(crate) fn record(
        &self,
        stream: Stream,
        add_data: impl FnOnce(&mut Vec<u8>) -> Option<RecordMeta>,
    ) -> io::Result<usize> {
        *self.since_state.borrow_mut().entry(stream).or_default() += 1;
        let record = Record { stream, emitted_at: clock::epoch_millis() };
        self.lines.borrow_mut().write(|line| {
            record.add_to(line, add_data);
            Ok(())
        })
    }

    /// Writes a checkpoint of `stream`.
    pub(crate) fn state(&self, stream: Stream, value: &impl Serialize) -> io::Result<()> {
        let record_count = self.since_state.borrow_mut().remove(&stream).unwrap_or_default();
        self.write(&Message::State { state: State { stream, value, record_count } })
    }

    /// Writes the status of `stream`.
    pub(crate) fn status(&self, stream: Stream, status: StreamStatus) -> io::Result<()> {
        self.trace(TraceEvent::Status(stream, status))
    }

    /// Writes that CloudTrail throttles requests of `stream` for another `wait`.
    pub(crate) fn rate_limited(&self, stream: Stream, wait: Duration) -> io::Result<()> {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.status(stream, StreamStatus::RateLimited(clock::epoch_millis().saturating_add(wait)))
    }

    /// Writes a line for people.
    pub(crate) fn log(&self, level: Level, message: &str) -> io::Result<()> {
        if self.level.is_none_or(|lowest| level < lowest) {
            return Ok(());
        }
        let message = self.mask.apply(message).into_owned();
        self.write::<()>(&Message::Log { log: Log { level, message: &message } })
    }

    /// Writes a failure of `stream`, or of the whole command.
    pub(crate) fn failure(&self, failure: &Failure, stream: Option<Stream>) -> io::Result<()> {
        let message = self.mask.apply(&failure.message).into_owned();
        let internal = failure.internal_message().map(|text| self.mask.apply(&text).into_owned());
        self.trace(TraceEvent::Error(ErrorTrace {
            message: &message,
            internal_message: internal.as_deref(),
            failure_type: failure.failure_type,
            stream_descriptor: stream.map(Into::into),
        }))
    }

    /// Writes the result of `spec`.
    pub(crate) fn spec(&self, spec: &Value) -> io::Result<()> {
        self.write::<()>(&Message::Spec { spec })
    }

    /// Writes the result of `discover`.
    pub(crate) fn catalog(&self, streams: Vec<Value>) -> io::Result<()> {
        self.write::<()>(&Message::Catalog { catalog: Catalog { streams } })
    }

    /// Writes the result of `check`: the config works. `message` is what the user should know nevertheless.
    pub(crate) fn succeeded(&self, message: Option<&str>) -> io::Result<()> {
        let message = message.map(|message| self.mask.apply(message).into_owned());
        self.connection_status(ConnectionStatus::Succeeded { message: message.as_deref() })
    }

    /// Writes the result of `check`: what is wrong, after an `introduction`. It has a single message, so that of a system
    /// error includes the internal message.
    pub(crate) fn failed(&self, introduction: Option<&str>, failures: &[Failure]) -> io::Result<()> {
        let sentences = failures.iter().map(|failure| match failure.internal_message() {
            Some(internal) if failure.failure_type == FailureType::SystemError => {
                format!("{failure} Internal message: {internal}")
            }
            _ => failure.to_string(),
        });
        let message = introduction.map(str::to_owned).into_iter().chain(sentences).collect::<Vec<_>>().join(" ");
        let message = self.mask.apply(&message).into_owned();
        self.connection_status(ConnectionStatus::Failed { message: &message })
    }

    fn connection_status(&self, connection_status: ConnectionStatus<'_>) -> io::Result<()> {
        self.write::<()>(&Message::ConnectionStatus { connection_status })
    }

    fn trace(&self, event: TraceEvent<'_>) -> io::Result<()> {
        self.write::<()>(&Message::Trace { trace: Trace { emitted_at: clock::epoch_millis(), event } })
    }

    /// Writes `message` so that the platform can read it at once.
    fn write<T: Serialize>(&self, message: &Message<'_, T>) -> io::Result<()> {
        let mut lines = self.lines.borrow_mut();
        lines.write(|line| Ok(serde_json::to_writer(line, message)?))?;
        lines.sink.flush()
    }
}

/// The lines of messages on their way to `W`.
struct Lines<W: Write> {
    sink: BufWriter<W>,
    line: Vec<u8>,
}

impl<W: Write> Lines<W> {
    /// Writes the line of a message, whose JSON `add_json` adds. It may stay in the buffer. Returns how many bytes it has.
    fn write(&mut self, add_json: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<usize> {
        self.line.clear();
        add_json(&mut self.line)?;
        keep_on_one_line(&mut self.line);
        self.line.push(b'\n');
        self.sink.write_all(&self.line)?;
        Ok(self.line.len())
    }
}

/// Replaces what would end a line in `json`. Line feeds and carriage returns are between its tokens, where a space does as
/// well. Some readers, such as Python's `str.splitlines`, also split lines at U+0085, U+2028 and U+2029.
fn keep_on_one_line(json: &mut Vec<u8>) {
    // Most JSON is ASCII without control characters. A signed byte is below them if it is not ASCII.
    let is_special = |byte: &u8| byte.cast_signed() < 0x20;
    if !json.iter().fold(false, |is_found, byte| is_found | is_special(byte)) {
        return;
    }
    for byte in json.iter_mut() {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    let written = mem::take(json);
    let mut rest = written.as_slice();
    while let Some(at) = memchr2(0xc2, 0xe2, rest) {
        json.extend_from_slice(&rest[..at]);
        let (length, replacement) = match rest[at..] {
            [0xc2, 0x85, ..] => (2, "\\u0085".as_bytes()),
            [0xe2, 0x80, 0xa8, ..] => (3, "\\u2028".as_bytes()),
            [0xe2, 0x80, 0xa9, ..] => (3, "\\u2029".as_bytes()),
            _ => (1, &rest[at..=at]),
        };
        json.extend_from_slice(replacement);
        rest = &rest[at + length..];
    }
    json.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
