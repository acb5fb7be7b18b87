//! Which events of a page are written, when a STATE is written, and what it tells.

use super::*;
use crate::{
    airbyte::event_format::EventFormat,
    coverage::window::oldest_kept,
    state::{
        saved_state::SavedState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_795_350_000;
const LOOKBACK: i64 = 900;
/// The last second that a sync with a right clock may cover.
const SETTLED: i64 = NOW - LOOKBACK - 1;
const FIRST: i64 = oldest_kept(NOW);
const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";
const START: Elapsed = Elapsed::START;

fn partition(region: &str) -> Partition {
    Partition { account: None, region: region.to_owned() }
}

fn sync() -> SyncSettings {
    let partitions = [HERE, THERE].map(partition).to_vec();
    let lookback = Duration::from_secs(LOOKBACK.unsigned_abs());
    SyncSettings {
        start: NOW,
        read_from: None,
        lookback,
        filter: None,
        accounts: AccountsRead::One(None),
        partitions,
        max_bytes: MAX_STATE_BYTES,
    }
}

/// The messages that `write` writes with the writer of a sync that starts from `saved`.
fn written(
    saved: Option<&Value>,
    sync: SyncSettings,
    settings: RecordSettings,
    write: impl FnOnce(&RefCell<StreamWriter<'_, &mut Vec<u8>>>),
) -> Vec<Value> {
    let (state, _) = StreamState::open(saved.map(|saved| SavedState::deserialize(saved).unwrap()), sync).unwrap();
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, Some(Level::Info));
    let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, settings));
    write(&writer);
    drop(writer);
    drop(output);
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The page that has the events of `seconds`, each named after its second.
fn page(seconds: impl IntoIterator<Item = i64>) -> Page {
    let event = |second: i64| Event {
        event_id: Some(second.to_string().as_str().into()),
        event_time: Some(second),
        ..Event::default()
    };
    Page { events: seconds.into_iter().map(event).collect(), next_token: None, asked_at: None }
}

fn all_from(first: i64) -> Option<SecondRange> {
    SecondRange::new(first, NOW)
}

/// The types of `lines`, without the LOG lines.
fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["type"].as_str()).filter(|kind| *kind != "LOG").collect()
}

fn count(lines: &[Value], kind: &str) -> usize {
    lines.iter().filter(|line| line["type"] == kind).count()
}

/// What the last STATE says about `region`.
fn last_state<'a>(lines: &'a [Value], region: &str) -> &'a Value {
    let state = lines.iter().rev().find(|line| line["type"] == "STATE").unwrap();
    &state["state"]["stream"]["stream_state"]["regions"][region]
}

#[test]
fn a_limit_in_the_middle_of_a_page_leaves_the_rest_to_the_next_sync() {
    let whole = page((SETTLED - 9..=SETTLED).rev());
    let first = written(None, sync(), RecordSettings { limit: Some(3), ..RecordSettings::default() }, |writer| {
        let mut here = RegionWriter::new(writer, &partition(HERE));
        here.write_page(&whole, all_from(FIRST), START).unwrap();
        assert!(here.has_reached_limit());
        writer.borrow_mut().write_last_state(START, true).unwrap();
    });
    assert_eq!((count(&first, "RECORD"), &last_state(&first, HERE)["EventTime"]), (3, &json!(FIRST - 1)));
    let state = &first.last().unwrap()["state"]["stream"]["stream_state"];
    let second = written(Some(state), sync(), RecordSettings::default(), |writer| {
        RegionWriter::new(writer, &partition(HERE)).write_page(&whole, all_from(FIRST), START).unwrap();
    });
    assert_eq!(count(&second, "RECORD"), 7);
}

#[test]
fn the_last_state_covers_all_records_and_is_written_once() {
    for is_complete in [true, false] {
        let lines = written(None, sync(), RecordSettings::default(), |writer| {
            RegionWriter::new(writer, &partition(HERE)).write_page(&page([NOW - 5]), all_from(FIRST), START).unwrap();
            writer.borrow_mut().write_last_state(START, is_complete).unwrap();
        });
        assert_eq!(types(&lines), ["TRACE", "RECORD", "STATE"]);
        let told = last_state(&lines, HERE);
        assert_eq!(told["EventTime"], json!(SETTLED));
        assert_eq!(
            told["loose"],
            json!({(NOW - 5).to_string(): EventDigest::join(&[EventDigest::of(&(NOW - 5).to_string())])})
        );
    }
}

