//! The credentials to sign requests with: an access key in the config, or the AWS credentials of the machine; and the
//! role that they assume.

use super::{
    config_error::{ConfigError, ConfigErrors},
    raw_config::{Field, RawConfig},
    regions::partition,
};
use crate::{
    partition::AccountId,
    secrets::{Secret, is_too_short},
};

/// Where the credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// From the config.
    Key(AccessKey),
    /// From the machine: AWS's default chain of environment, profile, web identity, container, and instance.
    Ambient,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessKey {
    pub(crate) id: Secret,
    pub(crate) secret: Secret,
    /// For temporary credentials, the token that belongs to them.
    pub(crate) session_token: Option<Secret>,
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) arn: String,
    /// The external ID that its trust policy may require.
    pub(crate) external_id: Option<String>,
    account: AccountId,
}

impl Role {
    /// The account that the role is in.
    pub(crate) fn account(&self) -> &AccountId {
        &self.account
    }
}

/// The credentials of the config. Without a key, they are those of the machine, except on Airbyte Cloud, whose machines
/// are not the user's. Source: `DEPLOYMENT_MODE` of the Airbyte platform.
pub(super) fn resolve(
    config: &RawConfig,
    environment: impl Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Credentials {
    let id = errors.or_default(secret("aws_key_id", &config.aws_key_id));
    let secret_key = errors.or_default(secret("aws_secret_key", &config.aws_secret_key));
    let session_token = errors.or_default(secret("aws_session_token", &config.aws_session_token));
    match (config.aws_key_id.is_set(), config.aws_secret_key.is_set()) {
        (true, false) => errors.add(ConfigError::HalfAnAccessKey { key: "aws_secret_key" }),
        (false, true) => errors.add(ConfigError::HalfAnAccessKey { key: "aws_key_id" }),
        (false, false) if config.aws_session_token.is_set() => errors.add(ConfigError::TokenWithoutAccessKey),
        (false, false) if environment("DEPLOYMENT_MODE").is_some_and(|mode| mode.eq_ignore_ascii_case("cloud")) => {
            errors.add(ConfigError::NoAccessKeyOnCloud);
        }
        _ => {}
    }
    match (id, secret_key) {
        (Some(id), Some(secret)) => Credentials::Key(AccessKey { id, secret, session_token }),
        _ => Credentials::Ambient,
    }
}

/// The role of the config, without an external ID.
pub(super) fn role(role_arn: &Field<String>) -> Result<Option<Role>, ConfigError> {
    let Some(arn) = role_arn.string("role_arn")? else { return Ok(None) };
    let arn = arn.to_owned();
    match account_of(&arn) {
        Some(account) => Ok(Some(Role { arn, external_id: None, account })),
        None => Err(ConfigError::NotARole { key: "role_arn", arn }),
    }
}

/// Fails if the role under `key` is in another AWS partition than `region`, where no role of it can be assumed.
pub(super) fn check_partition(key: &'static str, arn: &str, region: &str) -> Result<(), ConfigError> {
    let partition = partition(region);
    if arn.starts_with(&format!("arn:{partition}:")) {
        return Ok(());
    }
    let (arn, region) = (arn.to_owned(), region.to_owned());
    Err(ConfigError::RoleOfAnotherPartition { key, arn, region, partition })
}

/// The account of the role with this ARN; none if it is not a role's. Source: IAM User Guide, "IAM ARNs".
pub(super) fn account_of(arn: &str) -> Option<AccountId> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
    let has_name = resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    let is_role = partition.starts_with("aws") && has_name && resource.bytes().all(|byte| byte.is_ascii_graphic());
    AccountId::parse(account).filter(|_| is_role)
}

