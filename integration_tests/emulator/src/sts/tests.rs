//! From a request for a session to what its credentials open, told the time.

use std::collections::HashSet;
use std::time::{Duration, UNIX_EPOCH};

use hyper::HeaderMap;

use crate::answer::Form;
use crate::caller::Caller;
use crate::client::{set, signed, signed_for_sts};
use crate::event::Event;
use crate::role::Role;
use crate::service::Service;
use crate::settings::Settings;
use crate::signature::Signable;

const NOW: i64 = 1_740_000_000;
const REGION: &str = "eu-central-1";
const READER: &str = "arn:aws:iam::123456789012:role/team/reader";
const OTHER: &str = "arn:aws:iam::210987654321:role/other";

/// A service and its time, in seconds and nanoseconds since the start.
struct Bench {
    service: Service,
    passed: Duration,
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
        let events = vec![event("of-the-reader", "123456789012"), event("of-the-other", "210987654321")];
        let service = Service::new(Settings { events, rate: None, ..settings });
        Self { service, passed: Duration::ZERO }
    }

    fn send(&mut self, headers: &HeaderMap, body: &str) -> (u16, String) {
        let request = Signable { method: "POST", path: "/", query: "", headers, body: body.as_bytes() };
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned()) + self.passed;
        let form = self.service.answer(&request, self.passed, self.passed, now).form;
        let Form::Whole { status, content_type, body } = form else { panic!("{form:?}") };
        assert_eq!(content_type, if body.starts_with('<') { "text/xml" } else { "application/x-amz-json-1.1" });
        (status, body)
    }

    fn ask(&mut self, caller: &Caller, parameters: &str) -> (u16, String) {
        let body = format!("Version=2011-06-15&{parameters}");
        let headers = signed_for_sts(&body, REGION, caller, NOW);
        self.send(&headers, &body)
    }

    fn assume(&mut self, caller: &Caller, parameters: &str) -> (u16, String) {
        self.ask(caller, &format!("Action=AssumeRole&{parameters}"))
    }

    /// The caller that a session makes of whoever has it.
    fn session(&mut self, caller: &Caller, role: &str) -> Caller {
        let (status, answer) = self.assume(caller, &format!("RoleArn={role}&RoleSessionName=me"));
        assert_eq!(status, 200, "{answer}");
        credentials(&answer)
    }

    fn look_up(&mut self, caller: &Caller) -> (u16, String) {
        self.send(&signed("{}", REGION, caller, NOW), "{}")
    }
}

fn text<'a>(answer: &'a str, name: &str) -> &'a str {
    let from = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {answer}")).1;
    from.split_once('<').unwrap().0
}

fn credentials(answer: &str) -> Caller {
    Caller {
        access_key: text(answer, "AccessKeyId").to_owned(),
        secret_key: text(answer, "SecretAccessKey").to_owned(),
        session_token: Some(text(answer, "SessionToken").to_owned()),
        ..Caller::default()
    }
}

fn refused((status, answer): (u16, String)) -> (u16, String, String) {
    assert!(answer.starts_with("<ErrorResponse xmlns="), "{answer}");
    (status, text(&answer, "Code").to_owned(), text(&answer, "Message").to_owned())
}

#[test]
fn a_session_sees_the_events_of_its_roles_account() {
    let mut bench = Bench::new(vec![Role::new(READER), Role::new(OTHER)]);
    for (role, id) in [(READER, "of-the-reader"), (OTHER, "of-the-other")] {
        let session = bench.session(&Caller::default(), role);
        let (status, page) = bench.look_up(&session);
        assert!(status == 200 && page.contains(id) && page.matches("EventId").count() == 1, "{page}");
        let without = Caller { session_token: None, ..session.clone() };
        assert!(bench.look_up(&without).1.contains("UnrecognizedClientException"));
        let forged = Caller { secret_key: "x".to_owned(), ..session };
        assert!(bench.look_up(&forged).1.contains("InvalidSignatureException"));
    }
}

#[test]
fn the_answer_has_the_form_of_awss() {
    let mut bench = Bench::new(vec![Role::new(READER)]);
    let (_, answer) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert!(answer.starts_with("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Ass"));
    assert_eq!(text(&answer, "Arn"), "arn:aws:sts::123456789012:assumed-role/reader/me");
    assert_eq!(text(&answer, "Expiration"), "2025-02-19T22:20:00Z");
    let id = text(&answer, "AssumedRoleId");
    assert!(id.len() == 24 && id.starts_with("AROA") && id.ends_with(":me"), "{id}");
    assert!(text(&answer, "AccessKeyId").len() == 20 && text(&answer, "AccessKeyId").starts_with("ASIA"));
    assert_eq!(text(&answer, "SecretAccessKey").len(), 40);
    let (_, again) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&again, "AssumedRoleId"), id);
    assert_ne!(text(&again, "AccessKeyId"), text(&answer, "AccessKeyId"));
    let mut same = Bench::new(vec![Role::new(READER)]);
    assert_eq!(same.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me")).1, answer);
}

