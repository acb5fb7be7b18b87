//! Invalid files and command lines: one error that says what to do, the right exit code, no panic, and no secret.

use crate::connector::{Connector, Run, emulator, events};
use serde_json::{Value, json};

/// The message of a run that failed because of its input.
#[track_caller]
fn rejected(run: &Run) -> &str {
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{:?}", run.lines);
    let [error] = run.errors()[..] else { panic!("one error is wanted: {:?}", run.lines) };
    assert_eq!(error["failure_type"], "config_error", "{error}");
    assert_eq!(run.records().count(), 0);
    error["message"].as_str().unwrap()
}

fn stream(name: &Value, sync_mode: &Value) -> Value {
    json!({"streams": [{"stream": {"name": name, "json_schema": {}}, "sync_mode": sync_mode, "destination_sync_mode": "append"}]})
}

#[test]
fn files_that_are_missing_or_broken() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    let path = |name: &str, text: &str| std::fs::write(connector.path(name), text).unwrap();
    path("broken.json", "{\"aws_secret_key\": \"hush\", ");
    path("comma.json", "{\"aws_secret_key\": \"hush\",}");
    path("list.json", "[]");
    path("text.json", "\"aws_secret_key\"");
    path("empty.json", "");
    path("blank.json", "\u{feff} \n");
    std::fs::write(connector.path("binary.json"), [0xff, 0xfe, 0x00]).unwrap();
    for (arguments, says) in [
        (["discover", "--config", "missing.json", "", ""], "the file does not exist"),
        (["discover", "--config", "broken.json", "", ""], "is not JSON: it ends too early"),
        (["discover", "--config", "comma.json", "", ""], "is not JSON. Check line 1, column 27."),
        (["discover", "--config", "empty.json", "", ""], "The config file empty.json is empty"),
        (["discover", "--config", "blank.json", "", ""], "The config file blank.json is empty"),
        (["discover", "--config", "binary.json", "", ""], "is not UTF-8"),
        (["discover", "--config", ".", "", ""], "it is a directory"),
        (["discover", "--config", "list.json", "", ""], "must be a JSON object"),
        (["discover", "--config", "text.json", "", ""], "must be a JSON object"),
        (["read", "--config", "missing.json", "--catalog", "catalog.json"], "The config can't be read"),
        (["read", "--config", "config.json", "--catalog", "missing.json"], "The configured catalog can't be read"),
        (["read", "--config", "config.json", "--catalog", "broken.json"], "is not JSON"),
        (
            ["read", "--config", "config.json", "--catalog", "empty.json"],
            "The configured catalog file empty.json is empty",
        ),
        (["read", "--config", "config.json", "--catalog", "list.json"], "list of \"streams\""),
    ] {
        let given: Vec<&str> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
        let run = connector.run(&given);
        assert!(rejected(&run).contains(says), "{given:?}: {}", rejected(&run));
        assert!(!format!("{:?}", run.lines).contains("hush"));
    }
    assert_eq!(emulator.journal().len(), 0, "no request was made");
}

#[test]
fn configs_with_wrong_values() {
    let emulator = emulator(vec![]);
    let connector = || Connector::new(&emulator);
    for (connector, says) in [
        (connector().without("aws_region_name"), "aws_region_name is missing"),
        (connector().without("aws_key_id"), "aws_key_id is missing"),
        (connector().with("aws_secret_key", json!(null)), "aws_secret_key is missing"),
        (connector().with("aws_region_name", json!({"name": "us-east-1"})), "must be a string"),
        (connector().with("start_date", "01/02/2026"), "YYYY-MM-DD"),
        (connector().with("start_date", "+2026-01-1"), "YYYY-MM-DD"),
        (connector().with("start_date", "2026- 1- 1"), "YYYY-MM-DD"),
        (connector().with("lookback_window_minutes", "15"), "whole number"),
        (connector().with("lookup_attributes_filter", json!([])), "must be an object"),
        (connector().with("endpoint_url", "cloudtrail"), "is not a URL"),
        (connector().with("accounts", json!({"mode": "roles"})), "role_arns in accounts is missing"),
        (connector().with("all_enabled_regions", "yes"), "must be true or false"),
        (connector().with("records_limit", -1), "whole number"),
    ] {
        for arguments in [
            &["discover", "--config", "config.json"][..],
            &["read", "--config", "config.json", "--catalog", "catalog.json"],
        ] {
            let run = connector.run(arguments);
            assert!(rejected(&run).contains(says), "{}", rejected(&run));
        }
    }
}

