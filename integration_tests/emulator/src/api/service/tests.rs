//! The service as a whole, with a simulated clock: the order of its checks, and the journal.

mod chains;
mod faults;
mod throttling;

use super::Service;
use crate::{
    api::journal::Outcome,
    auth::{
        caller::Caller,
        signature::SignableRequest,
        test_client::{set, signed},
    },
    faults::fault::Fault,
    history::event::Event,
    settings::Settings,
    wire::response::{Form, Response},
};
use hyper::HeaderMap;
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const NOW: i64 = 1_740_000_000;
const REGION: &str = "us-east-1";

/// A service and a clock: each request arrives `interval` after the previous one.
struct Bench {
    service: Service,
    arrived: Duration,
    interval: Duration,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { service: Service::new(settings), arrived: Duration::ZERO, interval: Duration::from_millis(500) }
    }

    /// A service with five events, the newest of which has the ID 0, and these scripted faults.
    fn with_faults(faults: Vec<(u64, Fault)>) -> Self {
        Self::new(Settings { events: events(5), faults, ..Settings::default() })
    }

    fn send(&mut self, method: &str, path: &str, headers: &HeaderMap, body: &str) -> Response {
        let request = SignableRequest { method, path, query: "", headers, body: body.as_bytes() };
        self.arrived += self.interval;
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        self.service.respond(&request, self.arrived, self.arrived, now)
    }

    fn look_up_as(&mut self, caller: &Caller, region: &str, members: &Value) -> Form {
        let body = members.to_string();
        self.send("POST", "/", &signed(&body, region, caller, NOW), &body).form
    }

    fn look_up(&mut self, members: &Value) -> Form {
        self.look_up_as(&Caller::default(), REGION, members)
    }
}

fn events(count: i64) -> Vec<Event> {
    (0..count)
        .map(|id| Event::new(NOW - 10 - id, json!({"EventId": id.to_string()}).as_object().unwrap().clone()))
        .collect()
}

/// The event IDs and the token of a page, or the code of an error.
fn page(form: &Form) -> Result<(String, Option<String>), String> {
    let Form::Complete { body, .. } = form else { panic!("{form:?}") };
    let body: Value = serde_json::from_str(body).unwrap();
    if let Some(code) = body["__type"].as_str() {
        return Err(code.to_owned());
    }
    let ids: String = body["Events"].as_array().unwrap().iter().filter_map(|event| event["EventId"].as_str()).collect();
    Ok((ids, body["NextToken"].as_str().map(str::to_owned)))
}

fn code(form: &Form) -> String {
    page(form).unwrap_err()
}

#[test]
fn other_operations_are_unknown() {
    let mut bench = Bench::with_faults(Vec::new());
    let valid = signed("{}", REGION, &Caller::default(), NOW);
    let change = |name, value| {
        let mut headers = valid.clone();
        set(&mut headers, name, value);
        headers
    };
    let unknown = "UnknownOperationException";
    assert_eq!(code(&bench.send("GET", "/", &valid, "{}").form), unknown);
    assert_eq!(code(&bench.send("POST", "/events", &valid, "{}").form), unknown);
    assert_eq!(code(&bench.send("POST", "/", &change("content-type", "application/json"), "{}").form), unknown);
    let other = change("x-amz-target", "CloudTrail_20131101.DescribeTrails");
    assert_eq!(code(&bench.send("POST", "/", &other, "{}").form), unknown);
    for body in ["", "[]", "{", "null"] {
        assert_eq!(code(&bench.send("POST", "/", &valid, body).form), "SerializationException");
    }
    assert!(page(&bench.send("POST", "/", &valid, "{}").form).is_ok());
}

#[test]
fn both_forms_of_the_target_are_accepted() {
    let mut bench = Bench::with_faults(Vec::new());
    let long = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let mut headers = signed("{}", REGION, &Caller::default(), NOW);
    set(&mut headers, "x-amz-target", long);
    // The target is signed, so the request passes the check of the target and fails that of the signature.
    assert_eq!(code(&bench.send("POST", "/", &headers, "{}").form), "InvalidSignatureException");
}

#[test]
fn credentials_are_checked_first() {
    let callers = Caller::examples();
    let settings = Settings {
        callers: callers.clone(),
        disabled_regions: HashSet::from(["ap-east-1".to_owned()]),
        faults: vec![(0, Fault::Status500)],
        ..Settings::default()
    };
    let mut bench = Bench { interval: Duration::ZERO, ..Bench::new(settings) };
    let invalid = json!({"MaxResults": "x"});
    let codes: Vec<String> =
        callers[2..6].iter().map(|caller| code(&bench.look_up_as(caller, REGION, &invalid))).collect();
    let denied = "AccessDeniedException";
    assert_eq!(codes, ["ExpiredTokenException", denied, denied, "SubscriptionRequiredException"]);
    assert_eq!(code(&bench.look_up_as(&callers[0], "ap-east-1", &invalid)), "UnrecognizedClientException");
    assert_eq!(code(&bench.look_up_as(&callers[0], REGION, &invalid)), "InternalFailure");
    assert_eq!(code(&bench.look_up_as(&callers[0], REGION, &invalid)), "SerializationException");
    assert_eq!(code(&bench.look_up_as(&callers[1], REGION, &json!({"MaxResults": 0}))), "InvalidMaxResultsException");
    assert_eq!(code(&bench.look_up_as(&callers[1], REGION, &json!({}))), "ThrottlingException");
}

