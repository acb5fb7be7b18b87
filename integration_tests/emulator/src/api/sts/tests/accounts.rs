//! Roles of several accounts, what each of their sessions may do, and the identity of callers.

use super::*;
use crate::{auth::regions::RegionStatus, throttling::latency::Latency};

fn identity(bench: &mut Bench, caller: &Caller) -> (u16, String) {
    bench.request(caller, "Action=GetCallerIdentity")
}

#[test]
fn the_identity_of_a_user_and_of_a_session() {
    let mut bench = Bench::new(vec![Role::new(OTHER)]);
    let (status, response) = identity(&mut bench, &Caller::default());
    assert_eq!(status, 200);
    assert!(response.starts_with("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
    assert_eq!(text(&response, "Arn"), "arn:aws:iam::123456789012:user/reader");
    assert_eq!(text(&response, "Account"), "123456789012");
    assert!(text(&response, "UserId").starts_with("AIDA") && text(&response, "UserId").len() == 21, "{response}");
    let (_, assumed) = bench.assume(&Caller::default(), &format!("RoleArn={OTHER}&RoleSessionName=me"));
    let (_, response) = identity(&mut bench, &credentials(&assumed));
    assert_eq!(text(&response, "Arn"), "arn:aws:sts::210987654321:assumed-role/other/me");
    assert_eq!(text(&response, "Account"), "210987654321");
    assert_eq!(text(&response, "UserId"), text(&assumed, "AssumedRoleId"));
    let unknown = Caller { access_key: "AKIAUNKNOWN".to_owned(), ..Caller::default() };
    assert_eq!(error(identity(&mut bench, &unknown)).1, "InvalidClientTokenId");
    let outcomes: Vec<_> = bench.service.sts.identities.iter().map(|call| call.outcome.clone()).collect();
    assert_eq!(outcomes, [Ok(1), Ok(1), Err("InvalidClientTokenId".to_owned())]);
    assert_eq!(bench.service.sts.journal.len(), 1, "the journal of sessions does not have them");
}

#[test]
fn the_identity_has_the_partition_of_the_region() {
    let mut bench = Bench::new(Vec::new());
    let body = "Version=2011-06-15&Action=GetCallerIdentity";
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")] {
        let (_, response) = bench.send(&signed_for_sts(body, region, &Caller::default(), NOW), body);
        assert_eq!(text(&response, "Arn"), format!("arn:{partition}:iam::123456789012:user/reader"));
    }
}

#[test]
fn a_trust_policy_may_allow_some_accounts_only() {
    let trusted = |accounts: &[&str], arn: &str| Role {
        trusted_accounts: Some(accounts.iter().map(ToString::to_string).collect()),
        ..Role::new(arn)
    };
    let mut bench = Bench::new(vec![trusted(&["123456789012"], READER), trusted(&["210987654321"], OTHER)]);
    let denied = bench.assume(&Caller::default(), &format!("RoleArn={OTHER}&RoleSessionName=me"));
    let (status, code, message) = error(denied);
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert!(message.ends_with(&format!("is not authorized to perform: sts:AssumeRole on resource: {OTHER}")));
    bench.session(&Caller::default(), READER);
    let accounts: Vec<_> = bench.service.sts.journal.iter().map(|entry| entry.account()).collect();
    assert_eq!(accounts, [Some("210987654321"), Some("123456789012")]);
}

#[test]
fn a_policy_may_deny_a_role_one_region() {
    let mut bench = Bench::new(vec![Role { denied_regions: vec![REGION.to_owned()], ..Role::new(OTHER) }]);
    let session = bench.session(&Caller::default(), OTHER);
    let (_, response) = bench.look_up(&session);
    assert!(response.contains("LookupEvents with an explicit deny in a service control policy"), "{response}");
    assert_eq!(bench.look_up_in(&session, "us-east-1").0, 200);
}

#[test]
fn a_region_may_be_disabled_in_one_account_only() {
    let regions = vec![
        ("us-east-1".to_owned(), RegionStatus::EnabledByDefault),
        (REGION.to_owned(), RegionStatus::Disabled),
        ("me-south-1".to_owned(), RegionStatus::Enabled),
    ];
    let account_regions = [("210987654321".to_owned(), regions)].into();
    let roles = vec![Role::new(READER), Role::new(OTHER)];
    let mut bench = Bench::with(Settings { roles, account_regions, ..Settings::default() });
    let sessions = [READER, OTHER].map(|role| bench.session(&Caller::default(), role));
    for (region, statuses) in [(REGION, [200, 400]), ("me-south-1", [400, 200]), ("us-east-1", [200, 200])] {
        for (session, expected) in sessions.iter().zip(statuses) {
            let (status, response) = bench.look_up_in(session, region);
            assert_eq!(status, expected, "{region}: {response}");
            assert_eq!(response.contains("UnrecognizedClientException"), expected == 400, "{response}");
        }
    }
}

#[test]
fn more_requests_than_the_rate_are_throttled() {
    let roles = vec![Role::new(READER)];
    let mut bench = Bench::with(Settings { roles, sts_rate: Some(2), ..Settings::default() });
    let valid = format!("RoleArn={READER}&RoleSessionName=me");
    bench.session(&Caller::default(), READER);
    assert_eq!(identity(&mut bench, &Caller::default()).0, 200);
    let throttled = (400, "Throttling".to_owned(), "Rate exceeded".to_owned());
    assert_eq!(error(bench.assume(&Caller::default(), &valid)), throttled);
    assert_eq!(error(identity(&mut bench, &Caller::default())), throttled);
    bench.elapsed = Duration::from_secs(1);
    assert_eq!(bench.assume(&Caller::default(), &valid).0, 200);
}

#[test]
fn a_response_may_take_time() {
    let other_latency = Latency { mean: 0.25, sigma: 0.0 };
    let mut service = Service::new(Settings { other_latency, ..Settings::default() });
    let body = "Version=2011-06-15&Action=GetCallerIdentity";
    let headers = signed_for_sts(body, REGION, &Caller::default(), NOW);
    let request = SignableRequest { method: "POST", path: "/", query: "", headers: &headers, body: body.as_bytes() };
    let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
    assert_eq!(service.wait(&request), None);
    assert_eq!(service.respond(&request, Duration::ZERO, Duration::ZERO, now).delay, Duration::from_millis(250));
}
