//! The kinds of errors, without the sentences for them.

#![allow(missing_docs, reason = "most names say what they mean")]

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupErrorKind {
    /// AWS, or something in its place, answered with an error. AWS's own message is empty if there is none.
    Rejected { rejection: Rejection, message: String },
    /// AWS STS did not provide the credentials of a role. AWS's own message is empty if there is none.
    RoleRejected { rejection: RoleRejection, message: String },
    /// There is no answer, or none that can be read.
    NoAnswer(NoAnswer),
    /// There are no credentials to sign the request with.
    NoCredentials(NoCredentials),
}

/// What an answer that is an error says, by any service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    AccessDenied,
    NotSubscribed,
    InvalidFilter,
    InvalidEventCategory,
    InvalidPageToken,
    /// The account does not belong to an organization.
    NoOrganization,
    /// The service does not have this operation, as in some AWS partitions.
    NotOffered,
    Throttled,
    UnknownKey,
    WrongSecretKey,
    WrongClock,
    /// The request is signed for another Region than that of the endpoint.
    WrongRegion,
    ExpiredCredentials,
    /// The signature is missing or incomplete.
    InvalidSignature,
    /// A fault of the service or of a proxy, with its HTTP status.
    ServiceFault(u16),
    /// HTTP status 429 without an AWS error code.
    ThrottledByProxy,
    /// An answer with this HTTP status and without an AWS error code.
    NoErrorCode(u16),
    /// An AWS error code that this connector does not know.
    UnexpectedCode(String),
}

/// What AWS STS answers if it does not provide the credentials of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleRejection {
    AccessDenied,
    WebIdentityDenied,
    InvalidRequest,
    /// AWS STS is not active in the Region.
    InactiveRegion,
    InvalidWebIdentity,
    ExpiredWebIdentity,
    TemporarilyUnavailable,
}

/// Why there is no answer that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The request can't be built from what is configured.
    InvalidRequest,
    TimedOut,
    /// The answer is cut off, larger than any page, or not what the API describes.
    Garbled,
    /// The DNS server does not answer.
    DnsUnavailable,
    /// The endpoint's host name does not resolve.
    HostNotFound,
    ProxyHostNotFound,
    ProxyUnreachable,
    ProxyRefused,
    ProxyAuthenticationRequired,
    /// The server's certificate is the certificate of a CA.
    CaAsServerCertificate,
    UntrustedCertificate,
    NotHttp,
    NotTls,
    Unreachable,
}

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCredentials {
    /// The default credentials chain finds none.
    NotFound,
    /// Their configuration on this machine is wrong, for this reason.
    Misconfigured(String),
    /// The profile signs in with a browser or runs a program.
    UnsupportedProfile,
    /// A file that they depend on can't be read, for this reason.
    UnreadableFile(String),
    /// Their source on this machine can't provide them, for this reason.
    Unavailable(String),
}

impl From<Rejection> for LookupErrorKind {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { rejection, message: String::new() }
    }
}

impl From<RoleRejection> for LookupErrorKind {
    fn from(rejection: RoleRejection) -> Self {
        Self::RoleRejected { rejection, message: String::new() }
    }
}

impl From<NoAnswer> for LookupErrorKind {
    fn from(no_answer: NoAnswer) -> Self {
        Self::NoAnswer(no_answer)
    }
}

impl From<NoCredentials> for LookupErrorKind {
    fn from(no_credentials: NoCredentials) -> Self {
        Self::NoCredentials(no_credentials)
    }
}