#[test]
fn a_session_expires_when_its_lifetime_is_over() {
    let lifetime = Some(Duration::from_secs(2));
    let mut bench = Bench::new(vec![Role { lifetime, ..Role::new(READER) }, Role::new(OTHER)]);
    let (_, answer) = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&answer, "Expiration"), "2025-02-19T21:20:02Z");
    let session = credentials(&answer);
    bench.passed = Duration::from_millis(1999);
    assert_eq!(bench.look_up(&session).0, 200);
    bench.passed = Duration::from_secs(2);
    let (status, answer) = bench.look_up(&session);
    assert_eq!(status, 400);
    assert!(answer.contains("ExpiredTokenException"), "{answer}");
    let chained = bench.assume(&session, &format!("RoleArn={OTHER}&RoleSessionName=me"));
    let expired = (403, "ExpiredToken", "The security token included in the request is expired");
    assert_eq!(refused(chained), (expired.0, expired.1.to_owned(), expired.2.to_owned()));
    let renewed = bench.session(&Caller::default(), READER);
    assert_eq!(bench.look_up(&renewed).0, 200);
}

#[test]
fn a_session_may_hold_for_ever() {
    let mut bench = Bench::new(vec![Role { lifetime: Some(Duration::MAX), ..Role::new(READER) }]);
    let session = bench.session(&Caller::default(), READER);
    assert_eq!(bench.look_up(&session).0, 200);
}

#[test]
fn a_clock_ahead_is_ahead_in_expirations_too() {
    let settings = Settings { roles: vec![Role::new(READER)], clock_offset_seconds: 60, ..Settings::default() };
    let (_, answer) = Bench::with(settings).assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(text(&answer, "Expiration"), "2025-02-19T22:21:00Z");
}

