//! What to report when reading or checking has failed in some Regions.

use crate::{
    cloudtrail::lookup_error::error::{Evidence, LookupError},
    failure::{Failure, FailureType},
    stopped::Stopped,
};
use thiserror::Error;

/// Why a Region was not read or checked to its end.
#[derive(Debug, Error)]
pub(crate) enum RegionError {
    /// A page could not be fetched. What that means depends on the other Regions, too.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Failure),
}

/// Why reading a Region stopped before its end.
pub(crate) type RegionStopped = Stopped<RegionError>;

/// How reading or checking a Region ended.
#[derive(Debug)]
pub(crate) struct RegionResult<'a, T> {
    pub region: &'a str,
    /// Whether a page arrived, so that the credentials are valid there.
    pub worked: bool,
    pub result: Result<T, RegionError>,
}

/// A failure, the Regions that it is of, and whether the access key is to blame for it.
struct RegionFailure<'a> {
    regions: Vec<&'a str>,
    failure: Failure,
    is_unknown_key: bool,
}

impl RegionError {
    fn is_unknown_key(&self, evidence: Evidence) -> bool {
        matches!(self, Self::Lookup(error) if error.is_unknown_key(evidence))
    }

    /// What the user reads about it, where `has_worked` says whether a page of the Region has arrived.
    pub(crate) fn message(&self, has_worked: bool) -> String {
        match self {
            Self::Lookup(error) => error.message(Evidence { has_worked, others_work: false }),
            Self::Other(failure) => failure.message.clone(),
        }
    }

    fn into_failure(self, evidence: Evidence) -> Failure {
        match self {
            Self::Lookup(error) => error.into_failure(evidence),
            Self::Other(failure) => failure,
        }
    }
}

/// The failures among `results`, each once, with the Regions that it is of. What the user can fix comes first, because the
/// platform goes by the first error.
#[must_use]
pub(crate) fn failures<T>(results: Vec<RegionResult<'_, T>>) -> Vec<Failure> {
    let (all, some_work) = (results.len(), results.iter().any(|result| result.worked));
    let mut failures: Vec<RegionFailure<'_>> = Vec::new();
    for RegionResult { region, worked, result } in results {
        let Err(error) = result else { continue };
        let evidence = Evidence { has_worked: worked, others_work: some_work && !worked };
        let is_unknown_key = error.is_unknown_key(evidence);
        let failure = error.into_failure(evidence);
        // One key is to blame once, although each Region rejects it.
        let is_same = |other: &RegionFailure<'_>| other.failure == failure || (other.is_unknown_key && is_unknown_key);
        match failures.iter_mut().find(|other| is_same(other)) {
            Some(same) => same.regions.push(region),
            None => failures.push(RegionFailure { regions: vec![region], failure, is_unknown_key }),
        }
    }
    failures.sort_by_key(|failed| failed.failure.failure_type != FailureType::ConfigError);
    failures.into_iter().map(|failed| failed.named(all)).collect()
}

impl RegionFailure<'_> {
    /// The failure, with its Regions in the message, unless it is of all of them or names them itself.
    fn named(self, all: usize) -> Failure {
        let Self { regions, failure, .. } = self;
        if regions.len() == all || regions.iter().all(|region| failure.message.contains(region)) {
            return failure;
        }
        Failure { message: format!("In {}: {}", regions.join(", "), failure.message), ..failure }
    }
}

impl From<RegionError> for RegionStopped {
    fn from(error: RegionError) -> Self {
        Self::Failed(error)
    }
}

