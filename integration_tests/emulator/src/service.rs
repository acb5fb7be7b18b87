//! What the service answers to a request, and what the journal says about it. It is told the time; reading the clock,
//! waiting and everything about connections is the server's.

use std::time::{Duration, SystemTime};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value};

use crate::answer::{Answer, CONTENT_TYPE, Form};
use crate::authorization::{Api, Claim};
use crate::calendar::http_date;
use crate::caller::Caller;
use crate::circle::Circles;
use crate::fault::{Fault, Mischief};
use crate::journal::{Entry, Outcome};
use crate::lookup::Lookup;
use crate::page::page;
use crate::principal::Principals;
use crate::settings::Settings;
use crate::signature::Signable;
use crate::store::{Position, Store};
use crate::sts::{Sts, StsAnswer};
use crate::throttle::Throttle;
use crate::token::Mint;
use crate::uuid::uuid;
use crate::wire_error::WireError;

const OPERATIONS: [&str; 2] =
    ["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", "CloudTrail_20131101.LookupEvents"];
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
const SIGN_IN: &str = "<!DOCTYPE html><html><head><title>Sign in to the network</title></head></html>";

/// The emulated service with everything it remembers.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) mischief: Mischief,
    pub(crate) journal: Vec<Entry>,
    pub(crate) sts: Sts,
    principals: Principals,
    settings: Settings,
    throttle: Throttle,
    mint: Mint,
    circles: Circles,
    random: Xoshiro256PlusPlus,
}

impl Service {
    pub(crate) fn new(mut settings: Settings) -> Self {
        let mut store = Store::default();
        store.add(std::mem::take(&mut settings.events));
        let script = std::mem::take(&mut settings.faults);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(settings.seed);
        Self {
            store,
            mischief: Mischief::new(script, settings.random_faults.take()),
            journal: Vec::new(),
            sts: Sts::new(&settings),
            principals: Principals::new(&settings),
            throttle: Throttle::new(&settings),
            mint: Mint::new(random.next_u64(), settings.token_lifetime),
            circles: Circles::default(),
            random,
            settings,
        }
    }

    /// How long a request that has just arrived has to wait before it is answered, if answers are not to be decided
    /// on arrival. STS has no latency.
    pub(crate) fn wait(&mut self, request: &Signable<'_>) -> Option<Duration> {
        let waits = self.settings.quota_after_latency && !Sts::is_asked(request);
        waits.then(|| self.settings.latency.draw(&mut self.random))
    }

    /// Answers a request that arrived at `arrived` and counts at `counted`, both since the start; the latter is `now`
    /// on the clock.
    pub(crate) fn answer(
        &mut self,
        request: &Signable<'_>,
        arrived: Duration,
        counted: Duration,
        now: SystemTime,
    ) -> Answer {
        let date = http_date(self.principals.clock(now));
        if Sts::is_asked(request) {
            let StsAnswer { status, body, request_id } = self.sts.answer(request, &mut self.principals, arrived, now);
            let form = Form::Whole { status, content_type: "text/xml", body };
            return Answer { delay: Duration::ZERO, date, request_id, form };
        }
        self.mischief.count();
        let mut entry = Entry::new(arrived, counted);
        let (form, delay) = self.attempt(request, now, &mut entry).unwrap_or_else(|error| {
            let form = Form::json(error.status, error.body());
            entry.outcome = Outcome::Error { code: error.code };
            (form, Duration::ZERO)
        });
        // Those that arrived later may have been counted earlier.
        let place = self.journal.partition_point(|earlier| earlier.arrived <= arrived);
        self.journal.insert(place, entry);
        Answer { delay, date, request_id: uuid(&mut self.random), form }
    }

