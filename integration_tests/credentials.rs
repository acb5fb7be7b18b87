//! Credentials: access keys, the default credentials chain of the machine, and roles, which are renewed during a read.

use crate::{
    connector::{Connector, KEY_ID, Run, SECRET_KEY, assert_each_once, events},
    fake_server::answering,
};
use cloudtrail_emulator::{Caller, DEFAULT_ACCOUNT, Emulator, Event, Latency, Role, Settings};
use serde_json::json;
use std::{collections::BTreeSet, fs, time::Duration};

const TEMPORARY: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ("AWS_SESSION_TOKEN", "example-session-token"),
];

fn arn() -> String {
    format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/audit/reader")
}

fn emulator(events: Vec<Event>, role: Role) -> Emulator {
    let callers = Caller::examples();
    Emulator::start(Settings { events, callers, roles: vec![role], rate: None, ..Settings::default() }).unwrap()
}

/// A connector without an access key, on a machine that has only the credentials of the test.
fn keyless(emulator: &Emulator) -> Connector {
    let connector = Connector::new(emulator).without("aws_key_id").without("aws_secret_key");
    connector
        .with_environment("AWS_EC2_METADATA_DISABLED", "true")
        .with_environment("AWS_ENDPOINT_URL_STS", &emulator.url())
}

/// A connector with an access key that assumes a role.
fn with_role(emulator: &Emulator, arn: &str) -> Connector {
    Connector::new(emulator).with("role_arn", arn).with_environment("AWS_ENDPOINT_URL_STS", &emulator.url())
}

