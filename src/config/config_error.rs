//! The mistakes that a config can have, in the words that the user reads.

use crate::{failure::Failure, partition::AccountId, secrets::SHORTEST};
use std::fmt;
use thiserror::Error;

/// One mistake: what is wrong, and what to enter instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ConfigError {
    #[error("The config must be a JSON object, such as {{\"aws_region_name\": \"us-east-1\"}}.")]
    NotAnObject,
    #[error("{key} must be a string.")]
    NotAString { key: &'static str },

    #[error("{key} contains a space, a line break, or a special character, which no AWS key has. Copy it again.")]
    InvalidSecret { key: &'static str },
    #[error("{key} has fewer than {shortest} characters, and no AWS key is that short. Copy it again.", shortest = SHORTEST)]
    ShortSecret { key: &'static str },
    #[error("{key} is missing. Enter both parts of the access key: aws_key_id and aws_secret_key.")]
    HalfAnAccessKey { key: &'static str },
    #[error(
        "aws_session_token is set without an access key. Enter the aws_key_id and aws_secret_key that it belongs to."
    )]
    TokenWithoutAccessKey,
    #[error(
        "aws_key_id and aws_secret_key are missing. Enter an access key: Airbyte Cloud has no AWS credentials of its own for your account."
    )]
    NoAccessKeyOnCloud,

    #[error(
        "{key} \"{arn}\" is not the ARN of an IAM role. Enter an ARN such as arn:aws:iam::123456789012:role/cloudtrail-reader."
    )]
    NotARole { key: &'static str, arn: String },
    #[error(
        "{key} \"{arn}\" is in a different AWS partition than the Region {region}. Enter a role whose ARN begins with arn:{partition}:."
    )]
    RoleOfAnotherPartition { key: &'static str, arn: String, region: String, partition: &'static str },
    #[error("external_id is set without role_arn. Enter the ARN of the role that it is for, or remove external_id.")]
    ExternalIdWithoutRole,

    #[error("accounts must be an object with a mode, such as {{\"mode\": \"single\"}}.")]
    AccountsNotAnObject,
    #[error("accounts has no mode. Choose single, roles, or organization.")]
    NoAccountsMode,
    #[error("mode \"{mode}\" in accounts is not a mode. Choose single, roles, or organization.")]
    UnknownAccountsMode { mode: String },
    #[error(
        "role_arns in accounts must be a list of role ARNs, such as [\"arn:aws:iam::123456789012:role/cloudtrail-reader\"]."
    )]
    RolesNotAList,
    #[error("role_arns in accounts is missing. Enter the ARN of a role in each account to read.")]
    NoRoles,
    #[error(
        "role_arns \"{arn}\" and \"{first}\" are roles of the same account, {account}, and its events would be read twice. Remove one of them."
    )]
    TwoRolesOfOneAccount { arn: String, first: String, account: AccountId },
    #[error(
        "role_name in accounts is missing. Enter the name of the role to assume in each account of the organization, such as cloudtrail-reader."
    )]
    NoRoleName,
    #[error("role_name \"{arn}\" in accounts is an ARN. Enter only the name of the role, such as cloudtrail-reader.")]
    RoleNameIsAnArn { arn: String },
    #[error(
        "role_name \"{name}\" in accounts is not the name of an IAM role. A role name has up to 64 letters, digits, and the characters _+=,.@-. If the role has a path, enter it before the name, such as readers/cloudtrail-reader."
    )]
    NotARoleName { name: String },
    #[error(
        "excluded_account_ids in accounts must be a list of account IDs in double quotes, such as [\"111122223333\"]. Without the quotes, an ID loses its leading zeros."
    )]
    ExcludedAccountsNotAList,
    #[error(
        "excluded_account_ids \"{id}\" is not the ID of an AWS account. Enter the 12 digits without hyphens, such as 111122223333."
    )]
    NotAnAccountId { id: String },

    #[error("aws_region_name is missing. Enter the Region to read, such as us-east-1.")]
    NoRegion,
    #[error("{key} \"{name}\" is not the name of an AWS Region. Enter a name such as us-east-1.")]
    NotARegion { key: &'static str, name: String },
    #[error("{key} \"{name}\" is an Availability Zone. Enter the Region: {region}.")]
    AvailabilityZone { key: &'static str, name: String, region: String },
    #[error("additional_regions must be a list of Region names, such as [\"eu-west-1\"].")]
    RegionsNotAList,
    #[error(
        "additional_regions \"{region}\" is in a different AWS partition than {first}, and no credentials are valid in both. Create another source for it."
    )]
    RegionOfAnotherPartition { region: String, first: String },
    #[error("all_enabled_regions must be true or false.")]
    AllEnabledRegionsNotABoolean,

    #[error("start_date \"{date}\" is not a date. Enter it as YYYY-MM-DD, such as 2026-01-31.")]
    NotADate { date: String },
    #[error(
        "lookup_attributes_filter must be an object with attribute_key and attribute_value. Enter both, or neither."
    )]
    FilterNotAnObject,
    #[error("lookup_attributes_filter has an attribute_value but no attribute_key. Choose one of {known}.")]
    NoAttributeKey { known: String },
    #[error(
        "attribute_key \"{key}\" in lookup_attributes_filter is not an attribute that CloudTrail can look up. Choose one of {known}."
    )]
    UnknownAttributeKey { key: String, known: String },
    #[error(
        "CloudTrail can't look up Insights events by {key}. Choose EventId, EventName, or EventSource as the attribute_key in lookup_attributes_filter, or remove the stream insight_events from the connection."
    )]
    FilterNotForInsights { key: String },
    #[error("lookback_window_minutes must be a whole number from 0 to {most}.")]
    InvalidLookback { most: u64 },
    #[error("cloudtrail_event_format \"{format}\" is not a format. Choose string or object.")]
    UnknownEventFormat { format: String },
    #[error("exclude_event_names must be a list of event names, such as [\"Decrypt\", \"AssumeRole\"].")]
    ExcludedNamesNotAList,

    #[error(
        "{name} \"{url}\" is not a URL. Use the form https://host or http://host:port, or leave it empty for AWS's own endpoint."
    )]
    NotAUrl { name: &'static str, url: String },
    #[error(
        "{name} contains a user name or a password, which AWS does not accept. Use the form https://host or http://host:port, or leave it empty for AWS's own endpoint."
    )]
    UrlWithPassword { name: &'static str },
    #[error("records_limit must be a whole number, 0 or greater.")]
    InvalidRecordsLimit,
}

/// All mistakes of a config, each once, in the order of the form.
#[derive(Debug, Default, PartialEq, Eq, Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(super) fn add(&mut self, error: ConfigError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    /// The value of `result`, or a default if it is a mistake. Nobody sees the default: the config is rejected.
    pub(super) fn or_default<T: Default>(&mut self, result: Result<T, ConfigError>) -> T {
        result.unwrap_or_else(|error| {
            self.add(error);
            T::default()
        })
    }

    /// `config`, unless there is a mistake.
    pub(super) fn into_result<T>(self, config: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(config) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.0.iter().enumerate() {
            let space = if nth > 0 { " " } else { "" };
            write!(f, "{space}{error}")?;
        }
        Ok(())
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::config(errors.to_string())
    }
}
