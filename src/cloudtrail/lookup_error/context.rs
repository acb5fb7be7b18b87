//! The request that failed: where it went, and whose credentials signed it.

use std::fmt;

/// Where a request went and whose credentials signed it.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The service that it went to.
    pub service: Service,
    /// The Region that it went to.
    pub region: String,
    /// The endpoint that is configured; none for AWS's own endpoint of the Region.
    pub endpoint_url: Option<String>,
    /// The credentials that signed it.
    pub credentials: CredentialsSource,
}

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// AWS CloudTrail.
    CloudTrail,
    /// AWS Security Token Service, which provides the credentials of roles.
    Sts,
    /// AWS Organizations, which lists the accounts.
    Organizations,
    /// AWS Account Management, which lists the Regions that are enabled in an account.
    AccountManagement,
}

/// Where the credentials that signed a request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsSource {
    /// The config's access key.
    Config,
    /// The default credentials chain of this machine.
    Machine {
        /// Whether the credentials have an expiration time, and so are renewed before it.
        are_renewed: bool,
    },
    /// The role with this ARN; its credentials are renewed.
    Role(String),
    /// A token of this machine's web identity takes the place of a signature.
    WebIdentity,
}

impl RequestContext {
    /// Whether the request is plain HTTP, so that a proxy forwards it without a tunnel.
    pub(super) fn is_plain_http(&self) -> bool {
        self.endpoint_url.as_ref().is_some_and(|url| url.to_ascii_lowercase().starts_with("http:"))
    }
}

/// The endpoint that it went to, in the user's words.
impl fmt::Display for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint_url {
            None => write!(f, "{} in {}", self.service, self.region),
            Some(url) => write!(f, "{} in {} ({url})", self.service, self.region),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CloudTrail => "CloudTrail",
            Self::Sts => "AWS STS",
            Self::Organizations => "AWS Organizations",
            Self::AccountManagement => "AWS Account Management",
        })
    }
}
