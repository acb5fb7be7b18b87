//! What the streams of a sync share while they are read side by side: the time, the pace of each Region, the memory for
//! answers, and the terminal.

use super::{progress_display::ProgressBars, read_clock::ReadClock, region_pace::RegionPace};
use crate::{clock, pace::memory_budget::MemoryBudget};
use std::time::Duration;

/// What the streams of a sync share.
pub struct SyncResources {
    /// When the sync started, by the local clock, in seconds since the epoch. It must not be later than the start of
    /// `clock`, by which pages are dated.
    pub(crate) start: i64,
    pub(crate) clock: ReadClock,
    /// Of each Region, in the order of the config.
    pub(crate) paces: Vec<RegionPace>,
    pub(crate) memory: MemoryBudget,
    pub(crate) bars: ProgressBars,
}

impl SyncResources {
    /// The resources of a sync that starts now and reads so many `regions`, each with at most one request in each `pace`.
    #[must_use]
    pub fn new(regions: usize, pace: Duration) -> Self {
        let (start, clock) = (clock::epoch_seconds(), ReadClock::start());
        let paces = (0..regions).map(|_| RegionPace::new(pace, clock)).collect();
        Self { start, clock, paces, memory: MemoryBudget::default(), bars: ProgressBars::new() }
    }
}
