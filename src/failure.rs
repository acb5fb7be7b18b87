//! What failed, in the words that the user reads, and what the platform should do about it.

use serde::Serialize;
use thiserror::Error;

/// Who can fix it. Source: Airbyte protocol, `AirbyteErrorTraceMessage.failure_type`; the platform never retries a
/// `config_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureType {
    /// The user: the config, the permissions, the account.
    ConfigError,
    /// Nobody has to: the same sync may succeed later.
    TransientError,
    /// The developers of this connector.
    SystemError,
}

/// A classified error: what the platform is told.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Failure {
    /// Who can fix it.
    pub failure_type: FailureType,
    /// The cause, then the remedy, on one line, whatever it quotes.
    pub message: String,
    /// The error behind it.
    pub source: Option<anyhow::Error>,
}

impl Failure {
    fn new(failure_type: FailureType, message: impl Into<String>) -> Self {
        Self { failure_type, message: one_line(&message.into()), source: None }
    }

    /// A failure that the user fixes by changing what they configured.
    #[must_use]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(FailureType::ConfigError, message)
    }

    /// A failure that may not occur in the next attempt.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(FailureType::TransientError, message)
    }

    /// A defect of this connector.
    #[must_use]
    pub fn system(message: impl Into<String>) -> Self {
        Self::new(FailureType::SystemError, message)
    }

    /// The same failure, with the error behind it.
    #[must_use]
    pub fn with_source(self, source: impl Into<anyhow::Error>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The error behind it and all its causes on one line, for those who investigate.
    #[must_use]
    pub fn internal_message(&self) -> Option<String> {
        self.source.as_ref().map(|source| one_line(&format!("{source:#}")))
    }
}

/// `text` with spaces for what ends a line.
fn one_line(text: &str) -> String {
    text.replace(|end: char| end.is_control() || ['\u{2028}', '\u{2029}'].contains(&end), " ")
}

/// Two failures are the same if the user reads the same.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        (self.failure_type, &self.message) == (other.failure_type, &other.message)
    }
}
