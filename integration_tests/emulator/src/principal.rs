//! Whom a signature proves: a caller of the settings, or a session that the emulator's STS has given out.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::authorization::{Api, Claim};
use crate::caller::Caller;
use crate::lookup::second_of;
use crate::settings::Settings;
use crate::signature::Signable;
use crate::wire_error::WireError;

/// One who may sign requests.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) caller: Caller,
    /// The name under which AWS denies it.
    pub(crate) arn: String,
    /// From when on its session token is refused, in real time.
    pub(crate) expires: Option<SystemTime>,
}

impl From<Caller> for Principal {
    fn from(caller: Caller) -> Self {
        Self { arn: caller.arn(), expires: caller.token_expired.then_some(UNIX_EPOCH), caller }
    }
}

/// Everyone that the emulator knows, where they are known, and what time it is for them.
#[derive(Debug)]
pub(crate) struct Principals {
    known: Vec<Principal>,
    disabled_regions: HashSet<String>,
    clock_offset_seconds: i64,
}

impl Principals {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            known: settings.callers.iter().cloned().map(Principal::from).collect(),
            disabled_regions: settings.disabled_regions.clone(),
            clock_offset_seconds: settings.clock_offset_seconds,
        }
    }

    pub(crate) fn add(&mut self, principal: Principal) {
        self.known.push(principal);
    }

    /// What the emulator's clock shows at the real time `now`, in whole seconds.
    pub(crate) fn clock(&self, now: SystemTime) -> i64 {
        second_of(now) + self.clock_offset_seconds
    }

    /// The one whose claim this is, if it holds at the real time `now`.
    ///
    /// # Errors
    /// Those of CloudTrail, whatever the API.
    pub(crate) fn identify(
        &self,
        claim: &Claim,
        request: &Signable<'_>,
        api: Api,
        now: SystemTime,
    ) -> Result<&Principal, WireError> {
        if self.disabled_regions.contains(&claim.scope.region) {
            return Err(WireError::unrecognized_client());
        }
        let principal = self
            .known
            .iter()
            .find(|principal| principal.caller.access_key == claim.access_key)
            .filter(|principal| principal.caller.session_token == claim.session_token)
            .ok_or_else(WireError::unrecognized_client)?;
        if principal.expires.is_some_and(|at| at <= now) {
            return Err(WireError::expired_token());
        }
        claim.prove(request, &principal.caller, api, self.clock(now))?;
        Ok(principal)
    }
}
