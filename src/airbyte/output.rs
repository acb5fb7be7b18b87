//! The one owner of stdout: whatever the connector says goes through here, one message a line.
//!
//! It counts the records of each STATE, keeps secrets out of everything written for people, and writes each line
//! whole, so that even a panic leaves no half line behind.

use super::{
    protocol::{
        Catalog, ConnectionStatus, ErrorTrace, Level, Log, Message, Record, State, StreamName, StreamStatus, Trace,
        TraceEvent,
    },
    stream::Stream,
};
use crate::{
    clock,
    failure::{Failure, FailureType},
    secrets::Mask,
};
use serde::Serialize;
use serde_json::{Value, ser::Formatter};
use std::{
    fs::File,
    io::{self, BufWriter, Read, StdoutLock, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, MetadataExt},
    },
    time::Duration,
};

/// How many bytes may wait before they are handed to the system; a STATE never waits.
const BUFFER: usize = 64 * 1024;

/// What a stdout is that was closed from the start, as far as can be known.
const CLOSED: &str = "it is closed, or /dev/null opened for reading, too";

/// The program's stdout.
#[allow(clippy::disallowed_methods, reason = "this is its one owner")]
#[must_use]
pub fn stdout() -> Stdout {
    let lock = io::stdout().lock();
    let was_closed = lock.as_fd().try_clone_to_owned().is_ok_and(|fd| takes_reads_as_null(File::from(fd)));
    Stdout { lock, was_closed }
}

/// Whether `file` is `/dev/null`, opened for reading, too. Before `main`, Rust opens it so in the place of a stdout that
/// is closed; nothing else tells of that. A shell's `> /dev/null` is for writing only.
fn takes_reads_as_null(mut file: File) -> bool {
    let device =
        |file: &File| file.metadata().ok().filter(|file| file.file_type().is_char_device()).map(|file| file.rdev());
    let null = File::open("/dev/null").ok().as_ref().and_then(device);
    null.is_some() && device(&file) == null && file.read(&mut [0]).is_ok()
}

/// The program's stdout; one that was closed from the start takes nothing.
#[derive(Debug)]
pub struct Stdout {
    lock: StdoutLock<'static>,
    was_closed: bool,
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.was_closed { Err(io::Error::other(CLOSED)) } else { self.lock.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock.flush()
    }
}

/// The level that `debug` or the environment's `LOG_LEVEL` asks for; none for a level at which there are no lines for
/// people.
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

/// Writes messages to `W`, which in the program is stdout.
pub struct Output<W: Write> {
    sink: BufWriter<W>,
    line: Vec<u8>,
    level: Option<Level>,
    mask: Mask,
    /// Records of the stream that is being read since its last STATE.
    since_state: u32,
}

/// All methods fail with the error of `W`; on a broken pipe, that means nobody listens any more.
impl<W: Write> Output<W> {
    /// An output to `sink` that leaves out lines for people below `level`, or all of them.
    pub fn new(sink: W, level: Option<Level>) -> Self {
        Self {
            sink: BufWriter::with_capacity(BUFFER, sink),
            line: Vec::new(),
            level,
            mask: Mask::default(),
            since_state: 0,
        }
    }

    /// The mask of all that is written for people: what is hidden in it is so from then on.
    ///
    /// Records are delivered as CloudTrail served them: an event made with the very key of the config names it.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// One event of `stream`. Returns how many bytes its line has.
    pub fn record(&mut self, stream: Stream, data: &impl Serialize) -> io::Result<usize> {
        self.since_state += 1;
        let record = Record { stream: StreamName(stream), data, emitted_at: clock::epoch_millis() };
        self.write(&Message::Record { record })?;
        Ok(self.line.len())
    }

    /// A checkpoint of `stream`, on its way before this returns.
    pub fn state(&mut self, stream: Stream, stream_state: &impl Serialize) -> io::Result<()> {
        let record_count = std::mem::take(&mut self.since_state);
        self.write(&Message::State { state: State { stream, stream_state, record_count } })?;
        self.flush()
    }

    /// Where `stream` stands.
    pub fn status(&mut self, stream: Stream, status: StreamStatus) -> io::Result<()> {
        self.trace(TraceEvent::Status(stream, status))
    }

    /// That the service lets nobody ask for `wait` more.
    pub fn rate_limited(&mut self, stream: Stream, wait: Duration) -> io::Result<()> {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.status(stream, StreamStatus::RateLimited(clock::epoch_millis().saturating_add(wait)))
    }

    /// A line for people.
    pub fn log(&mut self, level: Level, message: &str) -> io::Result<()> {
        if self.level.is_none_or(|least| level < least) {
            return Ok(());
        }
        let message = self.mask.apply(message).into_owned();
        self.write::<()>(&Message::Log { log: Log { level, message: &message } })?;
        self.flush()
    }

    /// A failure, of `stream` if it is one stream's.
    pub fn failure(&mut self, failure: &Failure, stream: Option<Stream>) -> io::Result<()> {
        let message = self.mask.apply(&failure.message).into_owned();
        let internal = failure.internal_message().map(|text| self.mask.apply(&text).into_owned());
        self.trace(TraceEvent::Error(ErrorTrace {
            message: &message,
            internal_message: internal.as_deref(),
            failure_type: failure.failure_type,
            stream_descriptor: stream.map(Into::into),
        }))
    }

