//! What becomes of configs: their defaults, the forms that are accepted, and what is said of mistakes.

use super::*;
use crate::failure::{Failure, FailureType};
use serde_json::json;

fn with(changes: &Value) -> Result<Config, ConfigErrors> {
    let mut config = json!({"aws_key_id": "AKIDEXAMPLE", "aws_secret_key": "secret", "aws_region_name": "us-east-1"});
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    Config::resolve(&config, |_| None)
}

#[test]
fn configs_of_the_old_connector_are_accepted() {
    let old = with(&json!({"start_date": "1970-01-01", "records_limit": 5, "unknown": [1]})).unwrap();
    assert_eq!((old.start, old.records_limit, old.lookback), (Some(0), Some(5), Duration::from_mins(15)));
    let later =
        with(&json!({"lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": "ConsoleLogin"}}));
    assert_eq!(later.unwrap().filter.unwrap().to_string(), "EventName=ConsoleLogin");
}

#[test]
fn null_and_empty_are_absent() {
    let empty = json!({
        "aws_session_token": "", "start_date": null, "endpoint_url": " ", "lookback_window_minutes": null,
        "additional_regions": null, "records_limit": null, "role_arn": " ", "external_id": null,
        "cloudtrail_event_format": "", "exclude_event_names": null, "accounts": null, "all_enabled_regions": null,
        "lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": ""}
    });
    assert_eq!(with(&empty), with(&json!({})));
}

#[test]
fn whole_numbers_may_be_floats_and_the_value_of_a_filter_keeps_its_spaces() {
    let filter = json!({"attribute_key": "Username", "attribute_value": " a "});
    let config = with(&json!({"lookback_window_minutes": 20.0, "lookup_attributes_filter": filter})).unwrap();
    assert_eq!((config.lookback, config.filter.unwrap().value), (Duration::from_mins(20), " a ".to_owned()));
}

#[test]
fn an_invalid_config_is_rejected_with_the_reason() {
    for (changes, says) in [
        (json!({"start_date": "01/31/2026"}), "is not a date. Enter it as YYYY-MM-DD"),
        (json!({"start_date": "2026-02-30"}), "is not a date"),
        (json!({"start_date": "2026-1-1"}), "is not a date"),
        (json!({"start_date": "+2026-01-1"}), "is not a date"),
        (json!({"start_date": "2026- 1- 1"}), "is not a date"),
        (json!({"start_date": "-026-01-01"}), "is not a date"),
        (json!({"start_date": "2026-01-0١"}), "is not a date"),
        (json!({"lookback_window_minutes": 1441}), "must be a whole number from 0 to 1440."),
        (json!({"lookback_window_minutes": -1}), "must be a whole number"),
        (json!({"lookback_window_minutes": "15"}), "must be a whole number"),
        (json!({"records_limit": 1.5}), "must be a whole number, 0 or greater."),
        (json!({"lookup_attributes_filter": "EventName"}), "must be an object"),
        (json!({"lookup_attributes_filter": []}), "must be an object"),
        (
            json!({"lookup_attributes_filter": {"attribute_value": 7}}),
            "attribute_value in lookup_attributes_filter must",
        ),
        (json!({"lookup_attributes_filter": {"attribute_value": "x"}}), "no attribute_key"),
        (json!({"lookup_attributes_filter": {"attribute_key": "Name", "attribute_value": "x"}}), "Choose one of"),
        (json!({"cloudtrail_event_format": "xml"}), "\"xml\" is not a format. Choose string or object."),
        (json!({"cloudtrail_event_format": 7}), "cloudtrail_event_format must be a string."),
        (json!({"exclude_event_names": "Decrypt"}), "must be a list of event names"),
        (json!({"exclude_event_names": [1]}), "must be a list of event names"),
        (json!({"endpoint_url": "localhost:4566"}), "is not a URL"),
        (json!({"endpoint_url": "https://"}), "is not a URL"),
        (json!({"endpoint_url": "ftp://host"}), "is not a URL"),
        (json!({"endpoint_url": "http://[::1"}), "is not a URL"),
        (json!({"endpoint_url": "http://127.0.0.1:99999"}), "is not a URL"),
        (json!({"endpoint_url": "http://%zz"}), "is not a URL"),
        (json!({"endpoint_url": "http://user:hush@host"}), "endpoint_url contains a user name or a password"),
    ] {
        let Err(errors) = with(&changes) else { panic!("{changes} is accepted") };
        let failure = Failure::from(errors);
        assert!(failure.message.contains(says), "{changes}: {}", failure.message);
        assert!(!failure.message.contains("hush"), "{}", failure.message);
        assert_eq!(failure.failure_type, FailureType::ConfigError);
    }
    assert!(Config::resolve(&json!([]), |_| None).is_err());
}

