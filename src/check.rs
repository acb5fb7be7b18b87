//! `check`: whether the config works, found out by asking for one event.

use crate::{
    cloudtrail::{
        lookup::{LookupEvents, Query},
        lookup_error::{LookupError, Remedy},
    },
    failure::Failure,
    sync::region_failures::{self, RegionResult},
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long an answer may take: in busy Regions the slowest seen took 35 s, and they are no mistake of the user's.
const PATIENCE: Duration = Duration::from_secs(40);
/// For how long to ask again where the service throttles.
const THROTTLED: Duration = Duration::from_secs(10);
/// For how long to ask again where it is faulty or out of reach.
const FAULTY: Duration = Duration::from_secs(3);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks each of `sources` for one event. Returns what the user should know although the config works.
///
/// # Errors
///
/// What is wrong in which Region and what to do.
pub(crate) async fn check<S: LookupEvents>(sources: &[S]) -> Result<Option<String>, Failure> {
    let asked = join_all(sources.iter().map(async |source| {
        let result = ask(source).await;
        RegionResult { region: source.region(), worked: result.is_ok(), result }
    }))
    .await;
    let notes: Vec<String> = asked.iter().filter_map(|asked| asked.result.as_ref().ok()?.clone()).collect();
    let sentences = |sentences: Vec<String>| (!sentences.is_empty()).then(|| sentences.join(" "));
    let mut failures = region_failures::failures(asked);
    match sentences(failures.iter().map(|failure| failure.message.clone()).collect()) {
        None => Ok(sentences(notes)),
        Some(message) => Err(Failure { message, ..failures.swap_remove(0) }),
    }
}

async fn ask<S: LookupEvents>(source: &S) -> Result<Option<String>, Failure> {
    let (began, region) = (Instant::now(), source.region());
    loop {
        let query = Query { seconds: None, token: None, page_size: 1 };
        let Ok(answer) = timeout_at(began + PATIENCE, source.lookup(query)).await else {
            return Err(Failure::transient(format!(
                "CloudTrail in {region} did not answer within {} seconds: check the network between here and there, and endpoint_url if one is set.",
                PATIENCE.as_secs()
            )));
        };
        let next = began.elapsed() + PAUSE;
        match answer {
            Ok(_) => return Ok(None),
            Err(LookupError { remedy: Remedy::SlowDown, .. }) if next < THROTTLED => {}
            Err(LookupError { remedy: Remedy::SlowDown, .. }) => {
                return Ok(Some(format!(
                    "The credentials were accepted in {region}, but another reader, perhaps a sync that runs now, uses all of the account's 2 requests per second there."
                )));
            }
            Err(LookupError { remedy: Remedy::TryAgain, .. }) if next < FAULTY => {}
            Err(refusal) => return Err(refusal.failure),
        }
        sleep(PAUSE).await;
    }
}