impl From<LookupError> for RegionStopped {
    fn from(error: LookupError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for RegionStopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::lookup_error::{
        context::{CredentialsSource, RequestContext, Service},
        kind::{LookupErrorKind, NoAnswer, Rejection},
    };

    const KEY_OR_REGION: &str = "AWS does not know the access key in a. Check aws_key_id";

    fn error(kind: impl Into<LookupErrorKind>, region: &str) -> RegionError {
        let credentials = CredentialsSource::Config;
        let (service, region) = (Service::CloudTrail, region.to_owned());
        LookupError::new(kind, RequestContext { service, region, endpoint_url: None, credentials }).into()
    }

    fn unknown_key(region: &str) -> RegionError {
        error(Rejection::UnknownKey, region)
    }

    /// The messages if some Regions have worked and some have failed.
    fn messages<const N: usize>(ended: [(&'static str, bool, Option<RegionError>); N]) -> Vec<String> {
        let results =
            ended.map(|(region, worked, error)| RegionResult { region, worked, result: error.map_or(Ok(()), Err) });
        failures(results.into()).into_iter().map(|failure| failure.message).collect()
    }

    #[track_caller]
    fn assert_starts(messages: &[String], starts: &[&str]) {
        let is_right = messages.len() == starts.len()
            && messages.iter().zip(starts).all(|(message, start)| message.starts_with(start));
        assert!(is_right, "{messages:?} instead of {starts:?}");
    }

    #[test]
    fn a_key_that_works_in_another_region_is_not_to_blame() {
        let one = [("a", true, None), ("b", false, Some(unknown_key("b")))];
        assert_starts(&messages(one), &["The Region b is not enabled in the account: "]);
        let two = [("a", false, Some(unknown_key("a"))), ("b", true, None), ("c", false, Some(unknown_key("c")))];
        assert_starts(&messages(two), &["The Region a is not enabled", "The Region c is not enabled"]);
    }

    #[test]
    fn a_key_that_works_nowhere_is_blamed_once() {
        assert_starts(&messages([("a", false, Some(unknown_key("a")))]), &[KEY_OR_REGION]);
        let all = [("a", false, Some(unknown_key("a"))), ("b", false, Some(unknown_key("b")))];
        assert_starts(&messages(all), &[KEY_OR_REGION]);
    }

    #[test]
    fn a_key_that_is_deleted_during_the_sync_is_to_blame_in_all_regions() {
        let all = [("a", true, Some(unknown_key("a"))), ("b", true, Some(unknown_key("b")))];
        assert_starts(&messages(all), &[KEY_OR_REGION]);
    }

    #[test]
    fn each_failure_names_its_regions_and_what_the_user_can_fix_comes_first() {
        let slow = || Some(Failure::transient("It is throttled.").into());
        let denied = Some(Failure::config("It is denied in eu-west-1.").into());
        let ended = [
            ("us-east-1", true, slow()),
            ("eu-west-1", false, denied),
            ("ap-south-1", true, slow()),
            ("sa-east-1", true, None),
        ];
        assert_eq!(messages(ended), ["It is denied in eu-west-1.", "In us-east-1, ap-south-1: It is throttled."]);
        assert_eq!(messages([("us-east-1", true, slow())]), ["It is throttled."]);
        assert_eq!(messages([("us-east-1", true, None)]), Vec::<String>::new());
    }

    #[test]
    fn a_connection_that_is_lost_during_the_sync_is_nothing_that_the_user_has_to_fix() {
        let ended = [
            RegionResult { region: "a", worked: true, result: Err::<(), _>(error(NoAnswer::HostNotFound, "a")) },
            RegionResult { region: "b", worked: false, result: Err(error(NoAnswer::HostNotFound, "b")) },
        ];
        let told: Vec<_> =
            failures(ended.into()).into_iter().map(|failure| (failure.failure_type, failure.message)).collect();
        let not_found = |region| format!("The CloudTrail endpoint for Region {region} does not resolve. Check");
        assert!(told[0].0 == FailureType::ConfigError && told[0].1.starts_with(&not_found("b")), "{told:?}");
        let lost = format!("Connection lost during the sync. {}", not_found("a"));
        assert!(told[1].0 == FailureType::TransientError && told[1].1.starts_with(&lost), "{told:?}");
    }
}
