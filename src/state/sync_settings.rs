//! What a state has to know of the sync that it is for.

use super::saved_filter::SavedFilter;
use std::time::Duration;

/// How many bytes of a stream's state the loose events of all Regions may take, and the entries of Regions that are not
/// read: 90,000 events, which are 100 a second for the default lookback. The rest of 1 MiB is for cursors and covered
/// ranges.
pub const MAX_LOOSE_BYTES: usize = 960 << 10;

/// The settings of a sync that decide what becomes of its state.
#[derive(Clone, Debug)]
pub struct SyncSettings {
    /// When the sync starts, in seconds since the epoch.
    pub start: i64,
    /// The first second to read, in seconds since the epoch; none for all of the event history.
    pub read_from: Option<i64>,
    /// How late an event may show up.
    pub lookback: Duration,
    /// The filter, if there is one.
    pub filter: Option<SavedFilter>,
    /// The Regions to read. The old connectors' states belong to the first one.
    pub regions: Vec<String>,
    /// How many bytes loose events may take in the state: [`MAX_LOOSE_BYTES`], except in tests.
    pub max_loose_bytes: usize,
}