#[test]
fn no_second_state_is_written_if_the_last_one_covers_everything() {
    let minute = START + Duration::from_mins(1);
    for is_complete in [true, false] {
        let lines = written(None, sync(), RecordSettings::default(), |writer| {
            RegionWriter::new(writer, &partition(HERE)).write_page(&page([NOW - 5]), all_from(FIRST), minute).unwrap();
            writer.borrow_mut().write_last_state(minute, is_complete).unwrap();
        });
        assert_eq!(types(&lines), ["TRACE", "RECORD", "STATE"]);
    }
}

/// The platform takes each STATE as progress, and a read that failed at once has made none.
#[test]
fn a_read_without_a_page_has_a_state_only_if_it_is_complete() {
    for (is_complete, states) in [(true, 1), (false, 0)] {
        let lines = written(None, sync(), RecordSettings::default(), |writer| {
            writer.borrow_mut().write_last_state(START, is_complete).unwrap();
        });
        assert_eq!(count(&lines, "STATE"), states);
    }
}

#[test]
fn a_state_is_written_after_2500_records_of_all_regions() {
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        let mut regions = [RegionWriter::new(writer, &partition(HERE)), RegionWriter::new(writer, &partition(THERE))];
        for nth in 0..120 {
            let newest = SETTLED - nth * 50;
            let region = &mut regions[usize::try_from(nth % 2).unwrap()];
            region
                .write_page(&page((newest - 49..=newest).rev()), SecondRange::new(newest - 49, newest), START)
                .unwrap();
        }
    });
    let counts: Vec<&Value> = lines
        .iter()
        .map(|line| &line["state"]["sourceStats"]["recordCount"])
        .filter(|count| !count.is_null())
        .collect();
    assert_eq!(counts, [&json!(2500.0), &json!(2500.0)]);
}

#[test]
fn a_state_covers_all_regions() {
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        RegionWriter::new(writer, &partition(THERE)).write_page(&page([SETTLED]), all_from(SETTLED), START).unwrap();
        RegionWriter::new(writer, &partition(HERE)).write_page(&page([]), all_from(FIRST), START).unwrap();
        writer.borrow_mut().write_last_state(START, true).unwrap();
    });
    assert_eq!(last_state(&lines, HERE)["EventTime"], json!(SETTLED));
    assert_eq!(last_state(&lines, THERE)["covered"], json!([[SETTLED, SETTLED]]));
}

#[test]
fn an_event_is_written_once_whether_its_second_is_covered_or_not() {
    for passed in [all_from(SETTLED), None] {
        let lines = written(None, sync(), RecordSettings::default(), |writer| {
            let mut here = RegionWriter::new(writer, &partition(HERE));
            here.write_page(&page([SETTLED + 1, SETTLED]), passed, START).unwrap();
            here.write_page(&page([SETTLED + 1, SETTLED]), passed, START).unwrap();
            assert_eq!(here.records(), 2);
        });
        assert_eq!(count(&lines, "RECORD"), 2);
    }
}

/// The next sync must look again for events that may still appear, by the clock of the service.
#[test]
fn seconds_that_are_too_recent_by_the_clock_of_the_service_are_not_covered() {
    let ahead = 290;
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        let asked = Page { asked_at: Some(NOW - ahead), ..page([]) };
        RegionWriter::new(writer, &partition(HERE)).write_page(&asked, all_from(FIRST), START).unwrap();
        writer.borrow_mut().write_last_state(START, true).unwrap();
    });
    assert_eq!(last_state(&lines, HERE)["EventTime"], json!(SETTLED - ahead));
}

/// The time that a later page took says nothing about when the read began.
#[test]
fn a_slow_page_does_not_move_the_cursor_back() {
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        let mut here = RegionWriter::new(writer, &partition(HERE));
        for (asked_at, passed) in [(NOW, all_from(FIRST)), (NOW - 70, all_from(NOW))] {
            here.write_page(&Page { asked_at: Some(asked_at), ..page([]) }, passed, START).unwrap();
        }
        writer.borrow_mut().write_last_state(START, true).unwrap();
    });
    assert_eq!(last_state(&lines, HERE)["EventTime"], json!(SETTLED));
}

#[test]
fn recent_events_that_the_state_has_no_room_for_are_held_back_and_counted() {
    let lines = written(None, SyncSettings { max_bytes: 0, ..sync() }, RecordSettings::default(), |writer| {
        let mut here = RegionWriter::new(writer, &partition(HERE));
        here.write_page(&page([SETTLED + 2, SETTLED + 1, SETTLED]), all_from(FIRST), START).unwrap();
        assert_eq!((here.records(), here.held_back()), (1, 2));
    });
    assert_eq!(count(&lines, "RECORD"), 1);
}

