//! STS in every Region: `AssumeRole` and `AssumeRoleWithWebIdentity`, with sessions that look like AWS's and that the
//! emulator's other APIs know, and `GetCallerIdentity`.
//!
//! It exists because sessions of AWS, and of other emulators, are valid for at least 15 minutes, and a test can't wait
//! that long for a renewal. It has no faults.

use super::{
    assume_role::AssumeRole,
    journal::{Call, SessionRequest},
};
use crate::{
    auth::{
        authorization::{Api, Authorization},
        caller::Caller,
        principal::{Principal, Principals, unique_id},
        regions::partition,
        role::Role,
        signature::SignableRequest,
    },
    random::{BASE_32, Random, character, uuid},
    throttling::quota::Quota,
    wire::{
        aws_error::AwsError,
        response::{Form, Response},
        timestamp::{http_date, iso_8601},
        xml::{self, Node},
    },
};
use rand::{RngExt, SeedableRng};
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

const VERSION: &str = "2011-06-15";
/// The maximum duration of a session, in seconds: AWS's default for a role, and the limit for role chaining.
const MAX_DURATION: i32 = 3600;
/// The maximum lifetime of a session. `Duration::MAX` would exceed the range of dates.
const MAX_LIFETIME: Duration = Duration::from_hours(24 * 36_500);
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The roles, and the requests for their sessions.
#[derive(Debug)]
pub(crate) struct Sts {
    pub(crate) journal: Vec<SessionRequest>,
    /// The requests for the identity of the caller.
    pub(crate) identities: Vec<Call>,
    roles: Vec<Role>,
    quota: Option<Quota>,
    random: Random,
}

impl Sts {
    /// STS with these roles, which admits `rate` requests in any second.
    pub(super) fn new(roles: Vec<Role>, rate: Option<u32>, seed: u64) -> Self {
        // Not CloudTrail's seed, so that the two do not have the same random numbers.
        let random = Random::seed_from_u64(!seed);
        Self { journal: Vec::new(), identities: Vec::new(), roles, quota: rate.map(Quota::per_second), random }
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
        let request_id = uuid(&mut self.random);
        let action = parameters.get("Action").map_or("", String::as_str);
        let version = parameters.get("Version").map(String::as_str);
        let (status, body) = match (action, version) {
            ("GetCallerIdentity", Some(VERSION)) => {
                self.caller_identity(request, principals, arrived, now, &request_id)
            }
            _ => self.session(&parameters, request, principals, arrived, now, &request_id),
        };
        let date = http_date(principals.clock(now));
        Response { delay: Duration::ZERO, date, request_id, form: Form::xml(status, body) }
    }

    /// The status and the body of a response with a session, or with an error.
    fn session(
        &mut self,
        parameters: &HashMap<String, String>,
        request: &SignableRequest<'_>,
        principals: &mut Principals,
        arrived: Duration,
        now: SystemTime,
        request_id: &str,
    ) -> (u16, String) {
        let input = AssumeRole::parse(parameters);
        let mut entry = SessionRequest {
            arrived,
            region: None,
            access_key: None,
            role: input.role.clone(),
            external_id: input.external_id.clone(),
            session_name: input.session_name.clone(),
            outcome: Err(String::new()),
        };
        let action = parameters.get("Action").map_or("", String::as_str);
        let result = match (action, parameters.get("Version").map(String::as_str)) {
            ("AssumeRole", Some(VERSION)) => self.assume(&input, request, principals, now, &mut entry),
            ("AssumeRoleWithWebIdentity", Some(VERSION)) => self.assume_with_web_identity(&input, arrived, now),
            (_, version) => Err(AwsError::invalid_action(action, version.unwrap_or("NO_VERSION_SPECIFIED"))),
        };
        let (status, body) = match result {
            Ok(session) => {
                let expires = principals.clock(session.expires.unwrap_or(now));
                let body = session_response(action, &session, expires, request_id);
                entry.outcome = Ok(session.caller.access_key.clone());
                principals.add(session);
                (200, body)
            }
            Err(error) => {
                entry.outcome = Err(error.code.clone());
                (error.status, xml::error_response(&error, request_id))
            }
        };
        self.journal.push(entry);
        (status, body)
    }

