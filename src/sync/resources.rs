//! What the streams of a sync share while they are read side by side: the time, the pace of each Region, the turns to read
//! one, the memory for answers, and the terminal.

use super::{progress_display::ProgressBars, read_clock::ReadClock, region_pace::RegionPace, turns::Turns};
use crate::{clock, pace::memory_budget::MemoryBudget, partition::Partition};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

/// What the streams of a sync share.
pub struct SyncResources {
    /// When the sync started, by the local clock, in seconds since the epoch. It must not be later than the start of
    /// `clock`, by which pages are dated.
    pub(crate) start: i64,
    pub(crate) clock: ReadClock,
    interval: Duration,
    paces: RefCell<BTreeMap<Partition, Rc<RegionPace>>>,
    pub(crate) turns: Turns,
    pub(crate) memory: MemoryBudget,
    pub(crate) bars: ProgressBars,
}

impl SyncResources {
    /// The resources of a sync that starts now, with at most one request in each `interval` in every Region of every
    /// account.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            start: clock::epoch_seconds(),
            clock: ReadClock::start(),
            interval,
            paces: RefCell::default(),
            turns: Turns::default(),
            memory: MemoryBudget::default(),
            bars: ProgressBars::new(),
        }
    }

    /// The pace of `partition`, the same for all streams.
    pub(crate) fn pace(&self, partition: &Partition) -> Rc<RegionPace> {
        let mut paces = self.paces.borrow_mut();
        let new = || Rc::new(RegionPace::new(self.interval, self.clock));
        Rc::clone(paces.entry(partition.clone()).or_insert_with(new))
    }
}
