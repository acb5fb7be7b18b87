//! The state of one stream: a coverage for each Region.
//!
//! Its form is a promise to users. The old connectors' `{"EventTime": N}` is taken in, too: it belongs to the
//! configured Region, and because their cursor says nothing of late events and of events that share its second, it
//! counts as covered only up to `N` less the lookback.

use super::{
    notes::{Note, clipped, resumed, written},
    unusable,
};
use crate::{
    coverage::{Coverage, SavedCoverage},
    digest::Digest,
    failure::Failure,
    protocol::Level,
    window::Window,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many loose events a stream's state may name, over all Regions.
const MOST_LOOSE: usize = 100_000;

/// What a sync is about, as far as a state has to know.
#[derive(Clone, Debug)]
pub struct Sync {
    /// When it starts, in seconds since the epoch.
    pub start: i64,
    /// From when on to read, in seconds since the epoch.
    pub read_from: Option<i64>,
    /// How late an event may show up, in seconds.
    pub lookback: i64,
    /// The filter, in the form that states keep.
    pub filter: Option<String>,
    /// The Regions that are read. The old connectors' states belong to the first one.
    pub regions: Vec<String>,
}

/// The state of one stream while it is read.
#[derive(Debug)]
pub struct StreamState {
    sync: Sync,
    /// Of the Regions that are read; a Region where there is nothing to read yet has none.
    coverages: BTreeMap<String, Coverage>,
    most_loose: usize,
    /// The state as it was handed in.
    as_it_came: Map<String, Value>,
}

/// What a state says, in the outermost form.
#[derive(Deserialize)]
struct Saved {
    #[serde(rename = "EventTime", default)]
    event_time: Value,
    filter: Option<String>,
    regions: Option<Map<String, Value>>,
}

impl StreamState {
    /// Takes up `saved` for `sync`, with what there is to be said about it.
    ///
    /// # Errors
    ///
    /// A config error where a state was handed in that can't be understood.
    pub fn open(saved: Option<&Map<String, Value>>, sync: Sync) -> Result<(Self, Vec<Note>), Failure> {
        let as_it_came = saved.cloned().unwrap_or_default();
        let mut notes = Vec::new();
        let mut saved = if as_it_came.is_empty() { BTreeMap::new() } else { regions(&as_it_came, &sync, &mut notes)? };
        let window = Window::new(sync.start, sync.read_from, sync.lookback);
        let mut coverages = BTreeMap::new();
        if let Some(future) = cursor_of(&as_it_came).filter(|time| *time > sync.start) {
            notes.push(future_state("The state", future));
        } else if let Some(window) = window {
            for name in &sync.regions {
                let saved = saved.remove(name);
                if let Some(future) = saved.as_ref().and_then(latest).filter(|time| *time > sync.start) {
                    notes.push(future_state(&format!("The state of {name}"), future));
                    continue;
                }
                let about = saved.as_ref().map_or_else(|| clipped(&sync), |saved| resumed(saved, &sync));
                notes.extend(about.into_iter().map(|(level, text)| (level, sync.of_region(name, text))));
                coverages.insert(name.clone(), Coverage::new(window, saved));
            }
        } else {
            notes.push((
                Level::Warn,
                "start_date lies in the future: nothing is read before then, and the state stays as it is.".to_owned(),
            ));
        }
        notes.dedup();
        let mut state = Self { sync, coverages, most_loose: MOST_LOOSE, as_it_came };
        state.forget();
        Ok((state, notes))
    }

    /// Whether the event `id` of `second` in `region` is to be emitted now; from here on it counts as emitted.
    pub fn emit(&mut self, region: &str, second: i64, id: Digest) -> bool {
        let is_new = self.coverages.get_mut(region).is_some_and(|coverage| coverage.emit(second, id));
        if is_new {
            self.forget();
        }
        is_new
    }

    /// Forgets the oldest loose events of all Regions, as many as are too many.
    fn forget(&mut self) {
        while self.coverages.values().map(Coverage::loose).sum::<usize>() > self.most_loose {
            let with_loose = self.coverages.values_mut().filter(|coverage| coverage.loose() > 0);
            let Some(coverage) = with_loose.min_by_key(|coverage| coverage.oldest_loose()) else { return };
            coverage.forget_oldest();
        }
    }

    /// The coverage to read `region` by; none where nothing is to be read.
    pub fn coverage(&mut self, region: &str) -> Option<&mut Coverage> {
        self.coverages.get_mut(region)
    }

    /// The state as it is to be saved now. What it said of Regions that are not read stays as it was.
    #[must_use]
    pub fn value(&self) -> Value {
        if self.coverages.is_empty() {
            return Value::Object(self.as_it_came.clone());
        }
        let mut regions = self.as_it_came.get("regions").and_then(Value::as_object).cloned().unwrap_or_default();
        regions.extend(self.coverages.iter().map(|(name, coverage)| (name.clone(), json!(coverage.saved()))));
        let cursors = self.sync.regions.iter().filter_map(|name| cursor_of(regions.get(name)?.as_object()?));
        let mut state = json!({"EventTime": cursors.min(), "regions": regions});
        if let Some(filter) = &self.sync.filter {
            state["filter"] = json!(filter);
        }
        state
    }
}

impl Sync {
    /// `text`, which is about `region`, where it might be taken to be about another one.
    fn of_region(&self, region: &str, text: String) -> String {
        if self.regions.len() > 1 { format!("{region}: {text}") } else { text }
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
fn regions(
    state: &Map<String, Value>,
    sync: &Sync,
    notes: &mut Vec<Note>,
) -> Result<BTreeMap<String, SavedCoverage>, Failure> {
    let saved = Saved::deserialize(state).map_err(|error| unusable(&error.to_string()))?;
    let Some(regions) = saved.regions else {
        let cursor = event_time(&saved.event_time)?;
        let settled = cursor.saturating_sub(sync.lookback + 1);
        return Ok(sync
            .regions
            .first()
            .map(|name| (name.clone(), SavedCoverage::up_to(settled)))
            .into_iter()
            .collect());
    };
    if saved.filter != sync.filter {
        let name = |filter: &Option<String>| filter.clone().unwrap_or_else(|| "no filter".to_owned());
        notes.push((
            Level::Warn,
            format!(
                "The state was written with {}, the config now has {}: what was read with the other one is not read again. Reset the stream if it should be.",
                name(&saved.filter),
                name(&sync.filter)
            ),
        ));
    }
    let known = |name: &String| Some((name.clone(), regions.get(name).filter(|region| !region.is_null())?));
    let saved = sync.regions.iter().filter_map(known);
    saved.map(|(name, saved)| region(&name, saved).map(|saved| (name, saved))).collect()
}

/// What a state says of the Region `name`.
fn region(name: &str, saved: &Value) -> Result<SavedCoverage, Failure> {
    let of_region = |what: &str| unusable(&format!("in what it says of {name}, {what}"));
    let mut region = saved.as_object().cloned().ok_or_else(|| of_region("there is no object"))?;
    let cursor = event_time(region.get("EventTime").unwrap_or(&Value::Null))?;
    region.insert("EventTime".to_owned(), json!(cursor));
    region.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(region)).map_err(|error| of_region(&error.to_string()))
}

/// The latest second that `saved` says to have been read.
fn latest(saved: &SavedCoverage) -> Option<i64> {
    saved.covered.iter().map(|range| range.last()).chain([saved.event_time]).max()
}

/// The cursor of `state`, the whole or a Region's, where it has one that can be read.
fn cursor_of(state: &Map<String, Value>) -> Option<i64> {
    event_time(state.get("EventTime")?).ok()
}

/// A cursor, in the forms that the old connectors wrote: an integer, a float or a numeric text.
fn event_time(value: &Value) -> Result<i64, Failure> {
    let number = match value {
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().and_then(seconds), Some),
        Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(seconds)),
        _ => None,
    };
    number.ok_or_else(|| unusable("its EventTime is not a number of seconds since 1970"))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a cast that saturates is what is wanted: any time so far off is just that"
)]
fn seconds(number: f64) -> Option<i64> {
    number.is_finite().then(|| number.floor() as i64)
}

#[cfg(test)]
mod tests;
