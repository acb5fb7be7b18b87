//! The state of one stream while it is read: a coverage for each Region.
//!
//! A state stays below 1 MiB, because the platform keeps it in one row of its database and writes it again and again.
//! Most of it is the digests of loose events. When there is no room for more, events of the newest seconds are held
//! back for a later sync.

use super::{
    log_messages::{LogMessage, region_in_the_future, start_date_in_the_future, start_of_region, state_in_the_future},
    saved_region::{ReadRegion, SavedRegion},
    saved_state::{SavedRegions, SavedState},
    state_error::StateError,
    sync_settings::SyncSettings,
};
use crate::coverage::{
    event_digest::EventDigest,
    region_coverage::{Coverage, Emission},
    window::{Window, oldest_kept},
};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeMap, time::Duration};

/// The state of one stream while it is read. It is serialized in the form that is saved.
#[derive(Debug)]
pub struct StreamState {
    settings: SyncSettings,
    /// Of the Regions that are read.
    coverages: BTreeMap<String, Coverage>,
    /// The rest of the state: the entries of all other Regions or, if nothing is read, the whole state unchanged.
    unread: SavedState<'static>,
    /// How many bytes the entries of the other Regions take.
    unread_bytes: usize,
    /// The least cursor of the configured Regions whose entries lie in the future, so that they are not read.
    future_event_time: Option<i64>,
}

impl StreamState {
    /// The state of a sync with `settings` that resumes from `saved`, and what to log about it.
    ///
    /// # Errors
    ///
    /// If `saved` can't be understood.
    pub fn open(
        mut saved: Option<SavedState<'static>>,
        settings: SyncSettings,
    ) -> Result<(Self, Vec<LogMessage>), StateError> {
        if let (Some(saved), Some(filter)) = (&mut saved, &settings.filter) {
            saved.rename_filter(filter);
        }
        let mut regions = saved.as_ref().map(|saved| saved.read_regions(&settings)).transpose()?.unwrap_or_default();
        let saved = saved.unwrap_or_default();
        let (mut coverages, mut future_event_times, mut messages) = (BTreeMap::new(), Vec::new(), Vec::new());
        if let Some(future) = saved.event_time().filter(|time| *time > settings.start) {
            messages.push(state_in_the_future(future));
        } else if let Some(window) = Window::new(settings.start, settings.read_from, settings.lookback) {
            for name in &settings.regions {
                match regions.remove(name) {
                    Some(region) if region.coverage.last_second() > settings.start => {
                        messages.push(region_in_the_future(name, region.coverage.last_second()));
                        future_event_times.push(region.coverage.event_time);
                    }
                    region => {
                        messages.extend(start_of_region(name, region.as_ref(), &settings));
                        coverages.insert(name.clone(), Coverage::new(window, region.map(|region| region.coverage)));
                    }
                }
            }
        } else {
            messages.extend(settings.read_from.map(start_date_in_the_future));
        }
        let future_event_time = future_event_times.into_iter().min();
        if coverages.is_empty() {
            let state = Self { settings, coverages, unread: saved, unread_bytes: 0, future_event_time };
            return Ok((state, messages));
        }
        let unread = saved.into_unread_regions(|name| coverages.contains_key(name), settings.start);
        let bytes = unread.iter().map(|(name, entry)| entry.bytes(name));
        let unread_bytes = bytes.sum::<Result<usize, _>>()?;
        let unread = SavedState::new(None, unread);
        Ok((Self { settings, coverages, unread, unread_bytes, future_event_time }, messages))
    }

    /// Decides what becomes of the event `id` of `second` in `region`; one that is new counts as emitted from here on.
    pub fn emit(&mut self, region: &str, second: i64, id: EventDigest) -> Emission {
        let free_bytes = self.settings.max_loose_bytes.saturating_sub(self.size());
        self.coverages.get_mut(region).map_or(Emission::Duplicate, |coverage| coverage.emit(second, id, free_bytes))
    }

    /// The coverage to read `region` by; none if nothing of it is read.
    pub fn coverage(&mut self, region: &str) -> Option<&mut Coverage> {
        self.coverages.get_mut(region)
    }

    /// The oldest second that CloudTrail keeps, `elapsed` after the sync started.
    pub(crate) fn oldest_kept(&self, elapsed: Duration) -> i64 {
        oldest_kept(self.settings.start.saturating_add_unsigned(elapsed.as_secs()))
    }

    /// How many bytes of the saved state grow with the number of events, and of Regions that are not read.
    pub(crate) fn size(&self) -> usize {
        self.coverages.values().map(Coverage::loose_size).sum::<usize>() + self.unread_bytes
    }

    /// The state in the form that is saved, for a sync that reads something.
    fn saved(&self) -> SavedState<'_> {
        let filter = self.settings.filter.as_ref().map(|filter| Cow::Borrowed(filter.name()));
        let unread = self.unread.regions.iter().flatten();
        let unread = unread.map(|(name, entry)| (name.clone(), Cow::Borrowed(entry.as_ref())));
        let mut regions: SavedRegions<'_> = unread.collect();
        for (name, coverage) in &self.coverages {
            let read = ReadRegion { coverage: coverage.saved(), filter: filter.clone() };
            regions.insert(name.clone(), Cow::Owned(SavedRegion::Read(read)));
        }
        let cursors = self.coverages.values().map(Coverage::event_time).chain(self.future_event_time);
        SavedState::new(cursors.min(), regions)
    }
}

impl Serialize for StreamState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.coverages.is_empty() { self.unread.serialize(serializer) } else { self.saved().serialize(serializer) }
    }
}

#[cfg(test)]
mod tests;
