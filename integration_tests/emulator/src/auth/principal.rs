//! Who signed a request: a caller from the settings, or a session that the emulator's STS has issued.

use super::{
    authorization::{Api, Authorization},
    caller::Caller,
    regions::Regions,
    signature::SignableRequest,
};
use crate::{
    random::{BASE_32, character},
    wire::{aws_error::AwsError, timestamp::unix_second},
};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// A caller or a session that can sign requests.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) caller: Caller,
    /// The ARN that AWS names in a denial.
    pub(crate) arn: String,
    /// The ID that `GetCallerIdentity` returns.
    pub(crate) user_id: String,
    /// When its session token expires, in real time.
    pub(crate) expires: Option<SystemTime>,
}

impl From<Caller> for Principal {
    fn from(caller: Caller) -> Self {
        let arn = caller.arn();
        let user_id = if caller.session_token.is_some() {
            let session = arn.rsplit('/').next().unwrap_or_default();
            format!("{}:{session}", unique_id("AROA", &arn))
        } else {
            unique_id("AIDA", &arn)
        };
        Self { user_id, arn, expires: caller.token_expired.then_some(UNIX_EPOCH), caller }
    }
}

/// The unique ID of a user or a role, whose kind the prefix tells. The same ARN always has the same ID.
pub(crate) fn unique_id(prefix: &str, arn: &str) -> String {
    let characters = Sha256::digest(arn)[..17].iter().map(|byte| character(BASE_32, *byte)).collect::<String>();
    format!("{prefix}{characters}")
}

/// All principals that the emulator knows, the Regions in which it knows them, and the clock that it checks their
/// signatures by.
#[derive(Debug)]
pub(crate) struct Principals {
    known: Vec<Principal>,
    pub(crate) regions: Regions,
    clock_offset_seconds: i64,
}

impl Principals {
    pub(crate) fn new(callers: Vec<Caller>, regions: Regions, clock_offset_seconds: i64) -> Self {
        Self { known: callers.into_iter().map(Principal::from).collect(), regions, clock_offset_seconds }
    }

    pub(crate) fn add(&mut self, principal: Principal) {
        self.known.push(principal);
    }

    /// The second that the emulator's clock shows at the real time `now`.
    pub(crate) fn clock(&self, now: SystemTime) -> i64 {
        unix_second(now) + self.clock_offset_seconds
    }

    /// The principal that signed the request, at the real time `now`.
    ///
    /// # Errors
    ///
    /// CloudTrail's error for wrong credentials, whatever the API.
    pub(crate) fn authenticate(
        &self,
        authorization: &Authorization,
        request: &SignableRequest<'_>,
        api: Api,
        now: SystemTime,
    ) -> Result<&Principal, AwsError> {
        let region = &authorization.scope.region;
        if self.regions.is_disabled_everywhere(region) {
            return Err(AwsError::unrecognized_client());
        }
        let principal = self
            .known
            .iter()
            .find(|principal| principal.caller.access_key == authorization.access_key)
            .filter(|principal| principal.caller.session_token == authorization.session_token)
            .filter(|principal| self.regions.is_enabled(&principal.caller.account, region))
            .ok_or_else(AwsError::unrecognized_client)?;
        if principal.expires.is_some_and(|expires| expires <= now) {
            return Err(AwsError::expired_token());
        }
        authorization.verify(request, &principal.caller.secret_key, api, self.clock(now))?;
        Ok(principal)
    }
}

#[cfg(test)]
mod tests;
