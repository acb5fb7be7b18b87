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
mod tests {
    use super::*;
    use crate::{seconds::Seconds, window::HISTORY};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const NOW: i64 = 1_795_350_000;
    const LOOKBACK: i64 = 900;
    const DAY: i64 = 86_400;

    fn sync() -> Sync {
        let (read_from, filter, regions) = (None, None, vec!["us-east-1".to_owned()]);
        Sync { start: NOW, read_from, lookback: LOOKBACK, filter, regions }
    }

    fn open(state: &Value, sync: Sync) -> (StreamState, Vec<Note>) {
        StreamState::open(state.as_object(), sync).unwrap()
    }

    fn uncovered(state: &mut StreamState) -> Vec<Seconds> {
        state.coverage("us-east-1").unwrap().uncovered()
    }

    #[test]
    fn the_old_connectors_cursor_counts_less_the_lookback() {
        let cursor = NOW - 5000;
        for form in [json!(cursor), json!(1_795_345_000.0), json!("1795345000"), json!("1795345000.0")] {
            let (mut state, _) = open(&json!({"EventTime": form}), sync());
            assert_eq!(uncovered(&mut state), [Seconds::new(cursor - LOOKBACK, NOW).unwrap()], "{form}");
        }
    }

    #[test]
    fn what_was_saved_is_taken_up() {
        let (mut state, _) = open(&json!({}), sync());
        state.coverage("us-east-1").unwrap().cover(Seconds::new(NOW - HISTORY, NOW - 8000).unwrap());
        state.coverage("us-east-1").unwrap().cover(Seconds::new(NOW - 7000, NOW).unwrap());
        let value = state.value();
        assert_eq!(value["EventTime"], json!(NOW - 8000));
        let (mut again, notes) = open(&value, sync());
        assert_eq!(uncovered(&mut again), uncovered(&mut state));
        assert_eq!((again.value(), notes), (value, vec![]));
    }

    #[test]
    fn other_regions_stay_as_they_are_and_a_new_one_begins_at_its_start() {
        let elsewhere = json!({"EventTime": 7, "covered": [[9, 10]], "loose": {}, "of_a_later_version": 1});
        let saved = json!({"EventTime": 7, "regions": {"eu-west-1": elsewhere}});
        let (mut state, _) = open(&saved, sync());
        assert_eq!(uncovered(&mut state), [Seconds::new(NOW - HISTORY, NOW).unwrap()]);
        assert_eq!(state.value()["regions"]["eu-west-1"], elsewhere);
        assert_eq!(state.value()["EventTime"], json!(NOW - HISTORY - 1));
    }

