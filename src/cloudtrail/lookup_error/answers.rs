//! The table of AWS's error codes. AWS's errors are told apart by their code, not by the HTTP status: a throttle is a 400,
//! as a wrong key is.
//!
//! Sources: AWS, "Common error types"; the errors of LookupEvents, AssumeRole, `AssumeRoleWithWebIdentity`, `ListAccounts`
//! and `ListRegions`; for the transient codes, AWS SDKs and Tools Reference Guide, "Retry behavior".

use super::{
    context::{CredentialsSource, RequestContext, Service},
    kind::{LookupErrorKind, Rejection, RoleRejection},
};

/// An answer that is an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorAnswer<'a> {
    /// The error code, without its namespace.
    pub(crate) code: Option<&'a str>,
    /// AWS's own message.
    pub(crate) message: &'a str,
    /// The HTTP status.
    pub(crate) status: u16,
}

impl ErrorAnswer<'_> {
    /// What the answer to the request of this `context` means.
    pub(crate) fn kind(self, context: &RequestContext) -> LookupErrorKind {
        let code = self.code.map(str::trim).filter(|code| !code.is_empty());
        let message = self.message.to_owned();
        if context.service == Service::Sts
            && let Some(rejection) = code.and_then(|code| role_rejection(code, self.message, &context.credentials))
        {
            return LookupErrorKind::RoleRejected { rejection, message };
        }
        LookupErrorKind::Rejected { rejection: rejection(code, self.message, self.status, context.service), message }
    }
}

/// The answers of AWS STS that are about the role.
fn role_rejection(code: &str, message: &str, credentials: &CredentialsSource) -> Option<RoleRejection> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" if *credentials == CredentialsSource::WebIdentity => {
            RoleRejection::WebIdentityDenied
        }
        "AccessDenied" | "AccessDeniedException" => RoleRejection::AccessDenied,
        "ValidationError" => RoleRejection::InvalidRequest,
        "RegionDisabledException" => RoleRejection::InactiveRegion,
        "InvalidIdentityToken" | "IDPRejectedClaim" => RoleRejection::InvalidWebIdentity,
        "ExpiredTokenException" if message.contains("Token expired") => RoleRejection::ExpiredWebIdentity,
        "IDPCommunicationError" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => {
            RoleRejection::TemporarilyUnavailable
        }
        _ => return None,
    })
}

fn rejection(code: Option<&str>, message: &str, status: u16, service: Service) -> Rejection {
    let code = match (code, status) {
        (Some(code), _) => code,
        (None, 408 | 425 | 500..) => return Rejection::ServiceFault(status),
        (None, 429) => return Rejection::ThrottledByProxy,
        (None, _) => return Rejection::NoErrorCode(status),
    };
    match code {
        "UnrecognizedClientException" | "InvalidClientTokenId" => Rejection::UnknownKey,
        "InvalidSignatureException" | "SignatureDoesNotMatch" if is_expired_signature(message) => Rejection::WrongClock,
        "InvalidSignatureException" | "SignatureDoesNotMatch" if message.contains("Credential should be scoped") => {
            Rejection::WrongRegion
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => Rejection::WrongSecretKey,
        "RequestExpired" | "RequestTimeTooSkewed" => Rejection::WrongClock,
        "ExpiredTokenException" | "ExpiredToken" => Rejection::ExpiredCredentials,
        "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => Rejection::InvalidSignature,
        _ => match service {
            Service::CloudTrail => cloudtrail_rejection(code, status),
            Service::Organizations | Service::AccountManagement => directory_rejection(code, status),
            Service::Sts => other_rejection(code, status),
        },
    }
}

fn is_expired_signature(message: &str) -> bool {
    ["Signature expired", "Signature not yet current"].iter().any(|words| message.contains(words))
}

fn cloudtrail_rejection(code: &str, status: u16) -> Rejection {
    match code {
        "AccessDeniedException" | "AccessDenied" => Rejection::AccessDenied,
        "OptInRequired" | "SubscriptionRequiredException" => Rejection::NotSubscribed,
        "InvalidLookupAttributesException" => Rejection::InvalidFilter,
        "InvalidEventCategoryException" => Rejection::InvalidEventCategory,
        "InvalidNextTokenException" => Rejection::InvalidPageToken,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => Rejection::Throttled,
        _ if status == 429 => Rejection::Throttled,
        _ => other_rejection(code, status),
    }
}

/// The answers of AWS Organizations and AWS Account Management.
fn directory_rejection(code: &str, status: u16) -> Rejection {
    match code {
        "AccessDeniedException" | "AccessDenied" => Rejection::AccessDenied,
        "AWSOrganizationsNotInUseException" => Rejection::NoOrganization,
        "UnknownOperationException" => Rejection::NotOffered,
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" => Rejection::Throttled,
        _ => other_rejection(code, status),
    }
}

fn other_rejection(code: &str, status: u16) -> Rejection {
    match (code, status) {
        (_, 500..) | ("RequestTimeout" | "RequestTimeoutException", _) => Rejection::ServiceFault(status),
        _ => Rejection::UnexpectedCode(code.to_owned()),
    }
}
