//! The clock of a read: the one place where the time of tokio's clock, which tests pause, becomes an [`Elapsed`].

use crate::pace::elapsed::Elapsed;
use tokio::time::{self, Instant};

/// A clock that started with the read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadClock(Instant);

impl ReadClock {
    /// Starts the clock.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time now.
    #[must_use]
    pub(crate) fn now(self) -> Elapsed {
        Elapsed::START + self.0.elapsed()
    }

    /// Waits until `time`.
    pub(crate) async fn sleep_until(self, time: Elapsed) {
        time::sleep_until(self.0 + time.since_start()).await;
    }
}
