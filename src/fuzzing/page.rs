//! Any HTTP response as the answer to a request for a page: by way of the SDK to the records and the state.
//!
//! Its form is the status, a line for each header, an empty line, and the body.

use super::{declared::declared, laws, syncs};
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
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The longest wait that an answer can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The members of an event that are columns of the same name.
const FIELDS: [&str; 6] = ["AccessKeyId", "EventName", "EventSource", "ReadOnly", "Username", "EventId"];

/// The answer in `data` becomes records, each event once, or an error with a message for people.
pub fn page(data: &[u8]) {
    let Some(answer) = parsed(data) else { return };
    records(answer);
}

/// The records of the page in `answer`, as strings and as objects; none if it is not a page.
pub(super) fn records(answer: Answer) -> Option<[Vec<Columns>; 2]> {
    let body = answer.body.clone();
    let by_the_sdk = canned::lookup_by_the_sdk(answer.clone());
    match canned::lookup(answer) {
        Err(error) => {
            let is_json = serde_json::from_slice::<Value>(&body).is_ok();
            let is_page = by_the_sdk
                .is_some_and(|page| page.next_token.is_some_and(|token| !token.is_empty()) || !page.events.is_empty());
            assert!(!is_page || !is_json, "a page is refused");
            is_rejected(error, &String::from_utf8_lossy(&body));
            None
        }
        Ok(page) => {
            let by_the_sdk = by_the_sdk.expect("a page that the SDK reads, too");
            assert_eq!(page.events, by_the_sdk.events, "the SDK reads other events");
            assert_eq!(page.next_token, by_the_sdk.next_token.filter(|token| !token.is_empty()));
            let events = events(&body);
            Some([EventFormat::String, EventFormat::Object].map(|format| {
                let records = written(&page, format);
                if let Some(events) = &events {
                    are_the_events(&records, events, format);
                }
                records
            }))
        }
    }
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
struct Line<'a> {
    #[serde(borrow)]
    record: Option<RecordLine<'a>>,
}

#[derive(Deserialize)]
struct RecordLine<'a> {
    /// A nested event may be too deep to be read together with what is around it.
    #[serde(borrow)]
    data: BTreeMap<String, &'a RawValue>,
    meta: Option<Value>,
}

/// The columns of the record in `line`, if it is one.
fn columns(line: &str, format: EventFormat) -> Option<Columns> {
    let Line { record: Some(RecordLine { data, meta }) } = serde_json::from_str(line).expect("a message") else {
        serde_json::from_str::<Value>(line).expect("a message that serde_json reads");
        return None;
    };
    let column = |(name, json): (String, &RawValue)| {
        let value = serde_json::from_str(json.get()).unwrap_or_else(|error| panic!("{name}: {error}: {json}"));
        (name, value)
    };
    let columns: Columns = data.into_iter().map(column).collect();
    let event = columns.get("CloudTrailEvent");
    let is_unparsed = format == EventFormat::Object && event.is_some_and(|event| event.get("unparsed").is_some());
    // An event may itself have a member of that name.
    assert!(is_unparsed || meta.is_none(), "{line}");
    Some(columns)
}

/// The records of `page`. A sync that resumes from the state after them writes none of them again.
fn written(page: &Page, format: EventFormat) -> Vec<Columns> {
    let sync = syncs::of_one_region();
    let (records, state) = read(page, format, sync.clone(), "");
    if format == EventFormat::String {
        let (later, _) = read(page, format, SyncSettings { start: sync.start + 1, ..sync }, &state);
        let before: BTreeSet<_> = records.iter().map(key).collect();
        assert_eq!(later.iter().map(key).find(|key| before.contains(key)), None, "a record came twice");
    }
    records
}

fn key(columns: &Columns) -> (String, String) {
    (columns["EventTime"].to_string(), columns["EventId"].to_string())
}

/// The records of `page`, which arrives twice, in a `sync` that resumes from `state`, and its last STATE line.
fn read(page: &Page, format: EventFormat, sync: SyncSettings, state: &str) -> (Vec<Columns>, String) {
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
    let told = declared(&json["state"]["stream"]["stream_state"], &partition, &sync);
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

/// The events in `body` as serde_json reads it; none if it does not, or if a time is not a whole number.
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
        let text = event.get("CloudTrailEvent").and_then(Value::as_str);
        let object = text.map(|text| match serde_json::from_str::<Value>(text) {
            Ok(object) if object.is_object() => object,
            _ => json!({ "unparsed": text }),
        });
        let delivered = if format == EventFormat::Object { object } else { text.map(Value::from) };
        assert_eq!(record.get("CloudTrailEvent"), delivered.as_ref());
    }
    assert_eq!(records.next(), None, "a record without an event");
}
