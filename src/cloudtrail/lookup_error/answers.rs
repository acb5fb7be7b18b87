//! The table of what CloudTrail answers. Source: AWS, "Common error types", and the errors of LookupEvents.

use super::{Remedy, RequestContext, Signer, authentication, stop};
use crate::failure::Failure;

pub(super) fn meaning(code: Option<&str>, message: &str, status: u16, place: &RequestContext) -> (Remedy, Failure) {
    let region = &place.region;
    if let Some(meaning) = authentication::meaning(code, message, place) {
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
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown",
        ) => throttled(place),
        Some(_) if status == 429 => throttled(place),
        Some("InvalidNextTokenException") => (
            Remedy::StartAnew,
            Failure::transient(format!("{place} keeps refusing its own page tokens: try again later.")),
        ),
        _ => unexpected(code, message, status, place),
    }
}

fn throttled(place: &RequestContext) -> (Remedy, Failure) {
    let region = &place.region;
    (
        Remedy::SlowDown,
        Failure::transient(format!(
            "{place} keeps answering \"Rate exceeded\": another reader is using this account's 2 requests per second in {region}. Stop or slow down the other reader, or let this sync run at another time."
        )),
    )
}

/// An answer that is in nobody's table. What AWS itself refuses, it refuses with a code, for good; without one, the
/// answer is another's, and may be another one the next time. Source of the transient codes: AWS SDKs and Tools Reference
/// Guide, "Retry behavior".
pub(super) fn unexpected(code: Option<&str>, message: &str, status: u16, place: &RequestContext) -> (Remedy, Failure) {
    let faulty = || {
        let sentence = format!(
            "{place} answers with HTTP status {status}, a fault of its own or of something in between: try again later."
        );
        (Remedy::TryAgain, Failure::transient(sentence))
    };
    match (code, status) {
        (_, 500..) | (None, 408 | 425) | (Some("RequestTimeout" | "RequestTimeoutException"), _) => faulty(),
        (None, 429) => (
            Remedy::TryAgain,
            Failure::transient(format!(
                "{place} answers with HTTP status 429, but without an AWS error code, so something in between limits the requests: have it let 2 requests per second through, or try again later."
            )),
        ),
        (Some(code), _) => (
            Remedy::Stop,
            Failure::system(format!(
                "{place} refused a request with the error {code}, which this connector does not expect: please report it. AWS says: \"{message}\""
            )),
        ),
        (None, _) => (
            Remedy::StopAtFirst,
            Failure::config(format!(
                "{place} answered HTTP status {status} without an AWS error code: something other than {} answers there; check the endpoint and any proxy.",
                place.service
            )),
        ),
    }
}
