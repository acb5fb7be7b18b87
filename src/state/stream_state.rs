//! The state of one stream: a coverage for each Region.
//!
//! Its form is a promise to users. The old connectors' `{"EventTime": N}` is taken in, too: it belongs to the
//! configured Region, and because their cursor says nothing of late events and of events that share its second, it
//! counts as covered only up to `N` less the lookback.
//!
//! A state stays below 1 MiB, because the platform keeps it in one row of its database and writes it again and again.
//! Most of it are the digests of loose events. When there is no room for more, events of the newest seconds are held
//! back for a later sync.

use super::{
    entry::{Entry, cursor_of, event_time, unusable},
    notes::{Note, clipped, other_filter, resumed, written},
    saved_filter::SavedFilter,
    sync_settings::SyncSettings,
};
use crate::{
    airbyte::protocol::Level,
    coverage::{
        event_digest::EventDigest,
        region_coverage::{Coverage, Emission, SavedCoverage},
        window::{HISTORY, Window},
    },
    failure::Failure,
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json, value::RawValue};
use std::{collections::BTreeMap, time::Duration};

/// The state of one stream while it is read. It is serialized as it is to be saved.
#[derive(Debug)]
pub struct StreamState {
    sync: SyncSettings,
    /// Of the Regions that are read.
    coverages: BTreeMap<String, Coverage>,
    /// The entries of the other Regions, as they came.
    others: BTreeMap<String, Box<RawValue>>,
    /// The least cursor of the Regions that are configured but not read, because their entries lie in the future.
    waiting: Option<i64>,
    /// The whole state as it was handed in, where nothing is to be read.
    as_it_came: Option<Map<String, Value>>,
}

impl StreamState {
    /// Takes up `saved` for `sync`, with what there is to be said about it.
    ///
    /// # Errors
    ///
    /// A config error where a state was handed in that can't be understood.
    pub fn open(saved: Option<Map<String, Value>>, sync: SyncSettings) -> Result<(Self, Vec<Note>), Failure> {
        let mut came = saved.unwrap_or_default();
        if let Some(filter) = &sync.filter {
            filter.rename_in(&mut came);
        }
        let mut notes = Vec::new();
        let mut entries = if came.is_empty() { BTreeMap::new() } else { entries(&came, &sync)? };
        let window = Window::new(sync.start, sync.read_from, sync.lookback);
        let mut coverages = BTreeMap::new();
        let mut waiting = None;
        if let Some(future) = cursor_of(&came).filter(|time| *time > sync.start) {
            notes.push(future_state("The state", future));
        } else if let Some(window) = window {
            for name in &sync.regions {
                let entry = entries.remove(name);
                let last_second = entry.as_ref().map(|entry| entry.coverage.last_second());
                if let (Some(entry), Some(future)) = (&entry, last_second.filter(|time| *time > sync.start)) {
                    notes.push(future_state(&format!("The state of {name}"), future));
                    waiting = [waiting, Some(entry.coverage.event_time)].into_iter().flatten().min();
                    continue;
                }
                let about = entry.as_ref().map_or_else(
                    || clipped(&sync),
                    |entry| [other_filter(entry.filter.as_deref(), &sync), resumed(&entry.coverage, &sync)].concat(),
                );
                notes.extend(about.into_iter().map(|(level, text)| (level, sync.of_region(name, text))));
                coverages.insert(name.clone(), Coverage::new(window, entry.map(|entry| entry.coverage)));
            }
        } else {
            notes.push((
                Level::Warn,
                "start_date lies in the future: nothing is read before then, and the state stays as it is.".to_owned(),
            ));
        }
        notes.dedup();
        if coverages.is_empty() {
            let others = BTreeMap::new();
            return Ok((Self { sync, coverages, others, waiting, as_it_came: Some(came) }, notes));
        }
        let others = others(&mut came, &coverages, sync.start)?;
        Ok((Self { sync, coverages, others, waiting, as_it_came: None }, notes))
    }

    /// Decides what becomes of the event `id` of `second` in `region`; one that is new counts as emitted from here on.
    pub fn emit(&mut self, region: &str, second: i64, id: EventDigest) -> Emission {
        let free_bytes = self.sync.room.saturating_sub(self.size());
        self.coverages.get_mut(region).map_or(Emission::Duplicate, |coverage| coverage.emit(second, id, free_bytes))
    }

    /// The coverage to read `region` by; none where nothing is to be read.
    pub fn coverage(&mut self, region: &str) -> Option<&mut Coverage> {
        self.coverages.get_mut(region)
    }

