//! Sessions, from the request to what their credentials can do, with a simulated clock.

mod accounts;
mod errors;

use crate::{
    api::service::Service,
    auth::{
        caller::Caller,
        role::Role,
        signature::SignableRequest,
        test_client::{set, signed, signed_for_sts},
    },
    history::event::Event,
    settings::Settings,
    wire::response::Form,
};
use hyper::HeaderMap;
use std::{
    collections::HashSet,
    time::{Duration, UNIX_EPOCH},
};

const NOW: i64 = 1_740_000_000;
const REGION: &str = "eu-central-1";
const READER: &str = "arn:aws:iam::123456789012:role/team/reader";
const OTHER: &str = "arn:aws:iam::210987654321:role/other";

/// A service, and how long ago it started.
struct Bench {
    service: Service,
    elapsed: Duration,
}

impl Bench {
    fn new(roles: Vec<Role>) -> Self {
        Self::with(Settings { roles, ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let event = |id: &str, account: &str| Event {
            account: account.to_owned(),
            region: REGION.to_owned(),
            ..Event::new(NOW - 60, serde_json::json!({"EventId": id}).as_object().unwrap().clone())
        };
        let events = vec![event("of-reader", "123456789012"), event("of-other", "210987654321")];
        let service = Service::new(Settings { events, rate: None, ..settings });
        Self { service, elapsed: Duration::ZERO }
    }

    fn send(&mut self, headers: &HeaderMap, body: &str) -> (u16, String) {
        let request = SignableRequest { method: "POST", path: "/", query: "", headers, body: body.as_bytes() };
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned()) + self.elapsed;
        let form = self.service.respond(&request, self.elapsed, self.elapsed, now).form;
        let Form::Complete { status, content_type, body } = form else { panic!("{form:?}") };
        assert_eq!(content_type, if body.starts_with('<') { "text/xml" } else { "application/x-amz-json-1.1" });
        (status, body)
    }

    fn request(&mut self, caller: &Caller, parameters: &str) -> (u16, String) {
        let body = format!("Version=2011-06-15&{parameters}");
        let headers = signed_for_sts(&body, REGION, caller, NOW);
        self.send(&headers, &body)
    }

    fn assume(&mut self, caller: &Caller, parameters: &str) -> (u16, String) {
        self.request(caller, &format!("Action=AssumeRole&{parameters}"))
    }

    /// The caller that has the credentials of a new session.
    fn session(&mut self, caller: &Caller, role: &str) -> Caller {
        let (status, response) = self.assume(caller, &format!("RoleArn={role}&RoleSessionName=me"));
        assert_eq!(status, 200, "{response}");
        credentials(&response)
    }

    fn look_up(&mut self, caller: &Caller) -> (u16, String) {
        self.look_up_in(caller, REGION)
    }

    fn look_up_in(&mut self, caller: &Caller, region: &str) -> (u16, String) {
        self.send(&signed("{}", region, caller, NOW), "{}")
    }
}

fn text<'a>(response: &'a str, name: &str) -> &'a str {
    let from = response.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {response}")).1;
    from.split_once('<').unwrap().0
}

fn credentials(response: &str) -> Caller {
    Caller {
        access_key: text(response, "AccessKeyId").to_owned(),
        secret_key: text(response, "SecretAccessKey").to_owned(),
        session_token: Some(text(response, "SessionToken").to_owned()),
        ..Caller::default()
    }
}

fn error((status, response): (u16, String)) -> (u16, String, String) {
    assert!(response.starts_with("<ErrorResponse xmlns="), "{response}");
    (status, text(&response, "Code").to_owned(), text(&response, "Message").to_owned())
}

#[test]
fn a_session_can_see_the_events_of_the_account_of_its_role() {
    let mut bench = Bench::new(vec![Role::new(READER), Role::new(OTHER)]);
    for (role, id) in [(READER, "of-reader"), (OTHER, "of-other")] {
        let session = bench.session(&Caller::default(), role);
        let (status, page) = bench.look_up(&session);
        assert!(status == 200 && page.contains(id) && page.matches("EventId").count() == 1, "{page}");
        let without = Caller { session_token: None, ..session.clone() };
        assert!(bench.look_up(&without).1.contains("UnrecognizedClientException"));
        let wrong_secret = Caller { secret_key: "x".to_owned(), ..session };
        assert!(bench.look_up(&wrong_secret).1.contains("InvalidSignatureException"));
    }
}

#[test]
fn the_response_looks_like_one_from_aws() {
    let mut bench = Bench::new(vec![Role::new(READER)]);
    let (_, response) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert!(response.starts_with("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Ass"));
    assert_eq!(text(&response, "Arn"), "arn:aws:sts::123456789012:assumed-role/reader/me");
    assert_eq!(text(&response, "Expiration"), "2025-02-19T22:20:00Z");
    let id = text(&response, "AssumedRoleId");
    assert!(id.len() == 24 && id.starts_with("AROA") && id.ends_with(":me"), "{id}");
    assert!(text(&response, "AccessKeyId").len() == 20 && text(&response, "AccessKeyId").starts_with("ASIA"));
    assert_eq!(text(&response, "SecretAccessKey").len(), 40);
    let (_, again) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&again, "AssumedRoleId"), id);
    assert_ne!(text(&again, "AccessKeyId"), text(&response, "AccessKeyId"));
    let mut same = Bench::new(vec![Role::new(READER)]);
    assert_eq!(same.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me")).1, response);
}

