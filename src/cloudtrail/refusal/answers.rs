//! The table of what CloudTrail answers. Source: AWS, "Common error types", and the errors of LookupEvents.

use super::{Place, Remedy, Signer, credentials, stop};
use crate::failure::Failure;

pub(super) fn meaning(code: Option<&str>, message: &str, status: u16, place: &Place) -> (Remedy, Failure) {
    let region = &place.region;
    if let Some(meaning) = credentials::meaning(code, message, place) {
        return meaning;
    }
    match code {
        Some("AccessDeniedException" | "AccessDenied") => {
            let who = match &place.signer {
                Signer::Key | Signer::Machine { .. } | Signer::WebIdentity => "The credentials".to_owned(),
                Signer::Role(arn) => format!("The role {arn}"),
            };
            stop(format!(
                "{who} may not look up events in {region}: allow the action cloudtrail:LookupEvents on the resource \"*\". AWS says: \"{message}\""
            ))
        }
        Some("OptInRequired" | "SubscriptionRequiredException") => stop(format!(
            "The AWS account is not signed up for CloudTrail in {region}: complete the account's registration with AWS. AWS says: \"{message}\""
        )),
        Some("InvalidLookupAttributesException") => {
            stop(format!("CloudTrail refuses the filter: check lookup_attributes_filter. AWS says: \"{message}\""))
        }
        Some(
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown",
        ) => (
            Remedy::SlowDown,
            Failure::transient(format!(
                "{place} keeps answering \"Rate exceeded\": another reader is using this account's 2 requests per second in {region}. Stop or slow down the other reader, or let this sync run at another time."
            )),
        ),
        Some("InvalidNextTokenException") => (
            Remedy::StartAnew,
            Failure::transient(format!("{place} keeps refusing its own page tokens: try again later.")),
        ),
        _ => unexpected(code, message, status, place),
    }
}

/// An answer that is in nobody's table.
pub(super) fn unexpected(code: Option<&str>, message: &str, status: u16, place: &Place) -> (Remedy, Failure) {
    match code {
        _ if status >= 500 => (
            Remedy::TryAgain,
            Failure::transient(format!(
                "{place} answers with HTTP status {status}, a fault of its own or of something in between: try again later."
            )),
        ),
        Some(code) => (
            Remedy::Stop,
            Failure::system(format!(
                "{place} refused a request with the error {code}, which this connector does not expect: please report it. AWS says: \"{message}\""
            )),
        ),
        None => stop(format!(
            "{place} answered HTTP status {status} without an AWS error code: something other than {} answers there; check the endpoint and any proxy.",
            place.service
        )),
    }
}
