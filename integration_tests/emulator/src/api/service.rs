//! The emulated service: it receives all requests and passes each one to the API that it is for. It gets the time as an
//! argument; the server reads the clock, waits, and handles the connections.

use super::{cloudtrail::CloudTrail, sts::Sts};
use crate::{
    auth::{principal::Principals, signature::SignableRequest},
    settings::Settings,
    wire::response::Response,
};
use std::{
    mem,
    time::{Duration, SystemTime},
};

/// Both APIs, and the principals that they share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) cloudtrail: CloudTrail,
    pub(crate) sts: Sts,
    principals: Principals,
}

impl Service {
    pub(crate) fn new(mut settings: Settings) -> Self {
        let callers = mem::take(&mut settings.callers);
        let disabled_regions = mem::take(&mut settings.disabled_regions);
        Self {
            principals: Principals::new(callers, disabled_regions, settings.clock_offset_seconds),
            sts: Sts::new(mem::take(&mut settings.roles), settings.seed),
            cloudtrail: CloudTrail::new(settings),
        }
    }

    /// How long to wait before the response to a request that has just arrived is decided; `None` if that is to happen
    /// on arrival. STS has no latency.
    pub(crate) fn wait(&mut self, request: &SignableRequest<'_>) -> Option<Duration> {
        if Sts::is_addressed(request) { None } else { self.cloudtrail.wait() }
    }

    /// The response to a request that arrived at `arrived` and counts toward the quota at `counted`, both since the
    /// emulator started. `now` is the real time of `counted`.
    pub(crate) fn respond(
        &mut self,
        request: &SignableRequest<'_>,
        arrived: Duration,
        counted: Duration,
        now: SystemTime,
    ) -> Response {
        if Sts::is_addressed(request) {
            self.sts.respond(request, &mut self.principals, arrived, now)
        } else {
            self.cloudtrail.respond(request, &self.principals, arrived, counted, now)
        }
    }
}

#[cfg(test)]
mod tests;