/// One after the other, in the order of the form, each in the words that it has alone.
#[test]
fn all_mistakes_are_reported_at_once() {
    let mistakes = [
        (json!({"aws_secret_key": 7}), "aws_secret_key must be a string."),
        (json!({"aws_session_token": "to ken"}), "aws_session_token contains a space"),
        (json!({"role_arn": "reader"}), "role_arn \"reader\" is not the ARN of an IAM role."),
        (
            json!({"accounts": {"mode": "organization", "role_name": "a b", "excluded_account_ids": ["1"]}}),
            "excluded_account_ids \"1\" is not the ID of an AWS account.",
        ),
        (json!({"aws_region_name": "us-east-1a"}), "aws_region_name \"us-east-1a\" is an Availability Zone."),
        (json!({"additional_regions": "eu-west-1"}), "additional_regions must be a list"),
        (json!({"all_enabled_regions": "true"}), "all_enabled_regions must be true or false."),
        (json!({"start_date": "tomorrow"}), "start_date \"tomorrow\" is not a date."),
        (json!({"lookup_attributes_filter": {"attribute_value": "x"}}), "no attribute_key."),
        (json!({"lookback_window_minutes": "15"}), "lookback_window_minutes must be a whole number"),
        (json!({"cloudtrail_event_format": "JSON"}), "cloudtrail_event_format \"JSON\" is not a format."),
        (json!({"exclude_event_names": {}}), "exclude_event_names must be a list"),
        (json!({"endpoint_url": "localhost"}), "endpoint_url \"localhost\" is not a URL."),
        (json!({"records_limit": -1}), "records_limit must be a whole number"),
    ];
    let mut all = json!({});
    let mut alone = Vec::new();
    for (mistake, says) in mistakes {
        let message = with(&mistake).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
        alone.push(message);
        all.as_object_mut().unwrap().extend(mistake.as_object().unwrap().clone());
    }
    assert_eq!(with(&all).unwrap_err().to_string(), alone.join(" "));
}

#[test]
fn some_settings_depend_on_the_stream() {
    let filter = |key: &str| json!({"lookup_attributes_filter": {"attribute_key": key, "attribute_value": "x"}});
    for (key, is_for_insights) in [("EventId", true), ("EventName", true), ("EventSource", true), ("Username", false)] {
        let config = with(&filter(key)).unwrap();
        assert!(config.filter_of(Stream::ManagementEvents).unwrap().is_some());
        let of_insights = config.filter_of(Stream::InsightEvents);
        assert_eq!(of_insights.as_ref().ok(), is_for_insights.then_some(&config.filter.as_ref()), "{of_insights:?}");
    }
    let config = with(&json!({"exclude_event_names": [" Decrypt ", "", "AssumeRole"]})).unwrap();
    let names = ["AssumeRole", "Decrypt"].map(str::to_owned).into();
    assert_eq!(config.excluded_event_names_of(Stream::ManagementEvents), names);
    assert_eq!(config.excluded_event_names_of(Stream::InsightEvents), BTreeSet::new());
    let lookbacks = Stream::ALL.map(|stream| config.lookback_of(stream));
    assert_eq!(lookbacks, [Duration::from_mins(15), Duration::from_hours(2)]);
}

const FIRST: &str = "arn:aws:iam::123456789012:role/first";
const MEMBER: &str = "arn:aws:iam::111122223333:role/reader";

