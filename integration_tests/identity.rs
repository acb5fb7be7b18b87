//! Which credentials are used on a machine that has several: those that are named, or none. A LOG line names them.

use crate::{
    connector::{Connector, KEY_ID, Run, SECRET_KEY},
    fake_server::{answering, response, serve},
};
use cloudtrail_emulator::{Caller, Emulator, Settings};
use serde_json::json;
use std::{fs, sync::mpsc};

const TEMPORARY: [&str; 3] = ["ASIAIOSFODNN7EXAMPLE", SECRET_KEY, "example-session-token"];

fn emulator() -> Emulator {
    Emulator::start(Settings { callers: Caller::examples(), rate: None, ..Settings::default() }).unwrap()
}

fn credentials() -> String {
    let [id, secret, token] = TEMPORARY;
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": id, "SecretAccessKey": secret, "Token": token,
        "LastUpdated": "2026-11-25T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z"
    })
    .to_string()
}

/// The metadata service of an instance with a role, and the heads of the requests that it receives. Source: EC2 User Guide,
/// "Use `IMDSv2`".
fn instance_metadata() -> (String, mpsc::Receiver<Vec<String>>) {
    serve(|head| {
        let body = match head[0].split(' ').nth(1).unwrap().trim_end_matches('/').rsplit('/').next() {
            Some("token") => "a-token".to_owned(),
            Some("reader") => credentials(),
            _ => "reader".to_owned(),
        };
        response(200, "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", &body)
    })
}

/// A connector without an access key, on an instance with a role.
fn on_instance(emulator: &Emulator, metadata: &str) -> Connector {
    let connector = Connector::new(emulator).without("aws_key_id").without("aws_secret_key");
    connector.with_environment("HOME", "home").with_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
}

fn with(connector: &Connector, variables: &[(&str, &str)]) -> Connector {
    variables.iter().fold(connector.again(), |connector, (name, value)| connector.with_environment(name, value))
}

