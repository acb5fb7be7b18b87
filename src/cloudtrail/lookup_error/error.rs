//! The error in place of a page: its kind, and what follows from it once everything is known.

use super::{
    context::{CredentialsSource, RequestContext},
    kind::{LookupErrorKind, NoAnswer, NoCredentials, Rejection, RoleRejection},
};
use crate::failure::{Failure, FailureType};
use std::{fmt, time::Duration};
use thiserror::Error;

/// No page arrived.
#[derive(Debug, Error)]
pub struct LookupError {
    kind: LookupErrorKind,
    context: Box<RequestContext>,
    /// How long to wait before the next request, at least, if the answer asks for it.
    pub(crate) retry_after: Option<Duration>,
    source: Option<anyhow::Error>,
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Retry, and make all requests less often.
    SlowDown,
    /// Retry after a while.
    Retry,
    /// Read the rest of the slice again, without the page token.
    RestartSlice,
    /// Stop: a retry can't help.
    Stop,
}

/// What is known when a failure is reported, beside the error itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    /// A page of the Region arrived before the error.
    pub(crate) has_worked: bool,
    /// Another Region works with the same credentials.
    pub(crate) others_work: bool,
}

impl LookupError {
    /// An error of this `kind` that the request of this `context` ran into.
    #[must_use]
    pub fn new(kind: impl Into<LookupErrorKind>, context: RequestContext) -> Self {
        Self { kind: kind.into(), context: Box::new(context), retry_after: None, source: None }
    }

    /// The same error, with the error behind it.
    pub(crate) fn with_source(self, source: impl Into<anyhow::Error>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The same error, with how long the answer asks to wait before the next request.
    pub(crate) fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    /// What to do about it, given whether a page of the Region arrived before.
    pub(crate) fn remedy(&self, has_worked: bool) -> Remedy {
        match &self.kind {
            LookupErrorKind::Rejected { rejection: Rejection::Throttled, .. } => Remedy::SlowDown,
            LookupErrorKind::Rejected { rejection: Rejection::InvalidPageToken, .. } => Remedy::RestartSlice,
            _ => match self.failure(Evidence { has_worked, others_work: false }).failure_type {
                FailureType::TransientError => Remedy::Retry,
                FailureType::ConfigError | FailureType::SystemError => Remedy::Stop,
            },
        }
    }

    /// What the user reads about it, with what is known so far.
    pub(crate) fn message(&self, evidence: Evidence) -> String {
        self.failure(evidence).message
    }

    /// The failure that the platform is told.
    pub(crate) fn into_failure(self, evidence: Evidence) -> Failure {
        let failure = self.failure(evidence);
        Failure { source: self.source, ..failure }
    }

    /// Whether the access key, and nothing about the Region, is to blame.
    pub(crate) fn is_unknown_key(&self, evidence: Evidence) -> bool {
        matches!(self.kind, LookupErrorKind::Rejected { rejection: Rejection::UnknownKey, .. })
            && !self.is_disabled_region(evidence)
    }

    /// The Region that the request went to.
    pub(crate) fn region(&self) -> &str {
        &self.context.region
    }

    /// Whether only the account or its Region is to blame, and neither what all accounts share nor what may pass.
    pub(crate) fn is_local(&self, evidence: Evidence) -> bool {
        match &self.kind {
            LookupErrorKind::Rejected { rejection, .. } => match rejection {
                Rejection::AccessDenied
                | Rejection::NotSubscribed
                | Rejection::InvalidEventCategory
                | Rejection::NotOffered => true,
                Rejection::UnknownKey => {
                    self.is_disabled_region(evidence) || matches!(self.context.credentials, CredentialsSource::Role(_))
                }
                _ => false,
            },
            LookupErrorKind::RoleRejected { rejection, .. } => *rejection == RoleRejection::AccessDenied,
            LookupErrorKind::NoAnswer(_) | LookupErrorKind::NoCredentials(_) => false,
        }
    }

    /// AWS answers the same for a wrong key and for a Region that is not enabled in the account.
    pub(crate) fn is_disabled_region(&self, evidence: Evidence) -> bool {
        matches!(self.kind, LookupErrorKind::Rejected { rejection: Rejection::UnknownKey, .. })
            && evidence.others_work
            && !evidence.has_worked
    }

    fn failure(&self, evidence: Evidence) -> Failure {
        let region = &self.context.region;
        if self.is_disabled_region(evidence) {
            return Failure::config(format!(
                "The Region {region} is not enabled in the account: the same credentials work in another Region. Enable {region} in the account, or remove it from aws_region_name and additional_regions."
            ));
        }
        let failure = self.kind.failure(&self.context);
        match &self.kind {
            kind if !evidence.has_worked || !kind.may_be_temporary() => failure,
            LookupErrorKind::NoCredentials(_) => {
                Failure::transient(format!("Credentials lost during the sync. {failure}"))
            }
            _ => Failure::transient(format!("Connection lost during the sync. {failure}")),
        }
    }
}

impl LookupErrorKind {
    /// Whether it is a mistake of the user's only if no page has arrived. Afterwards, a host name that does not resolve
    /// may resolve again, and what answers in place of AWS, such as a network's sign-in page, may be gone.
    fn may_be_temporary(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer(
                NoAnswer::HostNotFound
                    | NoAnswer::ProxyHostNotFound
                    | NoAnswer::CaAsServerCertificate
                    | NoAnswer::UntrustedCertificate
            ) | Self::Rejected { rejection: Rejection::NoErrorCode(_), .. }
                | Self::NoCredentials(NoCredentials::NotFound)
        )
    }
}

/// The sentence for the user.
impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure(Evidence::default()).fmt(f)
    }
}