/// The message of a check and a read that fail, which is the same.
#[track_caller]
fn failure_message(connector: &Connector, failure_type: &str) -> String {
    let read = connector.read(None);
    let [error] = read.errors()[..] else { panic!("one error is expected: {:?}", read.lines) };
    assert_eq!((read.code, error["failure_type"].as_str()), (Some(1), Some(failure_type)), "{error}");
    let check = connector.check();
    let status = &check.lines.last().unwrap()["connectionStatus"];
    assert_eq!(
        (check.code, status["status"].as_str(), &status["message"]),
        (Some(0), Some("FAILED"), &error["message"])
    );
    status["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn accepted(run: &Run) {
    assert_eq!(run.lines.last().unwrap()["connectionStatus"], json!({"status": "SUCCEEDED"}), "{:?}", run.lines);
}

#[test]
fn a_key_in_the_environment_is_used() {
    let emulator = emulator(vec![], Role::new(arn()));
    let connector =
        TEMPORARY.iter().fold(keyless(&emulator), |connector, (name, value)| connector.with_environment(name, value));
    accepted(&connector.check());
    assert_eq!(emulator.journal()[0].access_key.as_deref(), Some("ASIAIOSFODNN7EXAMPLE"));
}

#[test]
fn a_key_in_the_config_takes_precedence() {
    let emulator = emulator(vec![], Role::new(arn()));
    let connector = TEMPORARY
        .iter()
        .fold(Connector::new(&emulator), |connector, (name, value)| connector.with_environment(name, value));
    accepted(&connector.check());
    assert_eq!(emulator.journal()[0].access_key.as_deref(), Some(KEY_ID));
}

#[test]
fn a_profile_with_a_key_or_a_role_is_used() {
    let emulator = emulator(vec![], Role::new(arn()));
    let connector = keyless(&emulator);
    let key = format!("aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    fs::write(connector.path("credentials"), format!("[plain]\n{key}")).unwrap();
    let role = format!("[profile assumed]\nrole_arn = {}\nsource_profile = plain\n", arn());
    fs::write(connector.path("config"), role).unwrap();
    let connector = connector.with_environment("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let connector = connector.with_environment("AWS_CONFIG_FILE", "config");
    accepted(&connector.again().with_environment("AWS_PROFILE", "plain").check());
    assert_eq!(emulator.sessions().len(), 0);
    accepted(&connector.again().with_environment("AWS_PROFILE", "assumed").check());
    assert_eq!(emulator.sessions().len(), 1);
}

#[test]
fn a_web_identity_assumes_a_role() {
    let web_identity_token = Some("a.web.identity".to_owned());
    let emulator = emulator(vec![], Role { web_identity_token, ..Role::new(arn()) });
    let connector = keyless(&emulator).with_environment("AWS_ROLE_ARN", &arn());
    fs::write(connector.path("token"), "a.web.identity").unwrap();
    fs::write(connector.path("other"), "another.web.identity").unwrap();
    accepted(&connector.again().with_environment("AWS_WEB_IDENTITY_TOKEN_FILE", "token").check());
    let says =
        failure_message(&connector.again().with_environment("AWS_WEB_IDENTITY_TOKEN_FILE", "other"), "config_error");
    assert!(says.contains("AWS STS rejected this machine's web identity."), "{says}");
}

/// As in ECS tasks and EKS pods: an endpoint on the machine, and a token for it.
#[test]
fn a_container_endpoint_provides_credentials() {
    let emulator = emulator(vec![], Role::new(arn()));
    let credentials = json!({
        "AccessKeyId": TEMPORARY[0].1, "SecretAccessKey": TEMPORARY[1].1, "Token": TEMPORARY[2].1,
        "Expiration": "2099-01-01T00:00:00Z"
    });
    let (endpoint, asked) = answering(200, &credentials.to_string());
    let connector = keyless(&emulator)
        .with_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{endpoint}/credentials"))
        .with_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-token-of-the-pod");
    accepted(&connector.check());
    let head = asked.recv().unwrap();
    assert_eq!(head[0], "GET /credentials HTTP/1.1");
    assert!(head.contains(&"authorization: a-token-of-the-pod".to_owned()), "{head:?}");
}

#[test]
fn without_credentials_the_message_says_where_they_may_be() {
    let emulator = emulator(vec![], Role::new(arn()));
    let says = failure_message(&keyless(&emulator), "config_error");
    assert!(says.starts_with("No AWS credentials found. Enter aws_key_id"), "{says}");
    let says = failure_message(&keyless(&emulator).with("role_arn", arn()), "config_error");
    assert!(says.starts_with("No AWS credentials found."), "{says}");
    assert_eq!(emulator.journal().len(), 0);
}

#[test]
fn the_credentials_of_airbyte_cloud_are_never_used() {
    let emulator = emulator(vec![], Role::new(arn()));
    let connector =
        TEMPORARY.iter().fold(keyless(&emulator), |connector, (name, value)| connector.with_environment(name, value));
    let connector = connector.with_environment("DEPLOYMENT_MODE", "CLOUD");
    for connector in [connector.again(), connector.with("role_arn", arn())] {
        assert!(failure_message(&connector, "config_error").contains("Airbyte Cloud"));
    }
    assert_eq!((emulator.journal().len(), emulator.sessions().len()), (0, 0));
}

#[test]
fn wrong_credentials_of_the_machine_have_their_own_sentences() {
    let emulator = emulator(vec![], Role::new(arn()));
    let with = |variables: &[(&str, &str)]| {
        variables.iter().fold(keyless(&emulator), |connector, (name, value)| connector.with_environment(name, value))
    };
    let key = |id| ("AWS_ACCESS_KEY_ID", id);
    let secret = ("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    for (connector, says) in [
        (with(&[key("AKIAWRONG"), secret]), "does not know the access key of this machine's credentials"),
        (with(&[key(KEY_ID), ("AWS_SECRET_ACCESS_KEY", "wrong")]), "of this machine's AWS credentials does not belong"),
        (
            with(&[key("ASIAEXPIREDTKEXAMPLE"), secret, ("AWS_SESSION_TOKEN", "example-expired-token")]),
            "This machine's temporary AWS credentials have expired. Renew them",
        ),
        (with(&[("AWS_PROFILE", "half"), ("AWS_CONFIG_FILE", "profiles")]), "missing aws_secret_access_key"),
        (with(&[("AWS_PROFILE", "lost"), ("AWS_CONFIG_FILE", "profiles")]), "could not find source profile nowhere"),
        (with(&[("AWS_PROFILE", "runs"), ("AWS_CONFIG_FILE", "profiles")]), "aws configure export-credentials"),
        (
            with(&[("AWS_ROLE_ARN", &arn()), ("AWS_WEB_IDENTITY_TOKEN_FILE", "missing")]),
            "A file that this machine's AWS credentials depend on can't be read (",
        ),
    ] {
        let lost = format!("[profile lost]\nrole_arn = {}\nsource_profile = nowhere\n", arn());
        let half = "[profile half]\naws_access_key_id = AKIAHALF\n[profile runs]\ncredential_process = true\n";
        let profiles = format!("{half}{lost}");
        fs::write(connector.path("profiles"), profiles).unwrap();
        let message = failure_message(&connector, "config_error");
        assert!(message.contains(says), "{says}: {message}");
    }
}

#[test]
fn a_role_is_assumed_with_its_external_id() {
    let data = events(300, 80, 1);
    let emulator = emulator(data.clone(), Role { external_id: Some("Airbyte-7".to_owned()), ..Role::new(arn()) });
    let run = with_role(&emulator, &arn()).with("external_id", "Airbyte-7").read(None).succeeded();
    assert_each_once(run.records(), &data);
    let [session] = &emulator.sessions()[..] else { panic!("one session is enough: {:?}", emulator.sessions()) };
    let about = (session.region.as_deref(), session.access_key.as_deref(), session.session_name.as_deref());
    assert_eq!(about, (Some("us-east-1"), Some(KEY_ID), Some("source-aws-cloudtrail")));
    let key = session.outcome.as_deref().unwrap();
    assert!(emulator.journal().iter().all(|entry| entry.access_key.as_deref() == Some(key)));
}

#[test]
fn what_is_wrong_with_a_role_is_reported() {
    let denied = Some(Caller::SERVICE_CONTROL_POLICY.to_owned());
    let emulator = emulator(vec![], Role { external_id: Some("right".to_owned()), denied, ..Role::new(arn()) });
    let role = || with_role(&emulator, &arn()).with("external_id", "right");
    for (connector, says) in [
        (
            role().with("external_id", "wrong"),
            "check external_id if the trust policy requires one. AWS says: \"User: arn:aws:iam::",
        ),
        (role().with("role_arn", arn() + "x"), "is not authorized to perform: sts:AssumeRole on resource"),
        (role(), "audit/reader does not allow cloudtrail:LookupEvents in us-east-1"),
        (role(), "with an explicit deny in a service control policy"),
        (role().with("aws_key_id", "AKIAWRONG"), "AWS does not know the access key in us-east-1. Check aws_key_id"),
        (role().with("aws_secret_key", "wrong"), "Check aws_secret_key"),
        (
            role().with("aws_key_id", "ASIAEXPIREDTKEXAMPLE").with("aws_session_token", "example-expired-token"),
            "The temporary credentials have expired. Enter a new aws_key_id",
        ),
    ] {
        let message = failure_message(&connector, "config_error");
        assert!(message.contains(says), "{says}: {message}");
    }
}

#[test]
fn an_sts_that_is_out_of_reach_is_named() {
    let emulator = emulator(vec![], Role::new(arn()));
    let connector = Connector::new(&emulator).with("role_arn", arn());
    let run = connector.again().with_environment("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1").check();
    let message = run.lines.last().unwrap()["connectionStatus"]["message"].as_str().unwrap();
    assert!(message.starts_with("AWS STS in us-east-1 (http://127.0.0.1:1) can't be reached."), "{message}");
    let message =
        failure_message(&connector.with_environment("AWS_ENDPOINT_URL_STS", "http://sts.invalid"), "config_error");
    assert!(message.starts_with("The host name in the endpoint http://sts.invalid does not resolve."), "{message}");
}

/// All Regions share a session, which is renewed before it expires, so no request fails.
#[test]
fn a_read_takes_longer_than_the_credentials_of_its_role_last() {
    let region = "eu-west-1";
    let mut data = events(6_000, 80, 2);
    let elsewhere = (0..).zip(&mut data).filter(|(number, _)| number % 2 == 0);
    elsewhere.for_each(|(_, event)| event.region = region.to_owned());
    let emulator = Emulator::start(Settings {
        events: data.clone(),
        roles: vec![Role { lifetime: Some(Duration::from_secs(6)), ..Role::new(arn()) }],
        rate: None,
        latency: Latency { mean: 0.05, sigma: 0.0 },
        ..Settings::default()
    })
    .unwrap();
    let connector = with_role(&emulator, &arn()).with("additional_regions", json!([region])).at_pace("5");
    let run = connector.read(None).succeeded();
    assert_each_once(run.records(), &data);
    let journal = emulator.journal();
    assert!(journal.iter().all(|entry| entry.error().is_none()), "a request failed");
    let keys_of = |region: &str| -> BTreeSet<_> {
        let of_region = journal.iter().filter(|entry| entry.region.as_deref() == Some(region));
        of_region.map(|entry| entry.access_key.clone()).collect()
    };
    let (keys, elsewhere) = (keys_of("us-east-1"), keys_of(region));
    assert!(keys.intersection(&elsewhere).count() >= 2, "{keys:?} and {elsewhere:?}");
    let keys: BTreeSet<_> = keys.union(&elsewhere).collect();
    let took = journal.last().unwrap().arrived.saturating_sub(journal[0].arrived);
    assert!(took > Duration::from_secs(9), "the read ended too soon: {took:?}");
    assert!(keys.len() >= 3, "{} sessions of 6 s in {took:?}", keys.len());
}