/// The message of a check and a read with a config error, which is the same.
#[track_caller]
fn config_error_message(connector: &Connector) -> String {
    let check = connector.check();
    let status = &check.lines.last().unwrap()["connectionStatus"];
    assert_eq!(status["status"], "FAILED", "{:?}", check.lines);
    let read = connector.read(None);
    let [error] = read.errors()[..] else { panic!("one error is expected: {:?}", read.lines) };
    assert_eq!((&error["failure_type"], &error["message"]), (&json!("config_error"), &status["message"]));
    status["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn source(run: &Run) -> &str {
    let said: Vec<&str> = run.logs().filter_map(|line| line.strip_prefix("AWS credentials: ")).collect();
    let [source] = said[..] else { panic!("one source is expected: {:?}, {:?}", said, run.errors()) };
    source
}

#[test]
fn a_profile_or_half_a_key_in_the_environment_is_not_replaced_by_other_credentials() {
    let emulator = emulator();
    let (metadata, asked) = instance_metadata();
    let machine = on_instance(&emulator, &metadata);
    fs::create_dir_all(machine.path("home/.aws")).unwrap();
    let prod = format!("[prod]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    fs::write(machine.path("home/.aws/credentials"), prod).unwrap();
    fs::write(machine.path("home/.aws/config"), "[profile region]\nregion = us-east-1\n").unwrap();
    for (variables, says) in [
        (
            &[("AWS_PROFILE", "prd")][..],
            "The profile prd in AWS_PROFILE does not exist in home/.aws/config or home/.aws/credentials. Correct",
        ),
        (
            &[("AWS_PROFILE", "prod"), ("AWS_SHARED_CREDENTIALS_FILE", "nowhere"), ("AWS_CONFIG_FILE", "missing")],
            "The profile prod in AWS_PROFILE does not exist in missing or nowhere. Correct AWS_PROFILE",
        ),
        (&[("AWS_PROFILE", "default")], "The profile default in AWS_PROFILE does not exist"),
        (&[("AWS_PROFILE", "region")], "The profile region in AWS_PROFILE has no credentials. Add an access key"),
        (&[("AWS_ACCESS_KEY_ID", KEY_ID)], "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY. Set both"),
        (
            &[("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY. Set both",
        ),
        (&[("AWS_SECRET_ACCESS_KEY", SECRET_KEY)], "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID. Set both"),
        (&[("AWS_WEB_IDENTITY_TOKEN_FILE", "token")], "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN"),
    ] {
        let message = config_error_message(&with(&machine, variables));
        assert!(message.starts_with(says), "{says}: {message}");
    }
    assert_eq!((emulator.journal().len(), asked.try_iter().count()), (0, 0), "something was requested");
}

#[test]
fn a_log_line_names_the_credentials_that_are_used() {
    let emulator = emulator();
    let (metadata, asked) = instance_metadata();
    let machine = on_instance(&emulator, &metadata);
    fs::create_dir_all(machine.path("home/.aws")).unwrap();
    let key = format!("aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    fs::write(machine.path("keys"), format!("[default]\n{key}[prod]\n{key}")).unwrap();
    let keys = ("AWS_SHARED_CREDENTIALS_FILE", "keys");
    let in_environment = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    let (container, _asked) = answering(200, &credentials());
    let container = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str())];
    for (variables, says) in [
        (&in_environment[..], "environment variables."),
        (&[in_environment[0], in_environment[1], keys, ("AWS_PROFILE", "prod")], "environment variables."),
        (&[keys, ("AWS_PROFILE", "prod")], "profile prod."),
        (&[keys, ("AWS_PROFILE", "")], "profile default."),
        (&[keys, container[0]], "profile default."),
        (&container, "container."),
    ] {
        let connector = with(&machine, variables);
        assert_eq!(source(&connector.read(None).succeeded()), says);
        assert_eq!(source(&connector.check()), says);
    }
    let configured = with(&machine, &[("AWS_PROFILE", "nowhere"), ("AWS_ACCESS_KEY_ID", "AKIAHALF")]);
    let configured = configured.with("aws_key_id", KEY_ID).with("aws_secret_key", SECRET_KEY);
    assert_eq!(source(&configured.read(None).succeeded()), "the config's access key.");
    assert_eq!(asked.try_iter().count(), 0, "the instance was asked for credentials");

    assert_eq!(source(&machine.read(None).succeeded()), "instance metadata.");
    assert_eq!(asked.try_iter().count(), 3, "a token, the role's name and its credentials");
}

#[test]
fn a_malformed_file_of_profiles_is_named() {
    let emulator = emulator();
    let (metadata, asked) = instance_metadata();
    let machine = on_instance(&emulator, &metadata);
    fs::write(machine.path("garbage"), "[default]\naws_access_key_id\n").unwrap();
    fs::write(machine.path("binary"), [0xff, 0xfe, 0]).unwrap();
    fs::write(machine.path("blank"), "[default]\naws_access_key_id =\naws_secret_access_key = \n").unwrap();
    fs::write(machine.path("empty"), "").unwrap();
    for (variable, file, says) in [
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "garbage",
            "The AWS credentials file garbage is malformed (line 2: Expected an '=' sign",
        ),
        ("AWS_CONFIG_FILE", "garbage", "The AWS config file garbage is malformed (line 2: "),
        ("AWS_SHARED_CREDENTIALS_FILE", "binary", "The AWS credentials file in binary is not UTF-8"),
        ("AWS_SHARED_CREDENTIALS_FILE", ".", "The AWS credentials file can't be read from .: it is a directory"),
        ("AWS_SHARED_CREDENTIALS_FILE", "blank", "This machine's AWS credentials are misconfigured ("),
    ] {
        let message = config_error_message(&with(&machine, &[(variable, file)]));
        assert!(message.starts_with(says), "{says}: {message}");
    }
    assert_eq!((emulator.journal().len(), asked.try_iter().count()), (0, 0), "something was requested");

    let empty = with(&machine, &[("AWS_SHARED_CREDENTIALS_FILE", "empty"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    assert!(config_error_message(&empty).starts_with("No AWS credentials found."));
}
