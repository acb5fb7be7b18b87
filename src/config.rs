//! The connector's configuration: as the user wrote it, resolved into what the rest of the program can rely on.
//!
//! `schemas/spec.json` says the same to the platform. Unknown keys are tolerated, a null or an empty text is an
//! absent value; what is wrong is said in words, and never quotes a secret.

mod credentials;
mod endpoint;
mod regions;

pub use crate::config::credentials::{AccessKey, Credentials, Role};

use crate::failure::Failure;
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// The keys whose values never appear in any output.
const SECRET_KEYS: [&str; 3] = ["aws_key_id", "aws_secret_key", "aws_session_token"];
/// What LookupEvents can filter by. Source: LookupEvents, `LookupAttribute.AttributeKey`.
const ATTRIBUTE_KEYS: [&str; 8] =
    ["AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"];
const DEFAULT_LOOKBACK_MINUTES: i64 = 15;
const MOST_LOOKBACK_MINUTES: i64 = 1440;

/// A resolved configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Who asks.
    pub credentials: Credentials,
    /// The role that they assume.
    pub role: Option<Role>,
    /// The Regions whose event histories are read, e.g. `us-east-1`: `aws_region_name` first, each once.
    pub regions: Vec<String>,
    /// From when on to read, in seconds since the epoch; none for all that there is.
    pub start: Option<i64>,
    /// The one filter that the API takes.
    pub filter: Option<Filter>,
    /// How late an event may show up without being lost, in seconds.
    pub lookback: i64,
    /// Where to send requests, if not to AWS's own endpoint of the Region.
    pub endpoint_url: Option<String>,
    /// The same for AWS STS.
    pub sts_endpoint_url: Option<String>,
    /// For tests: after how many records of a stream to stop.
    pub records_limit: Option<u64>,
}

/// A lookup attribute: only events that have it are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// One of the eight attributes that the API knows.
    pub key: String,
    /// The value to have, compared by CloudTrail.
    pub value: String,
}

impl std::fmt::Display for Filter {
    /// The form that is kept in states, unless the value is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// The secret values in a config, whatever else is wrong with it.
pub fn secrets(config: &Value) -> impl Iterator<Item = &str> {
    SECRET_KEYS.iter().filter_map(|key| config.get(key)?.as_str()).flat_map(|value| [value, value.trim()])
}

impl Config {
    /// Resolves a config; `environment` gives the variables that take the place of an absent `endpoint_url`, and
    /// `DEPLOYMENT_MODE`.
    ///
    /// # Errors
    ///
    /// A config error that names the key, what is wrong with its value and what to put there.
    pub fn resolve(config: &Value, environment: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let Some(config) = config.as_object() else {
            return Err(Failure::config(
                "The config must be a JSON object, such as {\"aws_region_name\": \"us-east-1\"}.",
            ));
        };
        let regions = regions::resolve(config)?;
        Ok(Self {
            credentials: credentials::resolve(config, &environment)?,
            role: credentials::role(config, &regions[0])?,
            regions,
            start: text(config, "start_date")?.map(start_date).transpose()?,
            filter: filter(config)?,
            lookback: 60
                * number(config, "lookback_window_minutes", MOST_LOOKBACK_MINUTES)?.unwrap_or(DEFAULT_LOOKBACK_MINUTES),
            endpoint_url: endpoint::resolve(config, &environment)?,
            sts_endpoint_url: endpoint::resolve_sts(environment)?,
            records_limit: number(config, "records_limit", i64::MAX)?.map(i64::unsigned_abs),
        })
    }
}

fn start_date(date: &str) -> Result<i64, Failure> {
    let parsed = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok();
    // Chrono takes signs, blanks and fewer digits, too.
    let parsed = parsed.filter(|parsed| parsed.to_string() == date);
    parsed.map(|date| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()).ok_or_else(|| {
        Failure::config(format!("start_date \"{date}\" is not a date: write it as YYYY-MM-DD, such as \"2026-01-31\"."))
    })
}

fn filter(config: &Map<String, Value>) -> Result<Option<Filter>, Failure> {
    let filter = match config.get("lookup_attributes_filter") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(filter)) => filter,
        Some(_) => {
            return Err(Failure::config(
                "lookup_attributes_filter must be an object with attribute_key and attribute_value, or be left out.",
            ));
        }
    };
    // To the letter: unlike the other values, this one keeps its spaces.
    let Some(value) = filter.get("attribute_value").and_then(Value::as_str).filter(|value| !value.trim().is_empty())
    else {
        return text(filter, "attribute_value").map(|_| None);
    };
    let known = ATTRIBUTE_KEYS.join(", ");
    match text(filter, "attribute_key")? {
        Some(key) if ATTRIBUTE_KEYS.contains(&key) => Ok(Some(Filter { key: key.to_owned(), value: value.to_owned() })),
        Some(key) => Err(Failure::config(format!(
            "lookup_attributes_filter's attribute_key \"{key}\" is not one that CloudTrail can look up: choose one of {known}."
        ))),
        None => Err(Failure::config(format!(
            "lookup_attributes_filter has an attribute_value but no attribute_key: choose one of {known}."
        ))),
    }
}

