//! A stand-in for the STS of every Region: it gives out sessions of roles, as real ones look, which the emulator's
//! CloudTrail knows. It exists because a session of AWS, or of other emulators, holds for 15 minutes at least, which is
//! longer than a test can wait for a renewal. It has no quota, and no faults but those of the requests.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};

use crate::assume_role::AssumeRole;
use crate::authorization::{Api, Claim};
use crate::calendar::iso_8601;
use crate::caller::Caller;
use crate::principal::{Principal, Principals};
use crate::role::{Role, SessionRequest};
use crate::settings::Settings;
use crate::signature::Signable;
use crate::uuid::uuid;
use crate::wire_error::WireError;
use crate::xml::{self, Node};

const VERSION: &str = "2011-06-15";
/// The longest session of a role in AWS's default setting, and of any role that another role's session assumes.
const LONGEST: i32 = 3600;
/// What `Duration::MAX` comes to: no clock reaches that far.
const FOR_EVER: Duration = Duration::from_hours(24 * 36_500);
const UPPERCASE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The roles, and who asked for them.
#[derive(Debug)]
pub(crate) struct Sts {
    pub(crate) journal: Vec<SessionRequest>,
    roles: Vec<Role>,
    random: Xoshiro256PlusPlus,
}

/// An answer, which is XML.
#[derive(Debug)]
pub(crate) struct StsAnswer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) request_id: String,
}

impl Sts {
    pub(crate) fn new(settings: &Settings) -> Self {
        // A seed of its own, so that what CloudTrail draws does not depend on it.
        let random = Xoshiro256PlusPlus::seed_from_u64(!settings.seed);
        Self { journal: Vec::new(), roles: settings.roles.clone(), random }
    }

    /// Whether a request is for STS: its protocol is a form, as those of browsers.
    pub(crate) fn is_asked(request: &Signable<'_>) -> bool {
        let content_type = request.headers.get("content-type").and_then(|value| value.to_str().ok());
        let form = content_type.and_then(|value| value.split(';').next()) == Some("application/x-www-form-urlencoded");
        form && request.method == "POST" && request.path == "/"
    }

    /// Answers a request that arrived at `arrived` since the start, which is `now` in real time.
    pub(crate) fn answer(
        &mut self,
        request: &Signable<'_>,
        principals: &mut Principals,
        arrived: Duration,
        now: SystemTime,
    ) -> StsAnswer {
        let parameters: HashMap<String, String> = form_urlencoded::parse(request.body).into_owned().collect();
        let asked = AssumeRole::read(&parameters);
        let mut entry = SessionRequest {
            arrived,
            region: None,
            access_key: None,
            role: asked.role.clone(),
            external_id: asked.external_id.clone(),
            session_name: asked.session_name.clone(),
            outcome: Err(String::new()),
        };
        let request_id = uuid(&mut self.random);
        let action = parameters.get("Action").map_or("", String::as_str);
        let result = match (action, parameters.get("Version").map(String::as_str)) {
            ("AssumeRole", Some(VERSION)) => self.assume(&asked, request, principals, now, &mut entry),
            ("AssumeRoleWithWebIdentity", Some(VERSION)) => self.assume_with_web_identity(&asked, now),
            (_, version) => Err(WireError::invalid_action(action, version.unwrap_or("NO_VERSION_SPECIFIED"))),
        };
        let (status, body) = match result {
            Ok((role_id, session)) => {
                let expires = principals.clock(session.expires.unwrap_or(now));
                let body = granted(action, &role_id, &session, expires, &request_id);
                entry.outcome = Ok(session.caller.access_key.clone());
                principals.add(session);
                (200, body)
            }
            Err(error) => {
                entry.outcome = Err(error.code.clone());
                (error.status, xml::error(&error, &request_id))
            }
        };
        self.journal.push(entry);
        StsAnswer { status, body, request_id }
    }