    /// The answer of `spec`.
    pub fn spec(&mut self, spec: &Value) -> io::Result<()> {
        self.write::<()>(&Message::Spec { spec })?;
        self.flush()
    }

    /// The answer of `discover`.
    pub fn catalog(&mut self, streams: Vec<Value>) -> io::Result<()> {
        self.write::<()>(&Message::Catalog { catalog: Catalog { streams } })?;
        self.flush()
    }

    /// The answer of `check`: that the config works, with what the user should know all the same.
    pub fn succeeded(&mut self, message: Option<&str>) -> io::Result<()> {
        let message = message.map(|message| self.mask.apply(message).into_owned());
        self.connection_status(ConnectionStatus::Succeeded { message: message.as_deref() })
    }

    /// The answer of `check`: what is wrong. It has one message only, so that of a defect includes the internal message.
    pub fn failed(&mut self, failures: &[Failure]) -> io::Result<()> {
        let sentences = failures.iter().map(|failure| match failure.internal_message() {
            Some(internal) if failure.failure_type == FailureType::SystemError => {
                format!("{failure} Internal message: {}", internal.replace('\n', " "))
            }
            _ => failure.to_string(),
        });
        let message = sentences.collect::<Vec<_>>().join(" ");
        let message = self.mask.apply(&message).into_owned();
        self.connection_status(ConnectionStatus::Failed { message: &message })
    }

    fn connection_status(&mut self, connection_status: ConnectionStatus<'_>) -> io::Result<()> {
        self.write::<()>(&Message::ConnectionStatus { connection_status })?;
        self.flush()
    }

    fn trace(&mut self, event: TraceEvent<'_>) -> io::Result<()> {
        self.write::<()>(&Message::Trace { trace: Trace { emitted_at: clock::epoch_millis(), event } })?;
        self.flush()
    }

    fn write<T: Serialize>(&mut self, message: &Message<'_, T>) -> io::Result<()> {
        self.line.clear();
        message.serialize(&mut serde_json::Serializer::with_formatter(&mut self.line, OneLine))?;
        self.line.push(b'\n');
        self.sink.write_all(&self.line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// JSON in which nothing passes for the end of a line: some readers, Python's `str.splitlines` among them, take
/// U+0085, U+2028 and U+2029 for one.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        const ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
        for part in fragment.split_inclusive(ENDS) {
            let plain = part.trim_end_matches(ENDS);
            writer.write_all(plain.as_bytes())?;
            part[plain.len()..].chars().try_for_each(|end| write!(writer, "\\u{:04x}", u32::from(end)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(say: impl FnOnce(&mut Output<&mut Vec<u8>>)) -> Vec<Value> {
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes, Some(Level::Info));
        say(&mut output);
        drop(output);
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_state_counts_the_records_since_the_one_before() {
        let lines = written(|output| {
            for records in [2, 0, 1] {
                for _ in 0..records {
                    output.record(Stream::ManagementEvents, &json!({"EventId": "a"})).unwrap();
                }
                output.state(Stream::ManagementEvents, &json!({})).unwrap();
            }
        });
        let counts: Vec<_> =
            lines.iter().filter_map(|line| line["state"]["sourceStats"]["recordCount"].as_f64()).collect();
        assert_eq!(counts, [2.0, 0.0, 1.0]);
    }

    #[test]
    fn secrets_are_masked_in_all_but_records() {
        let failure = Failure::config("the key hush is wrong").with_source(anyhow::anyhow!("hush!"));
        let lines = written(|output| {
            output.mask().hide("hush");
            output.log(Level::Warn, "hush").unwrap();
            output.failure(&failure, None).unwrap();
            output.failed(&[failure]).unwrap();
            output.succeeded(Some("hush")).unwrap();
            output.record(Stream::ManagementEvents, &json!({"AccessKeyId": "hush"})).unwrap();
        });
        assert_eq!(lines.len(), 5);
        for line in &lines {
            assert_eq!(line.to_string().contains("hush"), line["type"] == "RECORD", "{line}");
        }
    }

    #[test]
    fn a_check_that_asks_for_a_report_has_the_internal_message() {
        let answer = |failure: Failure| {
            let lines = written(|output| {
                output.failed(&[failure.with_source(anyhow::anyhow!("panicked at a.rs:\nwhy"))]).unwrap();
            });
            lines[0]["connectionStatus"]["message"].as_str().unwrap().to_owned()
        };
        assert_eq!(answer(Failure::system("Report it.")), "Report it. Internal message: panicked at a.rs: why");
        assert_eq!(answer(Failure::config("Mend it.")), "Mend it.");
    }

    #[test]
    fn nothing_in_a_line_passes_for_its_end() {
        let odd = "\u{2028}a\u{2029}\u{2029}\u{85}b\nc\u{b}\u{c}\u{1c}\u{1e}\rä\u{2027}";
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes, Some(Level::Info));
        output.record(Stream::ManagementEvents, &json!({ "EventName": odd })).unwrap();
        drop(output);
        let line = String::from_utf8(bytes).unwrap();
        let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
        assert_eq!(line.find(ends), Some(line.len() - 1), "{line}");
        assert!(line.contains("ä\u{2027}"), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["record"]["data"]["EventName"], odd);
    }

    #[test]
    fn lines_below_the_level_are_left_out() {
        let lines = written(|output| {
            output.log(Level::Debug, "no").unwrap();
            output.log(Level::Info, "yes").unwrap();
        });
        assert_eq!(lines.len(), 1);
    }
}
