//! Secrets never appear in the output. Every run of every test checks every line for the secrets of its config and
//! environment; here they are in places where masking could miss them.

use crate::{
    connector::{Connector, KEY_ID, Run, emulator, events, forms, now},
    fake_server::answering,
};
use cloudtrail_emulator::{Caller, Emulator, Fault, Role, Settings};
use serde_json::json;
use std::{collections::BTreeSet, fs};

const KEY: &str = "AKIAS3CR3T/+EXAMPLE";
const SECRET: &str = "s3cr3t/+=\"half\\of%it";
const TOKEN: &str = "t0ken//of+the==session";
const PASSWORD: &str = "p4ssw0rd%21";
const ARN: &str = "arn:aws:iam::123456789012:role/reader";

/// An emulator that returns the secrets in each form, in the message of an error.
fn echoing(code: &str) -> Emulator {
    let told: Vec<String> = [KEY, SECRET, TOKEN].iter().flat_map(|secret| forms(secret)).collect();
    let message = format!("The canonical string should have been {}", told.join(" & "));
    let caller = Caller {
        access_key: KEY.to_owned(),
        secret_key: SECRET.to_owned(),
        session_token: Some(TOKEN.to_owned()),
        ..Caller::default()
    };
    let error = Fault::Error { status: 400, code: code.to_owned(), message };
    let faults = (0..100).map(|nth| (nth, error.clone())).collect();
    let roles = vec![Role::new(ARN)];
    Emulator::start(Settings { callers: vec![caller], faults, roles, rate: None, ..Settings::default() }).unwrap()
}

#[test]
fn secrets_in_the_messages_of_aws_are_masked_wherever_they_come_from() {
    for code in ["AccessDeniedException", "InvalidSignatureException", "OptInRequired", "UnknownErrorCode"] {
        let emulator = echoing(code);
        let config = Connector::new(&emulator)
            .with("aws_key_id", KEY)
            .with("aws_secret_key", SECRET)
            .with("aws_session_token", TOKEN)
            .with_environment("AWS_ENDPOINT_URL_STS", &emulator.url())
            .with_environment("LOG_LEVEL", "DEBUG")
            .with_environment("RUST_LOG", "trace")
            .with_environment("RUST_BACKTRACE", "full");
        let keyless = ["aws_key_id", "aws_secret_key", "aws_session_token"];
        let environment = keyless
            .iter()
            .fold(config.again(), |connector, key| connector.without(key))
            .with_environment("AWS_ACCESS_KEY_ID", KEY)
            .with_environment("AWS_SECRET_ACCESS_KEY", SECRET)
            .with_environment("AWS_SESSION_TOKEN", TOKEN);
        let profile = keyless.iter().fold(config.again(), |connector, key| connector.without(key));
        let keys = format!("aws_access_key_id={KEY}\naws_secret_access_key={SECRET}\naws_session_token={TOKEN}\n");
        fs::write(profile.path("profile"), format!("[default]\n{keys}")).unwrap();
        let profile = profile.with_environment("AWS_SHARED_CREDENTIALS_FILE", "profile");
        for connector in [config.again(), environment, profile, config.with("role_arn", ARN)] {
            for run in [connector.read(None), connector.check()] {
                let all = format!("{:?}", run.lines);
                assert!(all.contains("****") || code == "InvalidSignatureException", "{code}: {all}");
                assert_eq!(run.stderr, "");
                assert_no_secret(&run);
            }
        }
    }
}

/// This STS provides the credentials that the emulator then returns.
#[test]
fn the_credentials_of_a_role_are_masked() {
    let emulator = echoing("AccessDeniedException");
    let (sts, _asked) = answering(
        200,
        &format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    );
    let run = Connector::new(&emulator).with("role_arn", ARN).with_environment("AWS_ENDPOINT_URL_STS", &sts).read(None);
    assert!(run.errors()[0]["message"].as_str().unwrap().contains("****"), "{:?}", run.errors());
    assert_no_secret(&run);
}

/// This is also true of an answer that can't be parsed, and of the credentials that assume a role.
#[test]
fn answers_of_sts_are_masked() {
    let emulator = echoing("AccessDeniedException");
    let unreadable = format!(
        "<AssumeRoleResponse><Credentials><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken><Expiration>soon</Expiration></Credentials></AssumeRoleResponse>"
    );
    let error = |code| {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{KEY} {TOKEN}</Message></Error></ErrorResponse>")
    };
    for (status, answer) in [
        (200, unreadable),
        (403, error("SignatureDoesNotMatch")),
        (403, error("AccessDenied")),
        (200, format!("not XML: {KEY} {SECRET} {TOKEN}")),
    ] {
        let (sts, _asked) = answering(status, &answer);
        let connector = Connector::new(&emulator).without("aws_key_id").without("aws_secret_key");
        let keys = format!("aws_access_key_id={KEY}\naws_secret_access_key={SECRET}\naws_session_token={TOKEN}\n");
        fs::write(connector.path("profile"), format!("[default]\n{keys}")).unwrap();
        let connector = connector
            .with("role_arn", ARN)
            .with_environment("AWS_SHARED_CREDENTIALS_FILE", "profile")
            .with_environment("AWS_ENDPOINT_URL_STS", &sts);
        assert_no_secret(&connector.check());
        // If it is retried, the first two of ten rounds of failures are enough to check.
        let mut running = connector.with_environment("LOG_LEVEL", "DEBUG").start_reading(None);
        running.wait_for_lines(6);
        assert_no_secret(&running.kill());
    }
}

