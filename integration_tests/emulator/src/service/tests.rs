//! The service as a whole, told the time: which check comes first, and what the journal says.

mod chains;
mod faults;
mod throttling;

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::HeaderMap;
use serde_json::{Value, json};

use super::Service;
use crate::answer::{Answer, Form};
use crate::caller::Caller;
use crate::client::{set, signed};
use crate::event::Event;
use crate::fault::Fault;
use crate::journal::Outcome;
use crate::settings::Settings;
use crate::signature::Signable;

const NOW: i64 = 1_740_000_000;
const REGION: &str = "us-east-1";

/// A service and the time that passes for it: every request comes `pace` after the one before.
struct Bench {
    service: Service,
    arrived: Duration,
    pace: Duration,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { service: Service::new(settings), arrived: Duration::ZERO, pace: Duration::from_millis(500) }
    }

    /// A service of five events, the newest of which has the id 0, with the given script of faults.
    fn with_faults(faults: Vec<(u64, Fault)>) -> Self {
        Self::new(Settings { events: events(5), faults, ..Settings::default() })
    }

    fn send(&mut self, method: &str, path: &str, headers: &HeaderMap, body: &str) -> Answer {
        let request = Signable { method, path, query: "", headers, body: body.as_bytes() };
        self.arrived += self.pace;
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        self.service.answer(&request, self.arrived, self.arrived, now)
    }

    fn ask_as(&mut self, caller: &Caller, region: &str, members: &Value) -> Form {
        let body = members.to_string();
        self.send("POST", "/", &signed(&body, region, caller, NOW), &body).form
    }

    fn ask(&mut self, members: &Value) -> Form {
        self.ask_as(&Caller::default(), REGION, members)
    }
}

fn events(count: i64) -> Vec<Event> {
    (0..count)
        .map(|id| Event::new(NOW - 10 - id, json!({"EventId": id.to_string()}).as_object().unwrap().clone()))
        .collect()
}

/// The ids of a page and its token, or the code of an error.
fn read(form: &Form) -> Result<(String, Option<String>), String> {
    let Form::Whole { body, .. } = form else { panic!("{form:?}") };
    let body: Value = serde_json::from_str(body).unwrap();
    if let Some(code) = body["__type"].as_str() {
        return Err(code.to_owned());
    }
    let ids: String = body["Events"].as_array().unwrap().iter().filter_map(|event| event["EventId"].as_str()).collect();
    Ok((ids, body["NextToken"].as_str().map(str::to_owned)))
}

fn code(form: &Form) -> String {
    read(form).unwrap_err()
}

#[test]
fn only_the_operation_itself_is_known() {
    let mut bench = Bench::with_faults(Vec::new());
    let right = signed("{}", REGION, &Caller::default(), NOW);
    let change = |name, value| {
        let mut headers = right.clone();
        set(&mut headers, name, value);
        headers
    };
    let unknown = "UnknownOperationException";
    assert_eq!(code(&bench.send("GET", "/", &right, "{}").form), unknown);
    assert_eq!(code(&bench.send("POST", "/events", &right, "{}").form), unknown);
    assert_eq!(code(&bench.send("POST", "/", &change("content-type", "application/json"), "{}").form), unknown);
    let other = change("x-amz-target", "CloudTrail_20131101.DescribeTrails");
    assert_eq!(code(&bench.send("POST", "/", &other, "{}").form), unknown);
    for body in ["", "[]", "{", "null"] {
        assert_eq!(code(&bench.send("POST", "/", &right, body).form), "SerializationException");
    }
    assert!(read(&bench.send("POST", "/", &right, "{}").form).is_ok());
}

#[test]
fn both_forms_of_the_target_are_taken() {
    let mut bench = Bench::with_faults(Vec::new());
    let long = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let mut headers = signed("{}", REGION, &Caller::default(), NOW);
    set(&mut headers, "x-amz-target", long);
    // The target is part of what was signed, so getting as far as the signature is what shows that it was taken.
    assert_eq!(code(&bench.send("POST", "/", &headers, "{}").form), "InvalidSignatureException");
}