    /// The status and the body of a response that says who the caller is. That requires no permission.
    fn caller_identity(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        arrived: Duration,
        now: SystemTime,
        request_id: &str,
    ) -> (u16, String) {
        let mut call = Call::new(arrived);
        let result = self.identify(request, principals, now, &mut call);
        let response = match result {
            Ok((arn, user_id, account)) => {
                call.outcome = Ok(1);
                let result =
                    vec![Node::Text("Arn", &arn), Node::Text("UserId", &user_id), Node::Text("Account", &account)];
                (200, xml::response("GetCallerIdentity", result, request_id))
            }
            Err(error) => {
                call.outcome = Err(error.code.clone());
                (error.status, xml::error_response(&error, request_id))
            }
        };
        self.identities.push(call);
        response
    }

    /// The ARN, the ID and the account of the caller.
    fn identify(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        now: SystemTime,
        call: &mut Call,
    ) -> Result<(String, String, String), AwsError> {
        let authorization = Authorization::parse(request.headers).map_err(AwsError::for_sts)?;
        call.record(&authorization);
        let principal = principals.authenticate(&authorization, request, Api::Sts, now).map_err(AwsError::for_sts)?;
        let account = principal.caller.account.clone();
        call.account = Some(account.clone());
        self.admit(call.arrived)?;
        let partition = partition(&authorization.scope.region);
        let arn = principal.arn.replacen("arn:aws:", &format!("arn:{partition}:"), 1);
        Ok((arn, principal.user_id.clone(), account))
    }

    /// Counts a request that arrived at `arrived` toward the quota.
    fn admit(&mut self, arrived: Duration) -> Result<(), AwsError> {
        let is_admitted = self.quota.as_mut().is_none_or(|quota| quota.admit(arrived));
        if is_admitted { Ok(()) } else { Err(AwsError::throttling()) }
    }

    fn assume(
        &mut self,
        input: &AssumeRole,
        request: &SignableRequest<'_>,
        principals: &Principals,
        now: SystemTime,
        entry: &mut SessionRequest,
    ) -> Result<Principal, AwsError> {
        let authorization = Authorization::parse(request.headers).map_err(AwsError::for_sts)?;
        entry.region = Some(authorization.scope.region.clone());
        entry.access_key = Some(authorization.access_key.clone());
        let signer = principals.authenticate(&authorization, request, Api::Sts, now).map_err(AwsError::for_sts)?;
        self.admit(entry.arrived)?;
        let duration = input.check(false)?;
        let role = self.role(input).filter(|role| {
            role.web_identity_token.is_none()
                && role.trusts(&signer.caller.account)
                && (role.external_id.is_none() || role.external_id == input.external_id)
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
        arrived: Duration,
        now: SystemTime,
    ) -> Result<Principal, AwsError> {
        self.admit(arrived)?;
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

    /// A new session.
    fn issue(
        &mut self,
        role: &Role,
        input: &AssumeRole,
        duration: i32,
        now: SystemTime,
    ) -> Result<Principal, AwsError> {
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
            denied_regions: role.denied_regions.clone(),
            denied_actions: role.denied_actions.clone(),
            ..Caller::default()
        };
        let user_id = format!("{}:{name}", unique_id("AROA", &role.arn));
        Ok(Principal { caller, arn: role.session_arn(name), user_id, expires: Some(expires) })
    }

    fn random_string(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| character(alphabet, self.random.random())).collect()
    }
}

/// The response with a session that expires at the second `expires` of the emulator's clock.
fn session_response(action: &str, session: &Principal, expires: i64, request_id: &str) -> String {
    let expiration = iso_8601(expires);
    let mut result = vec![
        Node::Parent(
            "AssumedRoleUser",
            vec![Node::Text("AssumedRoleId", &session.user_id), Node::Text("Arn", &session.arn)],
        ),
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
