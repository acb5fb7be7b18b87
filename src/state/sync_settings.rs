//! What a state has to know of the sync that it is for.

use super::saved_filter::SavedFilter;

/// How many bytes of a stream's state the loose events of all Regions may take, and the entries of Regions that are
/// not read: 90,000 events, which are 100 a second for the default lookback. The rest of 1 MiB is for cursors and
/// covered ranges.
pub const MAX_LOOSE_BYTES: usize = 960 << 10;
/// What a sync is about, as far as a state has to know.
#[derive(Clone, Debug)]
pub struct SyncSettings {
    /// When it starts, in seconds since the epoch.
    pub start: i64,
    /// From when on to read, in seconds since the epoch.
    pub read_from: Option<i64>,
    /// How late an event may show up, in seconds.
    pub lookback: i64,
    /// The filter, if there is one.
    pub filter: Option<SavedFilter>,
    /// The Regions that are read. The old connectors' states belong to the first one.
    pub regions: Vec<String>,
    /// How many bytes loose events may take in the state: [`MAX_LOOSE_BYTES`], but for tests.
    pub room: usize,
}

impl SyncSettings {
    /// `text`, which is about `region`, where it might be taken to be about another one.
    pub(super) fn of_region(&self, region: &str, text: String) -> String {
        if self.regions.len() > 1 { format!("{region}: {text}") } else { text }
    }
}
