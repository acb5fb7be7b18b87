//! What went wrong, in the words that the user reads, and what the platform is to make of it.

use serde::Serialize;
use std::io;

/// Who can mend it. Source: Airbyte protocol, `AirbyteErrorTraceMessage.failure_type`; the platform never retries a
/// `config_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureType {
    /// The user: the config, the permissions, the account.
    ConfigError,
    /// Time: the same sync may succeed later.
    TransientError,
    /// The developers of this connector.
    SystemError,
}

/// One failure, classified once, where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who can mend it.
    pub failure_type: FailureType,
    /// One sentence or two, in one line, whatever they quote: what is wrong and what to do.
    pub message: String,
    /// What was seen, for whoever looks into it.
    pub internal_message: Option<String>,
    /// What the message is where the same credentials work in another Region.
    pub if_others_work: Option<String>,
}

impl Failure {
    fn new(failure_type: FailureType, message: impl Into<String>) -> Self {
        let message =
            message.into().replace(|end: char| end.is_control() || ['\u{2028}', '\u{2029}'].contains(&end), " ");
        Self { failure_type, message, internal_message: None, if_others_work: None }
    }

    /// A failure that the user mends by changing what they configured.
    #[must_use]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(FailureType::ConfigError, message)
    }

    /// A failure that may be gone at the next attempt.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(FailureType::TransientError, message)
    }

    /// A defect of this connector.
    #[must_use]
    pub fn system(message: impl Into<String>) -> Self {
        Self::new(FailureType::SystemError, message)
    }

    /// The same failure, with what was seen.
    #[must_use]
    pub fn with_internal(self, internal_message: impl Into<String>) -> Self {
        Self { internal_message: Some(internal_message.into()), ..self }
    }
}

/// Why a command stopped before its end.
#[derive(Debug)]
pub enum Stopped {
    /// Something failed that the user is to be told.
    Failed(Failure),
    /// Stdout takes no more, so that nobody can be told.
    Unwritable(io::Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Unwritable(error)
    }
}