#[test]
fn credentials_decide_before_anything_else_is_looked_at() {
    let callers = Caller::examples();
    let settings = Settings {
        callers: callers.clone(),
        disabled_regions: HashSet::from(["ap-east-1".to_owned()]),
        faults: vec![(0, Fault::Status500)],
        ..Settings::default()
    };
    let mut bench = Bench { pace: Duration::ZERO, ..Bench::new(settings) };
    let wrong = json!({"MaxResults": "x"});
    let codes: Vec<String> = callers[2..6].iter().map(|caller| code(&bench.ask_as(caller, REGION, &wrong))).collect();
    let denied = "AccessDeniedException";
    assert_eq!(codes, ["ExpiredTokenException", denied, denied, "SubscriptionRequiredException"]);
    assert_eq!(code(&bench.ask_as(&callers[0], "ap-east-1", &wrong)), "UnrecognizedClientException");
    assert_eq!(code(&bench.ask_as(&callers[0], REGION, &wrong)), "InternalFailure");
    assert_eq!(code(&bench.ask_as(&callers[0], REGION, &wrong)), "SerializationException");
    assert_eq!(code(&bench.ask_as(&callers[1], REGION, &json!({"MaxResults": 0}))), "InvalidMaxResultsException");
    assert_eq!(code(&bench.ask_as(&callers[1], REGION, &json!({}))), "ThrottlingException");
}

#[test]
fn a_policy_may_leave_some_regions_only() {
    let regions = [REGION, "eu-west-1"].map(str::to_owned);
    let limited = Caller { allowed_regions: Some(regions.to_vec()), ..Caller::default() };
    let mut bench = Bench::new(Settings { callers: vec![limited.clone()], ..Settings::default() });
    for region in &regions {
        assert!(read(&bench.ask_as(&limited, region, &json!({}))).is_ok());
    }
    let form = bench.ask_as(&limited, "eu-central-1", &json!({}));
    let Form::Whole { status: 400, body, .. } = form else { panic!("{form:?}") };
    let sentence = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudtrail:LookupEvents \
                    with an explicit deny in a service control policy";
    assert!(body.contains("AccessDeniedException") && body.contains(sentence), "{body}");
    let [.., denied] = bench.service.journal.as_slice() else { panic!() };
    assert_eq!((denied.region.as_deref(), denied.error()), (Some("eu-central-1"), Some("AccessDeniedException")));
}

#[test]
fn a_clock_ahead_shows_in_the_date_and_refuses_signatures() {
    let headers = signed("{}", REGION, &Caller::default(), NOW);
    let send = |clock_offset_seconds| {
        let mut bench = Bench::new(Settings { clock_offset_seconds, ..Settings::default() });
        bench.send("POST", "/", &headers, "{}")
    };
    assert_eq!(send(0).date, "Wed, 19 Feb 2025 21:20:00 GMT");
    assert_eq!(send(3600).date, "Wed, 19 Feb 2025 22:20:00 GMT");
    assert_eq!(code(&send(3600).form), "InvalidSignatureException");
    assert!(read(&send(300).form).is_ok());
}

#[test]
fn every_answer_has_its_own_request_id() {
    let mut bench = Bench::with_faults(Vec::new());
    let ids: HashSet<String> = (0..10).map(|_| bench.send("GET", "/", &HeaderMap::new(), "").request_id).collect();
    assert_eq!(ids.len(), 10);
}

#[test]
fn an_event_appears_when_its_moment_comes() {
    let mut bench = Bench::with_faults(Vec::new());
    let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
    let late = |id: &str, visible_at: SystemTime| Event {
        visible_at: Some(visible_at),
        ..Event::new(NOW - 5, json!({"EventId": id}).as_object().unwrap().clone())
    };
    bench.service.store.add(vec![late("a", now), late("b", now + Duration::from_secs(1))]);
    assert_eq!(read(&bench.ask(&json!({}))).unwrap().0, "a01234");
}

#[test]
fn the_journal_says_what_was_asked_and_answered() {
    let mut bench = Bench::with_faults(vec![(1, Fault::Status500), (2, Fault::Hang)]);
    let filter = json!([{"AttributeKey": "EventId", "AttributeValue": "3"}]);
    let members =
        json!({"StartTime": NOW - 100, "EndTime": 1_740_000_000.5, "MaxResults": 7, "LookupAttributes": filter});
    bench.ask(&members);
    bench.ask(&json!({}));
    bench.ask(&json!({"EventCategory": "insight", "NextToken": "x"}));
    bench.send("POST", "/", &HeaderMap::new(), "{}");
    let journal = &bench.service.journal;
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
