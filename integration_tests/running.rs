//! A run of the connector that has not ended: its output, and the ways to end it.
//!
//! Every line is validated against the protocol's schema, and no line but records may contain a secret.

use crate::run::Run;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStdout, Command, Stdio},
    rc::Rc,
    sync::LazyLock,
};
use tempfile::TempDir;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("airbyte_protocol.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// A run of the connector that has not ended.
pub(crate) struct Running {
    /// Keeps the files until the run has ended.
    _files: Rc<TempDir>,
    child: Child,
    stdout: BufReader<ChildStdout>,
    lines: Vec<Value>,
    secrets: Vec<String>,
}

impl Running {
    /// Starts `command`, which needs `files`. No line but records may contain one of `secrets`.
    pub(crate) fn start(mut command: Command, files: Rc<TempDir>, secrets: Vec<String>) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { _files: files, child, stdout, lines: Vec::new(), secrets }
    }

    /// Waits for `count` more lines of output.
    pub(crate) fn wait_for_lines(&mut self, count: usize) {
        for _ in 0..count {
            if !self.take_line() {
                return;
            }
        }
    }

    /// Kills the connector, as the system does when it is out of memory.
    pub(crate) fn kill(mut self) -> Run {
        self.child.kill().unwrap();
        self.finish()
    }

    /// Sends signals, without reading any more output. Returns the signal that ended the connector.
    pub(crate) fn end_by(mut self, signals: &[i32]) -> Option<i32> {
        for signal in signals {
            let sent = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        }
        self.child.wait().unwrap().signal()
    }

    /// Closes its stdout.
    pub(crate) fn close_stdout(self) -> (Option<i32>, String) {
        drop(self.stdout);
        let ended = self.child.wait_with_output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    }

    pub(crate) fn finish(mut self) -> Run {
        while self.take_line() {}
        let ended = self.child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        Run { lines: self.lines, code: ended.status.code(), stderr }
    }

    /// Reads one line. A line without an end does not count, as for every reader of the protocol.
    fn take_line(&mut self) -> bool {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            return false;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Some(error) = SCHEMA.iter_errors(&message).next() {
            panic!("{error}: {line}");
        }
        if message["type"] != "RECORD" {
            for secret in &self.secrets {
                assert!(!line.contains(secret), "a secret was written: {line}");
            }
        }
        if message["type"] != "RECORD" || !message["record"]["meta"].is_null() {
            append(&line);
        }
        self.lines.push(message);
        true
    }
}

/// Appends a line to the file in the environment variable `CONNECTOR_LINES`, so that other programs can validate it, too.
fn append(line: &str) {
    if let Some(file) = std::env::var_os("CONNECTOR_LINES") {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}
