//! The roles that can be assumed, and the journal of who asked for them.

use std::time::Duration;

/// A role that the emulator's STS gives out sessions of. Its ARN names the account whose events they see; who signs may
/// be any caller that the emulator knows, or the session of another role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Such as `arn:aws:iam::123456789012:role/reader`.
    pub arn: String,
    /// The external id that has to come with the request; `None` demands none.
    pub external_id: Option<String>,
    /// If set, the role is assumed by `AssumeRoleWithWebIdentity` with this token, which needs no signature, and in no
    /// other way.
    pub web_identity_token: Option<String>,
    /// How long its sessions hold, whatever the request asks for, be it seconds, which AWS does not do; `None` is as on
    /// AWS, what the request asks for.
    pub lifetime: Option<Duration>,
    /// If set, its sessions may not look up events; this is the text as in [`Caller::denied`](crate::Caller::denied).
    pub denied: Option<String>,
}

impl Role {
    /// A role that demands nothing and may do everything.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), external_id: None, web_identity_token: None, lifetime: None, denied: None }
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

/// One request for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// When it had arrived, since the emulator's start.
    pub arrived: Duration,
    /// The Region that its signature names; `None` for a web identity, which signs nothing.
    pub region: Option<String>,
    /// The access key that its signature names.
    pub access_key: Option<String>,
    /// `RoleArn`.
    pub role: Option<String>,
    /// `ExternalId`.
    pub external_id: Option<String>,
    /// `RoleSessionName`.
    pub session_name: Option<String>,
    /// The access key of the session that it was given, or the code of the error.
    pub outcome: Result<String, String>,
}
