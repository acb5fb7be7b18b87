//! Who may call, and with what result: the access keys that the emulator knows.

use crate::event::{DEFAULT_ACCOUNT, DEFAULT_REGION};

/// An access key and what AWS would make of a request signed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
    /// The session token that has to come with every request; `None` for a long-term key, which bears none.
    pub session_token: Option<String>,
    /// Whether the session token is past its time: every request gets `ExpiredTokenException`.
    pub token_expired: bool,
    /// The account whose events it sees.
    pub account: String,
    /// If set, every request gets `AccessDeniedException`; this is its text after the name of the action, such as
    /// [`Caller::NO_POLICY`] or [`Caller::SERVICE_CONTROL_POLICY`].
    pub denied: Option<String>,
    /// The Regions that a service control policy leaves it, as those of many organizations do: a request in any other
    /// one gets `AccessDeniedException` with [`Caller::SERVICE_CONTROL_POLICY`]. `None` leaves all of them.
    pub allowed_regions: Option<Vec<String>>,
    /// Whether the account is subscribed to the service; if not, every request gets `SubscriptionRequiredException`.
    pub subscribed: bool,
}

impl Caller {
    /// The text of a denial where no policy allows the action.
    pub const NO_POLICY: &str = "because no identity-based policy allows the cloudtrail:LookupEvents action";
    /// The text of a denial by the organization.
    pub const SERVICE_CONTROL_POLICY: &str = "with an explicit deny in a service control policy";

    /// One caller for every answer to a request's credentials, all with the default secret: the default caller, then
    /// those with a session token, an expired one, no policy, an SCP against it, no subscription, and an SCP that leaves
    /// it us-east-1.
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

    /// Why it may not look up events in this Region, if it may not.
    pub(crate) fn denial(&self, region: &str) -> Option<&str> {
        let is_left = self.allowed_regions.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == region));
        self.denied.as_deref().or((!is_left).then_some(Self::SERVICE_CONTROL_POLICY))
    }

    /// The name under which AWS denies it.
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
    /// The long-term key of AWS's own examples, in the default account and allowed everything.
    fn default() -> Self {
        Self {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            token_expired: false,
            account: DEFAULT_ACCOUNT.to_owned(),
            denied: None,
            allowed_regions: None,
            subscribed: true,
        }
    }
}