fn secret(key: &'static str, field: &Field<String>) -> Result<Option<Secret>, ConfigError> {
    match field.string(key)? {
        Some(value) if !value.bytes().all(|byte| byte.is_ascii_graphic()) => Err(ConfigError::InvalidSecret { key }),
        Some(value) if is_too_short(value) => Err(ConfigError::ShortSecret { key }),
        value => Ok(value.map(Secret::new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    fn resolved(config: &Value, mode: &'static str) -> Result<(Credentials, Option<Role>), String> {
        let environment = |name: &str| (name == "DEPLOYMENT_MODE").then(|| mode.to_owned());
        let mut errors = ConfigErrors::default();
        let raw = RawConfig::deserialize(config).unwrap();
        let credentials = resolve(&raw, environment, &mut errors);
        let role = errors.or_default(role(&raw.role_arn));
        let region = config.get("aws_region_name").and_then(Value::as_str).unwrap_or("us-east-1");
        errors.or_default(role.as_ref().map_or(Ok(()), |role| check_partition("role_arn", &role.arn, region)));
        errors.into_result((credentials, role)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn without_a_key_the_credentials_of_the_machine_are_used_but_not_on_airbyte_cloud() {
        let keyless = json!({"aws_key_id": "", "aws_secret_key": null, "role_arn": ""});
        assert_eq!(resolved(&keyless, "OSS"), Ok((Credentials::Ambient, None)));
        assert!(resolved(&keyless, "CLOUD").unwrap_err().contains("Airbyte Cloud"));
        assert!(resolved(&keyless, "cloud").is_err());
        let key = json!({"aws_key_id": "AKIDEXAMPLE", "aws_secret_key": "hush"});
        assert!(matches!(resolved(&key, "CLOUD"), Ok((Credentials::Key(_), None))));
    }

    #[test]
    fn a_role_is_assumed_with_any_credentials_of_any_partition() {
        for (partition, region) in [
            ("aws", "eu-west-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-eusc", "eusc-de-east-1"),
        ] {
            let arn = format!("arn:{partition}:iam::123456789012:role/path/reader");
            let (credentials, role) = resolved(&json!({"role_arn": arn, "aws_region_name": region}), "").unwrap();
            let role = role.unwrap();
            assert_eq!((credentials, role.account().as_str()), (Credentials::Ambient, "123456789012"));
            assert_eq!((role.arn, role.external_id), (arn, None));
        }
    }

    #[test]
    fn invalid_credentials_are_rejected_with_the_reason() {
        for (config, says) in [
            (json!({"aws_secret_key": "hush"}), "aws_key_id is missing"),
            (json!({"aws_key_id": "AKIDEXAMPLE"}), "aws_secret_key is missing"),
            (json!({"aws_session_token": "hush"}), "without an access key"),
            (json!({"aws_key_id": "AKID\nEXAMPLE", "aws_secret_key": "hush"}), "aws_key_id contains a space"),
            (json!({"aws_session_token": "hush\u{7f}"}), "aws_session_token contains a space"),
            (json!({"aws_key_id": "AKI", "aws_secret_key": "hush"}), "aws_key_id has fewer than 4 characters"),
            (json!({"aws_key_id": "test", "aws_secret_key": "xyz"}), "aws_secret_key has fewer than 4 characters"),
            (json!({"role_arn": "reader"}), "is not the ARN of an IAM role"),
            (json!({"role_arn": "arn:aws:iam::123456789012:user/reader"}), "is not the ARN of an IAM role"),
            (json!({"role_arn": "arn:aws:iam::1234:role/reader"}), "is not the ARN of an IAM role"),
            (json!({"role_arn": "arn:aws:sts::123456789012:assumed-role/reader/x"}), "is not the ARN of an IAM role"),
            (json!({"role_arn": "arn:aws-cn:iam::123456789012:role/reader"}), "in a different AWS partition than"),
            (json!({"role_arn": 7}), "role_arn must be a string."),
        ] {
            let message = resolved(&config, "").unwrap_err();
            assert!(message.contains(says), "{says}: {message}");
            assert!(!message.contains("hush"), "{message}");
        }
    }

    /// What is wrong with a value is not reported a second time as if the value were missing.
    #[test]
    fn a_mistake_is_reported_once() {
        for (config, message) in [
            (json!({"aws_key_id": 7, "aws_secret_key": "hush"}), "aws_key_id must be a string."),
            (json!({"role_arn": 7}), "role_arn must be a string."),
        ] {
            assert_eq!(resolved(&config, "").unwrap_err(), message);
        }
    }
}
