//! The pace of one Region's requests, which all streams share: the quota is that of the Region. Streams that have requests
//! take turns.

use super::read_clock::ReadClock;
use crate::pace::{elapsed::Elapsed, pacer::Pacer};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use tokio::sync::Mutex;

/// The pace of one Region's requests.
pub(crate) struct RegionPace {
    pacer: RefCell<Pacer>,
    /// Held by the stream whose turn it is. Tokio's mutex is fair: the others get it in the order in which they asked.
    turn: Mutex<()>,
    has_page: Cell<bool>,
    clock: ReadClock,
}

impl RegionPace {
    /// A pace with at most one request in each `interval`.
    pub(crate) fn new(interval: Duration, clock: ReadClock) -> Self {
        Self { pacer: RefCell::new(Pacer::new(interval)), turn: Mutex::default(), has_page: Cell::new(false), clock }
    }

    /// Waits until it is the caller's turn and a request may be sent. The turn ends when this returns, so the request has
    /// to be sent before anything else is awaited. If this is dropped while it waits, because a page has arrived, the
    /// caller goes to the end of the line. Both streams do that, so they get about equal shares.
    pub(crate) async fn next_turn(&self) {
        let _turn = self.turn.lock().await;
        // A throttle may delay the request meanwhile.
        while self.next_request() > self.clock.now() {
            self.clock.sleep_until(self.next_request()).await;
        }
    }

    /// When the next request may be sent.
    fn next_request(&self) -> Elapsed {
        self.pacer.borrow().next_request()
    }

    /// The interval at the full pace.
    pub(crate) fn full(&self) -> Duration {
        self.pacer.borrow().full()
    }

    /// Counts a request that is sent now.
    pub(crate) fn request_sent(&self) {
        self.pacer.borrow_mut().request_sent(self.clock.now());
    }

    /// Whether a page of any stream has arrived: the Region works with these credentials.
    pub(crate) fn has_page(&self) -> bool {
        self.has_page.get()
    }

    /// Recovers a little, because a page arrived.
    pub(crate) fn page_arrived(&self) {
        self.has_page.set(true);
        self.pacer.borrow_mut().page_arrived();
    }

    /// Slows down, because the request that was sent at `sent` was throttled: all requests wait for at least `wait`.
    /// Returns when the next one may be sent.
    pub(crate) fn throttled(&self, sent: Elapsed, wait: Duration) -> Elapsed {
        self.pacer.borrow_mut().throttled(sent, self.clock.now(), wait)
    }
}
