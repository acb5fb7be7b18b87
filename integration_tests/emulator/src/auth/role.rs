//! The roles that can be assumed.

use std::time::Duration;

/// A role that the emulator's STS issues sessions of. Its ARN names the account whose events they can see. It can be
/// assumed by every caller that the emulator knows, and by the sessions of other roles, unless `trusted_accounts` says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The ARN, such as `arn:aws:iam::123456789012:role/reader`.
    pub arn: String,
    /// The external ID that a request must have; `None` accepts any.
    pub external_id: Option<String>,
    /// The accounts that its trust policy allows to assume it; `None` for all.
    pub trusted_accounts: Option<Vec<String>>,
    /// If set, the role can only be assumed by `AssumeRoleWithWebIdentity`, with this token and without a signature.
    pub web_identity_token: Option<String>,
    /// How long its sessions are valid, whatever the request says. It may be seconds, unlike on AWS. `None` is as on
    /// AWS: as long as the request says.
    pub lifetime: Option<Duration>,
    /// If set, its sessions may not look up events. This is the reason, as in
    /// [`Caller::denied`](crate::Caller::denied).
    pub denied: Option<String>,
    /// The Regions in which a service control policy denies its sessions `LookupEvents`.
    pub denied_regions: Vec<String>,
    /// The other actions that its sessions may not perform, as in
    /// [`Caller::denied_actions`](crate::Caller::denied_actions).
    pub denied_actions: Vec<String>,
}

impl Role {
    /// A role that requires nothing and allows everything.
    pub fn new(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            external_id: None,
            trusted_accounts: None,
            web_identity_token: None,
            lifetime: None,
            denied: None,
            denied_regions: Vec::new(),
            denied_actions: Vec::new(),
        }
    }

    /// Whether its trust policy allows the principals of this account to assume it.
    pub(crate) fn trusts(&self, account: &str) -> bool {
        self.trusted_accounts.as_ref().is_none_or(|trusted| trusted.iter().any(|name| name == account))
    }

    pub(crate) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The ARN of a session, which has the role's name without its path.
    pub(crate) fn session_arn(&self, session_name: &str) -> String {
        let partition = self.arn.split(':').nth(1).unwrap_or_default();
        let name = self.arn.rsplit('/').next().unwrap_or_default();
        format!("arn:{partition}:sts::{}:assumed-role/{name}/{session_name}", self.account())
    }
}
