//! Several Regions side by side: each is read by a reader of its own, at a pace of its own, and what goes wrong in one
//! is no reason to stop in the others.

use crate::{
    budget::Budget,
    cloudtrail::LookupEvents,
    delivery::{Delivery, RegionDelivery},
    failure::{Failure, FailureType, Stopped},
    meter::Meters,
    reader,
};
use futures_util::future::try_join_all;
use std::{
    cell::RefCell,
    io::{self, Write},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// Reads all that `delivery` has left to read from `sources`, each with one request a `pace`. Returns what went wrong.
/// The last STATE says all that was read.
///
/// # Errors
///
/// When stdout takes no more.
pub async fn read<S: LookupEvents, W: Write>(
    sources: &[S],
    pace: Duration,
    delivery: &RefCell<Delivery<'_, W>>,
) -> io::Result<Vec<Failure>> {
    let began = Instant::now();
    let (meters, budget) = (Meters::new(), Budget::default());
    let readers = sources.iter().map(async |source| {
        let mut part = RegionDelivery::new(delivery, source.region());
        let ended = match reader::read(source, pace, &mut part, meters.meter(), began, &budget).await {
            Err(Stopped::Unwritable(error)) => return Err(error),
            Err(Stopped::Failed(failure)) => Err(failure),
            Ok(()) => Ok(()),
        };
        let worked = part.pages() > 0 || ended.is_ok();
        Ok(Ended { region: source.region(), worked, ended })
    });
    let ended = tokio::select! {
        ended = try_join_all(readers) => ended?,
        error = states(delivery, began) => return Err(error),
    };
    let failures = failures(ended);
    delivery.borrow_mut().finish(began.elapsed(), failures.is_empty())?;
    Ok(failures)
}

/// Writes a STATE whenever one is due, until stdout takes no more.
async fn states<W: Write>(delivery: &RefCell<Delivery<'_, W>>, began: Instant) -> io::Error {
    loop {
        // Looked at again each minute, because a state that becomes smaller is due earlier.
        let due = delivery.borrow().state_due_by().min(began.elapsed() + Duration::from_mins(1));
        sleep_until(began + due).await;
        if let Err(error) = delivery.borrow_mut().checkpoint(began.elapsed()) {
            return error;
        }
    }
}

/// How it ended in a Region.
#[derive(Debug)]
pub struct Ended<'a, T> {
    /// The Region.
    pub region: &'a str,
    /// Whether a page came: the credentials are good.
    pub worked: bool,
    /// What came of it.
    pub ended: Result<T, Failure>,
}

/// The failures of `ended`, each with the Regions that it is of; what the user has to mend first. Where some Region
/// works, the others' failures are not the credentials'; where none does, those are to blame but once.
#[must_use]
pub fn failures<T>(ended: Vec<Ended<'_, T>>) -> Vec<Failure> {
    let (all, some_work) = (ended.len(), ended.iter().any(|ended| ended.worked));
    let mut failures: Vec<(Vec<&str>, Failure)> = Vec::new();
    for Ended { region, ended, .. } in ended {
        let Err(mut failure) = ended else { continue };
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
        let ended = ended.iter().map(|(region, failure)| Ended {
            region,
            worked: failure.is_none(),
            ended: failure.clone().map_or(Ok(()), Err),
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
