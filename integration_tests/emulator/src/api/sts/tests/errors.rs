//! Requests that get no session, and the errors of STS.

use super::*;

#[test]
fn the_external_id_must_match() {
    let guarded = Role { external_id: Some("tenant-7".to_owned()), ..Role::new(READER) };
    let mut bench = Bench::new(vec![guarded, Role::new(OTHER)]);
    let denied = |role: &str| {
        let message = format!(
            "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        (403, "AccessDenied".to_owned(), message)
    };
    let mut assume = |rest: &str| bench.assume(&Caller::default(), &format!("RoleSessionName=me&{rest}"));
    assert_eq!(error(assume(&format!("RoleArn={READER}"))), denied(READER));
    assert_eq!(error(assume(&format!("RoleArn={READER}&ExternalId=tenant-8"))), denied(READER));
    assert_eq!(assume(&format!("RoleArn={READER}&ExternalId=tenant-7")).0, 200);
    assert_eq!(assume(&format!("RoleArn={OTHER}&ExternalId=not-required")).0, 200);
    let unknown = "arn:aws:iam::123456789012:role/nobody";
    assert_eq!(error(assume(&format!("RoleArn={unknown}"))), denied(unknown));
}

#[test]
fn role_chaining_is_limited_to_one_hour() {
    let mut bench = Bench::new(vec![Role::new(READER), Role::new(OTHER)]);
    let first = bench.session(&Caller::default(), READER);
    let second = bench.session(&first, OTHER);
    assert!(bench.look_up(&second).1.contains("of-other"));
    let long = format!("RoleArn={OTHER}&RoleSessionName=me&DurationSeconds=3601");
    let (_, code, message) = error(bench.assume(&first, &long));
    assert_eq!(code, "ValidationError");
    assert!(message.ends_with("the 1 hour session limit for roles assumed by role chaining."), "{message}");
    let (_, _, message) = error(bench.assume(&Caller::default(), &long));
    assert!(message.contains("MaxSessionDuration"), "{message}");
}

#[test]
fn errors_are_those_of_sts() {
    let mut bench = Bench::with(Settings {
        roles: vec![Role::new(READER)],
        disabled_regions: HashSet::from(["ap-east-1".to_owned()]),
        ..Settings::default()
    });
    let valid = format!("RoleArn={READER}&RoleSessionName=me");
    let unknown_key = Caller { access_key: "AKIAUNKNOWN".to_owned(), ..Caller::default() };
    let (status, code, message) = error(bench.assume(&unknown_key, &valid));
    let invalid = "The security token included in the request is invalid.";
    assert_eq!((status, code.as_str(), message.as_str()), (403, "InvalidClientTokenId", invalid));
    let wrong_secret = Caller { secret_key: "x".to_owned(), ..Caller::default() };
    let (status, code, _) = error(bench.assume(&wrong_secret, &valid));
    assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    let body = format!("Version=2011-06-15&Action=AssumeRole&{valid}");
    let disabled = signed_for_sts(&body, "ap-east-1", &Caller::default(), NOW);
    assert_eq!(error(bench.send(&disabled, &body)).1, "InvalidClientTokenId");
    let mut unsigned = HeaderMap::new();
    set(&mut unsigned, "content-type", "application/x-www-form-urlencoded");
    let (status, code, _) = error(bench.send(&unsigned, &body));
    assert_eq!((status, code.as_str()), (403, "MissingAuthenticationToken"));
    let (status, code, message) = error(bench.request(&Caller::default(), "Action=GetSessionToken"));
    let unknown = "Could not find operation GetSessionToken for version 2011-06-15";
    assert_eq!((status, code.as_str(), message.as_str()), (400, "InvalidAction", unknown));
    let (_, _, message) = error(bench.send(&unsigned, "Action=AssumeRole"));
    assert_eq!(message, "Could not find operation AssumeRole for version NO_VERSION_SPECIFIED");
    let (status, code, _) = error(bench.assume(&Caller::default(), "RoleArn=not-an-arn&RoleSessionName=me"));
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
}
