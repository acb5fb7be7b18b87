//! The state of one stream as it is saved: the form that is passed in and written.
//!
//! The form is a promise to users. `EventTime` is for people and for the platform; what counts is in `regions`. A state
//! without `regions` is one of the old Python connector.

use super::{
    event_time::EventTime,
    saved_filter::SavedFilter,
    saved_region::{ReadRegion, SavedRegion},
    state_error::Reason,
    sync_settings::SyncSettings,
};
use crate::coverage::{
    region_coverage::SavedCoverage,
    window::{before, oldest_kept},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// The entries of Regions, by name.
pub(super) type SavedRegions<'a> = BTreeMap<String, Cow<'a, SavedRegion<'a>>>;

/// The state of one stream. One that is passed in and not changed is written unchanged, unknown members included;
/// null is the same as absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState<'a> {
    /// The second up to which all Regions have been read, in the form in which it was passed in. It only counts in a
    /// state without `regions`.
    #[serde(rename = "EventTime", skip_serializing_if = "Option::is_none")]
    event_time: Option<Value>,
    /// The filter of all Regions. Since version 0.3.0, each Region's entry has its own.
    #[serde(default, deserialize_with = "filter", skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    #[serde(default, deserialize_with = "regions", skip_serializing_if = "Option::is_none")]
    pub(super) regions: Option<SavedRegions<'a>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| D::Error::custom(format!("filter is not a string: {error}")))
}

fn regions<'de, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SavedRegions<'a>>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| D::Error::custom(format!("regions is not an object: {error}")))
}

impl<'a> SavedState<'a> {
    /// A state in this connector's own form.
    pub(super) fn new(event_time: Option<i64>, regions: SavedRegions<'a>) -> Self {
        Self { event_time: event_time.map(Value::from), filter: None, regions: Some(regions), unknown: Map::new() }
    }

    /// The cursor, in seconds since the epoch, if it is one.
    pub(super) fn event_time(&self) -> Option<i64> {
        EventTime::try_from(self.event_time.clone()?).ok().map(EventTime::epoch_seconds)
    }

    /// Calls the filter of the sync by its current name wherever the state has the other one.
    pub(super) fn rename_filter(&mut self, current: &SavedFilter) {
        if let Some(filter) = &mut self.filter {
            current.rename(filter);
        }
        for entry in self.regions.iter_mut().flat_map(BTreeMap::values_mut) {
            entry.to_mut().rename_filter(current);
        }
    }

    /// What the state says of the Regions that `settings` reads.
    ///
    /// The cursor of the old connectors says nothing of late events and of events in the same second, so it counts only
    /// up to one lookback before it.
    pub(super) fn read_regions(
        &self,
        settings: &SyncSettings,
    ) -> Result<BTreeMap<String, ReadRegion<'static>>, Reason> {
        let Some(regions) = &self.regions else {
            let event_time = self.event_time().ok_or(Reason::NoEventTime)?;
            let coverage = SavedCoverage::up_to(before(event_time, settings.lookback).saturating_sub(1));
            let filter = settings.filter.as_ref().map(|filter| Cow::Owned(filter.name().to_owned()));
            let first = settings.regions.first().map(|name| (name.clone(), ReadRegion { coverage, filter }));
            return Ok(first.into_iter().collect());
        };
        let mut read = BTreeMap::new();
        for name in &settings.regions {
            let Some(region) = regions.get(name).map(|entry| entry.read(name)).transpose()?.flatten() else { continue };
            let filter = region.filter.or_else(|| self.filter.clone().map(Cow::Owned));
            read.insert(name.clone(), ReadRegion { filter, ..region });
        }
        Ok(read)
    }

    /// The entries of the Regions that are not read in a sync that starts at `start`, in seconds since the epoch. One
    /// that is older than the event history is dropped: without it, the Region would be read from the same second on.
    pub(super) fn into_unread_regions(self, is_read: impl Fn(&str) -> bool, start: i64) -> SavedRegions<'a> {
        let is_old = |name: &str, entry: &SavedRegion<'_>| {
            let read = entry.read(name).ok().flatten();
            read.is_some_and(|region| region.coverage.last_second() < oldest_kept(start))
        };
        let regions = self.regions.into_iter().flatten();
        let unread = regions.filter(|(name, entry)| !is_read(name) && !is_old(name, entry));
        let filter = self.filter.as_deref();
        unread.map(|(name, entry)| (name, Cow::Owned(entry.into_owned().or_filter(filter)))).collect()
    }
}

#[cfg(test)]
mod tests;