    fn assume(
        &mut self,
        asked: &AssumeRole,
        request: &Signable<'_>,
        principals: &Principals,
        now: SystemTime,
        entry: &mut SessionRequest,
    ) -> Result<(String, Principal), WireError> {
        let claim = Claim::read(request.headers).map_err(WireError::of_sts)?;
        entry.region = Some(claim.scope.region.clone());
        entry.access_key = Some(claim.access_key.clone());
        let signer = principals.identify(&claim, request, Api::Sts, now).map_err(WireError::of_sts)?;
        let duration = asked.check(false)?;
        let role = self.role(asked).filter(|role| {
            role.web_identity_token.is_none() && (role.external_id.is_none() || role.external_id == asked.external_id)
        });
        let Some(role) = role else {
            return Err(WireError::not_to_be_assumed(&signer.arn, asked.role.as_deref().unwrap_or_default()));
        };
        if duration > LONGEST && signer.caller.session_token.is_some() {
            return Err(WireError::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }
        self.grant(&role, asked, duration, now)
    }

    fn assume_with_web_identity(
        &mut self,
        asked: &AssumeRole,
        now: SystemTime,
    ) -> Result<(String, Principal), WireError> {
        let duration = asked.check(true)?;
        let role = self.role(asked).filter(|role| role.web_identity_token.is_some());
        let role = role.ok_or_else(WireError::not_by_web_identity)?;
        if role.web_identity_token != asked.web_identity_token {
            return Err(WireError::invalid_identity_token());
        }
        self.grant(&role, asked, duration, now)
    }

    fn role(&self, asked: &AssumeRole) -> Option<Role> {
        self.roles.iter().find(|role| Some(&role.arn) == asked.role.as_ref()).cloned()
    }

    /// A new session, and the id of its role.
    fn grant(
        &mut self,
        role: &Role,
        asked: &AssumeRole,
        duration: i32,
        now: SystemTime,
    ) -> Result<(String, Principal), WireError> {
        if duration > LONGEST {
            return Err(WireError::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        let lifetime = role.lifetime.unwrap_or(Duration::from_secs(u64::from(duration.unsigned_abs())));
        let expires = now + lifetime.min(FOR_EVER);
        let name = asked.session_name.as_deref().unwrap_or_default();
        let caller = Caller {
            access_key: format!("ASIA{}", self.text(UPPERCASE, 16)),
            secret_key: self.text(BASE_64, 40),
            session_token: Some(self.text(BASE_64, 344)),
            account: role.account().to_owned(),
            denied: role.denied.clone(),
            ..Caller::default()
        };
        let role_id: String = Sha256::digest(&role.arn)[..17].iter().map(|byte| letter(UPPERCASE, *byte)).collect();
        let session = Principal { caller, arn: role.session_arn(name), expires: Some(expires) };
        Ok((format!("AROA{role_id}:{name}"), session))
    }

    fn text(&mut self, letters: &[u8], length: usize) -> String {
        (0..length).map(|_| letter(letters, self.random.random())).collect()
    }
}

fn letter(letters: &[u8], byte: u8) -> char {
    char::from(letters[usize::from(byte) % letters.len()])
}

/// The answer that hands over a session, which the emulator's clock sees expire in the second `expires`.
fn granted(action: &str, role_id: &str, session: &Principal, expires: i64, request_id: &str) -> String {
    let expiration = iso_8601(expires);
    let mut result = vec![
        Node::Parent("AssumedRoleUser", vec![Node::Text("AssumedRoleId", role_id), Node::Text("Arn", &session.arn)]),
        Node::Parent(
            "Credentials",
            vec![
                Node::Text("AccessKeyId", &session.caller.access_key),
                Node::Text("SecretAccessKey", &session.caller.secret_key),
                Node::Text("SessionToken", session.caller.session_token.as_deref().unwrap_or_default()),
                Node::Text("Expiration", &expiration),
            ],
        ),
    ];
    if action == "AssumeRoleWithWebIdentity" {
        result.push(Node::Text("SubjectFromWebIdentityToken", "system:serviceaccount:default:reader"));
        result.push(Node::Text("Audience", "sts.amazonaws.com"));
        result.push(Node::Text("Provider", "arn:aws:iam::123456789012:oidc-provider/oidc.example.com"));
    }
    xml::answer(action, result, request_id)
}

#[cfg(test)]
mod tests;