    fn of_two() -> Sync {
        Sync { regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()], ..sync() }
    }

    #[test]
    fn the_cursor_is_that_of_the_region_that_is_furthest_behind() {
        let (mut state, _) = open(&json!({}), of_two());
        for (region, until) in [("us-east-1", NOW - 5000), ("eu-west-1", NOW - 9000)] {
            state.coverage(region).unwrap().cover(Seconds::new(NOW - HISTORY, until).unwrap());
        }
        let value = state.value();
        assert_eq!(value["EventTime"], json!(NOW - 9000));
        assert_eq!(value["regions"]["us-east-1"]["EventTime"], json!(NOW - 5000));
    }

    proptest! {
        #[test]
        fn too_many_loose_events_cost_repeats_and_no_losses(
            events in prop::collection::vec((any::<bool>(), 150..160_i64, 0..9_u8), 0..60), most in 1..20_usize,
        ) {
            let (state, _) = open(&json!({}), of_two());
            let mut state = StreamState { most_loose: most, ..state };
            let mut emitted = BTreeSet::new();
            for (elsewhere, second, id) in events {
                let (region, second) = (if elsewhere { "eu-west-1" } else { "us-east-1" }, NOW - second);
                let is_new = emitted.insert((second, region, id));
                let now = state.emit(region, second, Digest::of(&format!("{region}/{second}/{id}")));
                prop_assert!(now || !is_new, "an event was lost");
            }
            let loose = |region: &str| state.coverages[region].loose();
            let kept = loose("us-east-1") + loose("eu-west-1");
            prop_assert!(kept <= most);
            let forgotten: u64 = state.coverages.values().map(Coverage::forgotten).sum();
            prop_assert!(forgotten > 0 || kept == emitted.len());
            let oldest_kept = state.coverages.values().filter_map(Coverage::oldest_loose).min();
            let newer = emitted.iter().filter(|(second, ..)| Some(*second) > oldest_kept).count();
            prop_assert!(newer <= kept, "a newer one was forgotten before an older one");
        }
    }

    #[test]
    fn an_old_state_is_the_first_regions() {
        let (mut state, _) = open(&json!({"EventTime": NOW - 5000}), of_two());
        let first = |state: &mut StreamState, region| state.coverage(region).unwrap().uncovered()[0].first();
        assert_eq!(first(&mut state, "us-east-1"), NOW - 5000 - LOOKBACK);
        assert_eq!(first(&mut state, "eu-west-1"), NOW - HISTORY);
    }

    #[test]
    fn a_region_in_the_future_waits_alone() {
        let ahead = json!({"EventTime": NOW + 9, "covered": [], "loose": {}});
        let saved = json!({"EventTime": NOW - 9, "regions": {"us-east-1": {"EventTime": NOW - 9}, "eu-west-1": ahead}});
        let (mut state, notes) = open(&saved, of_two());
        assert!(state.coverage("eu-west-1").is_none() && state.coverage("us-east-1").is_some());
        assert!(notes.len() == 1 && notes[0].1.starts_with("The state of eu-west-1 lies in the future"), "{notes:?}");
        let value = state.value();
        assert_eq!((&value["regions"]["eu-west-1"], &value["EventTime"]), (&ahead, &json!(NOW - LOOKBACK - 1)));
    }

    #[test]
    fn a_state_in_the_future_stays_as_it_came() {
        for future in [
            json!({"EventTime": NOW + 1}),
            json!({"EventTime": "33333333333"}),
            json!({"EventTime": 1e300}),
            json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": NOW + 1, "covered": [], "loose": {}}}, "more": true}),
            json!({"EventTime": NOW + 1, "regions": {"us-east-1": {"EventTime": NOW - 1, "covered": [], "loose": {}}}}),
            json!({"EventTime": 5, "regions": {"us-east-1": {"EventTime": 5, "covered": [[9, i64::MAX]], "loose": {}}}}),
        ] {
            let (mut state, notes) = open(&future, sync());
            assert!(state.coverage("us-east-1").is_none());
            assert_eq!((state.value(), notes.len()), (future, 1));
        }
    }

    #[test]
    fn a_start_date_in_the_future_reads_nothing() {
        let later = || Sync { read_from: Some(NOW + 1), ..sync() };
        for came in [json!({}), json!({"EventTime": 7})] {
            let (mut state, notes) = open(&came, later());
            assert!(state.coverage("us-east-1").is_none());
            assert_eq!((state.value(), notes.len()), (came, 1));
        }
    }

    #[test]
    fn the_later_of_start_date_and_state_wins() {
        for (start, state, first) in [(NOW - 500, NOW - 4000, NOW - 500), (NOW - 4000, NOW - 500, NOW - 500 - LOOKBACK)]
        {
            let (mut state, _) = open(&json!({"EventTime": state}), Sync { read_from: Some(start), ..sync() });
            assert_eq!(uncovered(&mut state)[0].first(), first);
        }
    }

    #[test]
    fn says_what_the_user_should_know() {
        let saved = |time: i64| json!({"EventTime": time, "filter": "EventName=A", "regions": {"us-east-1": {"EventTime": time}}});
        let filtered = || Sync { filter: Some("EventName=A".to_owned()), ..sync() };
        for (state, sync, says) in [
            (json!({}), sync(), None),
            (json!({}), Sync { read_from: Some(0), ..sync() }, Some("not from the start_date 1970-01-01")),
            (saved(NOW - 5), filtered(), None),
            (saved(NOW - 5), sync(), Some("written with EventName=A, the config now has no filter")),
            (saved(NOW - HISTORY - DAY - 2), filtered(), Some("no longer in the event history")),
            (saved(NOW - HISTORY - DAY), filtered(), None),
            (saved(NOW - 5), Sync { read_from: Some(NOW - 10), ..filtered() }, Some("changes nothing any more")),
        ] {
            let (_, notes) = open(&state, sync);
            let text: Vec<_> = notes.into_iter().map(|(_, text)| text).collect();
            match says {
                None => assert!(text.is_empty(), "{state}: {text:?}"),
                Some(says) => assert!(text.len() == 1 && text[0].contains(says), "{state}: {text:?}"),
            }
        }
    }

    #[test]
    fn the_filter_is_kept() {
        let (state, _) = open(&json!({}), Sync { filter: Some("EventName=A".to_owned()), ..sync() });
        assert_eq!(state.value()["filter"], json!("EventName=A"));
    }

    #[test]
    fn nonsense_is_refused() {
        let region = |region: Value| json!({"EventTime": 5, "regions": {"us-east-1": region}});
        for nonsense in [
            json!({"EventTime": "yesterday"}),
            json!({"EventTime": null}),
            json!({"EventTime": [5]}),
            json!({"cursor": 5}),
            json!({"EventTime": 5, "regions": 7}),
            json!({"EventTime": 5, "filter": 7, "regions": {}}),
            region(json!(7)),
            region(json!({"covered": []})),
            region(json!({"EventTime": 5, "covered": [[9, 8]]})),
            region(json!({"EventTime": 5, "covered": [9]})),
            region(json!({"EventTime": 5, "loose": {"second": []}})),
            region(json!({"EventTime": 5, "loose": {"7": ["not an id"]}})),
        ] {
            let failure = StreamState::open(nonsense.as_object(), sync()).unwrap_err();
            assert!(failure.message.starts_with("The state can't be used"), "{nonsense}: {}", failure.message);
        }
    }
}
