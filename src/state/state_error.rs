//! Why a state can't be used.

use crate::{failure::Failure, partition::AccountId};
use thiserror::Error;

/// A state that can't be used.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct StateError(#[from] Problem);

/// The two ways in which a state can't be used.
#[derive(Debug, Error)]
enum Problem {
    #[error(
        "The state can't be used: {reason}. Use a state that this connector wrote, or none to read all events again."
    )]
    Invalid {
        #[source]
        reason: Reason,
    },
    #[error(
        "The state belongs to account {of_state}, but the credentials belong to account {of_credentials}. Use credentials of account {of_state}. To read both accounts, enter a role in each of them in accounts (mode roles). To read only account {of_credentials}, create another connection, or refresh the stream (Refresh and retain records)."
    )]
    OtherAccount { of_state: AccountId, of_credentials: AccountId },
}

/// What is wrong with a state, as a part of the sentence that the user reads.
#[derive(Debug, Error)]
pub(super) enum Reason {
    #[error("it is not JSON (line {line}, column {column})", line = source.line(), column = source.column())]
    NotJson { source: serde_json::Error },
    #[error("it is neither a list of STREAM states nor an object")]
    NotAState,
    #[error("an entry of its list is not an object")]
    MessageNotAnObject,
    #[error("an entry is not a state message ({source})")]
    Message { source: serde_json::Error },
    #[error("an entry has the type \"{state_type}\", not STREAM")]
    StateType { state_type: String },
    #[error("an entry does not name its stream")]
    NoStreamName,
    #[error("the state of the stream {stream} is not an object")]
    StreamNotAnObject { stream: &'static str },
    #[error("in the state of the stream {stream}, {source}")]
    Stream { stream: &'static str, source: serde_json::Error },
    #[error("it has no regions, and no EventTime that is a number of seconds since 1970")]
    NoEventTime,
    #[error("the entry of {region} is not an object")]
    RegionNotAnObject { region: String },
    #[error("in the entry of {region}, {source}")]
    Region { region: String, source: serde_json::Error },
}

impl StateError {
    /// The credentials that are used with the state of `of_state` are of another account.
    pub(super) fn other_account(of_state: AccountId, of_credentials: AccountId) -> Self {
        Self(Problem::OtherAccount { of_state, of_credentials })
    }
}

impl From<Reason> for StateError {
    fn from(reason: Reason) -> Self {
        Self(Problem::Invalid { reason })
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let failure = Self::config(error.to_string());
        match error.0 {
            Problem::Invalid { reason } => failure.with_source(reason),
            Problem::OtherAccount { .. } => failure,
        }
    }
}