#[test]
fn an_event_without_its_key_or_cursor_is_left_out_with_a_warning() {
    let nameless = Event { event_id: None, event_name: Some("ConsoleLogin".into()), ..page([5]).events.remove(0) };
    let timeless = Event { event_time: None, ..page([5]).events.remove(0) };
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        let odd = Page { events: vec![nameless, timeless], ..page([]) };
        RegionWriter::new(writer, &partition(HERE)).write_page(&odd, None, START).unwrap();
    });
    let warnings: Vec<&str> = lines.iter().filter_map(|line| line["log"]["message"].as_str()).collect();
    assert!(lines.len() == 2 && warnings.len() == 2, "{lines:?}");
    assert!(warnings[0].contains("EventId unknown") && warnings[0].contains("EventName ConsoleLogin"), "{warnings:?}");
    assert!(warnings[1].contains("EventId 5, EventTime unknown"), "{warnings:?}");
}

#[test]
fn the_stream_is_running_from_its_first_record_on() {
    let lines = written(None, sync(), RecordSettings::default(), |writer| {
        let mut here = RegionWriter::new(writer, &partition(HERE));
        here.write_page(&page([]), None, START).unwrap();
        here.write_page(&page([SETTLED, SETTLED - 1]), None, START).unwrap();
    });
    assert_eq!(types(&lines), ["TRACE", "RECORD", "RECORD"]);
    assert_eq!(lines[0]["trace"]["stream_status"]["status"], "RUNNING");
}

/// For coverage, an excluded event does not exist: its second becomes covered, and the state needs no room for it.
#[test]
fn excluded_events_are_no_records_and_take_no_room_in_the_state() {
    let named = |name: &str, events: Page| Page {
        events: events.events.into_iter().map(|event| Event { event_name: Some(name.into()), ..event }).collect(),
        ..events
    };
    let excluded_event_names = BTreeSet::from(["Decrypt".to_owned()]);
    let settings = RecordSettings { excluded_event_names, ..RecordSettings::default() };
    let lines = written(None, sync(), settings, |writer| {
        let mut here = RegionWriter::new(writer, &partition(HERE));
        for name in ["Decrypt", "decrypt"] {
            here.write_page(&named(name, page([NOW - 5, SETTLED])), all_from(FIRST), START).unwrap();
            here.write_out_of_order(&named(name, page([SETTLED - 1])).events.iter().collect::<Vec<_>>()).unwrap();
        }
        writer.borrow_mut().write_last_state(START, true).unwrap();
        assert_eq!(here.records(), 2);
    });
    assert_eq!(count(&lines, "RECORD"), 2);
    let told = last_state(&lines, HERE);
    assert_eq!(told["EventTime"], json!(SETTLED));
    assert_eq!(told["loose"].as_object().unwrap().len(), 1, "{told}");
    assert_eq!(lines.last().unwrap()["state"]["sourceStats"]["recordCount"], 2.0);
}

#[test]
fn an_event_that_is_no_object_is_delivered_as_text_with_one_warning() {
    let settings = RecordSettings { format: EventFormat::Object, ..RecordSettings::default() };
    let lines = written(None, sync(), settings, |writer| {
        let mut here = page([SETTLED, SETTLED - 1, SETTLED - 2]);
        for (event, text) in here.events.iter_mut().zip(["{\"a\":1}", "b", "c"]) {
            event.cloud_trail_event = Some(text.into());
        }
        RegionWriter::new(writer, &partition(HERE)).write_page(&here, None, START).unwrap();
    });
    let records: Vec<&Value> =
        lines.iter().filter(|line| line["type"] == "RECORD").map(|line| &line["record"]).collect();
    let delivered: Vec<&Value> = records.iter().map(|record| &record["data"]["CloudTrailEvent"]).collect();
    assert_eq!(delivered, [&json!({"a": 1}), &json!({"unparsed": "b"}), &json!({"unparsed": "c"})]);
    let changes: Vec<&Value> = records.iter().map(|record| &record["meta"]["changes"][0]["field"]).collect();
    assert_eq!(changes, [&Value::Null, &json!("CloudTrailEvent"), &json!("CloudTrailEvent")]);
    let warnings: Vec<&Value> =
        lines.iter().filter(|line| line["type"] == "LOG").map(|line| &line["log"]["level"]).collect();
    assert_eq!(warnings, ["WARN"]);
}
