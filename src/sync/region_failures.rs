//! What to report when reading or checking has failed in some Regions.

use crate::{
    cloudtrail::lookup_error::error::{Evidence, LookupError},
    failure::{Failure, FailureType},
    partition::{AccountId, Partition},
    stopped::Stopped,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
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

/// How reading or checking a Region of an account ended.
#[derive(Debug)]
pub(crate) struct RegionResult<T> {
    pub partition: Partition,
    /// Whether a page arrived, so that the credentials are valid there.
    pub worked: bool,
    pub result: Result<T, RegionError>,
}

/// A failure, and where it occurred.
struct RegionFailure {
    partitions: Vec<Partition>,
    failure: Failure,
    /// What other failures have in common with it.
    gist: String,
    /// Whether the access key is to blame.
    is_unknown_key: bool,
    /// Whether only its account or Region is to blame, so that an organization tolerates it.
    is_local: bool,
}

/// What to tell at the end.
#[derive(Debug)]
pub(crate) struct Told {
    /// The failures, each once, with the Regions and accounts that it is of.
    pub(crate) failures: Vec<Failure>,
    /// What is wrong with single accounts and Regions of an organization.
    pub(crate) warnings: Vec<String>,
}

impl RegionError {
    fn is_unknown_key(&self, evidence: Evidence) -> bool {
        matches!(self, Self::Lookup(error) if error.is_unknown_key(evidence))
    }

    /// Whether only its account or Region is to blame, and not the credentials, the network, or the config.
    fn is_local(&self, evidence: Evidence) -> bool {
        matches!(self, Self::Lookup(error) if error.is_local(evidence))
    }

    /// The Region whose name does not make it another failure, in the read of `partition`.
    fn region_to_ignore(&self, partition: &Partition, evidence: Evidence) -> Option<String> {
        match self {
            // What to do about it is different for each Region.
            Self::Lookup(error) if error.is_disabled_region(evidence) => None,
            Self::Lookup(error) => Some(error.region().to_owned()),
            Self::Other(_) => Some(partition.region.clone()),
        }
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

/// What to tell of `results`: the failures, what the user can fix first, because the platform goes by the first error; then
/// what most of them have. If it `is_tolerant`, as for an organization, what is wrong with single accounts and Regions is
/// only a warning, unless nothing succeeded.
#[must_use]
pub(crate) fn told<T>(results: Vec<RegionResult<T>>, is_tolerant: bool) -> Told {
    let is_tolerant = is_tolerant && results.iter().any(|result| result.result.is_ok());
    let all: BTreeSet<Partition> = results.iter().map(|result| result.partition.clone()).collect();
    let mut failures = merged(results, has_one_account(&all));
    let is_config_error = |failed: &RegionFailure| failed.failure.failure_type == FailureType::ConfigError;
    failures.sort_by_key(|failed| (!is_config_error(failed), Reverse(failed.partitions.len())));
    let (tolerated, failures): (Vec<_>, Vec<_>) =
        failures.into_iter().partition(|failed| is_tolerant && failed.is_local);
    Told {
        failures: failures.into_iter().map(|failed| failed.named(&all)).collect(),
        warnings: tolerated.into_iter().map(|failed| failed.named(&all).message).collect(),
    }
}

/// The failures among `results`, each once.
fn merged<T>(results: Vec<RegionResult<T>>, is_one_account: bool) -> Vec<RegionFailure> {
    let working = results.iter().filter(|result| result.worked);
    let working: BTreeSet<Option<AccountId>> = working.map(|result| result.partition.account.clone()).collect();
    let mut failures: Vec<RegionFailure> = Vec::new();
    for RegionResult { partition, worked, result } in results {
        let Err(error) = result else { continue };
        let evidence = Evidence { has_worked: worked, others_work: working.contains(&partition.account) && !worked };
        let (is_unknown_key, is_local) = (error.is_unknown_key(evidence), error.is_local(evidence));
        let region = error.region_to_ignore(&partition, evidence);
        let failure = error.into_failure(evidence);
        let gist = if is_one_account { failure.message.clone() } else { gist(&failure.message, region.as_deref()) };
        // One key is to blame once, although each Region rejects it.
        let is_same = |other: &RegionFailure| {
            (other.failure.failure_type == failure.failure_type && other.gist == gist)
                || (other.is_unknown_key && is_unknown_key && is_one_account)
        };
        match failures.iter_mut().find(|other| is_same(other)) {
            Some(same) => same.partitions.push(partition),
            None => {
                failures.push(RegionFailure { partitions: vec![partition], failure, gist, is_unknown_key, is_local });
            }
        }
    }
    failures
}

/// `message` without what is different for each account: its Region and the account IDs, which have twelve digits.
fn gist(message: &str, region: Option<&str>) -> String {
    let message = region.map_or_else(|| message.to_owned(), |region| message.replace(region, ""));
    let words = message.split_inclusive(|character: char| !character.is_ascii_digit());
    let without_ids = words.map(|word| {
        let rest = word.trim_start_matches(|character: char| character.is_ascii_digit());
        if word.len() - rest.len() == 12 { rest } else { word }
    });
    without_ids.collect()
}

fn has_one_account(partitions: &BTreeSet<Partition>) -> bool {
    partitions.iter().all(|partition| partitions.first().is_some_and(|first| first.account == partition.account))
}

impl RegionFailure {
    /// The failure, with its place in the message, unless it is of all places or names them itself.
    fn named(self, all: &BTreeSet<Partition>) -> Failure {
        let Self { partitions, failure, .. } = self;
        let has_one_account = has_one_account(all);
        let names = |partition: &Partition| failure.message.contains(&partition.region);
        if has_one_account && (partitions.len() == all.len() || partitions.iter().all(names)) {
            return failure;
        }
        let place = if has_one_account { joined(regions(&partitions)) } else { places(&partitions, all) };
        Failure { message: format!("In {place}: {}", failure.message), ..failure }
    }
}

fn regions(partitions: &[Partition]) -> impl Iterator<Item = &str> {
    partitions.iter().map(|partition| partition.region.as_str())
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The names of `partitions` among `all`: accounts of which it is all Regions, then the others by Region.
fn places(partitions: &[Partition], all: &BTreeSet<Partition>) -> String {
    let mut counts: BTreeMap<&Option<AccountId>, usize> = BTreeMap::new();
    for partition in partitions {
        *counts.entry(&partition.account).or_default() += 1;
    }
    let is_whole = |account: &Option<AccountId>| {
        let regions = all.iter().filter(|partition| partition.account == *account).count();
        counts.get(account) == Some(&regions)
    };
    let whole: BTreeSet<&str> =
        counts.keys().filter(|account| is_whole(account)).filter_map(|account| id(account.as_ref())).collect();
    let mut by_region: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for partition in partitions.iter().filter(|partition| !is_whole(&partition.account)) {
        by_region.entry(&partition.region).or_default().extend(id(partition.account.as_ref()));
    }
    let accounts = |accounts: &[&str]| {
        let word = if accounts.len() == 1 { "account" } else { "accounts" };
        format!("{word} {}", accounts.join(", "))
    };
    let whole: Vec<&str> = whole.into_iter().collect();
    let whole = (!whole.is_empty()).then(|| accounts(&whole));
    let parts = by_region.into_iter().map(|(region, ids)| format!("{region} in {}", accounts(&ids)));
    whole.into_iter().chain(parts).collect::<Vec<_>>().join("; ")
}

fn id(account: Option<&AccountId>) -> Option<&str> {
    account.map(AccountId::as_str)
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
        kind::{LookupErrorKind, NoAnswer, Rejection, RoleRejection},
    };

    const KEY_OR_REGION: &str = "AWS does not know the access key in a. Check aws_key_id";

    fn partition(account: Option<&str>, region: &str) -> Partition {
        Partition { account: account.map(|id| AccountId::parse(id).unwrap()), region: region.to_owned() }
    }

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
        let results = ended.map(|(region, worked, error)| RegionResult {
            partition: partition(None, region),
            worked,
            result: error.map_or(Ok(()), Err),
        });
        told(results.into(), false).failures.into_iter().map(|failure| failure.message).collect()
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
            RegionResult {
                partition: partition(None, "a"),
                worked: true,
                result: Err::<(), _>(error(NoAnswer::HostNotFound, "a")),
            },
            RegionResult {
                partition: partition(None, "b"),
                worked: false,
                result: Err(error(NoAnswer::HostNotFound, "b")),
            },
        ];
        let told: Vec<_> = told(ended.into(), false)
            .failures
            .into_iter()
            .map(|failure| (failure.failure_type, failure.message))
            .collect();
        let not_found = |region| format!("The CloudTrail endpoint for Region {region} does not resolve. Check");
        assert!(told[0].0 == FailureType::ConfigError && told[0].1.starts_with(&not_found("b")), "{told:?}");
        let lost = format!("Connection lost during the sync. {}", not_found("a"));
        assert!(told[1].0 == FailureType::TransientError && told[1].1.starts_with(&lost), "{told:?}");
    }

    const A: &str = "111122223333";
    const B: &str = "444455556666";

    /// The messages if these Regions of accounts have failed with a config error, and `working` have not.
    fn of_accounts(failed: &[(&str, &str, &str)], working: &[(&str, &str)]) -> Vec<String> {
        let failed = failed.iter().map(|(id, region, message)| RegionResult {
            partition: partition(Some(id), region),
            worked: false,
            result: Err(Failure::config(*message).into()),
        });
        let working = working.iter().map(|(id, region)| RegionResult {
            partition: partition(Some(id), region),
            worked: true,
            result: Ok(()),
        });
        told(failed.chain(working).collect(), false).failures.into_iter().map(|failure| failure.message).collect()
    }

    #[test]
    fn what_several_accounts_have_is_told_once() {
        let denied = |id: &str| format!("Denied: arn:aws:iam::{id}:role/reader.");
        let failed = [(A, "eu-west-1", &*denied(A)), (A, "us-east-1", &*denied(A)), (B, "us-east-1", &*denied(B))];
        let third = "777788889999";
        assert_eq!(of_accounts(&failed, &[(third, "us-east-1")]), [format!("In accounts {A}, {B}: {}", denied(A))]);
        assert_eq!(
            of_accounts(&failed, &[(B, "eu-west-1")]),
            [format!("In account {A}; us-east-1 in account {B}: {}", denied(A))]
        );
        assert_eq!(of_accounts(&failed, &[]), [format!("In accounts {A}, {B}: {}", denied(A))]);
    }

    #[test]
    fn a_region_that_several_accounts_lack_is_named_once() {
        let closed = "Closed by a policy in eu-west-1.";
        let failed = [(A, "eu-west-1", closed), (B, "eu-west-1", closed)];
        let told = of_accounts(&failed, &[(A, "us-east-1"), (B, "us-east-1")]);
        assert_eq!(told, [format!("In eu-west-1 in accounts {A}, {B}: {closed}")]);
    }

    #[test]
    fn what_most_have_comes_first() {
        let failed = [(A, "eu-west-1", "One."), (A, "us-east-1", "Two."), (B, "us-east-1", "Two.")];
        let told = of_accounts(&failed, &[]);
        assert_eq!(
            told,
            [format!("In account {B}; us-east-1 in account {A}: Two."), format!("In eu-west-1 in account {A}: One.")]
        );
    }

    #[test]
    fn in_another_account_the_same_credentials_do_not_work() {
        let results = vec![
            RegionResult { partition: partition(Some(A), "a"), worked: false, result: Err::<(), _>(unknown_key("a")) },
            RegionResult { partition: partition(Some(B), "a"), worked: true, result: Ok(()) },
        ];
        let told = told(results, false).failures;
        assert!(told[0].message.starts_with(&format!("In account {A}: {KEY_OR_REGION}")), "{told:?}");
    }

    #[test]
    fn an_organization_tolerates_what_only_an_account_or_a_region_is_to_blame_for() {
        let role = || CredentialsSource::Role(format!("arn:aws:iam::{A}:role/reader"));
        let tell = |kind: LookupErrorKind, credentials: CredentialsSource, others_work: bool| {
            let (service, region) = (Service::CloudTrail, "a".to_owned());
            let error = LookupError::new(kind, RequestContext { service, region, endpoint_url: None, credentials });
            let failed =
                RegionResult { partition: partition(Some(A), "a"), worked: false, result: Err::<(), _>(error.into()) };
            let other = if others_work { Ok(()) } else { Err(Failure::transient("Slow.").into()) };
            let other = RegionResult { partition: partition(Some(B), "a"), worked: others_work, result: other };
            let Told { failures, warnings } = told(vec![failed, other], true);
            (failures.len(), warnings.len())
        };
        for (kind, credentials) in [
            (Rejection::AccessDenied.into(), role()),
            (Rejection::UnknownKey.into(), role()),
            (RoleRejection::AccessDenied.into(), CredentialsSource::Config),
        ] {
            let kind: LookupErrorKind = kind;
            assert_eq!(tell(kind.clone(), credentials.clone(), true), (0, 1), "{kind:?}");
            assert_eq!(tell(kind.clone(), credentials, false), (2, 0), "{kind:?}");
        }
        for kind in [
            Rejection::UnknownKey.into(),
            Rejection::ExpiredCredentials.into(),
            NoAnswer::HostNotFound.into(),
            NoAnswer::TimedOut.into(),
        ] {
            let kind: LookupErrorKind = kind;
            assert_eq!(tell(kind.clone(), CredentialsSource::Config, true), (1, 0), "{kind:?}");
        }
    }

    #[test]
    fn regions_that_are_not_enabled_are_told_one_by_one() {
        let result = |region: &str, error: Option<RegionError>| RegionResult {
            partition: partition(Some(A), region),
            worked: error.is_none(),
            result: error.map_or(Ok(()), Err),
        };
        let other = RegionResult { partition: partition(Some(B), "a"), worked: true, result: Ok(()) };
        let results =
            vec![result("a", None), result("b", Some(unknown_key("b"))), result("c", Some(unknown_key("c"))), other];
        let told: Vec<String> = told(results, false).failures.into_iter().map(|failure| failure.message).collect();
        let starts = ["b", "c"].map(|region| format!("In {region} in account {A}: The Region {region} is not enabled"));
        assert_starts(&told, &starts.each_ref().map(String::as_str));
    }

    #[test]
    fn only_account_ids_are_not_compared() {
        assert_eq!(gist(&format!("HTTP 503 of {A} in eu-west-1"), Some("eu-west-1")), "HTTP 503 of  in ");
        assert_eq!(gist("1234567890123 and 12345678901", None), "1234567890123 and 12345678901");
    }
}
