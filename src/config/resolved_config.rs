//! The config as the rest of the program relies on it: every value is valid, and no default is left open.

use super::{
    accounts::{self, Accounts, MemberRole},
    config_error::{ConfigError, ConfigErrors},
    credentials::{self, Credentials, Role},
    endpoint,
    filter::{self, Filter},
    raw_config::{Field, RawConfig},
    regions,
};
use crate::airbyte::{event_format::EventFormat, stream::Stream};
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

const DEFAULT_LOOKBACK_MINUTES: u64 = 15;
const MAX_LOOKBACK_MINUTES: u64 = 1440;

/// The shortest lookback for Insights events, whatever the config says. CloudTrail delivers most of them within some 30
/// minutes of the unusual activity, according to earlier editions of the AWS CloudTrail User Guide; the present one names
/// no time.
const MIN_INSIGHTS_LOOKBACK: Duration = Duration::from_hours(2);

/// A resolved configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What requests are signed with.
    pub(crate) credentials: Credentials,
    /// The role that the credentials assume: that of the single account, or the one that assumes the roles of several.
    pub(crate) role: Option<Role>,
    /// The external ID that the trust policies of several accounts' roles may require. That of a single account is in `role`.
    pub(crate) external_id: Option<String>,
    /// The accounts whose event histories are read.
    pub(crate) accounts: Accounts,
    /// The Regions whose event histories are read, such as `us-east-1`: `aws_region_name` first, each once.
    pub(crate) regions: Vec<String>,
    /// Whether every Region that is enabled in an account is read, too.
    pub(crate) all_enabled_regions: bool,
    /// The first second to read, in seconds since the epoch; none for all of the event history.
    pub(crate) start: Option<i64>,
    /// The one filter that the API takes. Use [`filter_of`](Self::filter_of).
    pub(crate) filter: Option<Filter>,
    /// How late an event may show up without being lost. Use [`lookback_of`](Self::lookback_of).
    lookback: Duration,
    /// How `CloudTrailEvent` is delivered.
    pub(crate) event_format: EventFormat,
    /// The names of the management events that are left out.
    excluded_event_names: BTreeSet<String>,
    /// Where to send requests to CloudTrail, if not to AWS's own endpoint of the Region.
    pub(crate) endpoint_url: Option<String>,
    /// The same for AWS STS.
    pub(crate) sts_endpoint_url: Option<String>,
    /// The same for AWS Organizations.
    pub(crate) organizations_endpoint_url: Option<String>,
    /// The same for AWS Account Management.
    pub(crate) account_endpoint_url: Option<String>,
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
        let mut role = errors.or_default(credentials::role(&raw.role_arn));
        let mut external_id = errors.or_default(raw.external_id.string("external_id")).map(str::to_owned);
        let accounts = accounts::resolve(&raw.accounts, &mut errors);
        if accounts == Some(Accounts::Single) {
            if raw.external_id.is_set() && !raw.role_arn.is_set() {
                errors.add(ConfigError::ExternalIdWithoutRole);
            }
            let of_role = external_id.take();
            if let Some(role) = &mut role {
                role.external_id = of_role;
            }
        }
        let accounts = accounts.unwrap_or_default();
        let regions = regions::resolve(&raw, &mut errors);
        if let Some(region) = regions.first() {
            for (key, arn) in role_arns(role.as_ref(), &accounts) {
                errors.or_default(credentials::check_partition(key, arn, region));
            }
        }
        let all_enabled_regions = errors.or_default(all_enabled_regions(&raw.all_enabled_regions));
        let start = errors.or_default(start_date(&raw.start_date));
        let filter = errors.or_default(filter::resolve(&raw.lookup_attributes_filter));
        let invalid_lookback = ConfigError::InvalidLookback { most: MAX_LOOKBACK_MINUTES };
        let minutes = raw.lookback_window_minutes.whole_number(MAX_LOOKBACK_MINUTES, invalid_lookback);
        let lookback = Duration::from_mins(errors.or_default(minutes).unwrap_or(DEFAULT_LOOKBACK_MINUTES));
        let event_format = errors.or_default(event_format(&raw.cloudtrail_event_format));
        let excluded_event_names = errors.or_default(excluded_event_names(&raw.exclude_event_names));
        let endpoint_url = errors.or_default(endpoint::resolve(&raw.endpoint_url, &environment));
        let mut endpoint_of = |service| errors.or_default(endpoint::of_environment(service, &environment));
        let sts_endpoint_url = endpoint_of("AWS_ENDPOINT_URL_STS");
        let organizations_endpoint_url = endpoint_of("AWS_ENDPOINT_URL_ORGANIZATIONS");
        let account_endpoint_url = endpoint_of("AWS_ENDPOINT_URL_ACCOUNT");
        let limit = raw.records_limit.whole_number(u64::MAX, ConfigError::InvalidRecordsLimit);
        let records_limit = errors.or_default(limit);
        errors.into_result(Self {
            credentials,
            role,
            external_id,
            accounts,
            regions,
            all_enabled_regions,
            start,
            filter,
            lookback,
            event_format,
            excluded_event_names,
            endpoint_url,
            sts_endpoint_url,
            organizations_endpoint_url,
            account_endpoint_url,
            records_limit,
        })
    }

    /// The Region of the services that have one endpoint for all Regions of the AWS partition.
    pub(crate) fn central_region(&self) -> &str {
        regions::central_region(self.regions.first().map_or("", String::as_str))
    }

    /// The AWS partition of the Regions and the roles, as ARNs name it, such as `aws`.
    pub(crate) fn aws_partition(&self) -> &'static str {
        regions::partition(self.regions.first().map_or("", String::as_str))
    }

    /// The filter to read `stream` with.
    ///
    /// # Errors
    ///
    /// CloudTrail can't look up the events of `stream` by it.
    pub(crate) fn filter_of(&self, stream: Stream) -> Result<Option<&Filter>, ConfigError> {
        match &self.filter {
            Some(filter) if !filter.applies_to(stream) => {
                Err(ConfigError::FilterNotForInsights { key: filter.key.clone() })
            }
            filter => Ok(filter.as_ref()),
        }
    }

    /// The names of the events of `stream` that are left out. An unusual number of calls is worth knowing even if the calls
    /// themselves are not.
    pub(crate) fn excluded_event_names_of(&self, stream: Stream) -> BTreeSet<String> {
        match stream {
            Stream::ManagementEvents => self.excluded_event_names.clone(),
            Stream::InsightEvents => BTreeSet::new(),
        }
    }

    /// How late an event of `stream` may show up without being lost.
    pub(crate) fn lookback_of(&self, stream: Stream) -> Duration {
        match stream {
            Stream::ManagementEvents => self.lookback,
            Stream::InsightEvents => self.lookback.max(MIN_INSIGHTS_LOOKBACK),
        }
    }
}

