//! Who asks: an access key of the config, or whatever AWS credentials the machine has; and the role that it assumes.

use super::{regions::partition, text};
use crate::{
    failure::Failure,
    secrets::{SHORTEST, Secret, is_too_short},
};
use serde_json::{Map, Value};

/// Where the credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// From the config.
    Key(AccessKey),
    /// From the machine: AWS's default chain of environment, profile, web identity, container and instance.
    Ambient,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// The access key id.
    pub id: Secret,
    /// The secret access key.
    pub secret: Secret,
    /// For temporary credentials, the token that belongs to them.
    pub session_token: Option<Secret>,
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy may demand.
    pub external_id: Option<String>,
}

/// The credentials of the config; without a key, those of the machine, except on Airbyte Cloud, whose machines are not
/// the user's. Source: `DEPLOYMENT_MODE` of the Airbyte platform.
pub(super) fn resolve(
    config: &Map<String, Value>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Credentials, Failure> {
    let session_token = secret(config, "aws_session_token")?;
    let is_missing = |key: &str, other: &str| {
        Failure::config(format!("{key} is missing: put in {key} and {other}, the two halves of one AWS access key."))
    };
    match (secret(config, "aws_key_id")?, secret(config, "aws_secret_key")?) {
        (Some(id), Some(secret)) => Ok(Credentials::Key(AccessKey { id, secret, session_token })),
        (Some(_), None) => Err(is_missing("aws_secret_key", "aws_key_id")),
        (None, Some(_)) => Err(is_missing("aws_key_id", "aws_secret_key")),
        (None, None) if session_token.is_some() => Err(Failure::config(
            "aws_session_token is put in without its access key: put in aws_key_id and aws_secret_key, too.",
        )),
        (None, None) if environment("DEPLOYMENT_MODE").is_some_and(|mode| mode.eq_ignore_ascii_case("cloud")) => {
            Err(Failure::config(
                "aws_key_id and aws_secret_key are missing: put in an AWS access key, because Airbyte Cloud's own machines have none for this.",
            ))
        }
        (None, None) => Ok(Credentials::Ambient),
    }
}

/// The role of the config, to be assumed in `region`.
pub(super) fn role(config: &Map<String, Value>, region: &str) -> Result<Option<Role>, Failure> {
    let external_id = text(config, "external_id")?.map(str::to_owned);
    let Some(arn) = text(config, "role_arn")? else {
        return match external_id {
            None => Ok(None),
            Some(_) => Err(Failure::config(
                "external_id is put in without role_arn: put in the ARN of the role that it is for, or leave it out.",
            )),
        };
    };
    if is_role(arn) && !arn.starts_with(&format!("arn:{}:", partition(region))) {
        return Err(Failure::config(format!(
            "role_arn \"{arn}\" is in another partition of AWS than the Region {region}: there, ARNs begin with \"arn:{}:\".",
            partition(region)
        )));
    }
    if is_role(arn) {
        return Ok(Some(Role { arn: arn.to_owned(), external_id }));
    }
    Err(Failure::config(format!(
        "role_arn \"{arn}\" is not the ARN of a role: put in one such as \"arn:aws:iam::123456789012:role/cloudtrail-reader\"."
    )))
}

/// Source: IAM User Guide, "IAM ARNs".
fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let has_name = resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && has_name
        && resource.bytes().all(|byte| byte.is_ascii_graphic())
}

fn secret(config: &Map<String, Value>, key: &str) -> Result<Option<Secret>, Failure> {
    match text(config, key)? {
        Some(value) if !value.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Failure::config(format!(
            "{key} has a space, a line break or a special character in it, which no AWS key has: copy it again."
        ))),
        Some(value) if is_too_short(value) => Err(Failure::config(format!(
            "{key} has fewer than {SHORTEST} characters, and no AWS key is that short. Copy it again."
        ))),
        value => Ok(value.map(Secret::new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolved(config: &Value, mode: &'static str) -> Result<(Credentials, Option<Role>), Failure> {
        let config = config.as_object().unwrap();
        let environment = |name: &str| (name == "DEPLOYMENT_MODE").then(|| mode.to_owned());
        Ok((
            resolve(config, environment)?,
            role(config, config.get("aws_region_name").and_then(Value::as_str).unwrap_or("us-east-1"))?,
        ))
    }

    #[test]
    fn without_a_key_the_machines_credentials_are_used_but_not_on_airbyte_cloud() {
        let keyless = json!({"aws_key_id": "", "aws_secret_key": null, "role_arn": ""});
        assert_eq!(resolved(&keyless, "OSS"), Ok((Credentials::Ambient, None)));
        assert!(resolved(&keyless, "CLOUD").unwrap_err().message.contains("Airbyte Cloud"));
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
            let role = Role { arn: arn.clone(), external_id: Some("Airbyte 1".to_owned()) };
            let config = json!({"role_arn": arn, "external_id": "Airbyte 1", "aws_region_name": region});
            assert_eq!(resolved(&config, ""), Ok((Credentials::Ambient, Some(role))));
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (config, says) in [
            (json!({"aws_secret_key": "hush"}), "aws_key_id is missing"),
            (json!({"aws_key_id": "AKIDEXAMPLE"}), "aws_secret_key is missing"),
            (json!({"aws_session_token": "hush"}), "without its access key"),
            (json!({"aws_key_id": "AKID\nEXAMPLE"}), "aws_key_id has a space"),
            (json!({"aws_session_token": "hush\u{7f}"}), "aws_session_token has a space"),
            (json!({"aws_key_id": "AKI", "aws_secret_key": "hush"}), "aws_key_id has fewer than 4 characters"),
            (json!({"aws_key_id": "test", "aws_secret_key": "xyz"}), "aws_secret_key has fewer than 4 characters"),
            (json!({"external_id": "x"}), "external_id is put in without role_arn"),
            (json!({"role_arn": "reader"}), "is not the ARN of a role"),
            (json!({"role_arn": "arn:aws:iam::123456789012:user/reader"}), "is not the ARN of a role"),
            (json!({"role_arn": "arn:aws:iam::1234:role/reader"}), "is not the ARN of a role"),
            (json!({"role_arn": "arn:aws:sts::123456789012:assumed-role/reader/x"}), "is not the ARN of a role"),
            (json!({"role_arn": "arn:aws-cn:iam::123456789012:role/reader"}), "in another partition of AWS than"),
            (json!({"role_arn": 7}), "role_arn must be a text"),
        ] {
            let failure = resolved(&config, "").unwrap_err();
            assert!(failure.message.contains(says), "{says}: {}", failure.message);
            assert!(!failure.message.contains("hush"), "{}", failure.message);
        }
    }
}
