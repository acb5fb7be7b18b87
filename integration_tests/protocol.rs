//! What the platform requires of every connector: messages, environment variables and exit codes.

use crate::connector::{Connector, emulator, events};
use cloudtrail_emulator::Fault;
use serde_json::{Value, json};
use source_aws_cloudtrail::config::resolved_config::Config;
use std::{collections::BTreeSet, process::Command};

fn spec() -> Value {
    let emulator = emulator(vec![]);
    let run = Connector::new(&emulator).run(&["spec"]).succeeded();
    assert_eq!(run.lines.len(), 1);
    run.lines[0]["spec"]["connectionSpecification"].clone()
}

/// Every object in a JSON value, with its path.
fn objects(value: &Value, path: &str, visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(path, object);
            object.iter().for_each(|(key, value)| objects(value, &format!("{path}/{key}"), visit));
        }
        Value::Array(items) => items.iter().for_each(|value| objects(value, path, visit)),
        _ => {}
    }
}

/// The options of a `oneOf` share one property with a constant, which is different in each and has no other keywords
/// that restrict it. Otherwise, the platform's form can't tell which option a config has.
fn are_told_apart_by_one_constant(options: &[Value]) {
    let constants = |option: &Value| -> Vec<(String, Value)> {
        assert!(option["type"] == "object" && option["title"].is_string(), "{option}");
        let properties = option["properties"].as_object().unwrap().iter();
        properties.filter_map(|(name, property)| Some((name.clone(), property.get("const")?.clone()))).collect()
    };
    let mut values = BTreeSet::new();
    for option in options {
        let [(name, value)] = &constants(option)[..] else { panic!("one constant is wanted: {option}") };
        assert_eq!(*name, constants(&options[0])[0].0);
        let property = &option["properties"][name];
        assert!(property.get("default").is_none() && property.get("enum").is_none(), "{property}");
        assert!(option["required"].as_array().unwrap().contains(&json!(name)), "{option}");
        assert!(values.insert(value.as_str().unwrap().to_owned()), "{value} is in two options");
    }
}

/// The rules that Airbyte's acceptance tests have for a spec.
#[test]
fn the_spec_follows_the_platforms_rules() {
    let spec = spec();
    objects(&spec, "", &mut |path, object| {
        for banned in ["$ref", "anyOf", "allOf", "not", "if"] {
            assert!(!object.contains_key(banned), "{path} has {banned}");
        }
        assert_ne!(object.get("additionalProperties"), Some(&json!(false)), "{path}");
        assert!(!object.get("type").is_some_and(Value::is_array), "{path}");
        assert!(!object.contains_key("pattern") || object.contains_key("pattern_descriptor"), "{path}");
        if let Some(options) = object.get("oneOf") {
            assert!(path.starts_with("/properties/") && object["type"] == "object", "{path}");
            are_told_apart_by_one_constant(options.as_array().unwrap());
        }
        if let Some(Value::Object(properties)) = object.get("properties") {
            let orders: BTreeSet<i64> =
                properties.values().map(|property| property["order"].as_i64().unwrap()).collect();
            assert_eq!(orders.len(), properties.len(), "two properties of {path} have the same order");
            for (name, property) in properties {
                let secret = ["key_id", "secret", "token", "password"].iter().any(|word| name.contains(word));
                assert_eq!(property.get("airbyte_secret").is_some(), secret, "{name}");
                let is_shown = property.get("const").is_none();
                assert!(!is_shown || property["title"].is_string() && property["description"].is_string(), "{name}");
            }
        }
    });
    assert_eq!(spec["required"], json!(["aws_region_name"]));
}

/// Airbyte's form collapses optional fields, unless they are always shown.
#[test]
fn the_form_always_shows_the_credentials() {
    let properties = &spec()["properties"];
    for name in ["aws_key_id", "aws_secret_key", "aws_session_token", "role_arn", "external_id"] {
        assert_eq!(properties[name]["always_show"], json!(true), "{name}");
    }
}

