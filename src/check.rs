//! `check`: whether the config works, found out by asking for one event.

use crate::{
    cloudtrail::{LookupEvents, Query, Refusal, Remedy},
    failure::Failure,
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long the whole check may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// How often to try where the service is faulty or out of reach.
const TRIES: u32 = 3;

/// Asks `source` for one event. Returns what the user should know although the config works.
///
/// # Errors
///
/// What is wrong and what to do.
pub async fn check<S: LookupEvents>(source: &S, region: &str) -> Result<Option<String>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    let mut tries = 0;
    loop {
        let query = Query { seconds: None, token: None, page_size: 1 };
        let Ok(answer) = timeout_at(deadline, source.lookup(query)).await else {
            return Err(Failure::transient(format!(
                "CloudTrail in {region} did not answer within {} seconds: check the network between here and there, and endpoint_url if one is set.",
                PATIENCE.as_secs()
            )));
        };
        tries += 1;
        match answer {
            Ok(_) => return Ok(None),
            Err(Refusal { remedy: Remedy::SlowDown, .. }) if Instant::now() + PAUSE >= deadline => {
                return Ok(Some(format!(
                    "The credentials were accepted in {region}, but another reader, perhaps a sync that runs now, uses all of the account's 2 requests per second there."
                )));
            }
            Err(Refusal { remedy: Remedy::SlowDown, .. }) => {}
            Err(Refusal { remedy: Remedy::TryAgain, .. }) if tries < TRIES => {}
            Err(refusal) => return Err(refusal.failure),
        }
        sleep(PAUSE).await;
    }
}
