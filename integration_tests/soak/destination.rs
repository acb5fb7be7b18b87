//! The destination: it commits the records of a stream at each of its STATEs, and counts how often it commits each event.

use crate::run::assert_each_once;
use cloudtrail_emulator::{Category, Event};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::{collections::HashMap, mem, str::from_utf8};

/// The streams, each with the category of its events.
pub(crate) const STREAMS: [(&str, Category); 2] =
    [("management_events", Category::Management), ("insight_events", Category::Insight)];
/// One event of so many is compared with its record as a whole, the others by ID, time, account, Region and stream.
const PER_COMPARED: usize = 100;
/// What the log must not say: the service returns events in their order, and states have room for all late events.
const UNEXPECTED: [&str; 2] = ["out of order", "held back"];

/// A line of the connector's output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Record,
    /// An error, with its type and its message.
    Error {
        failure_type: String,
        message: String,
    },
    Other,
}

/// An event, as far as all records are compared with it.
#[derive(Debug)]
struct Expected {
    second: u32,
    /// The index of its account and Region.
    place: u8,
    /// The index of its stream.
    stream: u8,
    is_committed: bool,
}

/// What has been received of one stream.
#[derive(Debug, Default)]
struct Received {
    /// The IDs of the records since the last STATE.
    uncommitted: Vec<u128>,
    /// The last STATE, as the next sync gets it.
    state: Option<Box<RawValue>>,
}

/// What a destination has received of one history.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The accounts and Regions.
    places: Vec<(String, String)>,
    expected: HashMap<u128, Expected>,
    compared: HashMap<u128, Event>,
    streams: [Received; 2],
}

impl Destination {
    pub(crate) fn new(places: Vec<(String, String)>) -> Self {
        Self { places, expected: HashMap::new(), compared: HashMap::new(), streams: Default::default() }
    }

    /// Expects these events, too.
    pub(crate) fn expect(&mut self, events: &[Event]) {
        for event in events {
            let id = number(event.id().unwrap());
            let place =
                self.places.iter().position(|(account, region)| (account, region) == (&event.account, &event.region));
            let stream = STREAMS.iter().position(|(_, category)| *category == event.category);
            let expected = Expected {
                second: event.second.try_into().unwrap(),
                place: place.unwrap().try_into().unwrap(),
                stream: stream.unwrap().try_into().unwrap(),
                is_committed: false,
            };
            assert!(self.expected.insert(id, expected).is_none(), "two events of the soak have the same ID");
            if self.expected.len().is_multiple_of(PER_COMPARED) {
                self.compared.insert(id, event.clone());
            }
        }
    }

    /// How many events are expected.
    pub(crate) fn expected(&self) -> usize {
        self.expected.len()
    }

    /// How many events are not committed yet.
    pub(crate) fn missing(&self) -> usize {
        self.expected.values().filter(|event| !event.is_committed).count()
    }