/// The sample configs, and those of earlier connectors.
#[test]
fn the_spec_accepts_earlier_configs() {
    let validator = jsonschema::validator_for(&spec()).unwrap();
    for config in [
        serde_json::from_str(include_str!("sample_config.json")).unwrap(),
        serde_json::from_str(include_str!("invalid_config.json")).unwrap(),
        json!({"aws_key_id": "AKID", "aws_secret_key": "hush", "aws_region_name": "eu-west-1", "start_date": "1970-01-01", "records_limit": 10}),
        json!({"aws_key_id": "AKID", "aws_secret_key": "hush", "aws_region_name": "eu-west-1",
               "lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": "ConsoleLogin"}}),
    ] {
        assert!(validator.is_valid(&config), "{config}");
    }
    assert!(!validator.is_valid(&json!({"aws_key_id": "A"})));
}

/// What the form can produce is a config for the connector, and each option takes its own fields only.
#[test]
fn the_spec_and_the_connector_agree_on_the_accounts() {
    let spec = spec();
    let validator = jsonschema::validator_for(&spec).unwrap();
    for (accounts, is_valid) in [
        (spec["properties"]["accounts"]["default"].clone(), true),
        (json!({"mode": "single", "role_arns": []}), true),
        (json!({"mode": "roles", "role_arns": ["arn:aws:iam::111122223333:role/reader"]}), true),
        (json!({"mode": "organization", "role_name": "reader"}), true),
        (json!({"mode": "organization", "role_name": "reader", "excluded_account_ids": ["012345678901"]}), true),
        (json!({"mode": "roles"}), false),
        (json!({"mode": "organization"}), false),
        (json!({"mode": "organization", "role_name": "reader", "excluded_account_ids": [12_345_678_901_u64]}), false),
        (json!({"mode": "all"}), false),
        (json!("single"), false),
    ] {
        let config = json!({"aws_region_name": "us-east-1", "accounts": accounts, "all_enabled_regions": true});
        assert_eq!(validator.is_valid(&config), is_valid, "{config}");
        assert_eq!(Config::resolve(&config, |_| None).is_ok(), is_valid, "{config}");
    }
}

#[test]
fn discover_offers_both_streams_without_a_request() {
    let emulator = emulator(vec![]);
    let run = Connector::new(&emulator).run(&["discover", "--config", "config.json"]).succeeded();
    assert_eq!(emulator.journal().len(), 0);
    let streams = run.lines[0]["catalog"]["streams"].as_array().unwrap();
    let names: Vec<&Value> = streams.iter().map(|stream| &stream["name"]).collect();
    assert_eq!(names, ["management_events", "insight_events"]);
    for stream in streams {
        assert_eq!(stream["supported_sync_modes"], json!(["full_refresh", "incremental"]));
        assert_eq!((&stream["source_defined_cursor"], &stream["is_resumable"]), (&json!(true), &json!(true)));
        assert_eq!(stream["default_cursor_field"], json!(["EventTime"]));
        assert_eq!(stream["source_defined_primary_key"], json!([["EventId"]]));
    }
}

#[test]
fn every_state_has_the_number_of_its_records() {
    let emulator = emulator(events(8_000, 80, 2));
    let run = Connector::new(&emulator).read(None).succeeded();
    let mut records = 0;
    for line in &run.lines {
        match line["type"].as_str().unwrap() {
            "RECORD" => records += 1,
            "STATE" => {
                assert_eq!(line["state"]["sourceStats"]["recordCount"], json!(f64::from(records)));
                assert!(records < 2_500 + 50, "a STATE is due every 2,500 records");
                records = 0;
            }
            _ => {}
        }
    }
    assert_eq!(records, 0, "there is no STATE after the last record");
    assert!(run.states().count() >= 4);
}