#[test]
fn a_session_expires_at_the_end_of_its_lifetime() {
    let lifetime = Some(Duration::from_secs(2));
    let mut bench = Bench::new(vec![Role { lifetime, ..Role::new(READER) }, Role::new(OTHER)]);
    let (_, response) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&response, "Expiration"), "2025-02-19T21:20:02Z");
    let session = credentials(&response);
    bench.elapsed = Duration::from_millis(1999);
    assert_eq!(bench.look_up(&session).0, 200);
    bench.elapsed = Duration::from_secs(2);
    let (status, response) = bench.look_up(&session);
    assert_eq!(status, 400);
    assert!(response.contains("ExpiredTokenException"), "{response}");
    let chained = bench.assume(&session, &format!("RoleArn={OTHER}&RoleSessionName=me"));
    let expired = (403, "ExpiredToken", "The security token included in the request is expired");
    assert_eq!(error(chained), (expired.0, expired.1.to_owned(), expired.2.to_owned()));
    let renewed = bench.session(&Caller::default(), READER);
    assert_eq!(bench.look_up(&renewed).0, 200);
}

#[test]
fn a_session_may_never_expire() {
    let mut bench = Bench::new(vec![Role { lifetime: Some(Duration::MAX), ..Role::new(READER) }]);
    let session = bench.session(&Caller::default(), READER);
    assert_eq!(bench.look_up(&session).0, 200);
}

#[test]
fn the_clock_offset_changes_expirations() {
    let settings = Settings { roles: vec![Role::new(READER)], clock_offset_seconds: 60, ..Settings::default() };
    let (_, response) =
        Bench::with(settings).assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&response, "Expiration"), "2025-02-19T22:21:00Z");
}

#[test]
fn a_denial_names_the_role_and_the_session() {
    let role = Role { denied: Some(Caller::NO_POLICY.to_owned()), ..Role::new(READER) };
    let mut bench = Bench::new(vec![role]);
    let session = bench.session(&Caller::default(), READER);
    let (_, response) = bench.look_up(&session);
    let arn = "arn:aws:sts::123456789012:assumed-role/reader/me";
    assert!(
        response.contains(&format!("User: {arn} is not authorized to perform: cloudtrail:LookupEvents")),
        "{response}"
    );
}

#[test]
fn a_caller_that_may_not_look_up_events_may_assume_a_role() {
    let callers = Caller::examples();
    let settings = Settings { callers: callers.clone(), roles: vec![Role::new(READER)], ..Settings::default() };
    let mut bench = Bench::with(settings);
    for caller in &callers[3..] {
        let session = bench.session(caller, READER);
        assert_eq!(bench.look_up(&session).0, 200);
    }
    let expired = bench.assume(&callers[2], &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(error(expired).1, "ExpiredToken");
}

#[test]
fn a_web_identity_needs_a_token_and_no_signature() {
    let web_identity_token = Some("header.claims.signature".to_owned());
    let mut bench = Bench::new(vec![Role { web_identity_token, ..Role::new(READER) }, Role::new(OTHER)]);
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/x-www-form-urlencoded");
    let mut assume = |role: &str, rest: &str| {
        let body =
            format!("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={role}&RoleSessionName=me{rest}");
        bench.send(&headers, &body)
    };
    let (_, code, _) = error(assume(READER, "&WebIdentityToken=other"));
    assert_eq!(code, "InvalidIdentityToken");
    assert!(error(assume(READER, "")).2.contains("Value null at 'webIdentityToken'"));
    let (status, code, message) = error(assume(OTHER, "&WebIdentityToken=header.claims.signature"));
    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    assert_eq!((status, code.as_str(), message.as_str()), (403, "AccessDenied", denied));
    let (_, response) = assume(READER, "&WebIdentityToken=header.claims.signature");
    assert!(response.starts_with("<AssumeRoleWithWebIdentityResponse "), "{response}");
    let session = credentials(&response);
    assert!(bench.look_up(&session).1.contains("of-reader"));
    let signed = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(error(signed).1, "AccessDenied");
}

#[test]
fn the_journals_have_the_access_keys() {
    let mut bench = Bench::new(vec![Role { external_id: Some("seven".to_owned()), ..Role::new(READER) }]);
    bench.elapsed = Duration::from_millis(1500);
    let valid = format!("RoleArn={READER}&RoleSessionName=me%40home&ExternalId=seven");
    let session = credentials(&bench.assume(&Caller::default(), &valid).1);
    bench.assume(&session, &format!("RoleArn={READER}&RoleSessionName=me"));
    bench.look_up(&session);
    let [issued, denied] = bench.service.sts.journal.as_slice() else { panic!() };
    assert_eq!(issued.arrived, Duration::from_millis(1500));
    assert_eq!((issued.region.as_deref(), issued.role.as_deref()), (Some(REGION), Some(READER)));
    assert_eq!(issued.access_key.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!((issued.session_name.as_deref(), issued.external_id.as_deref()), (Some("me@home"), Some("seven")));
    assert_eq!(issued.outcome, Ok(session.access_key.clone()));
    assert_eq!(denied.access_key.as_ref(), Some(&session.access_key));
    assert_eq!((denied.external_id.as_deref(), &denied.outcome), (None, &Err("AccessDenied".to_owned())));
    let [entry] = bench.service.cloudtrail.journal.as_slice() else { panic!() };
    assert_eq!(entry.access_key, Some(session.access_key));
}
