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

/// How long to wait before a retry.
const PAUSE: Duration = Duration::from_secs(1);

/// For how long to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long answers may take.
    answers: Duration,
    /// How long to retry while CloudTrail throttles.
    throttled: Duration,
    /// How long to retry after other errors that may pass.
    others: Duration,
}

impl Patience {
    /// That of a user who waits for the answer. In busy Regions the slowest page seen took 35 s.
    pub(crate) const CHECK: Self =
        Self { answers: Duration::from_secs(40), throttled: Duration::from_secs(10), others: Duration::from_secs(3) };
    /// That of a sync, as for its other pages.
    pub(crate) const SYNC: Self =
        Self { answers: Duration::from_mins(3), throttled: Duration::from_mins(2), others: Duration::from_mins(2) };
}

/// What came of the request.
pub(crate) enum FirstEvents {
    /// The newest events, if there are any.
    Answered(Vec<Event>),
    /// All that is known is that the credentials are valid.
    Throttled(LookupError),
}

/// Requests the newest events of `source`, at most `count` of them. A page without events may have a token, which is
/// followed.
pub(crate) async fn first_events<S: LookupEvents>(
    source: &S,
    count: i32,
    patience: Patience,
) -> Result<FirstEvents, RegionError> {
    let (began, mut token) = (Instant::now(), None);
    loop {
        let query = Query { seconds: None, token: token.take(), page_size: count };
        let Ok(answer) = timeout_at(began + patience.answers, source.lookup(query)).await else {
            let (region, seconds) = (&source.partition().region, patience.answers.as_secs());
            return Err(Failure::transient(format!(
                "CloudTrail in {region} did not answer within {seconds} seconds. Check the network connection to the endpoint, and endpoint_url if it is set."
            ))
            .into());
        };
        let next = began.elapsed() + PAUSE;
        match answer {
            Ok(page) if page.events.is_empty() && page.next_token.is_some() && next < patience.others => {
                token = page.next_token;
            }
            Ok(page) => return Ok(FirstEvents::Answered(page.events)),
            Err(error) => match error.remedy(false) {
                Remedy::SlowDown if next < patience.throttled => {}
                Remedy::SlowDown => return Ok(FirstEvents::Throttled(error)),
                Remedy::Retry | Remedy::RestartSlice if next < patience.others => {}
                Remedy::Retry | Remedy::RestartSlice | Remedy::Stop => return Err(error.into()),
            },
        }
        sleep(PAUSE).await;
    }
}