    fn attempt(
        &mut self,
        request: &Signable<'_>,
        now: SystemTime,
        entry: &mut Entry,
    ) -> Result<(Form, Duration), WireError> {
        let members = operation_input(request)?;
        let lookup = Lookup::read(&members);
        if let Ok(lookup) = &lookup {
            entry.describe(lookup);
        }
        let caller = self.authenticate(request, now, entry)?;
        let region = entry.region.clone().unwrap_or_default();
        if self.throttle.strikes_at_random() {
            entry.fault = Some("RandomThrottle");
            return Err(WireError::throttled());
        }
        if !self.throttle.admit(&caller.account, &region, entry.counted) {
            return Err(WireError::throttled());
        }
        let fault = self.mischief.due(entry.had_token);
        entry.fault = fault.as_ref().map(Fault::name);
        match &fault {
            Some(Fault::Status500) => return Err(WireError::internal_failure()),
            Some(Fault::Status503) => return Err(WireError::unavailable()),
            Some(Fault::Throttled) => return Err(WireError::throttled()),
            Some(Fault::InvalidNextToken) => return Err(WireError::invalid_next_token()),
            Some(Fault::ExpiredToken) => return Err(WireError::expired_token()),
            Some(Fault::Error { status, code, message }) => {
                return Err(WireError::new(*status, code, message.as_str()));
            }
            Some(Fault::Status502Html) => return Ok((Form::html(502, BAD_GATEWAY), Duration::ZERO)),
            Some(Fault::NotJson) => return Ok((Form::html(200, SIGN_IN), Duration::ZERO)),
            Some(Fault::Reset) => return Ok((Form::Reset, Duration::ZERO)),
            Some(Fault::Hang) => return Ok((Form::Hang, Duration::ZERO)),
            // These have to do with a page.
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
        self.serve(&lookup?, &caller.account, &region, fault.as_ref(), now, entry)
    }

    fn authenticate(&self, request: &Signable<'_>, now: SystemTime, entry: &mut Entry) -> Result<Caller, WireError> {
        let claim = Claim::read(request.headers)?;
        entry.region = Some(claim.scope.region.clone());
        entry.access_key = Some(claim.access_key.clone());
        let principal = self.principals.identify(&claim, request, Api::CloudTrail, now)?;
        let caller = &principal.caller;
        entry.account = Some(caller.account.clone());
        if !caller.subscribed {
            return Err(WireError::not_subscribed());
        }
        if let Some(rest) = caller.denial(&claim.scope.region) {
            return Err(WireError::access_denied(&principal.arn, rest));
        }
        Ok(caller.clone())
    }

    fn serve(
        &mut self,
        lookup: &Lookup,
        account: &str,
        region: &str,
        fault: Option<&Fault>,
        now: SystemTime,
        entry: &mut Entry,
    ) -> Result<(Form, Duration), WireError> {
        let query = lookup.resolve(now)?;
        let binding = lookup.binding(account, region);
        let from = match &lookup.token {
            None => Position::Newest,
            Some(token) => {
                self.mint.redeem(token, &binding, entry.arrived).ok_or_else(WireError::invalid_next_token)?
            }
        };
        let mut found = self.store.page(account, region, &query, from, self.settings.tokens, now);
        found.more |= self.settings.full_last_page_has_token && found.events.len() == query.page_size;
        if fault == Some(&Fault::EmptyPageWithToken) {
            found.events.clear();
            (found.more, found.next) = (true, from);
        }
        let mut issue = |position| self.mint.issue(position, &binding, entry.arrived);
        let next_token = match (fault, &lookup.token) {
            (Some(Fault::RepeatedToken), token) => token.clone(),
            (Some(Fault::TokenCircle), Some(token)) => {
                Some(self.circles.back(&binding, token, || issue(Position::Newest)))
            }
            _ => found.more.then(|| issue(found.next)),
        };
        if let (None, Some(first)) = (&lookup.token, &next_token) {
            self.circles.begin(&binding, first);
        }
        let mut delay = Duration::ZERO;
        if !self.settings.quota_after_latency {
            delay += self.settings.latency.draw(&mut self.random);
        }
        if let Some(Fault::Slow(longer)) = fault {
            delay += *longer;
        }
        let body = page(&found.events, next_token.as_deref(), self.settings.time_format);
        if fault == Some(&Fault::Truncated) {
            return Ok((Form::Truncated(body), delay));
        }
        entry.outcome = Outcome::Page { events: found.events.len(), has_token: next_token.is_some() };
        let form = match fault {
            Some(Fault::Trickle { head: true }) => Form::TrickledHead(body),
            Some(Fault::Trickle { head: false }) => Form::TrickledBody(body),
            Some(Fault::Oversized(bytes)) => Form::Oversized(body, *bytes),
            _ => Form::json(200, body),
        };
        Ok((form, delay))
    }
}

/// The members of the input, if the request is one of this operation at all.
fn operation_input(request: &Signable<'_>) -> Result<Map<String, Value>, WireError> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    if request.method != "POST" || request.path != "/" || header("content-type") != Some(CONTENT_TYPE) {
        return Err(WireError::not_found());
    }
    if !header("x-amz-target").is_some_and(|target| OPERATIONS.contains(&target)) {
        return Err(WireError::unknown_operation());
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(WireError::serialization("Unexpected content in the body of the request")),
    }
}

#[cfg(test)]
mod tests;
