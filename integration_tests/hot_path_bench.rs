//! What becomes of each event, without the network: `cargo bench --bench hot_path`.
//!
//! `records` reads a Region whose pages are there already. That is everything from a page to the bytes for stdout: the
//! plan, the coverage, the columns, the JSON of the records, and the states. Tokio's clock is paused, so no time is spent
//! waiting.

#![allow(clippy::unwrap_used, reason = "a bench panics if something is wrong")]

use cloudtrail_emulator::{Generator, generate};
use divan::{Bencher, counter::ItemsCount};
use serde_json::{Map, Value};
use source_aws_cloudtrail::{
    airbyte::{
        event_format::EventFormat,
        output::{self, Output},
        stream::Stream,
    },
    clock,
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query, Resource},
        lookup_error::error::LookupError,
    },
    partition::Partition,
    read::read_partitions,
    state::{
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
    sync::{record_settings::RecordSettings, resources::SyncResources, stream_writer::StreamWriter},
};
use std::{cell::RefCell, io, time::Duration};

const EVENTS: usize = 10_000;
const PAGE: usize = 50;
const DAY: i64 = 86_400;

fn main() {
    divan::main();
}

/// Events of usual size in the last week, oldest first.
fn history() -> Vec<Event> {
    let now = clock::epoch_seconds();
    let generator = Generator { count: EVENTS, ..Generator::new(now - 7 * DAY, now - DAY) };
    let mut events: Vec<Event> =
        generate(&generator).iter().map(|event| from_body(event.second, &event.body)).collect();
    events.sort_by_key(|event| event.event_time);
    events
}

fn from_body(second: i64, body: &Map<String, Value>) -> Event {
    let text = |value: &Map<String, Value>, name: &str| Some(value.get(name)?.as_str()?.into());
    let resource = |value: &Value| {
        let value = value.as_object().unwrap();
        Resource { resource_name: text(value, "ResourceName"), resource_type: text(value, "ResourceType") }
    };
    Event {
        access_key_id: text(body, "AccessKeyId"),
        cloud_trail_event: text(body, "CloudTrailEvent"),
        event_id: text(body, "EventId"),
        event_name: text(body, "EventName"),
        event_source: text(body, "EventSource"),
        event_time: Some(second),
        read_only: text(body, "ReadOnly"),
        resources: body.get("Resources").map(|value| value.as_array().unwrap().iter().map(resource).collect()),
        username: text(body, "Username"),
    }
}

/// A Region that answers at once. An event is handed out when it is asked for, once.
struct Region {
    partition: Partition,
    events: RefCell<Vec<Event>>,
    /// The seconds of the events.
    times: Vec<i64>,
}

impl Region {
    fn new(partition: &Partition, events: Vec<Event>) -> Self {
        let times = events.iter().filter_map(|event| event.event_time).collect();
        Self { partition: partition.clone(), events: RefCell::new(events), times }
    }
}

impl LookupEvents for &Region {
    fn partition(&self) -> &Partition {
        &self.partition
    }

    /// A token is the index of the event that the page ends before.
    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let seconds = query.seconds.unwrap();
        let first = self.times.partition_point(|time| *time < seconds.first());
        let end = query.token.and_then(|token| token.parse().ok());
        let end = end.unwrap_or_else(|| self.times.partition_point(|time| *time <= seconds.last()));
        let begin = first.max(end.saturating_sub(PAGE));
        let events = self.events.borrow_mut()[begin..end].iter_mut().rev().map(std::mem::take).collect();
        Ok(Page { events, next_token: (begin > first).then(|| begin.to_string()), asked_at: None })
    }
}

/// Reads `region` to its end.
async fn read(region: Region, format: EventFormat) {
    let settings = SyncSettings {
        start: clock::epoch_seconds(),
        read_from: None,
        lookback: Duration::from_mins(15),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![region.partition.clone()],
        max_bytes: MAX_STATE_BYTES,
    };
    let output = Output::new(io::sink(), output::level(false));
    let (state, _) = StreamState::open(None, settings).unwrap();
    let records = RecordSettings { format, ..RecordSettings::default() };
    let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, records));
    let resources = SyncResources::new(Duration::from_micros(1));
    let partitions = [region.partition.clone()];
    let ended = read_partitions(&partitions, |_| &region, false, &resources, &writer).await.unwrap();
    assert!(ended.failures.is_empty(), "{:?}", ended.failures);
    assert!(region.events.borrow().iter().all(|event| event.event_id.is_none()), "an event was not read");
}

#[divan::bench(args = [EventFormat::String, EventFormat::Object])]
fn records(bencher: Bencher<'_, '_>, format: EventFormat) {
    let history = history();
    let partition = Partition { account: None, region: "us-east-1".to_owned() };
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| Region::new(&partition, history.clone()))
        .bench_local_values(|region| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            runtime.unwrap().block_on(read(region, format));
        });
}
