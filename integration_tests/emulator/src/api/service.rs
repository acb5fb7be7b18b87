//! The emulated service: it receives all requests and passes each one to the API that it is for. It gets the time as an
//! argument; the server reads the clock, waits, and handles the connections.

use super::{account::AccountManagement, cloudtrail::CloudTrail, organizations::Organizations, sts::Sts};
use crate::{
    auth::{principal::Principals, regions::Regions, signature::SignableRequest},
    random::{Random, uuid},
    settings::Settings,
    throttling::latency::Latency,
    wire::{response::Response, timestamp::http_date},
};
use rand::SeedableRng;
use std::{
    mem,
    time::{Duration, SystemTime},
};

/// All APIs, and the principals that they share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) cloudtrail: CloudTrail,
    pub(crate) sts: Sts,
    pub(crate) organizations: Organizations,
    pub(crate) account_management: AccountManagement,
    principals: Principals,
    /// The latency of all APIs but CloudTrail's, with random numbers of its own.
    other_latency: Latency,
    random: Random,
}

impl Service {
    pub(crate) fn new(mut settings: Settings) -> Self {
        let callers = mem::take(&mut settings.callers);
        let regions = Regions::new(mem::take(&mut settings.disabled_regions), mem::take(&mut settings.account_regions));
        let seed = settings.seed;
        Self {
            principals: Principals::new(callers, regions, settings.clock_offset_seconds),
            sts: Sts::new(mem::take(&mut settings.roles), settings.sts_rate, seed),
            organizations: Organizations::new(settings.organization.take(), seed),
            account_management: AccountManagement::new(seed),
            other_latency: settings.other_latency,
            random: Random::seed_from_u64(seed.wrapping_add(1)),
            cloudtrail: CloudTrail::new(settings),
        }
    }

    /// How long to wait before the response to a request that has just arrived is decided; `None` if that is to happen
    /// on arrival, as it always is for APIs other than CloudTrail's.
    pub(crate) fn wait(&mut self, request: &SignableRequest<'_>) -> Option<Duration> {
        match Addressed::by(request) {
            Addressed::CloudTrail => self.cloudtrail.wait(),
            Addressed::Sts | Addressed::Organizations | Addressed::AccountManagement => None,
        }
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
        let form = match Addressed::by(request) {
            Addressed::CloudTrail => {
                return self.cloudtrail.respond(request, &self.principals, arrived, counted, now);
            }
            Addressed::Sts => {
                let response = self.sts.respond(request, &mut self.principals, arrived, now);
                return Response { delay: self.other_latency.sample(&mut self.random), ..response };
            }
            Addressed::Organizations => self.organizations.respond(request, &self.principals, arrived, now),
            Addressed::AccountManagement => {
                let organization = self.organizations.organization();
                self.account_management.respond(request, &self.principals, organization, arrived, now)
            }
        };
        Response {
            delay: self.other_latency.sample(&mut self.random),
            date: http_date(self.principals.clock(now)),
            request_id: uuid(&mut self.random),
            form,
        }
    }
}

/// The API that a request is for.
enum Addressed {
    CloudTrail,
    Sts,
    Organizations,
    AccountManagement,
}

impl Addressed {
    fn by(request: &SignableRequest<'_>) -> Self {
        if Sts::is_addressed(request) {
            Self::Sts
        } else if Organizations::is_addressed(request) {
            Self::Organizations
        } else if AccountManagement::is_addressed(request) {
            Self::AccountManagement
        } else {
            Self::CloudTrail
        }
    }
}

#[cfg(test)]
mod tests;
