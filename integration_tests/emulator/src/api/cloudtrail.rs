//! CloudTrail's `LookupEvents`: the checks in AWS's order, the faults, and the pages.

use super::journal::{Entry, Outcome};
use crate::{
    auth::{
        authorization::{Api, Authorization},
        caller::Caller,
        principal::Principals,
        signature::SignableRequest,
    },
    faults::{fault::Fault, schedule::FaultSchedule, token_circle::TokenCircles},
    history::{lookup_request::LookupRequest, page, position::Position, store::Store, token::TokenIssuer},
    random::{Random, uuid},
    settings::Settings,
    throttling::throttle::Throttle,
    wire::{
        aws_error::AwsError,
        response::{Form, JSON, Response},
        timestamp::http_date,
    },
};
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value};
use std::{
    mem,
    time::{Duration, SystemTime},
};

const OPERATIONS: [&str; 2] =
    ["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", "CloudTrail_20131101.LookupEvents"];
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
const SIGN_IN: &str = "<!DOCTYPE html><html><head><title>Sign in to the network</title></head></html>";

/// The event history of all accounts and Regions, with its quotas and faults.
#[derive(Debug)]
pub(crate) struct CloudTrail {
    pub(crate) store: Store,
    pub(crate) faults: FaultSchedule,
    pub(crate) journal: Vec<Entry>,
    settings: Settings,
    throttle: Throttle,
    tokens: TokenIssuer,
    circles: TokenCircles,
    random: Random,
}

impl CloudTrail {
    pub(super) fn new(mut settings: Settings) -> Self {
        let mut store = Store::default();
        store.add(mem::take(&mut settings.events));
        let script = mem::take(&mut settings.faults);
        let mut random = Random::seed_from_u64(settings.seed);
        Self {
            store,
            faults: FaultSchedule::new(script, settings.random_faults.take()),
            journal: Vec::new(),
            throttle: Throttle::new(settings.throttling()),
            tokens: TokenIssuer::new(random.next_u64(), settings.token_lifetime),
            circles: TokenCircles::default(),
            random,
            settings,
        }
    }

