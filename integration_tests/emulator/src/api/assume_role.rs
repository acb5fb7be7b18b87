//! An `AssumeRole` request: its parameters, and AWS's constraints on their values.

use crate::wire::aws_error::AwsError;
use std::collections::HashMap;

/// The default duration of a session, in seconds.
const DEFAULT_DURATION: i32 = 3600;

/// The parameters of a request. Their values are not checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AssumeRole {
    pub(crate) role: Option<String>,
    pub(crate) session_name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) web_identity_token: Option<String>,
    duration: Option<String>,
}

impl AssumeRole {
    pub(super) fn parse(parameters: &HashMap<String, String>) -> Self {
        let parameter = |name: &str| parameters.get(name).cloned();
        Self {
            role: parameter("RoleArn"),
            session_name: parameter("RoleSessionName"),
            external_id: parameter("ExternalId"),
            web_identity_token: parameter("WebIdentityToken"),
            duration: parameter("DurationSeconds"),
        }
    }

    /// Checks the values, and returns the duration of the session in seconds.
    ///
    /// # Errors
    ///
    /// `MalformedInput` or `ValidationError`.
    pub(super) fn check(&self, with_web_identity: bool) -> Result<i32, AwsError> {
        let duration = match self.duration.as_deref() {
            None => DEFAULT_DURATION,
            Some("") => return Err(AwsError::new(400, "MalformedInput", "missing value for decimal type")),
            Some(text) => text.parse().map_err(|_| AwsError::new(400, "MalformedInput", ""))?,
        };
        let mut errors = Vec::new();
        for constraint in self.constraints(with_web_identity) {
            constraint.check(&mut errors);
        }
        let bound = match duration {
            ..900 => Some("greater than or equal to 900"),
            900..=43_200 => None,
            _ => Some("less than or equal to 43200"),
        };
        if let Some(bound) = bound {
            errors.push(failed(&format!("'{duration}'"), "durationSeconds", &format!("have value {bound}")));
        }
        let role = self.role.as_deref().unwrap_or_default();
        match errors.len() {
            // AWS checks no more than that. The ARN of a role that does not exist gets `AccessDenied`, even if it is
            // malformed.
            0 if role.starts_with("arn:") => Ok(duration),
            0 => Err(AwsError::validation(format!("{role} is invalid"))),
            1 => Err(AwsError::validation(format!("1 validation error detected: {}", errors[0]))),
            count => Err(AwsError::validation(format!("{count} validation errors detected: {}", errors.join("; ")))),
        }
    }

    fn constraints(&self, with_web_identity: bool) -> [Constraint<'_>; 4] {
        [
            Constraint {
                name: "roleArn",
                value: self.role.as_deref(),
                is_required: true,
                min_length: 20,
                max_length: 2048,
                pattern: None,
            },
            Constraint {
                name: "roleSessionName",
                value: self.session_name.as_deref(),
                is_required: true,
                min_length: 2,
                max_length: 64,
                pattern: Some((r"[\w+=,.@-]*", "_+=,.@-")),
            },
            Constraint {
                name: "externalId",
                value: self.external_id.as_deref(),
                is_required: false,
                min_length: 2,
                max_length: 1224,
                pattern: Some((r"[\w+=,.@:\/-]*", "_+=,.@:/-")),
            },
            Constraint {
                name: "webIdentityToken",
                value: self.web_identity_token.as_deref(),
                is_required: with_web_identity,
                min_length: 4,
                max_length: 20_000,
                pattern: None,
            },
        ]
    }
}

/// The constraints on a parameter.
struct Constraint<'a> {
    name: &'a str,
    value: Option<&'a str>,
    is_required: bool,
    min_length: usize,
    max_length: usize,
    /// The pattern in AWS's message, and the characters that it allows in addition to ASCII letters and digits.
    pattern: Option<(&'a str, &'a str)>,
}

