//! Who signed a request: a caller from the settings, or a session that the emulator's STS has issued.

use super::{
    authorization::{Api, Authorization},
    caller::Caller,
    signature::SignableRequest,
};
use crate::wire::{aws_error::AwsError, timestamp::unix_second};
use std::{
    collections::HashSet,
    time::{SystemTime, UNIX_EPOCH},
};

/// A caller or a session that can sign requests.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) caller: Caller,
    /// The ARN that AWS names in a denial.
    pub(crate) arn: String,
    /// When its session token expires, in real time.
    pub(crate) expires: Option<SystemTime>,
}

impl From<Caller> for Principal {
    fn from(caller: Caller) -> Self {
        Self { arn: caller.arn(), expires: caller.token_expired.then_some(UNIX_EPOCH), caller }
    }
}

/// All principals that the emulator knows, the Regions in which it knows none, and the clock that it checks their
/// signatures by.
#[derive(Debug)]
pub(crate) struct Principals {
    known: Vec<Principal>,
    disabled_regions: HashSet<String>,
    clock_offset_seconds: i64,
}

impl Principals {
    pub(crate) fn new(callers: Vec<Caller>, disabled_regions: HashSet<String>, clock_offset_seconds: i64) -> Self {
        Self { known: callers.into_iter().map(Principal::from).collect(), disabled_regions, clock_offset_seconds }
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
        if self.disabled_regions.contains(&authorization.scope.region) {
            return Err(AwsError::unrecognized_client());
        }
        let principal = self
            .known
            .iter()
            .find(|principal| principal.caller.access_key == authorization.access_key)
            .filter(|principal| principal.caller.session_token == authorization.session_token)
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
