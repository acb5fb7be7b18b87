//! Any JSON as a state: it counts for what it says, and for no second more. Otherwise, events would be lost.

use super::{
    declared::{Declared, declared, is_in_the_future},
    laws, syncs,
};
use crate::{
    airbyte::stream::Stream,
    coverage::{
        event_digest::EventDigest,
        region_coverage::Emission,
        window::{before, oldest_kept},
    },
    partition::Partition,
    state::{
        input_state::InputState,
        saved_state::SavedState,
        state_error::StateError,
        stream_state::StreamState,
        sync_settings::{MAX_STATE_BYTES, SyncSettings},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How much later the next sync starts.
const LATER: i64 = 2 * 86_400;
/// How many seconds of a Region are looked at.
const MOST_SECONDS: usize = 400;

/// The text in `data` is a state file, and the JSON in it is the state of a stream in all forms of messages: it is used or
/// rejected with a message for the user.
pub fn state(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    as_file(text);
    if let Ok(json) = serde_json::from_str(text) {
        in_messages(text, &json);
    }
}

fn as_file(text: &str) {
    let mut states = match InputState::parse(text) {
        Ok(states) => states,
        Err(error) => return is_rejected(error, text),
    };
    for stream in Stream::ALL {
        if let Some(saved) = states.take(stream) {
            let json = value(&saved);
            let file = serde_json::from_str(text).expect("a state file is JSON");
            assert!(contains(&without_nulls(file), &without_nulls(json.clone())), "{json} is not in the file");
            open(Some(&saved), &json, text);
        }
    }
}

fn in_messages(text: &str, json: &Value) {
    let stream = format!(r#"{{"stream_descriptor":{{"name":"management_events"}},"stream_state":{text}}}"#);
    let by_name = format!(r#"{{"management_events":{text}}}"#);
    let forms = [
        format!(r#"[{{"type":"STREAM","stream":{stream}}}]"#),
        format!(r#"{{"stream":{stream},"data":{by_name}}}"#),
        format!(r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{stream}}}}}"#),
        format!(r#"{{"type":"STATE","state":{{"type":"LEGACY","data":{by_name}}}}}"#),
        by_name,
    ];
    let take = |form: &String| Ok(InputState::parse(form)?.take(Stream::ManagementEvents));
    let taken: Vec<Result<_, StateError>> = forms.iter().map(take).collect();
    let message =
        |taken: &Result<Option<SavedState<'static>>, StateError>| taken.as_ref().err().map(ToString::to_string);
    for pair in taken.windows(2) {
        assert_eq!(pair[0].as_ref().ok(), pair[1].as_ref().ok(), "another state in another form");
        assert_eq!(message(&pair[0]), message(&pair[1]));
    }
    match taken.into_iter().next().expect("a form") {
        Ok(saved) => open(saved.as_ref(), json, text),
        Err(error) => is_rejected(error, text),
    }
}

fn is_rejected(error: StateError, text: &str) {
    laws::is_for_the_user(&error.into(), text);
}

/// Opens `saved`, whose JSON is `json`, for different syncs.
fn open(saved: Option<&SavedState<'static>>, json: &Value, text: &str) {
    for sync in syncs::all() {
        match StreamState::open(saved.cloned(), sync.clone()) {
            Err(error) => is_rejected(error, text),
            Ok((state, messages)) => {
                laws::lines(|output| messages.iter().for_each(|(level, line)| output.log(*level, line).unwrap()));
                let json = if saved.is_some() { json.clone() } else { value(&state) };
                is_reopened(&state, &sync);
                Trial::new(json, sync).run(state);
            }
        }
    }
}

/// The state is saved and read again as the same. Returns it.
fn is_reopened(state: &StreamState, sync: &SyncSettings) -> StreamState {
    let saved = value(state).to_string();
    let again = reopen(&saved, sync.clone());
    assert_eq!(value(&again).to_string(), saved, "a state changes when it is read again");
    again
}

fn reopen(saved: &str, sync: SyncSettings) -> StreamState {
    let form = format!(r#"{{"management_events":{saved}}}"#);
    let saved = InputState::parse(&form).expect("its own state").take(Stream::ManagementEvents);
    StreamState::open(saved, sync).expect("its own state").0
}

/// A sync that reads some seconds, and the one after it, which reads the rest.
struct Trial {
    json: Value,
    sync: SyncSettings,
    /// The first second that is asked for, and the last one that can become covered.
    first: i64,
    settled: i64,
    /// What the state says of each partition to read, the seconds to look at, and the events that became records.
    told: BTreeMap<Partition, Declared>,
    seconds: BTreeMap<Partition, BTreeSet<i64>>,
    emitted: BTreeSet<(Partition, i64)>,
    /// The seconds that were read.
    read: BTreeMap<Partition, Vec<(i64, i64)>>,
}

impl Trial {
    fn new(json: Value, sync: SyncSettings) -> Self {
        let first = sync.read_from.unwrap_or(i64::MIN).max(syncs::OLDEST);
        let settled = before(sync.start, sync.lookback) - 1;
        let told: BTreeMap<_, _> =
            sync.partitions.iter().map(|partition| (partition.clone(), declared(&json, partition, &sync))).collect();
        let edges = [first, settled, syncs::OLDEST, sync.start, sync.start + LATER];
        let seconds = told.iter().map(|(partition, told)| (partition.clone(), around(told, &edges))).collect();
        Self { json, sync, first, settled, told, seconds, emitted: BTreeSet::new(), read: BTreeMap::new() }
    }

    fn run(mut self, mut state: StreamState) {
        let partitions = self.sync.partitions.clone();
        if partitions.iter().all(|partition| state.coverage(partition).is_none()) && self.sync.filter.is_none() {
            assert_eq!(without_nulls(value(&state)), without_nulls(self.json.clone()), "nothing is read");
        }
        for partition in &partitions {
            if state.coverage(partition).is_some() {
                self.counts_for_what_it_says(&state, partition);
                self.read_some(&mut state, partition);
            }
        }
        let saved = value(&state);
        self.tells_what_was_read(&saved);
        if partitions.iter().any(|partition| state.coverage(partition).is_some()) {
            let written = saved.to_string();
            assert!(written.len() <= state.size(), "{} bytes, not {}: {written}", written.len(), state.size());
        }
        is_reopened(&state, &self.sync);
        self.read_the_rest(&saved.to_string());
    }

    /// Whether the state says that `second` of `partition` was read, or nobody asks for it.
    fn is_read(&self, partition: &Partition, second: i64) -> bool {
        second < self.first || self.told[partition].covers(second)
    }

    fn counts_for_what_it_says(&self, state: &StreamState, partition: &Partition) {
        let coverage = state.coverage(partition).expect("it is read");
        let uncovered = coverage.uncovered();
        let is_newer = self.told[partition].last_second().is_some_and(|last| last > self.sync.start);
        assert!(!is_newer, "a Region is read whose entry ends in the future");
        for second in &self.seconds[partition] {
            let is_read = self.is_read(partition, *second);
            assert_eq!(coverage.covers(*second), is_read, "{second} of {partition}: {}", self.json);
            let is_left = uncovered.iter().any(|range| (range.first()..=range.last()).contains(second));
            let is_asked = (self.first..=self.sync.start).contains(second);
            assert!(is_left || is_read || !is_asked, "{second} of {partition} is not read: {}", self.json);
            assert!(is_asked || !is_left, "{second} of {partition} is read: {}", self.json);
        }
    }

    /// Reads the events of every other range that is left, and some of those in between.
    fn read_some(&mut self, state: &mut StreamState, partition: &Partition) {
        for (second, digest) in &self.told[partition].loose {
            let emission = state.emit(partition, *second, *digest);
            assert_eq!(emission, Emission::Duplicate, "a loose event of {second}: {}", self.json);
        }
        for (number, range) in state.coverage(partition).expect("it is read").uncovered().into_iter().enumerate() {
            let is_whole = number % 2 == 0;
            let seconds: Vec<i64> = self.seconds[partition].range(range.first()..=range.last()).copied().collect();
            for second in seconds.into_iter().filter(|second| is_whole || second % 2 == 0) {
                match state.emit(partition, second, id(second)) {
                    Emission::New => {
                        assert!(!self.is_read(partition, second), "{second} of {partition} again: {}", self.json);
                        self.emitted.insert((partition.clone(), second));
                        assert_eq!(state.emit(partition, second, id(second)), Emission::Duplicate);
                    }
                    Emission::Duplicate => {
                        assert!(self.is_read(partition, second), "{second} of {partition} is lost: {}", self.json);
                    }
                    Emission::HeldBack => assert!(second > self.settled, "{second} of {partition} is held back"),
                    Emission::TooNew => panic!("{second} of {partition} is asked for, and too new: {}", self.json),
                }
            }
            if is_whole {
                state.cover(partition, range);
                let read = (range.first(), range.last().min(self.settled));
                self.read.entry(partition.clone()).or_default().push(read);
            }
        }
    }

    /// What is saved covers what was covered before and what was read, and nothing else.
    fn tells_what_was_read(&self, saved: &Value) {
        for (partition, seconds) in &self.seconds {
            let told = declared(saved, partition, &self.sync);
            for second in seconds {
                let read = self.read.get(partition).into_iter().flatten();
                let is_read = read.into_iter().any(|(first, last)| (*first..=*last).contains(second));
                let is_covered = is_read || self.is_read(partition, *second);
                assert!(is_covered || !told.covers(*second), "{second} of {partition} was not read: {saved}");
            }
        }
        for partition in syncs::unread(&self.sync) {
            let (was, is) = [&self.json, saved].map(|state| declared(state, &partition, &self.sync)).into();
            for second in around(&was, &[]).union(&around(&is, &[])) {
                assert!(was.covers(*second) || !is.covers(*second), "{second} of {partition} was not read: {saved}");
            }
        }
    }

    /// Reads all that is left. Over both syncs, each event becomes a record once.
    fn read_the_rest(&self, saved: &str) {
        let start = self.sync.start + LATER;
        let sync = SyncSettings { start, max_bytes: MAX_STATE_BYTES, ..self.sync.clone() };
        let mut state = reopen(saved, sync.clone());
        for (partition, seconds) in &self.seconds {
            let Some(coverage) = state.coverage(partition) else {
                let saved: Value = serde_json::from_str(saved).expect("a state");
                let last = declared(&saved, partition, &sync).last_second();
                let is_newer = last.is_some_and(|last| last > start);
                assert!(is_newer || is_in_the_future(&saved, &sync), "{partition} is not read: {saved}");
                continue;
            };
            let unread = coverage.uncovered();
            let is_left = |second: &i64| unread.iter().any(|range| (range.first()..=range.last()).contains(second));
            let asked = self.first.max(oldest_kept(start))..=start;
            for second in seconds.iter().filter(|second| asked.contains(second)) {
                let is_new = is_left(second) && state.emit(partition, *second, id(*second)) == Emission::New;
                let count = u8::from(is_new) + u8::from(self.emitted.contains(&(partition.clone(), *second)));
                let expected = u8::from(!self.told[partition].covers(*second));
                assert_eq!(count, expected, "records of {second} of {partition}: {}, then {saved}", self.json);
            }
        }
    }
}

/// The seconds at which something may change.
fn around(told: &Declared, edges: &[i64]) -> BTreeSet<i64> {
    let covered = told.covered.iter().flat_map(|(first, last)| [*first, *last]);
    let all = edges.iter().copied().chain(covered).chain(told.loose.iter().map(|(second, _)| *second));
    all.flat_map(|edge| [edge.saturating_sub(1), edge, edge.saturating_add(1)]).take(MOST_SECONDS).collect()
}

/// An event of `second`.
fn id(second: i64) -> EventDigest {
    EventDigest::of(&second.to_string())
}

fn value(state: &impl serde::Serialize) -> Value {
    serde_json::to_value(state).expect("a state is JSON")
}

/// Whether `part` is `whole`, or within it.
fn contains(whole: &Value, part: &Value) -> bool {
    whole == part
        || match whole {
            Value::Array(items) => items.iter().any(|item| contains(item, part)),
            Value::Object(members) => members.values().any(|member| contains(member, part)),
            _ => false,
        }
}

/// A member that is null is the same as none.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, member)| !member.is_null());
            members.map(|(name, member)| (name, without_nulls(member))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