    /// How long to wait before the response to a request that has just arrived is decided; `None` if that is to happen
    /// on arrival.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        self.settings.quota_after_latency.then(|| self.settings.latency.sample(&mut self.random))
    }

    /// The response to a request that arrived at `arrived` and counts toward the quota at `counted`, both since the
    /// emulator started. `now` is the real time of `counted`.
    pub(super) fn respond(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        arrived: Duration,
        counted: Duration,
        now: SystemTime,
    ) -> Response {
        self.faults.count_request();
        let mut entry = Entry::new(arrived, counted);
        let (form, delay) = self.look_up(request, principals, now, &mut entry).unwrap_or_else(|error| {
            let form = Form::json(error.status, error.json());
            entry.outcome = Outcome::Error { code: error.code };
            (form, Duration::ZERO)
        });
        // Requests that arrived later may have been counted earlier.
        let index = self.journal.partition_point(|earlier| earlier.arrived <= arrived);
        self.journal.insert(index, entry);
        let date = http_date(principals.clock(now));
        Response { delay, date, request_id: uuid(&mut self.random), form }
    }

    fn look_up(
        &mut self,
        request: &SignableRequest<'_>,
        principals: &Principals,
        now: SystemTime,
        entry: &mut Entry,
    ) -> Result<(Form, Duration), AwsError> {
        let members = operation_input(request)?;
        let lookup = LookupRequest::parse(&members);
        if let Ok(lookup) = &lookup {
            entry.record(lookup);
        }
        let (caller, region) = authorize(request, principals, now, entry)?;
        if self.throttle.throttles_at_random() {
            entry.fault = Some("RandomThrottle");
            return Err(AwsError::throttled());
        }
        if !self.throttle.admit(&caller.account, &region, entry.counted) {
            return Err(AwsError::throttled());
        }
        let fault = self.faults.next_fault(entry.had_token);
        entry.fault = fault.as_ref().map(Fault::name);
        match &fault {
            Some(Fault::Status500) => return Err(AwsError::internal_failure()),
            Some(Fault::Status503) => return Err(AwsError::unavailable()),
            Some(Fault::Throttled) => return Err(AwsError::throttled()),
            Some(Fault::InvalidNextToken) => return Err(AwsError::invalid_next_token()),
            Some(Fault::ExpiredToken) => return Err(AwsError::expired_token()),
            Some(Fault::Error { status, code, message }) => return Err(AwsError::new(*status, code, message.as_str())),
            Some(Fault::Status502Html) => return Ok((Form::html(502, BAD_GATEWAY), Duration::ZERO)),
            Some(Fault::NotJson) => return Ok((Form::html(200, SIGN_IN), Duration::ZERO)),
            Some(Fault::Reset) => return Ok((Form::Reset, Duration::ZERO)),
            Some(Fault::Hang) => return Ok((Form::Hang, Duration::ZERO)),
            // These faults need a page.
            None
            | Some(
                Fault::Truncated
                | Fault::EmptyPageWithToken
                | Fault::RepeatedToken
                | Fault::TokenCircle
                | Fault::Slow(_)
                | Fault::Trickle { .. }
                | Fault::Oversized(_),
            ) => {}
        }
        self.page(&lookup?, &caller.account, &region, fault.as_ref(), now, entry)
    }

    fn page(
        &mut self,
        lookup: &LookupRequest,
        account: &str,
        region: &str,
        fault: Option<&Fault>,
        now: SystemTime,
        entry: &mut Entry,
    ) -> Result<(Form, Duration), AwsError> {
        let query = lookup.resolve(now)?;
        let scope = lookup.token_scope(account, region);
        let from = match &lookup.token {
            None => Position::Newest,
            Some(token) => self.tokens.redeem(token, &scope, entry.arrived).ok_or_else(AwsError::invalid_next_token)?,
        };
        let mut page = self.store.page(account, region, &query, from, self.settings.tokens, now);
        page.has_more |= self.settings.full_last_page_has_token && page.events.len() == query.page_size;
        if fault == Some(&Fault::EmptyPageWithToken) {
            page.events.clear();
            (page.has_more, page.next) = (true, from);
        }
        let mut issue = |position| self.tokens.issue(position, &scope, entry.arrived);
        let next_token = match (fault, &lookup.token) {
            (Some(Fault::RepeatedToken), token) => token.clone(),
            (Some(Fault::TokenCircle), Some(token)) => {
                Some(self.circles.token_back(&scope, token, || issue(Position::Newest)))
            }
            _ => page.has_more.then(|| issue(page.next)),
        };
        if let (None, Some(first)) = (&lookup.token, &next_token) {
            self.circles.begin(&scope, first);
        }
        let mut delay = Duration::ZERO;
        if !self.settings.quota_after_latency {
            delay += self.settings.latency.sample(&mut self.random);
        }
        if let Some(Fault::Slow(longer)) = fault {
            delay += *longer;
        }
        let body = page::json(&page.events, next_token.as_deref(), self.settings.time_format);
        if fault == Some(&Fault::Truncated) {
            return Ok((Form::Truncated(body), delay));
        }
        entry.outcome = Outcome::Page { events: page.events.len(), has_token: next_token.is_some() };
        let form = match fault {
            Some(Fault::Trickle { headers: true }) => Form::TrickledHeaders(body),
            Some(Fault::Trickle { headers: false }) => Form::TrickledBody(body),
            Some(Fault::Oversized(bytes)) => Form::Oversized(body, *bytes),
            _ => Form::json(200, body),
        };
        Ok((form, delay))
    }
}

/// The members of the input, if the request is for `LookupEvents`.
fn operation_input(request: &SignableRequest<'_>) -> Result<Map<String, Value>, AwsError> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    if request.method != "POST" || request.path != "/" || header("content-type") != Some(JSON) {
        return Err(AwsError::not_found());
    }
    if !header("x-amz-target").is_some_and(|target| OPERATIONS.contains(&target)) {
        return Err(AwsError::unknown_operation());
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(AwsError::serialization("Unexpected content in the body of the request")),
    }
}

/// The caller, and the Region in its signature, if it may look up events there.
fn authorize(
    request: &SignableRequest<'_>,
    principals: &Principals,
    now: SystemTime,
    entry: &mut Entry,
) -> Result<(Caller, String), AwsError> {
    let authorization = Authorization::parse(request.headers)?;
    entry.region = Some(authorization.scope.region.clone());
    entry.access_key = Some(authorization.access_key.clone());
    let principal = principals.authenticate(&authorization, request, Api::CloudTrail, now)?;
    let caller = &principal.caller;
    entry.account = Some(caller.account.clone());
    if !caller.subscribed {
        return Err(AwsError::not_subscribed());
    }
    if let Some(reason) = caller.denial(&authorization.scope.region) {
        return Err(AwsError::access_denied(&principal.arn, reason));
    }
    Ok((caller.clone(), authorization.scope.region))
}
