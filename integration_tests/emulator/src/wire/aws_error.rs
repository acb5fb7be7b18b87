//! AWS's errors: their codes, HTTP statuses and messages. The JSON protocol returns nearly all client errors with
//! status 400, so a client has to tell them apart by the code.

use serde_json::json;
use std::time::Duration;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// What some errors say in addition.
    detail: Option<Detail>,
}

/// What an error says in addition to its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// The `Reason` of an `InvalidInputException`.
    Reason(&'static str),
    /// The field that a `ValidationException` is about.
    Field(&'static str),
}

/// The errors in the JSON protocol that have a `Message` instead of a `message`.
const CAPITALIZED: [&str; 4] =
    ["AccessDeniedException", "AWSOrganizationsNotInUseException", "InvalidInputException", "TooManyRequestsException"];

impl AwsError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), detail: None }
    }

    /// The body in the JSON protocol. Whether the message is called `Message` or `message` depends on the error.
    pub(crate) fn json(&self) -> String {
        let message = if CAPITALIZED.contains(&self.code.as_str()) { "Message" } else { "message" };
        let mut body = json!({"__type": self.code, message: self.message});
        if let Some(Detail::Reason(reason)) = self.detail {
            body["Reason"] = reason.into();
        }
        body.to_string()
    }

    /// The body in the REST protocol, which has the code in a header.
    pub(crate) fn rest_json(&self) -> String {
        let mut body = json!({"message": self.message});
        if let Some(Detail::Field(name)) = self.detail {
            body["reason"] = "fieldValidationFailed".into();
            body["fieldList"] = json!([{"name": name, "message": self.message}]);
        }
        body.to_string()
    }

    /// The same error in the REST protocol, which has other statuses for what a policy or a signature is about.
    #[must_use]
    pub(crate) fn for_rest(self) -> Self {
        let status = match self.code.as_str() {
            "ValidationException" | "SerializationException" => self.status,
            _ => 403,
        };
        Self { status, ..self }
    }

    /// The same error as STS returns it. STS has older codes for the errors of authentication, and other statuses.
    #[must_use]
    pub(crate) fn for_sts(self) -> Self {
        let (status, code) = match self.code.as_str() {
            "MissingAuthenticationTokenException" => {
                return Self::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
            }
            "UnrecognizedClientException" => (403, "InvalidClientTokenId"),
            "ExpiredTokenException" => (403, "ExpiredToken"),
            "InvalidSignatureException" => (403, "SignatureDoesNotMatch"),
            "IncompleteSignatureException" => (400, "IncompleteSignature"),
            _ => return self,
        };
        Self::new(status, code, self.message)
    }

    /// The operation does not exist in this version of the API.
    pub(crate) fn invalid_action(action: &str, version: &str) -> Self {
        Self::client("InvalidAction", format!("Could not find operation {action} for version {version}"))
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::client("ValidationError", message)
    }

    /// The role does not exist, or this principal may not assume it. AWS does not say which.
    pub(crate) fn assume_role_denied(arn: &str, role: &str) -> Self {
        let message = format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}");
        Self::new(403, "AccessDenied", message)
    }

    /// The same for a web identity, whose request has no signature and so no principal to name.
    pub(crate) fn web_identity_denied() -> Self {
        Self::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    }

    pub(crate) fn invalid_identity_token() -> Self {
        Self::client(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )
    }

    /// The URL or the content type is not that of any operation.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "UnknownOperationException", "")
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::client("UnknownOperationException", "")
    }

    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::client("SerializationException", message)
    }

    pub(crate) fn missing_authentication() -> Self {
        Self::client("MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    pub(crate) fn incomplete_signature(message: impl Into<String>) -> Self {
        Self::client("IncompleteSignatureException", message)
    }

    pub(crate) fn unrecognized_client() -> Self {
        Self::client("UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    pub(crate) fn expired_token() -> Self {
        Self::client("ExpiredTokenException", "The security token included in the request is expired")
    }

    pub(crate) fn invalid_signature(message: impl Into<String>) -> Self {
        Self::client("InvalidSignatureException", message)
    }

    pub(crate) fn wrong_signature() -> Self {
        Self::invalid_signature(
            "The request signature we calculated does not match the signature you provided. \
             Check your AWS Secret Access Key and signing method. \
             Consult the service documentation for details.",
        )
    }

    pub(crate) fn not_subscribed() -> Self {
        Self::client("SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service")
    }

    /// `reason` is the part of the message after the action: which policy is missing, or which one denies it.
    pub(crate) fn access_denied(arn: &str, reason: &str) -> Self {
        Self::client(
            "AccessDeniedException",
            format!("User: {arn} is not authorized to perform: cloudtrail:LookupEvents {reason}"),
        )
    }

    /// The same for an action on a resource.
    pub(crate) fn no_policy_allows(arn: &str, action: &str, resource: &str) -> Self {
        Self::client(
            "AccessDeniedException",
            format!(
                "User: {arn} is not authorized to perform: {action} on resource: {resource} \
                 because no identity-based policy allows the {action} action"
            ),
        )
    }

    /// `reason` is the part of the message after the action.
    pub(crate) fn list_regions_denied(arn: &str, reason: &str) -> Self {
        Self::client(
            "AccessDeniedException",
            format!("User: {arn} is not authorized to perform: account:ListRegions {reason}"),
        )
    }

    /// A value of Account Management is not valid.
    pub(crate) fn invalid_field(name: &'static str, message: impl Into<String>) -> Self {
        Self { detail: Some(Detail::Field(name)), ..Self::client("ValidationException", message) }
    }

    /// The account is not the management account of its organization, and not a delegated administrator.
    pub(crate) fn organizations_denied() -> Self {
        Self::client("AccessDeniedException", "You don't have permissions to access this resource.")
    }

    pub(crate) fn organizations_not_in_use() -> Self {
        Self::client("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    }

    /// A value of Organizations is not valid.
    pub(crate) fn invalid_input(reason: &'static str, message: &str) -> Self {
        Self { detail: Some(Detail::Reason(reason)), ..Self::client("InvalidInputException", message) }
    }

    /// The quota of Organizations.
    pub(crate) fn too_many_requests() -> Self {
        Self::client(
            "TooManyRequestsException",
            "You have sent too many requests in too short a period of time. Try again later.",
        )
    }

    /// The quota of STS.
    pub(crate) fn throttling() -> Self {
        Self::client("Throttling", "Rate exceeded")
    }

    pub(crate) fn throttled() -> Self {
        Self::client("ThrottlingException", "Rate exceeded")
    }

    pub(crate) fn invalid_time_range() -> Self {
        Self::client("InvalidTimeRangeException", "The start time of the time range must be before its end time.")
    }

    pub(crate) fn invalid_max_results(requested: i64) -> Self {
        Self::client(
            "InvalidMaxResultsException",
            format!("A max results value of {requested} is invalid. Specify max results between 1 and 50."),
        )
    }

    pub(crate) fn invalid_event_category() -> Self {
        Self::client("InvalidEventCategoryException", "The specified event category is not valid.")
    }

    pub(crate) fn invalid_lookup_attributes(message: &str) -> Self {
        Self::client("InvalidLookupAttributesException", message)
    }

    pub(crate) fn invalid_next_token() -> Self {
        Self::client(
            "InvalidNextTokenException",
            "The next token is not valid, or was used with other parameters before.",
        )
    }

    pub(crate) fn internal_failure() -> Self {
        Self::new(
            500,
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        )
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
    }

    /// The signature was made more than `tolerance` before `now`. The times are in the format of `X-Amz-Date`.
    pub(crate) fn signature_expired(signed: &str, earliest: &str, now: &str, tolerance: Duration) -> Self {
        let minutes = tolerance.as_secs() / 60;
        Self::invalid_signature(format!(
            "Signature expired: {signed} is now earlier than {earliest} ({now} - {minutes} min.)"
        ))
    }

    /// The signature was made more than `tolerance` after `now`.
    pub(crate) fn signature_not_yet_current(signed: &str, latest: &str, now: &str, tolerance: Duration) -> Self {
        let minutes = tolerance.as_secs() / 60;
        Self::invalid_signature(format!(
            "Signature not yet current: {signed} is still later than {latest} ({now} + {minutes} min.)"
        ))
    }

    fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_code_and_the_message() {
        assert_eq!(AwsError::throttled().json(), r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
    }

    #[test]
    fn the_message_of_a_denial_is_capitalized() {
        let denied = AwsError::access_denied("arn:x", "because no");
        assert_eq!(
            denied.json(),
            r#"{"Message":"User: arn:x is not authorized to perform: cloudtrail:LookupEvents because no","__type":"AccessDeniedException"}"#
        );
    }
}
