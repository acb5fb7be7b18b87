//! A request for a session of a role: the parameters it may have, and what AWS demands of their values.

use std::collections::HashMap;

use crate::wire_error::WireError;

/// How long a session holds, in seconds, if the request does not say.
const DEFAULT_DURATION: i32 = 3600;

/// The parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AssumeRole {
    pub(crate) role: Option<String>,
    pub(crate) session_name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) web_identity_token: Option<String>,
    duration: Option<String>,
}

/// What is demanded of a parameter.
struct Constraint<'a> {
    name: &'a str,
    value: Option<&'a str>,
    is_required: bool,
    shortest: usize,
    longest: usize,
    /// The pattern for its characters, and those that it allows besides ASCII's letters and digits.
    pattern: Option<(&'a str, &'a str)>,
}

impl AssumeRole {
    pub(crate) fn read(parameters: &HashMap<String, String>) -> Self {
        let parameter = |name: &str| parameters.get(name).cloned();
        Self {
            role: parameter("RoleArn"),
            session_name: parameter("RoleSessionName"),
            external_id: parameter("ExternalId"),
            web_identity_token: parameter("WebIdentityToken"),
            duration: parameter("DurationSeconds"),
        }
    }

    /// Checks the values, and says how many seconds are asked for.
    ///
    /// # Errors
    /// `MalformedInput` or `ValidationError`.
    pub(crate) fn check(&self, with_web_identity: bool) -> Result<i32, WireError> {
        let duration = match self.duration.as_deref() {
            None => DEFAULT_DURATION,
            Some("") => return Err(WireError::new(400, "MalformedInput", "missing value for decimal type")),
            Some(text) => text.parse().map_err(|_| WireError::new(400, "MalformedInput", ""))?,
        };
        let mut wrong = Vec::new();
        for constraint in self.constraints(with_web_identity) {
            constraint.check(&mut wrong);
        }
        let bound = match duration {
            ..900 => Some("greater than or equal to 900"),
            900..=43_200 => None,
            _ => Some("less than or equal to 43200"),
        };
        if let Some(bound) = bound {
            wrong.push(failed(&format!("'{duration}'"), "durationSeconds", &format!("have value {bound}")));
        }
        let role = self.role.as_deref().unwrap_or_default();
        match wrong.len() {
            // AWS looks no closer: an ARN that lacks a colon is just one of a role that nobody may assume.
            0 if role.starts_with("arn:") => Ok(duration),
            0 => Err(WireError::validation(format!("{role} is invalid"))),
            1 => Err(WireError::validation(format!("1 validation error detected: {}", wrong[0]))),
            count => Err(WireError::validation(format!("{count} validation errors detected: {}", wrong.join("; ")))),
        }
    }

    fn constraints(&self, with_web_identity: bool) -> [Constraint<'_>; 4] {
        [
            Constraint {
                name: "roleArn",
                value: self.role.as_deref(),
                is_required: true,
                shortest: 20,
                longest: 2048,
                pattern: None,
            },
            Constraint {
                name: "roleSessionName",
                value: self.session_name.as_deref(),
                is_required: true,
                shortest: 2,
                longest: 64,
                pattern: Some((r"[\w+=,.@-]*", "_+=,.@-")),
            },
            Constraint {
                name: "externalId",
                value: self.external_id.as_deref(),
                is_required: false,
                shortest: 2,
                longest: 1224,
                pattern: Some((r"[\w+=,.@:\/-]*", "_+=,.@:/-")),
            },
            Constraint {
                name: "webIdentityToken",
                value: self.web_identity_token.as_deref(),
                is_required: with_web_identity,
                shortest: 4,
                longest: 20_000,
                pattern: None,
            },
        ]
    }
}

impl Constraint<'_> {
    fn check(&self, wrong: &mut Vec<String>) {
        let Some(value) = self.value else {
            if self.is_required {
                wrong.push(failed("null", self.name, "not be null"));
            }
            return;
        };
        // AWS counts as Java does.
        let length = value.encode_utf16().count();
        let mut fail = |demand: &str| wrong.push(failed(&format!("'{value}'"), self.name, demand));
        if let Some((pattern, others)) = self.pattern
            && !value.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
        {
            fail(&format!("satisfy regular expression pattern: {pattern}"));
        }
        if length < self.shortest {
            fail(&format!("have length greater than or equal to {}", self.shortest));
        }
        if length > self.longest {
            fail(&format!("have length less than or equal to {}", self.longest));
        }
    }
}

fn failed(value: &str, name: &str, demand: &str) -> String {
    format!("Value {value} at '{name}' failed to satisfy constraint: Member must {demand}")
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
        AssumeRole::read(&all).check(false).map_err(|error| (error.code, error.message))
    }

    fn message(parameters: &[(&str, &str)]) -> String {
        let (code, message) = check(parameters).unwrap_err();
        assert_eq!(code, "ValidationError");
        message
    }

    #[test]
    fn a_role_and_a_name_will_do() {
        assert_eq!(check(&[]), Ok(3600));
        assert_eq!(check(&[("ExternalId", "tenant:1/a"), ("DurationSeconds", "900")]), Ok(900));
        assert_eq!(check(&[("RoleSessionName", &"b".repeat(64)), ("DurationSeconds", "+43200")]), Ok(43_200));
        assert_eq!(check(&[("RoleArn", "arn:aws:iam:123456789012:role/reader")]), Ok(3600));
    }

    #[test]
    fn what_lacks_or_is_of_the_wrong_length_is_named() {
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
    fn a_name_has_no_spaces_and_an_arn_begins_as_one() {
        assert_eq!(
            message(&[("RoleSessionName", "bad/name")]),
            "1 validation error detected: Value 'bad/name' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
        assert!(message(&[("ExternalId", "a b")]).ends_with(r"pattern: [\w+=,.@:\/-]*"));
        assert_eq!(message(&[("RoleArn", &"x".repeat(20))]), format!("{} is invalid", "x".repeat(20)));
    }

    #[test]
    fn a_session_takes_from_a_quarter_to_twelve_hours() {
        assert!(message(&[("DurationSeconds", "899")]).ends_with("'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"));
        assert!(
            message(&[("DurationSeconds", "43201")]).ends_with("Member must have value less than or equal to 43200")
        );
        for text in ["", "abc", "900.0", "2147483648"] {
            assert_eq!(check(&[("DurationSeconds", text)]).unwrap_err().0, "MalformedInput", "{text}");
        }
    }
}