#[test]
fn a_policy_may_allow_some_regions_only() {
    let regions = [REGION, "eu-west-1"].map(str::to_owned);
    let limited = Caller { allowed_regions: Some(regions.to_vec()), ..Caller::default() };
    let mut bench = Bench::new(Settings { callers: vec![limited.clone()], ..Settings::default() });
    for region in &regions {
        assert!(page(&bench.look_up_as(&limited, region, &json!({}))).is_ok());
    }
    let form = bench.look_up_as(&limited, "eu-central-1", &json!({}));
    let Form::Complete { status: 400, body, .. } = form else { panic!("{form:?}") };
    let message = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudtrail:LookupEvents \
                    with an explicit deny in a service control policy";
    assert!(body.contains("AccessDeniedException") && body.contains(message), "{body}");
    let [.., denied] = bench.service.cloudtrail.journal.as_slice() else { panic!() };
    assert_eq!((denied.region.as_deref(), denied.error()), (Some("eu-central-1"), Some("AccessDeniedException")));
}

#[test]
fn the_clock_offset_changes_the_date_and_the_check_of_signatures() {
    let headers = signed("{}", REGION, &Caller::default(), NOW);
    let send = |clock_offset_seconds| {
        let mut bench = Bench::new(Settings { clock_offset_seconds, ..Settings::default() });
        bench.send("POST", "/", &headers, "{}")
    };
    assert_eq!(send(0).date, "Wed, 19 Feb 2025 21:20:00 GMT");
    assert_eq!(send(3600).date, "Wed, 19 Feb 2025 22:20:00 GMT");
    assert_eq!(code(&send(3600).form), "InvalidSignatureException");
    assert!(page(&send(300).form).is_ok());
}

#[test]
fn every_response_has_its_own_request_id() {
    let mut bench = Bench::with_faults(Vec::new());
    let ids: HashSet<String> = (0..10).map(|_| bench.send("GET", "/", &HeaderMap::new(), "").request_id).collect();
    assert_eq!(ids.len(), 10);
}

#[test]
fn an_event_becomes_visible_at_its_time() {
    let mut bench = Bench::with_faults(Vec::new());
    let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
    let late = |id: &str, visible_at: SystemTime| Event {
        visible_at: Some(visible_at),
        ..Event::new(NOW - 5, json!({"EventId": id}).as_object().unwrap().clone())
    };
    bench.service.cloudtrail.store.add(vec![late("a", now), late("b", now + Duration::from_secs(1))]);
    assert_eq!(page(&bench.look_up(&json!({}))).unwrap().0, "a01234");
}

#[test]
fn the_journal_has_requests_and_outcomes() {
    let mut bench = Bench::with_faults(vec![(1, Fault::Status500), (2, Fault::Hang)]);
    let filter = json!([{"AttributeKey": "EventId", "AttributeValue": "3"}]);
    let members =
        json!({"StartTime": NOW - 100, "EndTime": 1_740_000_000.5, "MaxResults": 7, "LookupAttributes": filter});
    bench.look_up(&members);
    bench.look_up(&json!({}));
    bench.look_up(&json!({"EventCategory": "insight", "NextToken": "x"}));
    bench.send("POST", "/", &HeaderMap::new(), "{}");
    let journal = &bench.service.cloudtrail.journal;
    let [page, failed, hung, unknown] = journal.as_slice() else { panic!("{journal:?}") };
    assert_eq!(page.arrived, Duration::from_millis(500));
    assert_eq!((page.region.as_deref(), page.account.as_deref()), (Some(REGION), Some("123456789012")));
    assert_eq!((page.start_time, page.end_time, page.max_results), (Some(NOW - 100), Some(NOW), Some(7)));
    assert_eq!(page.filter, Some(("EventId".to_owned(), "3".to_owned())));
    assert_eq!((page.had_token, page.fault), (false, None));
    assert_eq!(page.outcome, Outcome::Page { events: 1, has_token: false });
    assert_eq!((failed.error(), failed.fault), (Some("InternalFailure"), Some("Status500")));
    assert_eq!((hung.category.as_deref(), hung.had_token), (Some("insight"), true));
    assert_eq!((&hung.outcome, hung.fault), (&Outcome::Broken, Some("Hang")));
    assert_eq!((unknown.error(), unknown.region.as_deref()), (Some("UnknownOperationException"), None));
}
