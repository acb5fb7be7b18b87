//! The laws of all output.

use crate::{
    airbyte::{output::Output, protocol::Level},
    failure::{Failure, FailureType},
};
use serde::de::IgnoredAny;

/// What ends a line for some reader, such as Python's `str.splitlines`.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// What is in the Debug form of values, and in no sentence.
const DEBUG_FORMS: [&str; 6] = ["Some(", "None)", "Ok(", "Err(", "Error(", "String(\""];

/// The lines that `write` writes. Each is a line for all readers, and the JSON of a message.
pub(super) fn lines(write: impl FnOnce(&Output<&mut Vec<u8>>)) -> Vec<String> {
    let mut written = Vec::new();
    let output = Output::new(&mut written, Some(Level::Debug));
    write(&output);
    drop(output);
    let text = String::from_utf8(written).expect("output is UTF-8");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end: {text}");
    let lines: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
    for line in &lines {
        assert!(is_one_line(line), "a line that some readers split: {line}");
        assert!(line.starts_with("{\"type\":\""), "not a message: {line}");
        assert!(serde_json::from_str::<IgnoredAny>(line).is_ok(), "not JSON: {line}");
    }
    lines
}

/// A message for the user about `input` is one line, in words.
pub(super) fn is_for_people(message: &str, input: &str) {
    assert!(!message.trim().is_empty() && is_one_line(message), "not one line: {message:?}");
    let debug = DEBUG_FORMS.iter().find(|form| message.contains(**form) && !input.contains(**form));
    assert_eq!(debug, None, "the Debug form of a value: {message}");
}

/// A failure because of `input` is the user's to fix, and has a message for the user.
pub(super) fn is_for_the_user(failure: &Failure, input: &str) {
    assert_eq!(failure.failure_type, FailureType::ConfigError, "{failure}");
    is_for_people(&failure.message, input);
}

fn is_one_line(text: &str) -> bool {
    !LINE_ENDS.iter().any(|end| text.contains(*end))
}
