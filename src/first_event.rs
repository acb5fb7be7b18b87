//! Requests the newest events of a Region: whether that works is what `check` wants to know, and whose events they are tells a
//! sync whose credentials it has.

use crate::{
    cloudtrail::{
        lookup::{Event, LookupEvents, Query},
        lookup_error::error::{LookupError, Remedy},
    },
    failure::Failure,
    sync::region_failures::RegionError,
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long an answer may take. In busy Regions the slowest seen took 35 s, and the user can't change that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);
/// How long to retry while CloudTrail throttles.
const RETRY_THROTTLED: Duration = Duration::from_secs(10);
/// How long to retry after other errors that may pass.
const RETRY_OTHERS: Duration = Duration::from_secs(3);
/// How long to wait before a retry.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of the request.
pub(crate) enum FirstEvents {
    /// The newest events, if there are any.
    Answered(Vec<Event>),
    /// All that is known is that the credentials are valid.
    Throttled(LookupError),
}

/// Requests the newest events of `source`, at most `count` of them.
pub(crate) async fn first_events<S: LookupEvents>(source: &S, count: i32) -> Result<FirstEvents, RegionError> {
    let began = Instant::now();
    loop {
        let query = Query { seconds: None, token: None, page_size: count };
        let Ok(answer) = timeout_at(began + ANSWER_TIMEOUT, source.lookup(query)).await else {
            let (region, seconds) = (&source.partition().region, ANSWER_TIMEOUT.as_secs());
            return Err(Failure::transient(format!(
                "CloudTrail in {region} did not answer within {seconds} seconds. Check the network connection to the endpoint, and endpoint_url if it is set."
            ))
            .into());
        };
        let error = match answer {
            Ok(page) => return Ok(FirstEvents::Answered(page.events)),
            Err(error) => error,
        };
        let next = began.elapsed() + PAUSE;
        match error.remedy(false) {
            Remedy::SlowDown if next < RETRY_THROTTLED => {}
            Remedy::SlowDown => return Ok(FirstEvents::Throttled(error)),
            Remedy::Retry if next < RETRY_OTHERS => {}
            Remedy::Retry | Remedy::RestartSlice | Remedy::Stop => return Err(error.into()),
        }
        sleep(PAUSE).await;
    }
}