#[test]
fn the_external_id_has_to_be_the_roles() {
    let guarded = Role { external_id: Some("tenant-7".to_owned()), ..Role::new(READER) };
    let mut bench = Bench::new(vec![guarded, Role::new(OTHER)]);
    let denied = |role: &str| {
        let message = format!(
            "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        (403, "AccessDenied".to_owned(), message)
    };
    let mut ask = |rest: &str| bench.assume(&Caller::default(), &format!("RoleSessionName=me&{rest}"));
    assert_eq!(refused(ask(&format!("RoleArn={READER}"))), denied(READER));
    assert_eq!(refused(ask(&format!("RoleArn={READER}&ExternalId=tenant-8"))), denied(READER));
    assert_eq!(ask(&format!("RoleArn={READER}&ExternalId=tenant-7")).0, 200);
    assert_eq!(ask(&format!("RoleArn={OTHER}&ExternalId=unasked-for")).0, 200);
    let unknown = "arn:aws:iam::123456789012:role/nobody";
    assert_eq!(refused(ask(&format!("RoleArn={unknown}"))), denied(unknown));
}

#[test]
fn roles_chain_for_an_hour_at_most() {
    let mut bench = Bench::new(vec![Role::new(READER), Role::new(OTHER)]);
    let first = bench.session(&Caller::default(), READER);
    let second = bench.session(&first, OTHER);
    assert!(bench.look_up(&second).1.contains("of-the-other"));
    let long = format!("RoleArn={OTHER}&RoleSessionName=me&DurationSeconds=3601");
    let (_, code, message) = refused(bench.assume(&first, &long));
    assert_eq!(code, "ValidationError");
    assert!(message.ends_with("the 1 hour session limit for roles assumed by role chaining."), "{message}");
    let (_, _, message) = refused(bench.assume(&Caller::default(), &long));
    assert!(message.contains("MaxSessionDuration"), "{message}");
}

#[test]
fn a_denied_session_is_named_by_role_and_session() {
    let role = Role { denied: Some(Caller::NO_POLICY.to_owned()), ..Role::new(READER) };
    let mut bench = Bench::new(vec![role]);
    let session = bench.session(&Caller::default(), READER);
    let (_, answer) = bench.look_up(&session);
    let arn = "arn:aws:sts::123456789012:assumed-role/reader/me";
    assert!(answer.contains(&format!("User: {arn} is not authorized to perform: cloudtrail:LookupEvents")), "{answer}");
}

#[test]
fn whoever_may_not_look_up_events_may_still_assume() {
    let callers = Caller::examples();
    let settings = Settings { callers: callers.clone(), roles: vec![Role::new(READER)], ..Settings::default() };
    let mut bench = Bench::with(settings);
    for caller in &callers[3..] {
        let session = bench.session(caller, READER);
        assert_eq!(bench.look_up(&session).0, 200);
    }
    let expired = bench.assume(&callers[2], &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(refused(expired).1, "ExpiredToken");
}

#[test]
fn credentials_and_the_operation_are_checked_as_by_sts() {
    let mut bench = Bench::with(Settings {
        roles: vec![Role::new(READER)],
        disabled_regions: HashSet::from(["ap-east-1".to_owned()]),
        ..Settings::default()
    });
    let right = format!("RoleArn={READER}&RoleSessionName=me");
    let stranger = Caller { access_key: "AKIASTRANGER".to_owned(), ..Caller::default() };
    let (status, code, message) = refused(bench.assume(&stranger, &right));
    let invalid = "The security token included in the request is invalid.";
    assert_eq!((status, code.as_str(), message.as_str()), (403, "InvalidClientTokenId", invalid));
    let forger = Caller { secret_key: "x".to_owned(), ..Caller::default() };
    let (status, code, _) = refused(bench.assume(&forger, &right));
    assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    let body = format!("Version=2011-06-15&Action=AssumeRole&{right}");
    let elsewhere = signed_for_sts(&body, "ap-east-1", &Caller::default(), NOW);
    assert_eq!(refused(bench.send(&elsewhere, &body)).1, "InvalidClientTokenId");
    let mut unsigned = HeaderMap::new();
    set(&mut unsigned, "content-type", "application/x-www-form-urlencoded");
    let (status, code, _) = refused(bench.send(&unsigned, &body));
    assert_eq!((status, code.as_str()), (403, "MissingAuthenticationToken"));
    let (status, code, message) = refused(bench.ask(&Caller::default(), "Action=GetSessionToken"));
    let unknown = "Could not find operation GetSessionToken for version 2011-06-15";
    assert_eq!((status, code.as_str(), message.as_str()), (400, "InvalidAction", unknown));
    let (_, _, message) = refused(bench.send(&unsigned, "Action=AssumeRole"));
    assert_eq!(message, "Could not find operation AssumeRole for version NO_VERSION_SPECIFIED");
    let (status, code, _) = refused(bench.assume(&Caller::default(), "RoleArn=not-an-arn&RoleSessionName=me"));
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
}

#[test]
fn a_web_identity_needs_its_token_and_no_signature() {
    let web_identity_token = Some("header.claims.seal".to_owned());
    let mut bench = Bench::new(vec![Role { web_identity_token, ..Role::new(READER) }, Role::new(OTHER)]);
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/x-www-form-urlencoded");
    let mut ask = |role: &str, rest: &str| {
        let body =
            format!("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={role}&RoleSessionName=me{rest}");
        bench.send(&headers, &body)
    };
    let (_, code, _) = refused(ask(READER, "&WebIdentityToken=other"));
    assert_eq!(code, "InvalidIdentityToken");
    assert!(refused(ask(READER, "")).2.contains("Value null at 'webIdentityToken'"));
    let (status, code, message) = refused(ask(OTHER, "&WebIdentityToken=header.claims.seal"));
    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    assert_eq!((status, code.as_str(), message.as_str()), (403, "AccessDenied", denied));
    let (_, answer) = ask(READER, "&WebIdentityToken=header.claims.seal");
    assert!(answer.starts_with("<AssumeRoleWithWebIdentityResponse "), "{answer}");
    let session = credentials(&answer);
    assert!(bench.look_up(&session).1.contains("of-the-reader"));
    let signed = bench.assume(&Caller::default(), &format!("RoleArn={READER}&RoleSessionName=me"));
    assert_eq!(refused(signed).1, "AccessDenied");
}

#[test]
fn the_journals_say_who_asked_and_with_which_key_events_were_read() {
    let mut bench = Bench::new(vec![Role { external_id: Some("seven".to_owned()), ..Role::new(READER) }]);
    bench.passed = Duration::from_millis(1500);
    let right = format!("RoleArn={READER}&RoleSessionName=me%40home&ExternalId=seven");
    let session = credentials(&bench.assume(&Caller::default(), &right).1);
    bench.assume(&session, &format!("RoleArn={READER}&RoleSessionName=me"));
    bench.look_up(&session);
    let [given, refused] = bench.service.sts.journal.as_slice() else { panic!() };
    assert_eq!(given.arrived, Duration::from_millis(1500));
    assert_eq!((given.region.as_deref(), given.role.as_deref()), (Some(REGION), Some(READER)));
    assert_eq!(given.access_key.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!((given.session_name.as_deref(), given.external_id.as_deref()), (Some("me@home"), Some("seven")));
    assert_eq!(given.outcome, Ok(session.access_key.clone()));
    assert_eq!(refused.access_key.as_ref(), Some(&session.access_key));
    assert_eq!((refused.external_id.as_deref(), &refused.outcome), (None, &Err("AccessDenied".to_owned())));
    let [entry] = bench.service.journal.as_slice() else { panic!() };
    assert_eq!(entry.access_key, Some(session.access_key));
}
