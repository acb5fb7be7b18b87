//! The config as the rest of the program relies on it: every value is valid, and no default is left open.

use super::{
    config_error::{ConfigError, ConfigErrors},
    credentials::{self, Credentials, Role},
    endpoint,
    filter::{self, Filter},
    raw_config::{Field, RawConfig},
    regions,
};
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const DEFAULT_LOOKBACK_MINUTES: u64 = 15;
const MAX_LOOKBACK_MINUTES: u64 = 1440;

/// A resolved configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What requests are signed with.
    pub(crate) credentials: Credentials,
    /// The role that the credentials assume.
    pub(crate) role: Option<Role>,
    /// The Regions whose event histories are read, such as `us-east-1`: `aws_region_name` first, each once.
    pub(crate) regions: Vec<String>,
    /// The first second to read, in seconds since the epoch; none for all of the event history.
    pub(crate) start: Option<i64>,
    /// The one filter that the API takes.
    pub(crate) filter: Option<Filter>,
    /// How late an event may show up without being lost.
    pub(crate) lookback: Duration,
    /// Where to send requests, if not to AWS's own endpoint of the Region.
    pub(crate) endpoint_url: Option<String>,
    /// The same for AWS STS.
    pub(crate) sts_endpoint_url: Option<String>,
    /// For tests: after how many records of a stream to stop.
    pub(crate) records_limit: Option<u64>,
}

impl Config {
    /// Resolves a config. `environment` returns variables: the endpoints to use if `endpoint_url` is absent, and
    /// `DEPLOYMENT_MODE`.
    ///
    /// # Errors
    ///
    /// All mistakes of the config.
    pub fn resolve(config: &Value, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let raw = RawConfig::deserialize(config).map_err(|_| ConfigError::NotAnObject)?;
        let mut errors = ConfigErrors::default();
        let credentials = credentials::resolve(&raw, &environment, &mut errors);
        let role = credentials::role(&raw, &mut errors);
        let regions = regions::resolve(&raw, &mut errors);
        if let (Some(role), Some(region)) = (&role, regions.first()) {
            errors.or_default(credentials::check_partition(role, region));
        }
        let start = errors.or_default(start_date(&raw.start_date));
        let filter = errors.or_default(filter::resolve(&raw.lookup_attributes_filter));
        let invalid_lookback = ConfigError::InvalidLookback { most: MAX_LOOKBACK_MINUTES };
        let minutes = raw.lookback_window_minutes.whole_number(MAX_LOOKBACK_MINUTES, invalid_lookback);
        let lookback = Duration::from_mins(errors.or_default(minutes).unwrap_or(DEFAULT_LOOKBACK_MINUTES));
        let endpoint_url = errors.or_default(endpoint::resolve(&raw.endpoint_url, &environment));
        let sts_endpoint_url = errors.or_default(endpoint::resolve_sts(environment));
        let limit = raw.records_limit.whole_number(u64::MAX, ConfigError::InvalidRecordsLimit);
        let records_limit = errors.or_default(limit);
        errors.into_result(Self {
            credentials,
            role,
            regions,
            start,
            filter,
            lookback,
            endpoint_url,
            sts_endpoint_url,
            records_limit,
        })
    }
}

/// The first second of the date, in seconds since the epoch.
fn start_date(field: &Field<String>) -> Result<Option<i64>, ConfigError> {
    let Some(date) = field.string("start_date")? else { return Ok(None) };
    let parsed = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok();
    // Chrono also accepts signs, spaces, and fewer digits.
    let parsed = parsed.filter(|parsed| parsed.to_string() == date);
    let second = parsed.map(|date| date.and_time(NaiveTime::MIN).and_utc().timestamp());
    second.map(Some).ok_or_else(|| ConfigError::NotADate { date: date.to_owned() })
}

#[cfg(test)]
mod tests;
