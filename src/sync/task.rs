//! What the read of a Region waits for: pages, and the time to retry a request.

use super::read_clock::ReadClock;
use crate::{
    cloudtrail::{
        lookup::{LookupEvents, Page, Query},
        lookup_error::error::LookupError,
    },
    pace::elapsed::Elapsed,
    plan::{read_plan::Lookup, slice::SliceId},
};

/// The most events on one page. Source: LookupEvents, `MaxResults`.
const PAGE_SIZE: i32 = 50;

/// Something to wait for.
pub(crate) enum Task {
    /// The page that answers this request.
    Fetch(Lookup),
    /// The time from which on a request of this slice may be retried.
    Wait(SliceId, Elapsed),
}

/// The outcome of a task.
pub(crate) enum Outcome {
    /// The answer to a request that was sent at `sent`.
    Answered {
        /// The request.
        lookup: Lookup,
        /// When it was sent.
        sent: Elapsed,
        /// The page, or why there is none.
        answer: Result<Page, LookupError>,
    },
    /// A request of this slice may be retried.
    Waited(SliceId),
}

impl Task {
    /// Waits for the outcome of this task.
    pub(crate) async fn perform<S: LookupEvents>(self, source: &S, clock: ReadClock) -> Outcome {
        match self {
            Self::Fetch(lookup) => {
                let query = Query { seconds: Some(lookup.seconds), token: lookup.token.clone(), page_size: PAGE_SIZE };
                let sent = clock.now();
                let answer = source.lookup(query).await;
                Outcome::Answered { lookup, sent, answer: answer.map(|page| dated_at_start(page, sent)) }
            }
            Self::Wait(slice, until) => {
                clock.sleep_until(until).await;
                Outcome::Waited(slice)
            }
        }
    }
}

/// `page`, with the time at which the read started as the time at which it was asked for. No page was asked for before
/// then, but a page that was asked for before this one may still arrive. So what is taken off is rounded up.
fn dated_at_start(page: Page, sent: Elapsed) -> Page {
    let since_start = sent.since_start();
    let seconds = since_start.as_secs() + u64::from(since_start.subsec_nanos() > 0);
    Page { asked_at: page.asked_at.map(|asked_at| asked_at.saturating_sub_unsigned(seconds)), ..page }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_page_is_dated_at_the_start_of_the_read_or_up_to_a_second_before() {
        for (sent, asked_at) in [(0, 1_000), (1, 999), (1_000, 999), (1_001, 998)] {
            let page = Page { asked_at: Some(1_000), ..Page::default() };
            let dated = dated_at_start(page, Elapsed::START + Duration::from_millis(sent));
            assert_eq!(dated.asked_at, Some(asked_at), "{sent} ms");
        }
    }
}