/// The text under `key`; none where it is absent, null or empty.
fn text<'a>(config: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Failure> {
    match config.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(_) => Err(Failure::config(format!("{key} must be a text in quotes."))),
    }
}

/// The whole number from 0 to `most` under `key`; none where it is absent or null.
fn number(config: &Map<String, Value>, key: &str, most: i64) -> Result<Option<i64>, Failure> {
    let Some(value) = config.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let float = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    #[allow(clippy::cast_possible_truncation, reason = "it is whole, and far from the ends of i64")]
    let whole = value.as_i64().or(float.map(|number| number as i64)).filter(|number| (0..=most).contains(number));
    whole.map(Some).ok_or_else(|| {
        let range = if most == i64::MAX { "0 or more".to_owned() } else { format!("from 0 to {most}") };
        Failure::config(format!("{key} must be a whole number, {range}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(changes: &Value) -> Result<Config, Failure> {
        let mut config =
            json!({"aws_key_id": "AKIDEXAMPLE", "aws_secret_key": "secret", "aws_region_name": "us-east-1"});
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        Config::resolve(&config, |_| None)
    }

    #[test]
    fn takes_the_old_connectors_configs() {
        let old = with(&json!({"start_date": "1970-01-01", "records_limit": 5, "unknown": [1]})).unwrap();
        assert_eq!((old.start, old.records_limit, old.lookback), (Some(0), Some(5), 900));
        let later = with(
            &json!({"lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": "ConsoleLogin"}}),
        );
        assert_eq!(later.unwrap().filter.unwrap().to_string(), "EventName=ConsoleLogin");
    }

    #[test]
    fn null_and_empty_are_absent() {
        let empty = json!({
            "aws_session_token": "", "start_date": null, "endpoint_url": " ", "lookback_window_minutes": null,
            "lookup_attributes_filter": {"attribute_key": "EventName", "attribute_value": ""}
        });
        assert_eq!(with(&empty), with(&json!({})));
    }

    #[test]
    fn whole_numbers_may_be_floats_and_a_filters_value_keeps_its_spaces() {
        let filter = json!({"attribute_key": "Username", "attribute_value": " a "});
        let config = with(&json!({"lookback_window_minutes": 20.0, "lookup_attributes_filter": filter})).unwrap();
        assert_eq!((config.lookback, config.filter.unwrap().value), (1_200, " a ".to_owned()));
    }

    #[test]
    fn says_what_is_wrong() {
        for (changes, says) in [
            (json!({"start_date": "01/31/2026"}), "is not a date: write it as YYYY-MM-DD"),
            (json!({"start_date": "2026-02-30"}), "is not a date"),
            (json!({"start_date": "2026-1-1"}), "is not a date"),
            (json!({"start_date": "+2026-01-1"}), "is not a date"),
            (json!({"start_date": "2026- 1- 1"}), "is not a date"),
            (json!({"start_date": "-026-01-01"}), "is not a date"),
            (json!({"start_date": "2026-01-0١"}), "is not a date"),
            (json!({"lookback_window_minutes": 1441}), "must be a whole number, from 0 to 1440"),
            (json!({"lookback_window_minutes": -1}), "must be a whole number"),
            (json!({"lookback_window_minutes": "15"}), "must be a whole number"),
            (json!({"records_limit": 1.5}), "must be a whole number, 0 or more"),
            (json!({"lookup_attributes_filter": "EventName"}), "must be an object"),
            (json!({"lookup_attributes_filter": {"attribute_value": "x"}}), "no attribute_key"),
            (json!({"lookup_attributes_filter": {"attribute_key": "Name", "attribute_value": "x"}}), "choose one of"),
            (json!({"endpoint_url": "localhost:4566"}), "is not a URL"),
            (json!({"endpoint_url": "https://"}), "is not a URL"),
            (json!({"endpoint_url": "ftp://host"}), "is not a URL"),
            (json!({"endpoint_url": "http://[::1"}), "is not a URL"),
            (json!({"endpoint_url": "http://127.0.0.1:99999"}), "is not a URL"),
            (json!({"endpoint_url": "http://%zz"}), "is not a URL"),
            (json!({"endpoint_url": "http://user:hush@host"}), "endpoint_url has a user name or password in it"),
        ] {
            let Err(failure) = with(&changes) else { panic!("{changes} is taken") };
            assert!(failure.message.contains(says), "{changes}: {}", failure.message);
            assert!(!failure.message.contains("hush"), "{}", failure.message);
            assert_eq!(failure.failure_type, crate::failure::FailureType::ConfigError);
        }
        assert!(Config::resolve(&json!([]), |_| None).is_err());
    }

    #[test]
    fn nothing_secret_in_debug_form() {
        let config = with(&json!({"aws_session_token": "token"})).unwrap();
        assert!(!format!("{config:?}").contains("AKIDEXAMPLE") && !format!("{config:?}").contains("token\""));
    }
}
