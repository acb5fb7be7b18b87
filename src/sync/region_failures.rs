//! What to report when reading or checking Regions has failed in some of them.

use crate::failure::{Failure, FailureType};

/// How it ended in a Region.
#[derive(Debug)]
pub(crate) struct RegionResult<'a, T> {
    /// The Region.
    pub region: &'a str,
    /// Whether a page came: the credentials are good.
    pub worked: bool,
    /// What came of it.
    pub result: Result<T, Failure>,
}

/// The failures of `ended`, each with the Regions that it is of; what the user has to mend first. Where some Region
/// works, the others' failures are not the credentials'; where none does, those are to blame but once.
#[must_use]
pub(crate) fn failures<T>(results: Vec<RegionResult<'_, T>>) -> Vec<Failure> {
    let (all, some_work) = (results.len(), results.iter().any(|result| result.worked));
    let mut failures: Vec<(Vec<&str>, Failure)> = Vec::new();
    for RegionResult { region, result, .. } in results {
        let Err(mut failure) = result else { continue };
        let is_same = |told: &Failure| {
            let same_doubt = !some_work && told.if_others_work.is_some() && failure.if_others_work.is_some();
            told.failure_type == failure.failure_type && (same_doubt || told.message == failure.message)
        };
        if let Some((regions, _)) = failures.iter_mut().find(|(_, told)| is_same(told)) {
            regions.push(region);
            continue;
        }
        if let Some(message) = failure.if_others_work.take_if(|_| some_work) {
            failure.message = message;
        }
        failures.push((vec![region], failure));
    }
    failures.sort_by_key(|(_, failure)| failure.failure_type != FailureType::ConfigError);
    for (regions, failure) in &mut failures {
        if regions.len() < all && !regions.iter().all(|region| failure.message.contains(region)) {
            failure.message = format!("In {}: {}", regions.join(", "), failure.message);
        }
    }
    failures.into_iter().map(|(_, failure)| failure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ended: &[(&'static str, Option<Failure>)]) -> Vec<String> {
        let ended = ended.iter().map(|(region, failure)| RegionResult {
            region,
            worked: failure.is_none(),
            result: failure.clone().map_or(Ok(()), Err),
        });
        failures(ended.collect()).into_iter().map(|failure| failure.message).collect()
    }

    fn unknown_key(region: &str) -> Failure {
        let doubt = format!("{region} is not enabled.");
        Failure { if_others_work: Some(doubt), ..Failure::config(format!("The key or {region} is wrong.")) }
    }

    #[test]
    fn a_key_that_works_elsewhere_is_not_to_blame() {
        assert_eq!(told(&[("a", None), ("b", Some(unknown_key("b")))]), ["b is not enabled."]);
        let both = [("a", Some(unknown_key("a"))), ("b", None), ("c", Some(unknown_key("c")))];
        assert_eq!(told(&both), ["a is not enabled.", "c is not enabled."]);
    }

    #[test]
    fn a_key_that_works_nowhere_is_blamed_once() {
        assert_eq!(told(&[("a", Some(unknown_key("a")))]), ["The key or a is wrong."]);
        let all = [("a", Some(unknown_key("a"))), ("b", Some(unknown_key("b")))];
        assert_eq!(told(&all), ["The key or a is wrong."]);
    }

    #[test]
    fn each_failure_names_its_regions_and_what_the_user_can_mend_comes_first() {
        let slow = || Some(Failure::transient("It is throttled."));
        let denied = Some(Failure::config("It is denied in eu-west-1."));
        let ended = [("us-east-1", slow()), ("eu-west-1", denied), ("ap-south-1", slow()), ("sa-east-1", None)];
        let says = ["It is denied in eu-west-1.", "In us-east-1, ap-south-1: It is throttled."];
        assert_eq!(told(&ended), says);
        assert_eq!(told(&[("us-east-1", slow())]), ["It is throttled."]);
        assert_eq!(told(&[("us-east-1", None)]), Vec::<String>::new());
    }
}
