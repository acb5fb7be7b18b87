//! Any HTTP response as the answer to a request for a page: by way of the SDK to the records and the state.
//!
//! Its form is the status, a line for each header, an empty line, and the body.

use super::{
    declared::{declared, member},
    laws, syncs,
};
use crate::{
    airbyte::{event_format::EventFormat, stream::Stream},
    cloudtrail::{
        lookup::Page,
        lookup_error::error::{Evidence, LookupError},
        sdk::canned::{self, Answer},
    },
    pace::elapsed::Elapsed,
    state::{input_state::InputState, stream_state::StreamState, sync_settings::SyncSettings},
    sync::{
        record_settings::RecordSettings,
        stream_writer::{RegionWriter, StreamWriter},
    },
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The longest wait that an answer can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// From how many levels on an event may be too deep to be read with the line around it.
const MANY_LEVELS: usize = 120;

/// The members of an event that are columns of the same name.
const FIELDS: [&str; 6] = ["AccessKeyId", "EventName", "EventSource", "ReadOnly", "Username", "EventId"];

/// The answer in `data` becomes records, each event once, or an error with a message for people. The SDK reads the same page.
pub fn page(data: &[u8]) {
    let Some(answer) = parsed(data) else { return };
    let body = answer.body.clone();
    let by_the_sdk = canned::lookup_by_the_sdk(answer.clone());
    match canned::lookup(answer) {
        Ok(page) => {
            let by_the_sdk = by_the_sdk.expect("a page that the SDK reads, too");
            assert_eq!(page.events, by_the_sdk.events);
            assert_eq!(page.next_token, by_the_sdk.next_token.filter(|token| !token.is_empty()));
            delivered(&page, &body);
        }
        Err(error) => {
            let has_token = |page: &Page| page.next_token.as_ref().is_some_and(|token| !token.is_empty());
            let is_page = by_the_sdk.is_some_and(|page| !page.events.is_empty() || has_token(&page));
            assert!(!is_page || serde_json::from_slice::<Value>(&body).is_err(), "a page is refused");
            is_rejected(error, &String::from_utf8_lossy(&body));
        }
    }
}

/// The records of the `page` in `body`, with events as strings and as objects.
pub(super) fn delivered(page: &Page, body: &[u8]) -> [Vec<Columns>; 2] {
    let events = events(body);
    [EventFormat::String, EventFormat::Object].map(|format| {
        let records = written(page, format);
        if let Some(events) = &events {
            are_the_events(&records, events, format);
        }
        records
    })
}

fn parsed(data: &[u8]) -> Option<Answer> {
    let end = data.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = (&data[..end], &data[end + 2..]);
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = str::from_utf8(lines.next()?).ok()?.parse().ok()?;
    let header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((String::from_utf8(line[..colon].to_vec()).ok()?, line[colon + 1..].trim_ascii().to_vec()))
    };
    Some(Answer { status, headers: lines.filter_map(header).collect(), body: body.to_vec() })
}

fn is_rejected(error: LookupError, body: &str) {
    assert!(error.retry_after.is_none_or(|wait| wait <= LONGEST_WAIT), "{:?}", error.retry_after);
    for has_worked in [false, true] {
        error.remedy(has_worked);
        for others_work in [false, true] {
            laws::is_for_people(&error.message(Evidence { has_worked, others_work }), body);
        }
    }
    let failure = error.into_failure(Evidence::default());
    let lines = laws::lines(|output| {
        output.failure(&failure, Some(Stream::ManagementEvents)).unwrap();
        output.failed(None, &[failure]).unwrap();
    });
    for line in lines {
        let line: Value = serde_json::from_str(&line).expect("a message that serde_json reads");
        let message = &line["trace"]["error"]["internal_message"];
        assert!(!message.as_str().unwrap_or_default().contains('\n'), "{message}");
    }
}

/// The columns of a record.
pub(super) type Columns = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct Line<T> {
    record: Option<RecordLine<T>>,
}

#[derive(Deserialize)]
struct RecordLine<T> {
    data: T,
    meta: Option<Value>,
}

/// The columns of a record whose event has too many levels for `serde_json`, which reads 127 of them in a line.
#[derive(Deserialize)]
struct WithoutEvent {
    #[serde(rename = "CloudTrailEvent")]
    _event: IgnoredAny,
    #[serde(flatten)]
    others: Columns,
}

/// The columns of the record in `line`, if it is one.
fn columns(line: &str, format: EventFormat) -> Option<Columns> {
    let record = if let Ok(line) = serde_json::from_str::<Line<Columns>>(line) {
        line.record
    } else {
        let line: Line<WithoutEvent> = serde_json::from_str(line).expect("a message that serde_json reads");
        line.record.map(|RecordLine { data, meta }| RecordLine { data: data.others, meta })
    };
    let RecordLine { data, meta } = record?;
    let is_unparsed = data.get("CloudTrailEvent").is_some_and(|event| event.get("unparsed").is_some());
    // An event may itself have a member of that name.
    assert!(meta.is_none() || (is_unparsed && format == EventFormat::Object), "{line}");
    Some(data)
}

