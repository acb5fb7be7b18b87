//! STS in every Region: `AssumeRole` and `AssumeRoleWithWebIdentity`, with sessions that look like AWS's and that the
//! emulator's CloudTrail knows.
//!
//! It exists because sessions of AWS, and of other emulators, are valid for at least 15 minutes, and a test can't wait
//! that long for a renewal. It has no quota and no faults.

use super::{assume_role::AssumeRole, journal::SessionRequest};
use crate::{
    auth::{
        authorization::{Api, Authorization},
        caller::Caller,
        principal::{Principal, Principals},
        role::Role,
        signature::SignableRequest,
    },
    random::{Random, uuid},
    wire::{
        aws_error::AwsError,
        response::{Form, Response},
        timestamp::{http_date, iso_8601},
        xml::{self, Node},
    },
};
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

const VERSION: &str = "2011-06-15";
/// The maximum duration of a session, in seconds: AWS's default for a role, and the limit for role chaining.
const MAX_DURATION: i32 = 3600;
/// The maximum lifetime of a session. `Duration::MAX` would exceed the range of dates.
const MAX_LIFETIME: Duration = Duration::from_hours(24 * 36_500);
const BASE_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The roles, and the requests for their sessions.
#[derive(Debug)]
pub(crate) struct Sts {
    pub(crate) journal: Vec<SessionRequest>,
    roles: Vec<Role>,
    random: Random,
}

impl Sts {
    pub(super) fn new(roles: Vec<Role>, seed: u64) -> Self {
        // Not CloudTrail's seed, so that the two do not have the same random numbers.
        Self { journal: Vec::new(), roles, random: Random::seed_from_u64(!seed) }
    }

    /// Whether a request is for STS, whose requests are HTML forms.
    pub(super) fn is_addressed(request: &SignableRequest<'_>) -> bool {
        let content_type = request.headers.get("content-type").and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next());
        media_type == Some("application/x-www-form-urlencoded") && request.method == "POST" && request.path == "/"
    }

    /// The response to a request that arrived at `arrived` since the emulator started, which is `now` in real time.
    pub(super) fn respond(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &mut Principals,
        arrived: Duration,
        now: SystemTime,
    ) -> Response {
        let parameters: HashMap<String, String> = form_urlencoded::parse(request.body).into_owned().collect();
        let input = AssumeRole::parse(&parameters);
        let mut entry = SessionRequest {
            arrived,
            region: None,
            access_key: None,
            role: input.role.clone(),
            external_id: input.external_id.clone(),
            session_name: input.session_name.clone(),
            outcome: Err(String::new()),
        };
        let request_id = uuid(&mut self.random);
        let action = parameters.get("Action").map_or("", String::as_str);
        let result = match (action, parameters.get("Version").map(String::as_str)) {
            ("AssumeRole", Some(VERSION)) => self.assume(&input, request, principals, now, &mut entry),
            ("AssumeRoleWithWebIdentity", Some(VERSION)) => self.assume_with_web_identity(&input, now),
            (_, version) => Err(AwsError::invalid_action(action, version.unwrap_or("NO_VERSION_SPECIFIED"))),
        };
        let (status, body) = match result {
            Ok((role_id, session)) => {
                let expires = principals.clock(session.expires.unwrap_or(now));
                let body = session_response(action, &role_id, &session, expires, &request_id);
                entry.outcome = Ok(session.caller.access_key.clone());
                principals.add(session);
                (200, body)
            }
            Err(error) => {
                entry.outcome = Err(error.code.clone());
                (error.status, xml::error_response(&error, &request_id))
            }
        };
        self.journal.push(entry);
        let date = http_date(principals.clock(now));
        Response { delay: Duration::ZERO, date, request_id, form: Form::xml(status, body) }
    }

    fn assume(
        &mut self,
        input: &AssumeRole,
        request: &SignableRequest<'_>,
        principals: &Principals,
        now: SystemTime,
        entry: &mut SessionRequest,
    ) -> Result<(String, Principal), AwsError> {
        let authorization = Authorization::parse(request.headers).map_err(AwsError::for_sts)?;
        entry.region = Some(authorization.scope.region.clone());
        entry.access_key = Some(authorization.access_key.clone());
        let signer = principals.authenticate(&authorization, request, Api::Sts, now).map_err(AwsError::for_sts)?;
        let duration = input.check(false)?;
        let role = self.role(input).filter(|role| {
            role.web_identity_token.is_none() && (role.external_id.is_none() || role.external_id == input.external_id)
        });
        let Some(role) = role else {
            return Err(AwsError::assume_role_denied(&signer.arn, input.role.as_deref().unwrap_or_default()));
        };
        if duration > MAX_DURATION && signer.caller.session_token.is_some() {
            return Err(AwsError::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }
        self.issue(&role, input, duration, now)
    }

    fn assume_with_web_identity(
        &mut self,
        input: &AssumeRole,
        now: SystemTime,
    ) -> Result<(String, Principal), AwsError> {
        let duration = input.check(true)?;
        let role = self.role(input).filter(|role| role.web_identity_token.is_some());
        let role = role.ok_or_else(AwsError::web_identity_denied)?;
        if role.web_identity_token != input.web_identity_token {
            return Err(AwsError::invalid_identity_token());
        }
        self.issue(&role, input, duration, now)
    }

    fn role(&self, input: &AssumeRole) -> Option<Role> {
        self.roles.iter().find(|role| Some(&role.arn) == input.role.as_ref()).cloned()
    }

    /// A new session, and the ID of the assumed role.
    fn issue(
        &mut self,
        role: &Role,
        input: &AssumeRole,
        duration: i32,
        now: SystemTime,
    ) -> Result<(String, Principal), AwsError> {
        if duration > MAX_DURATION {
            return Err(AwsError::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        let lifetime = role.lifetime.unwrap_or(Duration::from_secs(u64::from(duration.unsigned_abs())));
        let expires = now + lifetime.min(MAX_LIFETIME);
        let name = input.session_name.as_deref().unwrap_or_default();
        let caller = Caller {
            access_key: format!("ASIA{}", self.random_string(BASE_32, 16)),
            secret_key: self.random_string(BASE_64, 40),
            session_token: Some(self.random_string(BASE_64, 344)),
            account: role.account().to_owned(),
            denied: role.denied.clone(),
            ..Caller::default()
        };
        let role_id: String = Sha256::digest(&role.arn)[..17].iter().map(|byte| character(BASE_32, *byte)).collect();
        let session = Principal { caller, arn: role.session_arn(name), expires: Some(expires) };
        Ok((format!("AROA{role_id}:{name}"), session))
    }

    fn random_string(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| character(alphabet, self.random.random())).collect()
    }
}

fn character(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet[usize::from(byte) % alphabet.len()])
}

/// The response with a session that expires at the second `expires` of the emulator's clock.
fn session_response(action: &str, role_id: &str, session: &Principal, expires: i64, request_id: &str) -> String {
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
    xml::response(action, result, request_id)
}

#[cfg(test)]
mod tests;