    /// Receives a line of the output.
    pub(crate) fn receive(&mut self, line: &[u8]) -> Line {
        let text = from_utf8(line).expect("a line is UTF-8");
        let message: Message<'_> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        match message {
            Message { record: Some(record), .. } => {
                self.receive_record(&record, text);
                Line::Record
            }
            Message { state: Some(state), .. } => {
                self.commit(state);
                Line::Other
            }
            Message { trace: Some(Trace { error: Some(error) }), .. } => {
                Line::Error { failure_type: error.failure_type, message: error.message }
            }
            Message { log: Some(log), .. } => {
                assert!(UNEXPECTED.iter().all(|words| !log.message.contains(words)), "{}", log.message);
                Line::Other
            }
            _ => Line::Other,
        }
    }

    fn receive_record(&mut self, record: &Record<'_>, line: &str) {
        let Data { id, second, account, region } = &record.data;
        let stream = STREAMS.iter().position(|(name, _)| *name == record.stream).unwrap();
        let id = number(id);
        let Some(expected) = self.expected.get(&id) else { panic!("a record of no event: {line}") };
        let place = &self.places[usize::from(expected.place)];
        let is_same = (i64::from(expected.second), usize::from(expected.stream)) == (*second, stream)
            && (place.0.as_str(), place.1.as_str()) == (*account, *region);
        assert!(is_same, "a record of another second, stream, account or Region: {line}");
        if let Some(event) = self.compared.get(&id) {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_each_once([&line["record"]["data"]], std::slice::from_ref(event));
        }
        self.streams[stream].uncommitted.push(id);
    }

    /// Commits the records that this STATE is about.
    fn commit(&mut self, state: &RawValue) {
        let described: State<'_> = serde_json::from_str(state.get()).unwrap();
        let name = described.stream.descriptor.name;
        let stream = STREAMS.iter().position(|(stream, _)| *stream == name).unwrap();
        let received = &mut self.streams[stream];
        received.state = Some(state.to_owned());
        let uncommitted = mem::take(&mut received.uncommitted);
        assert_eq!(described.stats.count, uncommitted.len() as f64, "the records before a STATE of {name}");
        for id in uncommitted {
            let expected = self.expected.get_mut(&id).unwrap();
            let was_committed = mem::replace(&mut expected.is_committed, true);
            assert!(!was_committed, "an event was committed twice: {}", self.describe(id));
        }
    }

    /// Forgets the records after the last STATE, because the sync was killed. Returns how many there were.
    pub(crate) fn discard_uncommitted(&mut self) -> usize {
        self.streams.iter_mut().map(|received| mem::take(&mut received.uncommitted).len()).sum()
    }

    /// The states for the next sync, as a file; none before the first one.
    pub(crate) fn states(&self) -> Option<String> {
        let states: Vec<&RawValue> = self.streams.iter().filter_map(|received| received.state.as_deref()).collect();
        (!states.is_empty()).then(|| serde_json::to_string(&states).unwrap())
    }

    /// That each expected event was committed.
    pub(crate) fn assert_complete(&self) {
        let missing: Vec<u128> =
            self.expected.iter().filter(|(_, event)| !event.is_committed).map(|(id, _)| *id).collect();
        let examples: Vec<String> = missing.iter().take(5).map(|id| self.describe(*id)).collect();
        assert!(missing.is_empty(), "{} events were never committed, such as {examples:#?}", missing.len());
    }

    fn describe(&self, id: u128) -> String {
        let Expected { second, place, stream, .. } = self.expected[&id];
        let (account, region) = &self.places[usize::from(place)];
        format!("{id:032x} of second {second} in {region} of {account} ({})", STREAMS[usize::from(stream)].0)
    }
}

/// An `EventId`, which is a UUID, as a number.
fn number(id: &str) -> u128 {
    u128::from_str_radix(&id.replace('-', ""), 16).unwrap_or_else(|error| panic!("{error}: {id}"))
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    record: Option<Record<'a>>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    trace: Option<Trace>,
    log: Option<Log>,
}

#[derive(Deserialize)]
struct Log {
    message: String,
}

#[derive(Deserialize)]
struct Record<'a> {
    stream: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "EventId")]
    id: &'a str,
    #[serde(rename = "EventTime")]
    second: i64,
    #[serde(rename = "AccountId")]
    account: &'a str,
    #[serde(rename = "AwsRegion")]
    region: &'a str,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    stream: StreamState<'a>,
    #[serde(rename = "sourceStats")]
    stats: Stats,
}

#[derive(Deserialize)]
struct StreamState<'a> {
    #[serde(borrow, rename = "stream_descriptor")]
    descriptor: Descriptor<'a>,
}

#[derive(Deserialize)]
struct Descriptor<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct Stats {
    #[serde(rename = "recordCount")]
    count: f64,
}

#[derive(Deserialize)]
struct Trace {
    error: Option<TraceError>,
}

#[derive(Deserialize)]
struct TraceError {
    failure_type: String,
    message: String,
}
