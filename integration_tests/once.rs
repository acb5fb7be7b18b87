//! Nothing is lost or repeated: each event that CloudTrail returned is one record, over one sync or many.

use crate::connector::{Connector, assert_each_once, emulator, events, now};
use cloudtrail_emulator::{Emulator, Event, Generator, Settings, Shape, TimeFormat, TokenKind, generate};
use serde_json::{Value, json};

fn read_all(connector: &Connector, data: &[Event]) -> Value {
    let run = connector.read(None).succeeded();
    assert_each_once(run.records(), data);
    assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
    run.last_state().unwrap().clone()
}

#[test]
fn each_of_twenty_thousand_events_is_read_once_and_then_only_new_events() {
    let data = events(20_000, 80, 1);
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator);
    let state = read_all(&connector, &data);
    let new = generate(&Generator { count: 70, seed: 2, ..Generator::new(now() - 600, now()) });
    emulator.add(new.clone());
    let run = connector.read(Some(&state)).succeeded();
    assert_each_once(run.records(), &new);
}

#[test]
fn full_refresh_reads_everything_and_resumes_from_a_state() {
    let data = events(20_000, 80, 3);
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator).full_refresh();
    let state = read_all(&connector, &data);
    let run = connector.read(Some(&state)).succeeded();
    assert_eq!(run.records().count(), 0);
    read_all(&connector, &data);
}

#[test]
fn each_event_of_every_shape_of_history_and_answer_is_read_once() {
    let shapes = [Shape::Bursty, Shape::Recent, Shape::Old, Shape::OneSecond];
    let forms = [TimeFormat::Float, TimeFormat::Integer, TimeFormat::Exponent, TimeFormat::Float];
    for (seed, (shape, time_format)) in (10..).zip(shapes.into_iter().zip(forms)) {
        for tokens in [TokenKind::ByPosition, TokenKind::ByOffset] {
            let last = if shape == Shape::OneSecond { now() - 7200 } else { now() - 1 };
            let count = 2_000 + usize::from(seed == 10) * 50;
            let data = generate(&Generator { count, seed, shape, ..Generator::new(last - 80 * 86_400, last) });
            let settings = Settings { events: data.clone(), rate: None, tokens, time_format, ..Settings::default() };
            let settings = Settings { full_last_page_has_token: seed % 2 == 0, ..settings };
            let emulator = Emulator::start(settings).unwrap();
            println!("shape {shape:?}, tokens {tokens:?}");
            read_all(&Connector::new(&emulator), &data);
        }
    }
}

/// A second can't be split: all of its pages are one chain.
#[test]
fn each_of_ten_thousand_events_of_one_second_is_read_once() {
    let second = now() - 40 * 86_400;
    let generator = Generator { count: 10_000, seed: 60, shape: Shape::OneSecond, ..Generator::new(second, second) };
    let data = generate(&generator);
    assert!(data.iter().all(|event| event.second == second));
    let emulator = emulator(data.clone());
    read_all(&Connector::new(&emulator), &data);
}

/// Syncs follow each other while new events appear, most of them late, many in seconds that were already read.
#[test]
fn each_late_event_is_read_once_whenever_it_appears() {
    for (seed, tokens) in [(20, TokenKind::ByPosition), (21, TokenKind::ByOffset)] {
        let mut data = events(3_000, 2, seed);
        let settings = Settings { events: data.clone(), rate: None, tokens, ..Settings::default() };
        let emulator = Emulator::start(settings).unwrap();
        let connector = Connector::new(&emulator);
        let mut records: Vec<Value> = Vec::new();
        let mut state: Option<Value> = None;
        for round in 1..=6_u64 {
            let mut running = connector.start_reading(state.as_ref());
            running.wait_for_lines(usize::try_from(round).unwrap() * 40);
            let late = late_events(seed * 100 + round);
            emulator.add(late.clone());
            data.extend(late);
            let run = running.finish().succeeded();
            records.extend(run.records().cloned());
            state = run.last_state().cloned();
        }
        let run = connector.read(state.as_ref()).succeeded();
        records.extend(run.records().cloned());
        assert_each_once(&records, &data);
    }
}

/// Events up to almost 15 minutes old, the default lookback, many of them in one second.
fn late_events(seed: u64) -> Vec<Event> {
    let shape = if seed.is_multiple_of(2) { Shape::Uniform } else { Shape::Bursty };
    generate(&Generator { count: 90, seed, shape, ..Generator::new(now() - 890, now()) })
}

#[test]
fn an_event_that_can_not_become_a_record_is_left_out_with_a_warning() {
    let mut data = events(300, 5, 30);
    let nameless = data.remove(120).without_id();
    let timeless = data.remove(200).without_time();
    let emulator = emulator(data.iter().cloned().chain([nameless, timeless]).collect());
    let run = Connector::new(&emulator).read(None).succeeded();
    assert_each_once(run.records(), &data);
    for unknown in ["EventId unknown", "EventTime unknown"] {
        assert!(run.logs().any(|line| line.contains("can't become a record") && line.contains(unknown)));
    }
}

#[test]
fn with_a_filter_only_events_with_the_attribute_are_read() {
    let data = events(2_000, 80, 40);
    let emulator = emulator(data.clone());
    let filter = json!({"attribute_key": "EventName", "attribute_value": "ConsoleLogin"});
    let run = Connector::new(&emulator).with("lookup_attributes_filter", filter).read(None).succeeded();
    let logins: Vec<Event> = data.into_iter().filter(|event| event.body["EventName"] == "ConsoleLogin").collect();
    assert!(!logins.is_empty());
    assert_each_once(run.records(), &logins);
    assert_eq!(
        run.last_state().unwrap()["stream"]["stream_state"]["regions"]["us-east-1"]["filter"],
        json!("EventName=ConsoleLogin")
    );
}

#[test]
fn start_date_and_records_limit_are_respected() {
    let data = events(2_000, 80, 50);
    let emulator = emulator(data.clone());
    let start = now() - now() % 86_400 - 10 * 86_400;
    let written = chrono::DateTime::from_timestamp(start, 0).unwrap().format("%Y-%m-%d").to_string();
    let connector = Connector::new(&emulator).with("start_date", written);
    let run = connector.read(None).succeeded();
    let since: Vec<Event> = data.into_iter().filter(|event| event.second >= start).collect();
    assert_each_once(run.records(), &since);

    let run = connector.with("records_limit", 70).read(None).succeeded();
    assert_eq!(run.records().count(), 70);
    let rest = Connector::new(&emulator).read(run.last_state()).succeeded();
    assert!(rest.records().all(|record| run.records().all(|earlier| earlier["EventId"] != record["EventId"])));
}

/// There are more events within the lookback than a state has room for, most of them in seconds of their own.
#[test]
fn events_that_the_state_has_no_room_for_are_read_by_a_later_sync() {
    let data = generate(&Generator { count: 50_000, seed: 70, ..Generator::new(now() - 80_000, now() - 60) });
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator).with("lookback_window_minutes", 1440);
    let first = connector.read(None).succeeded();
    assert!(first.records().count() < 45_000);
    assert!(first.logs().any(|line| line.contains("are held back, because the state has no room")));
    assert!(first.states().all(|state| state.to_string().len() <= 1 << 20));
    let second = connector.read(first.last_state()).succeeded();
    assert_eq!(second.records().count(), 0, "there is no more room than before");
    let third = connector.with("lookback_window_minutes", 0).read(second.last_state()).succeeded();
    assert_each_once(first.records().chain(third.records()), &data);
}