#[test]
fn all_mistakes_of_a_config_are_reported_at_once() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator)
        .with("aws_secret_key", "wJalr XUtnFEMI")
        .with("start_date", "tomorrow")
        .with("lookback_window_minutes", "15");
    let says = "aws_secret_key contains a space, a line break, or a special character, which no AWS key has. Copy it again. start_date \"tomorrow\" is not a date. Enter it as YYYY-MM-DD, such as 2026-01-31. lookback_window_minutes must be a whole number from 0 to 1440.";
    assert_eq!(rejected(&connector.read(None)), says);
    assert_eq!(connector.check().lines[0]["connectionStatus"]["message"], says);
}

#[test]
fn catalogs_with_wrong_streams() {
    let emulator = emulator(events(10, 1, 1));
    for (catalog, says) in [
        (stream(&json!("users"), &json!("full_refresh")), "\"users\""),
        (stream(&json!("users"), &json!("INVALID")), "\"users\""),
        (stream(&json!("management_events"), &json!("INVALID")), "sync_mode"),
        (stream(&json!("management_events"), &Value::Null), "sync_mode"),
        (stream(&Value::Null, &json!("incremental")), "has no name"),
    ] {
        let run = Connector::new(&emulator).with_catalog(catalog).read(None);
        assert!(rejected(&run).contains(says), "{}", rejected(&run));
    }
    assert_eq!(emulator.journal().len(), 0, "no request was made");
}

#[test]
fn invalid_states_are_rejected() {
    let emulator = emulator(events(10, 1, 1));
    let connector = Connector::new(&emulator);
    for nonsense in [
        "{",
        "7",
        "[[]]",
        "[{\"type\":\"STREAM\"}]",
        r#"{"management_events": 7}"#,
        r#"{"management_events": {"EventTime": "yesterday"}}"#,
        r#"{"management_events": {"EventTime": {}}}"#,
        r#"{"management_events": {"cursor": 5}}"#,
        r#"{"management_events": {"EventTime": 5, "regions": {"us-east-1": {"EventTime": 5, "covered": [[3, 1]]}}}}"#,
        r#"{"management_events": {"EventTime": 5, "regions": {"us-east-1": {"EventTime": 5, "loose": {"7": ["?"]}}}}}"#,
    ] {
        let run = connector.read_with_state_file(nonsense);
        assert!(rejected(&run).contains("The state can't be used"), "{nonsense}: {}", rejected(&run));
    }
    assert_eq!(emulator.journal().len(), 0, "no request was made");
}

#[test]
fn command_lines_that_are_wrong_end_with_2() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    for arguments in [
        &[][..],
        &["write"],
        &["read"],
        &["read", "--config", "config.json"],
        &["check", "--config"],
        &["spec", "--verbose"],
        &["read", "--config", "config.json", "--catalog", "catalog.json", "--requests-per-second", "0"],
    ] {
        let run = connector.run(arguments);
        assert_eq!((run.code, run.lines.len()), (Some(2), 0), "{arguments:?}");
        assert!(run.stderr.contains("--help"), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_typo_in_the_command_line_gets_a_suggestion() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    for (arguments, suggestion) in [
        (&["chekc", "--config", "config.json"][..], "'check'"),
        (&["check", "--confg", "config.json"], "'--config'"),
        (&["read", "--config", "config.json", "--catalogue", "catalog.json"], "'--catalog'"),
    ] {
        let run = connector.run(arguments);
        assert_eq!((run.code, run.lines.len()), (Some(2), 0), "{arguments:?}");
        assert!(run.stderr.contains("similar") && run.stderr.contains(suggestion), "{arguments:?}: {}", run.stderr);
    }
}
