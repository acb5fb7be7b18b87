//! How often AWS STS is asked for the credentials of roles. Its quota is that of the account whose credentials assume the
//! roles, which may have other users.

use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// The least time between two requests: some ten requests a second.
///
/// Source: AWS STS quotas: 600 requests a second for all callers of an account in a Region.
const INTERVAL: Duration = Duration::from_millis(100);

/// The rate of requests to AWS STS. All clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct StsRate(Arc<Mutex<Option<Instant>>>);

impl StsRate {
    /// Waits until the next request may be sent.
    pub(super) async fn next_turn(&self) {
        let mut next = self.0.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        *next = Some(Instant::now() + INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test(start_paused = true)]
    async fn requests_are_sent_at_most_ten_times_a_second_and_the_first_at_once() {
        let (rate, began) = (StsRate::default(), Instant::now());
        let turns = join_all((0..21).map(async |_| {
            rate.clone().next_turn().await;
            began.elapsed()
        }));
        let turns = turns.await;
        assert_eq!(turns[0], Duration::ZERO);
        assert!(turns.windows(2).all(|two| two[1] >= two[0] + INTERVAL), "{turns:?}");
        assert!(turns[20] < INTERVAL * 21, "{turns:?}");
    }
}