/// The ARNs of all roles, each with its key in the config.
fn role_arns<'a>(role: Option<&'a Role>, accounts: &'a Accounts) -> impl Iterator<Item = (&'static str, &'a str)> {
    let members: &[MemberRole] = if let Accounts::Roles(members) = accounts { members } else { &[] };
    let first = role.map(|role| ("role_arn", role.arn.as_str()));
    first.into_iter().chain(members.iter().map(|member| ("role_arns", member.arn.as_str())))
}

fn all_enabled_regions(field: &Field<bool>) -> Result<bool, ConfigError> {
    match field {
        Field::Unset => Ok(false),
        Field::Set(are_read) => Ok(*are_read),
        Field::OfAnotherType(_) => Err(ConfigError::AllEnabledRegionsNotABoolean),
    }
}

fn event_format(field: &Field<String>) -> Result<EventFormat, ConfigError> {
    let Some(name) = field.string("cloudtrail_event_format")? else { return Ok(EventFormat::default()) };
    EventFormat::named(name).ok_or_else(|| ConfigError::UnknownEventFormat { format: name.to_owned() })
}

fn excluded_event_names(field: &Field<Vec<String>>) -> Result<BTreeSet<String>, ConfigError> {
    match field {
        Field::Unset => Ok(BTreeSet::new()),
        Field::Set(names) => {
            Ok(names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
        }
        Field::OfAnotherType(_) => Err(ConfigError::ExcludedNamesNotAList),
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
