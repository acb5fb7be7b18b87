//! The connector's configuration: as the user wrote it, resolved into what the rest of the program can rely on.
//!
//! `schemas/spec.json` says the same to the platform. Unknown keys are tolerated, a null or an empty text is an
//! absent value; what is wrong is said in words, and never quotes a secret.

use crate::{failure::Failure, secrets::Secret};
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
    /// The Region whose event history is read, e.g. `us-east-1`.
    pub region: String,
    /// From when on to read, in seconds since the epoch; none for all that there is.
    pub start: Option<i64>,
    /// The one filter that the API takes.
    pub filter: Option<Filter>,
    /// How late an event may show up without being lost, in seconds.
    pub lookback: i64,
    /// Where to send requests, if not to AWS's own endpoint of the Region.
    pub endpoint_url: Option<String>,
    /// For tests: after how many records of a stream to stop.
    pub records_limit: Option<u64>,
}

/// Static credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub key_id: Secret,
    /// The secret access key.
    pub secret_key: Secret,
    /// For temporary credentials, the token that belongs to them.
    pub session_token: Option<Secret>,
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
    /// The form that is kept in states.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// The secret values in a config, whatever else is wrong with it.
pub fn secrets(config: &Value) -> impl Iterator<Item = &str> {
    SECRET_KEYS.iter().filter_map(|key| config.get(key)?.as_str()).flat_map(|value| [value, value.trim()])
}

impl Config {
    /// Resolves a config.
    ///
    /// # Errors
    ///
    /// A config error that names the key, what is wrong with its value and what to put there.
    pub fn resolve(config: &Value) -> Result<Self, Failure> {
        let Some(config) = config.as_object() else {
            return Err(Failure::config(
                "The config must be a JSON object, such as {\"aws_region_name\": \"us-east-1\"}.",
            ));
        };
        Ok(Self {
            region: region(config)?,
            credentials: credentials(config)?,
            start: text(config, "start_date")?.map(start_date).transpose()?,
            filter: filter(config)?,
            lookback: 60
                * number(config, "lookback_window_minutes", MOST_LOOKBACK_MINUTES)?.unwrap_or(DEFAULT_LOOKBACK_MINUTES),
            endpoint_url: text(config, "endpoint_url")?.map(endpoint_url).transpose()?,
            records_limit: number(config, "records_limit", i64::MAX)?.map(i64::unsigned_abs),
        })
    }
}

fn region(config: &Map<String, Value>) -> Result<String, Failure> {
    let Some(region) = text(config, "aws_region_name")? else {
        return Err(Failure::config("aws_region_name is missing: put in the Region to read, such as \"us-east-1\"."));
    };
    let is_region = |name: &str| {
        let mut parts = name.split('-');
        let words = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let number = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        number(parts.next_back()) && parts.clone().count() >= 2 && parts.all(words)
    };
    if is_region(region) {
        return Ok(region.to_owned());
    }
    let zone = region.trim_end_matches(|last: char| last.is_ascii_lowercase());
    Err(Failure::config(if zone.len() + 1 == region.len() && is_region(zone) {
        format!("aws_region_name \"{region}\" is an availability zone: put in its Region, \"{zone}\".")
    } else {
        format!("aws_region_name \"{region}\" is not the name of a Region: put in a name such as \"us-east-1\".")
    }))
}

fn credentials(config: &Map<String, Value>) -> Result<Credentials, Failure> {
    let [key_id, secret_key, session_token] = SECRET_KEYS.map(|key| text(config, key));
    let needed = |value: Option<&str>, key: &str, other: &str| {
        value.map(Secret::new).ok_or_else(|| {
            Failure::config(format!(
                "{key} is missing: put in {key} and {other}, the two halves of one AWS access key."
            ))
        })
    };
    Ok(Credentials {
        key_id: needed(key_id?, "aws_key_id", "aws_secret_key")?,
        secret_key: needed(secret_key?, "aws_secret_key", "aws_key_id")?,
        session_token: session_token?.map(Secret::new),
    })
}

fn start_date(date: &str) -> Result<i64, Failure> {
    let parsed = (date.len() == "YYYY-MM-DD".len()).then(|| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()).flatten();
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
    let Some(value) = text(filter, "attribute_value")? else { return Ok(None) };
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

fn endpoint_url(url: &str) -> Result<String, Failure> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)) {
        return Ok(url.to_owned());
    }
    Err(Failure::config(format!(
        "endpoint_url \"{url}\" is not a URL: write it as https://host or http://host:port, or leave it out to use AWS's own endpoint."
    )))
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
    let whole = value.as_i64().filter(|number| (0..=most).contains(number));
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
        Config::resolve(&config)
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
    fn every_partition_has_regions() {
        for region in ["us-east-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]
        {
            assert_eq!(with(&json!({"aws_region_name": region})).unwrap().region, region);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (changes, says) in [
            (json!({"aws_region_name": ""}), "aws_region_name is missing"),
            (json!({"aws_region_name": "US East (N. Virginia)"}), "is not the name of a Region"),
            (json!({"aws_region_name": "us-east-1a"}), "put in its Region, \"us-east-1\""),
            (json!({"aws_region_name": 1}), "aws_region_name must be a text"),
            (json!({"aws_key_id": null}), "aws_key_id is missing"),
            (json!({"aws_secret_key": ""}), "aws_secret_key is missing"),
            (json!({"start_date": "01/31/2026"}), "is not a date: write it as YYYY-MM-DD"),
            (json!({"start_date": "2026-02-30"}), "is not a date"),
            (json!({"start_date": "2026-1-1"}), "is not a date"),
            (json!({"lookback_window_minutes": 1441}), "must be a whole number, from 0 to 1440"),
            (json!({"lookback_window_minutes": -1}), "must be a whole number"),
            (json!({"lookback_window_minutes": "15"}), "must be a whole number"),
            (json!({"records_limit": 1.5}), "must be a whole number, 0 or more"),
            (json!({"lookup_attributes_filter": "EventName"}), "must be an object"),
            (json!({"lookup_attributes_filter": {"attribute_value": "x"}}), "no attribute_key"),
            (json!({"lookup_attributes_filter": {"attribute_key": "Name", "attribute_value": "x"}}), "choose one of"),
            (json!({"endpoint_url": "localhost:4566"}), "is not a URL"),
            (json!({"endpoint_url": "https://"}), "is not a URL"),
        ] {
            let failure = with(&changes).unwrap_err();
            assert!(failure.message.contains(says), "{changes}: {}", failure.message);
            assert_eq!(failure.failure_type, crate::failure::FailureType::ConfigError);
        }
        assert!(Config::resolve(&json!([])).is_err());
    }

    #[test]
    fn nothing_secret_in_debug_form() {
        let config = with(&json!({"aws_session_token": "token"})).unwrap();
        assert!(!format!("{config:?}").contains("AKIDEXAMPLE") && !format!("{config:?}").contains("token\""));
    }
}