/// The records of `page`. A sync that resumes from the state after them writes none of them again.
fn written(page: &Page, format: EventFormat) -> Vec<Columns> {
    let sync = syncs::of_one_region();
    let (records, state) = read(page, format, &sync, "");
    if format == EventFormat::String {
        let (later, _) = read(page, format, &SyncSettings { start: sync.start + 1, ..sync }, &state);
        let before: BTreeSet<_> = records.iter().map(key).collect();
        assert_eq!(later.iter().map(key).find(|key| before.contains(key)), None, "a record came twice");
    }
    records
}

fn key(columns: &Columns) -> (String, String) {
    (columns["EventTime"].to_string(), columns["EventId"].to_string())
}

/// The records of `page`, which arrives twice, in a `sync` that resumes from `state`, and its last STATE line.
fn read(page: &Page, format: EventFormat, sync: &SyncSettings, state: &str) -> (Vec<Columns>, String) {
    let saved = InputState::parse(state).expect("its own state").take(Stream::ManagementEvents);
    let is_new = saved.is_none();
    let partition = sync.partitions[0].clone();
    let (state, _) = StreamState::open(saved, sync.clone()).expect("its own state");
    let last_settled = sync.start - i64::try_from(sync.lookback.as_secs()).unwrap() - 1;
    let mut passed = None;
    let lines = laws::lines(|output| {
        let settings = RecordSettings { format, ..RecordSettings::default() };
        let writer = RefCell::new(StreamWriter::new(output, Stream::ManagementEvents, state, settings));
        let mut region = RegionWriter::new(&writer, &partition);
        let unread = region.unread();
        assert!(!unread.is_empty(), "nothing is read in the next sync");
        passed = unread.last().copied().filter(|_| page.next_token.is_none());
        region.write_page(page, passed, Elapsed::START).unwrap();
        region.write_page(page, passed, Elapsed::START).unwrap();
        writer.borrow_mut().write_last_state(Elapsed::START, true).unwrap();
    });
    let state = lines.last().expect("a STATE").clone();
    let json: Value = serde_json::from_str(&state).expect("a STATE");
    let told = declared(&json["state"]["stream"]["stream_state"], &partition, sync);
    if is_new {
        let covered = passed.map(|passed| (passed.first(), passed.last().min(last_settled)));
        for second in [syncs::OLDEST, syncs::OLDEST + 1, last_settled, last_settled + 1, sync.start] {
            let is_passed = covered.is_some_and(|(first, last)| (first..=last).contains(&second));
            assert!(is_passed || !told.covers(second), "{second} is covered: {state}");
        }
    }
    let records: Vec<Columns> = lines.iter().filter_map(|line| columns(line, format)).collect();
    assert_eq!(records.iter().map(key).collect::<BTreeSet<_>>().len(), records.len(), "a record came twice");
    (records, state)
}

/// The events in `body` as `serde_json` reads it; none if it does not, or if a time is not a whole number.
fn events(body: &[u8]) -> Option<Vec<Map<String, Value>>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let events = match body.get("Events") {
        None | Some(Value::Null) => Vec::new(),
        Some(events) => events.as_array().expect("a page without a list of events").clone(),
    };
    let event = |event| match event {
        Value::Object(event) => event,
        other => panic!("a page with an event that is not an object: {other}"),
    };
    let events: Vec<Map<String, Value>> = events.into_iter().map(event).collect();
    let is_whole = |time: &Value| time.is_null() || time.as_i64().is_some_and(|time| time.abs() < 1 << 53);
    events.iter().all(|event| event.get("EventTime").is_none_or(is_whole)).then_some(events)
}

/// The `records` are those of the `events`, each once.
fn are_the_events(records: &[Columns], events: &[Map<String, Value>], format: EventFormat) {
    let mut records = records.iter();
    let mut seen = BTreeSet::new();
    for event in events {
        let (Some(id), Some(time)) = (event.get("EventId").and_then(Value::as_str), event.get("EventTime")) else {
            continue;
        };
        let Some(time) = time.as_i64().filter(|time| (syncs::OLDEST..=syncs::START).contains(time)) else { continue };
        if !seen.insert((id, time)) {
            continue;
        }
        let record = records.next().unwrap_or_else(|| panic!("an event has no record: {event:?}"));
        assert_eq!(record["EventTime"], time);
        for field in FIELDS {
            assert_eq!(record.get(field), event.get(field).filter(|value| !value.is_null()), "{field}");
        }
        let resources = event.get("Resources").and_then(Value::as_array);
        let resources = resources.map(|resources| resources.iter().map(resource).collect::<Value>());
        assert_eq!(record.get("Resources"), resources.as_ref());
        let text = event.get("CloudTrailEvent").and_then(Value::as_str);
        let object = text.map(|text| match serde_json::from_str::<Value>(text) {
            Ok(object) if object.is_object() => object,
            _ => json!({ "unparsed": text }),
        });
        let delivered = if format == EventFormat::Object { object } else { text.map(Value::from) };
        let is_deep = text.is_some_and(|text| text.matches(['{', '[']).count() > MANY_LEVELS);
        let read = record.get("CloudTrailEvent");
        assert!(read == delivered.as_ref() || (read.is_none() && is_deep), "{read:?}, not {delivered:?}");
    }
    assert_eq!(records.next(), None, "a record without an event");
}

/// The members of a resource that are delivered.
fn resource(resource: &Value) -> Value {
    let named = |name: &str| Some((name.to_owned(), member(resource, name)?.clone()));
    ["ResourceName", "ResourceType"].into_iter().filter_map(named).collect()
}