    /// The oldest second that CloudTrail keeps, `elapsed` after the sync started.
    #[must_use]
    pub fn oldest_kept(&self, elapsed: Duration) -> i64 {
        self.sync.start.saturating_add_unsigned(elapsed.as_secs()) - HISTORY
    }

    /// How many bytes of the saved state grow with the number of events, and of Regions that are not read.
    #[must_use]
    pub fn size(&self) -> usize {
        let loose = self.coverages.values().map(Coverage::loose_size);
        let others = self.others.values().map(|entry| entry.get().len());
        loose.chain(others).sum()
    }
}

/// A Region's entry in a state, as it is written.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Read {
        #[serde(flatten)]
        coverage: SavedCoverage<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filter: Option<&'a str>,
    },
    Other(&'a RawValue),
}

impl Serialize for StreamState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(as_it_came) = &self.as_it_came {
            return as_it_came.serialize(serializer);
        }
        let filter = self.sync.filter.as_ref().map(SavedFilter::name);
        let read =
            self.coverages.iter().map(|(name, coverage)| (name, Written::Read { coverage: coverage.saved(), filter }));
        let others = self.others.iter().map(|(name, entry)| (name, Written::Other(entry)));
        let regions: BTreeMap<&String, Written<'_>> = read.chain(others).collect();
        let cursors = self.coverages.values().map(Coverage::event_time).chain(self.waiting);
        let mut state = serializer.serialize_map(Some(2))?;
        state.serialize_entry("EventTime", &cursors.min())?;
        state.serialize_entry("regions", &regions)?;
        state.end()
    }
}

fn future_state(what: &str, until: i64) -> Note {
    let until = written(until);
    (
        Level::Warn,
        format!("{what} lies in the future ({until}): nothing is read before then, and the state stays as it is."),
    )
}

/// What `state` says of each of the Regions of `sync`.
fn entries(state: &Map<String, Value>, sync: &SyncSettings) -> Result<BTreeMap<String, Entry>, Failure> {
    let regions = match state.get("regions") {
        Some(Value::Object(regions)) => regions,
        None | Some(Value::Null) => {
            let watermark =
                event_time(state.get("EventTime").unwrap_or(&Value::Null))?.saturating_sub(sync.lookback + 1);
            let filter = sync.filter.as_ref().map(|filter| filter.name().to_owned());
            let entry = Entry { coverage: SavedCoverage::up_to(watermark), filter };
            return Ok(sync.regions.first().map(|name| (name.clone(), entry)).into_iter().collect());
        }
        Some(_) => return Err(unusable("its regions are not an object")),
    };
    let filter = match state.get("filter") {
        Some(Value::String(filter)) => Some(filter),
        None | Some(Value::Null) => None,
        Some(_) => return Err(unusable("its filter is not a string")),
    };
    let known = |name: &String| Some((name.clone(), regions.get(name).filter(|region| !region.is_null())?));
    let known = sync.regions.iter().filter_map(known);
    known
        .map(|(name, entry)| {
            let mut entry = Entry::read(&name, entry)?;
            entry.filter = entry.filter.or_else(|| filter.cloned());
            Ok((name, entry))
        })
        .collect()
}

/// What `state` says of Regions that are not read, taken out of it. An entry that is older than CloudTrail's history
/// goes: without it, the Region would be read from the same second on.
fn others(
    state: &mut Map<String, Value>,
    read: &BTreeMap<String, Coverage>,
    start: i64,
) -> Result<BTreeMap<String, Box<RawValue>>, Failure> {
    let Some(Value::Object(regions)) = state.remove("regions") else { return Ok(BTreeMap::new()) };
    let filter = state.get("filter").and_then(Value::as_str);
    let is_old = |name: &str, entry: &Value| {
        Entry::read(name, entry).is_ok_and(|entry| entry.coverage.last_second() < start - HISTORY)
    };
    let mut others = BTreeMap::new();
    for (name, mut entry) in regions {
        if read.contains_key(&name) || is_old(&name, &entry) {
            continue;
        }
        if let (Some(filter), Some(entry)) = (filter, entry.as_object_mut()) {
            entry.entry("filter").or_insert_with(|| json!(filter));
        }
        let entry = serde_json::value::to_raw_value(&entry).map_err(|error| unusable(&error.to_string()))?;
        others.insert(name, entry);
    }
    Ok(others)
}

#[cfg(test)]
mod tests;