#[test]
fn log_level_is_applied() {
    let emulator = emulator(events(60, 80, 3));
    let lines = |level: &str| {
        emulator.set_faults(vec![(0, Fault::Status500)]);
        let connector = Connector::new(&emulator).with("start_date", "1970-01-01").with_environment("LOG_LEVEL", level);
        let run = connector.read(None).succeeded();
        run.of_type("LOG").map(|line| line["log"]["level"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(lines("DEBUG"), ["DEBUG", "INFO"].map(str::to_owned).into());
    assert_eq!(lines("INFO"), ["INFO"].map(str::to_owned).into());
    assert_eq!(lines("ERROR"), BTreeSet::new());
}

/// Launchers of earlier connectors pass it to every command.
#[test]
fn debug_is_a_hidden_flag_of_every_command() {
    let emulator = emulator(events(60, 80, 3));
    let connector = Connector::new(&emulator).with_environment("LOG_LEVEL", "ERROR");
    for command in [
        &["spec"][..],
        &["check", "--config", "config.json"],
        &["discover", "--config", "config.json"],
        &["read", "--config", "config.json", "--catalog", "catalog.json"],
    ] {
        emulator.set_faults(vec![(0, Fault::Status500)]);
        for arguments in [[command, &["--debug"]].concat(), [&["--debug"], command].concat()] {
            let run = connector.run(&arguments).succeeded();
            assert!(!run.lines.is_empty(), "{arguments:?}");
            let has_debug = run.of_type("LOG").any(|line| line["log"]["level"] == "DEBUG");
            assert_eq!(has_debug, command[0] == "read" && arguments[0] == "read", "{arguments:?}");
        }
        let help = Command::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail")).args([command[0], "--help"]).output();
        assert!(!String::from_utf8(help.unwrap().stdout).unwrap().contains("--debug"));
    }
}

#[test]
fn the_endpoint_can_be_set_with_aws_environment_variables() {
    let emulator = emulator(events(60, 80, 4));
    for variable in ["AWS_ENDPOINT_URL_CLOUDTRAIL", "AWS_ENDPOINT_URL"] {
        let connector = Connector::new(&emulator).without("endpoint_url").with_environment(variable, &emulator.url());
        assert_eq!(connector.read(None).succeeded().records().count(), 60);
    }
}

/// When a sync is cancelled, the platform first closes the connector's stdout.
#[test]
fn a_closed_stdout_ends_a_read_without_a_message() {
    let emulator = emulator(events(3_000, 80, 5));
    let mut running = Connector::new(&emulator).start_reading(None);
    running.wait_for_lines(10);
    assert_eq!(running.close_stdout(), (Some(1), String::new()));
}

/// Rust opens `/dev/null` in its place, for reading and writing.
#[test]
fn a_stdout_that_was_closed_from_the_start_is_an_error_and_dev_null_is_not() {
    const CLOSED: &[&str] = &["sh", "-c", r#"exec "$@" >&-"#, "sh"];
    const NULL: &[&str] = &["sh", "-c", r#"exec "$@" > /dev/null"#, "sh"];
    let emulator = emulator(events(10, 80, 5));
    let shell = |launcher| Connector::new(&emulator).started_by(launcher);
    let discover = &["discover", "--config", "config.json"][..];
    for arguments in [&["spec"][..], discover, &["check", "--config", "config.json"]] {
        let run = shell(CLOSED).run(arguments);
        let expected = "source-aws-cloudtrail: stdout can't be written: it is closed, or it is /dev/null opened for reading and writing\n";
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), expected), "{arguments:?}");
        shell(NULL).run(arguments).succeeded();
    }
    let requests = emulator.journal().len();
    assert_eq!(shell(CLOSED).read(None).code, Some(1));
    assert_eq!(emulator.journal().len(), requests, "the read started without a stdout");
    shell(NULL).read(None).succeeded();
}

#[test]
fn an_empty_catalog_reads_nothing() {
    let emulator = emulator(events(10, 80, 6));
    let run = Connector::new(&emulator).with_catalog(json!({"streams": []})).read(None).succeeded();
    assert_eq!((run.lines.len(), emulator.journal().len()), (0, 0));
}
