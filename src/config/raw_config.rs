//! The config as the user wrote it. A value of the wrong type is kept as such, so that all mistakes can be reported.

use super::config_error::ConfigError;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Number, Value};

/// The keys whose values must never appear in any output.
const SECRET_KEYS: [&str; 3] = ["aws_key_id", "aws_secret_key", "aws_session_token"];

/// The secret values in a config, whatever else is wrong with it.
pub(crate) fn secrets(config: &Value) -> impl Iterator<Item = &str> {
    SECRET_KEYS.iter().filter_map(|key| config.get(key)?.as_str()).flat_map(|value| [value, value.trim()])
}

/// A config: any JSON object. It does not implement `Debug`, because it holds secrets.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawConfig {
    pub(super) aws_key_id: Field<String>,
    pub(super) aws_secret_key: Field<String>,
    pub(super) aws_session_token: Field<String>,
    pub(super) role_arn: Field<String>,
    pub(super) external_id: Field<String>,
    pub(super) accounts: Field<RawAccounts>,
    pub(super) aws_region_name: Field<String>,
    pub(super) additional_regions: Field<Vec<String>>,
    pub(super) all_enabled_regions: Field<bool>,
    pub(super) start_date: Field<String>,
    pub(super) lookup_attributes_filter: Field<RawFilter>,
    pub(super) lookback_window_minutes: Field<Number>,
    pub(super) cloudtrail_event_format: Field<String>,
    pub(super) exclude_event_names: Field<Vec<String>>,
    pub(super) endpoint_url: Field<String>,
    pub(super) records_limit: Field<Number>,
    /// This field keeps serde from accepting a list as a config.
    #[serde(flatten)]
    _unknown: IgnoredAny,
}

/// The accounts of a config.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAccounts {
    pub(super) mode: Field<String>,
    pub(super) role_arns: Field<Vec<Field<String>>>,
    pub(super) role_name: Field<String>,
    pub(super) excluded_account_ids: Field<Vec<Field<String>>>,
    /// This field keeps serde from accepting a list as accounts.
    #[serde(flatten)]
    _unknown: IgnoredAny,
}

impl RawAccounts {
    /// Whether nothing is entered that depends on the mode.
    pub(super) fn has_only_a_mode(&self) -> bool {
        !self.role_arns.is_set() && !self.role_name.is_set() && !self.excluded_account_ids.is_set()
    }
}

/// The filter of a config.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawFilter {
    pub(super) attribute_key: Field<String>,
    pub(super) attribute_value: Field<String>,
    /// This field keeps serde from accepting a list as a filter.
    #[serde(flatten)]
    _unknown: IgnoredAny,
}

/// The value of one key.
#[derive(Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Field<T> {
    /// Absent, or null.
    #[default]
    Unset,
    Set(T),
    OfAnotherType(IgnoredAny),
}

impl Field<String> {
    /// The string under `key`, without the spaces around it; none if it is absent, null, or blank.
    pub(super) fn string(&self, key: &'static str) -> Result<Option<&str>, ConfigError> {
        match self {
            Self::Unset => Ok(None),
            Self::Set(string) => Ok(Some(string.trim()).filter(|string| !string.is_empty())),
            Self::OfAnotherType(_) => Err(ConfigError::NotAString { key }),
        }
    }

    /// Whether something is entered, even if it is not a string.
    pub(super) fn is_set(&self) -> bool {
        !matches!(self.string(""), Ok(None))
    }
}

impl Field<Vec<Field<String>>> {
    /// The strings of the list, without the spaces around them and without those that are null or blank; `error` if it is
    /// not a list of strings.
    pub(super) fn strings(&self, error: ConfigError) -> Result<Vec<&str>, ConfigError> {
        match self {
            Self::Unset => Ok(Vec::new()),
            Self::Set(list) => list
                .iter()
                .filter_map(|entry| entry.string("").transpose())
                .collect::<Result<_, _>>()
                .map_err(|_| error),
            Self::OfAnotherType(_) => Err(error),
        }
    }

    /// Whether something is entered, even if it is not a list of strings.
    pub(super) fn is_set(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Set(list) => list.iter().any(Field::<String>::is_set),
            Self::OfAnotherType(_) => true,
        }
    }
}

impl Field<Number> {
    /// The whole number, which may be written as a float; none if it is absent or null, `error` if it is not from 0 to
    /// `most`.
    pub(super) fn whole_number(&self, most: u64, error: ConfigError) -> Result<Option<u64>, ConfigError> {
        let number = match self {
            Self::Unset => return Ok(None),
            Self::Set(number) => number,
            Self::OfAnotherType(_) => return Err(error),
        };
        let float = number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole, not negative, and far from the end of u64"
        )]
        let whole = number.as_u64().or(float.map(|number| number as u64)).filter(|number| *number <= most);
        whole.map(Some).ok_or(error)
    }
}