impl Constraint<'_> {
    fn check(&self, errors: &mut Vec<String>) {
        let Some(value) = self.value else {
            if self.is_required {
                errors.push(failed("null", self.name, "not be null"));
            }
            return;
        };
        // Like AWS, count UTF-16 code units.
        let length = value.encode_utf16().count();
        let mut fail = |requirement: &str| errors.push(failed(&format!("'{value}'"), self.name, requirement));
        if let Some((pattern, others)) = self.pattern
            && !value.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
        {
            fail(&format!("satisfy regular expression pattern: {pattern}"));
        }
        if length < self.min_length {
            fail(&format!("have length greater than or equal to {}", self.min_length));
        }
        if length > self.max_length {
            fail(&format!("have length less than or equal to {}", self.max_length));
        }
    }
}

fn failed(value: &str, name: &str, requirement: &str) -> String {
    format!("Value {value} at '{name}' failed to satisfy constraint: Member must {requirement}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

    fn check(parameters: &[(&str, &str)]) -> Result<i32, (String, String)> {
        let mut all =
            HashMap::from([("RoleArn".to_owned(), ROLE.to_owned()), ("RoleSessionName".to_owned(), "me".to_owned())]);
        for (name, value) in parameters {
            if *value == "absent" {
                all.remove(*name);
            } else {
                all.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        AssumeRole::parse(&all).check(false).map_err(|error| (error.code, error.message))
    }

    fn message(parameters: &[(&str, &str)]) -> String {
        let (code, message) = check(parameters).unwrap_err();
        assert_eq!(code, "ValidationError");
        message
    }

    #[test]
    fn a_role_and_a_session_name_are_enough() {
        assert_eq!(check(&[]), Ok(3600));
        assert_eq!(check(&[("ExternalId", "tenant:1/a"), ("DurationSeconds", "900")]), Ok(900));
        assert_eq!(check(&[("RoleSessionName", &"b".repeat(64)), ("DurationSeconds", "+43200")]), Ok(43_200));
        assert_eq!(check(&[("RoleArn", "arn:aws:iam:123456789012:role/reader")]), Ok(3600));
    }

    #[test]
    fn a_parameter_that_is_missing_or_has_the_wrong_length_is_named() {
        let failed = "1 validation error detected: Value";
        assert_eq!(
            message(&[("RoleArn", "absent")]),
            format!("{failed} null at 'roleArn' failed to satisfy constraint: Member must not be null")
        );
        assert_eq!(
            message(&[("RoleArn", "not-an-arn")]),
            format!(
                "{failed} 'not-an-arn' at 'roleArn' failed to satisfy constraint: \
                 Member must have length greater than or equal to 20"
            )
        );
        assert!(
            message(&[("RoleArn", &"é".repeat(2049))]).ends_with("Member must have length less than or equal to 2048")
        );
        assert!(message(&[("RoleSessionName", &"a".repeat(65))]).ends_with("length less than or equal to 64"));
        assert!(message(&[("ExternalId", "a")]).contains("'a' at 'externalId'"));
        assert_eq!(
            message(&[("RoleArn", "absent"), ("RoleSessionName", "a")]),
            "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: \
             Member must not be null; Value 'a' at 'roleSessionName' failed to satisfy constraint: \
             Member must have length greater than or equal to 2"
        );
    }

    #[test]
    fn invalid_characters_and_malformed_arns_are_rejected() {
        assert_eq!(
            message(&[("RoleSessionName", "bad/name")]),
            "1 validation error detected: Value 'bad/name' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
        assert!(message(&[("ExternalId", "a b")]).ends_with(r"pattern: [\w+=,.@:\/-]*"));
        assert_eq!(message(&[("RoleArn", &"x".repeat(20))]), format!("{} is invalid", "x".repeat(20)));
    }

    #[test]
    fn the_duration_is_15_minutes_to_12_hours() {
        assert_eq!(
            message(&[("DurationSeconds", "899")]),
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value greater than or equal to 900"
        );
        assert!(
            message(&[("DurationSeconds", "43201")]).ends_with("Member must have value less than or equal to 43200")
        );
        for text in ["", "abc", "900.0", "2147483648"] {
            assert_eq!(check(&[("DurationSeconds", text)]).unwrap_err().0, "MalformedInput", "{text}");
        }
    }
}
