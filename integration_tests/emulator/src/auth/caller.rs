//! The access keys that the emulator knows, and what their requests get.

/// The account of all callers and events that name no other.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// The Region of all events that name no other.
pub const DEFAULT_REGION: &str = "us-east-1";

/// An access key, and how AWS would respond to requests signed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The access key ID.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
    /// The session token that each request must have; `None` for a long-term key, which has none.
    pub session_token: Option<String>,
    /// Whether the session token has expired: every request gets `ExpiredTokenException`.
    pub token_expired: bool,
    /// The account whose events it can see.
    pub account: String,
    /// If set, every request gets `AccessDeniedException`. This is the part of the message after the action, such as
    /// [`Caller::NO_POLICY`] or [`Caller::SERVICE_CONTROL_POLICY`].
    pub denied: Option<String>,
    /// If set, a service control policy allows these Regions only: in every other Region, requests get
    /// `AccessDeniedException` with [`Caller::SERVICE_CONTROL_POLICY`].
    pub allowed_regions: Option<Vec<String>>,
    /// The Regions in which a service control policy denies `LookupEvents`, with the same error.
    pub denied_regions: Vec<String>,
    /// The other actions that no policy allows: `account:ListRegions`, `organizations:ListAccounts`.
    pub denied_actions: Vec<String>,
    /// Whether the account is subscribed to the service. If not, every request gets `SubscriptionRequiredException`.
    pub subscribed: bool,
}

impl Caller {
    /// The reason for a denial if no policy allows the action.
    pub const NO_POLICY: &str = "because no identity-based policy allows the cloudtrail:LookupEvents action";
    /// The reason for a denial by a policy of the organization.
    pub const SERVICE_CONTROL_POLICY: &str = "with an explicit deny in a service control policy";

    /// One caller for each result of authentication and authorization, all with the default secret key: the default
    /// caller, one with a session token, one whose token has expired, one without a policy, one that a service control
    /// policy denies, one without a subscription, and one that may use us-east-1 only.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        let with_key = |access_key: &str| Self { access_key: access_key.to_owned(), ..Self::default() };
        vec![
            Self::default(),
            Self { session_token: Some("example-session-token".to_owned()), ..with_key("ASIAIOSFODNN7EXAMPLE") },
            Self {
                session_token: Some("example-expired-token".to_owned()),
                token_expired: true,
                ..with_key("ASIAEXPIREDTKEXAMPLE")
            },
            Self { denied: Some(Self::NO_POLICY.to_owned()), ..with_key("AKIANOPOLICYXEXAMPLE") },
            Self { denied: Some(Self::SERVICE_CONTROL_POLICY.to_owned()), ..with_key("AKIADENYBYSCPEXAMPLE") },
            Self { subscribed: false, ..with_key("AKIANOTSUBSCREXAMPLE") },
            Self { allowed_regions: Some(vec![DEFAULT_REGION.to_owned()]), ..with_key("AKIAREGIONSCPEXAMPLE") },
        ]
    }

    /// The reason why it may not look up events in this Region; `None` if it may.
    pub(crate) fn denial(&self, region: &str) -> Option<&str> {
        let is_allowed = self.allowed_regions.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == region))
            && self.denied_regions.iter().all(|name| name != region);
        self.denied.as_deref().or((!is_allowed).then_some(Self::SERVICE_CONTROL_POLICY))
    }

    /// The ARN that AWS names in a denial.
    pub(crate) fn arn(&self) -> String {
        let account = &self.account;
        if self.session_token.is_some() {
            format!("arn:aws:sts::{account}:assumed-role/reader/session")
        } else {
            format!("arn:aws:iam::{account}:user/reader")
        }
    }
}

impl Default for Caller {
    /// The long-term key of AWS's documentation, in the default account, with every permission.
    fn default() -> Self {
        Self {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            token_expired: false,
            account: DEFAULT_ACCOUNT.to_owned(),
            denied: None,
            allowed_regions: None,
            denied_regions: Vec::new(),
            denied_actions: Vec::new(),
            subscribed: true,
        }
    }
}