/// A single account's role, or the roles of several accounts; never the role that assumes these.
#[test]
fn the_external_id_goes_to_the_role_of_each_account_that_is_read() {
    let keys = |accounts: &Value| json!({"role_arn": FIRST, "external_id": "airbyte-7", "accounts": accounts});
    let single = with(&keys(&json!({"mode": "single"}))).unwrap();
    assert_eq!(single, with(&keys(&Value::Null)).unwrap());
    let role = single.role.unwrap();
    assert_eq!((role.arn.as_str(), role.external_id.as_deref(), single.external_id), (FIRST, Some("airbyte-7"), None));
    for accounts in
        [json!({"mode": "roles", "role_arns": [MEMBER]}), json!({"mode": "organization", "role_name": "reader"})]
    {
        let several = with(&keys(&accounts)).unwrap();
        let role = several.role.unwrap();
        assert_eq!((role.arn.as_str(), role.external_id), (FIRST, None));
        assert_eq!(several.external_id.as_deref(), Some("airbyte-7"));
        let without_first = with(&json!({"external_id": "airbyte-7", "accounts": accounts})).unwrap();
        assert_eq!((without_first.role, without_first.external_id.as_deref()), (None, Some("airbyte-7")));
    }
}

#[test]
fn an_external_id_that_is_for_no_role_is_a_mistake() {
    for accounts in [Value::Null, json!({}), json!({"mode": "single"})] {
        let message = with(&json!({"external_id": "x", "accounts": accounts})).unwrap_err().to_string();
        assert!(message.starts_with("external_id is set without role_arn."), "{message}");
    }
    for (config, message) in [
        (json!({"role_arn": 7, "external_id": "x"}), "role_arn must be a string."),
        (
            json!({"accounts": {"mode": "many"}, "external_id": "x"}),
            "mode \"many\" in accounts is not a mode. Choose single, roles, or organization.",
        ),
    ] {
        assert_eq!(with(&config).unwrap_err().to_string(), message, "it is reported once");
    }
}

#[test]
fn all_roles_are_in_the_aws_partition_of_the_regions() {
    let china = json!({
        "aws_region_name": "cn-north-1", "role_arn": FIRST,
        "accounts": {"mode": "roles", "role_arns": [MEMBER, "arn:aws-cn:iam::444455556666:role/reader"]},
    });
    assert_eq!(
        with(&china).unwrap_err().to_string(),
        format!(
            "role_arn \"{FIRST}\" is in a different AWS partition than the Region cn-north-1. Enter a role whose ARN begins with arn:aws-cn:. role_arns \"{MEMBER}\" is in a different AWS partition than the Region cn-north-1. Enter a role whose ARN begins with arn:aws-cn:."
        )
    );
    for (region, partition) in [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        assert_eq!(with(&json!({"aws_region_name": region})).unwrap().aws_partition(), partition);
    }
}

#[test]
fn each_service_has_an_endpoint_of_its_own() {
    let config = json!({"aws_region_name": "us-east-1", "endpoint_url": "http://config"});
    let urls = |environment: fn(&str) -> Option<String>| {
        let config = Config::resolve(&config, environment).unwrap();
        let urls = [config.sts_endpoint_url, config.organizations_endpoint_url, config.account_endpoint_url];
        assert_eq!(config.endpoint_url.as_deref(), Some("http://config"));
        urls.map(Option::unwrap_or_default)
    };
    let of_service = |name: &str| name.strip_prefix("AWS_ENDPOINT_URL_").map(|service| format!("http://{service}"));
    assert_eq!(urls(of_service), ["http://STS", "http://ORGANIZATIONS", "http://ACCOUNT"]);
    let of_all = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "http://all".to_owned());
    assert_eq!(urls(of_all), ["http://all"; 3]);
    assert_eq!(urls(|_| None), [""; 3]);
}

/// One variable sets all endpoints.
#[test]
fn a_mistake_in_the_environment_is_reported_once() {
    let config = json!({"aws_region_name": "us-east-1"});
    let environment = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "localhost".to_owned());
    let message = Config::resolve(&config, environment).unwrap_err().to_string();
    assert_eq!(message.matches("AWS_ENDPOINT_URL \"localhost\" is not a URL.").count(), 1, "{message}");
}

#[test]
fn nothing_secret_in_debug_form() {
    let config = with(&json!({"aws_session_token": "token"})).unwrap();
    assert!(!format!("{config:?}").contains("AKIDEXAMPLE") && !format!("{config:?}").contains("token\""));
}