#[track_caller]
fn assert_no_secret(run: &Run) {
    let all = format!("{:?} {}", run.lines, run.stderr);
    assert!(!run.lines.is_empty());
    for secret in [KEY, SECRET, TOKEN].iter().flat_map(|secret| forms(secret)) {
        assert!(!all.contains(&secret), "a secret got out: {all}");
    }
}

#[test]
fn the_password_of_a_proxy_is_masked() {
    for proxy in ["http://127.0.0.1:1", "nonsense", "http://no-such-proxy.invalid:1"] {
        let host = proxy.trim_start_matches("http://");
        let connector = Connector::at("").with_environment("HTTPS_PROXY", &format!("http://user:{PASSWORD}@{host}"));
        for run in [connector.check(), connector.read(None)] {
            let all = format!("{:?} {}", run.lines, run.stderr);
            assert!(!all.contains("p4ssw0rd"), "{all}");
        }
    }
}

/// A state of version 0.2.0 contains the key itself, and still is a state of the same filter.
#[test]
fn a_filter_for_the_configs_own_key_is_a_digest_in_the_state() {
    let emulator = emulator(events(10, 1, 1));
    let with_filter = |value: &str| {
        let filter = json!({"attribute_key": "AccessKeyId", "attribute_value": value});
        Connector::new(&emulator).with("lookup_attributes_filter", filter)
    };
    let filter_in = |run: &Run| {
        let state = &run.last_state().unwrap()["stream"]["stream_state"];
        ["us-east-1", "eu-west-1"].map(|region| state["regions"][region]["filter"].as_str().unwrap().to_owned())
    };
    let entry = json!({"EventTime": now() - 3_600});
    let old = json!({"EventTime": now() - 3_600, "filter": format!("AccessKeyId={KEY_ID}"), "regions": {"us-east-1": entry, "eu-west-1": entry}});
    let old =
        json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": "management_events"}, "stream_state": old}});
    let run = with_filter(KEY_ID).read(Some(&old)).succeeded();
    assert_eq!(filter_in(&run), ["AccessKeyId=sha256:Gl1Eotyhlmk"; 2]);
    let again = with_filter(KEY_ID).read(run.last_state()).succeeded();
    let rotated = with_filter(KEY_ID).without("aws_key_id").without("aws_secret_key");
    let rotated = rotated.with_environment("AWS_ACCESS_KEY_ID", "AKIAROTATEDEXAMPLE");
    let rotated = rotated.with_environment("AWS_SECRET_ACCESS_KEY", "another/secret/key").read(run.last_state());
    for same in [&run, &again, &rotated] {
        assert!(!same.logs().any(|line| line.contains("filter changed")), "{:?}", same.lines);
    }
    let other = with_filter("AKIAOTHEREXAMPLE").read(run.last_state()).succeeded();
    let told = "The filter changed from AccessKeyId=sha256:Gl1Eotyhlmk to AccessKeyId=AKIAOTHEREXAMPLE.";
    assert!(other.logs().any(|line| line.contains(told)), "{:?}", other.lines);
}

/// Masking text that is shorter than any secret would make all lines unreadable. A blank is absent, as for every other key.
#[test]
fn a_value_that_is_too_short_to_be_a_secret_masks_nothing() {
    let emulator = emulator(events(10, 1, 1));
    let blank = Connector::new(&emulator).with("aws_session_token", " ");
    let short = Connector::new(&emulator).with_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN", "e");
    for connector in [blank, short] {
        let run = connector.read(None).succeeded();
        assert!(run.logs().any(|line| line.starts_with("Reading us-east-1: ")), "{:?}", run.lines);
        assert!(!format!("{:?}", run.lines).contains("****"), "{:?}", run.lines);
    }
    for (key, says) in [
        ("aws_key_id", "aws_key_id has fewer than 4 characters"),
        ("aws_secret_key", "aws_secret_key has fewer than 4 characters"),
        ("aws_session_token", "aws_session_token has fewer than 4 characters"),
    ] {
        let run = Connector::new(&emulator).with(key, "~#^").check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains('*'), "{message}");
    }
}

/// Secrets don't stay on the machine, either.
#[test]
fn no_file_is_left() {
    let emulator = echoing("AccessDeniedException");
    let connector = Connector::new(&emulator).with("aws_key_id", KEY).with("aws_secret_key", SECRET);
    let here = connector.path(".");
    let connector = ["HOME", "TMPDIR", "XDG_CACHE_HOME"]
        .iter()
        .fold(connector, |connector, name| connector.with_environment(name, here.to_str().unwrap()));
    connector.check();
    connector.read(None);
    let files: BTreeSet<_> = fs::read_dir(here).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["catalog.json", "config.json"].map(Into::into).into());
}
