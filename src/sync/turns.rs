//! Turns to read a Region of an account. There may be thousands of them, and each that is read has requests in flight, which
//! take memory and connections. So only some are read at a time; the others wait.

use std::{cell::Cell, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many turns there are at a time, over all streams. That many busy Regions have 6,400 events a second.
pub(crate) const MOST_AT_ONCE: usize = 64;
/// How long a turn lasts while others wait: so long that what is forgotten at its end, how dense the events are, does not
/// matter.
pub(crate) const LENGTH: Duration = Duration::from_mins(10);

/// The turns of all streams.
pub(crate) struct Turns {
    permits: Semaphore,
    waiting: Cell<usize>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { permits: Semaphore::new(MOST_AT_ONCE), waiting: Cell::new(0) }
    }
}

impl Turns {
    /// Waits for a turn, which lasts until the permit is dropped. Who asked first gets it first.
    pub(crate) async fn next(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.set(self.waiting.get() + 1);
        // It fails if the semaphore is closed, which nobody does.
        let permit = self.permits.acquire().await.ok();
        self.waiting.set(self.waiting.get() - 1);
        permit
    }

    /// Whether anyone waits for a turn.
    pub(crate) fn are_awaited(&self) -> bool {
        self.waiting.get() > 0
    }
}
