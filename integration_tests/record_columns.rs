//! The columns of the records of both streams, in both formats of `CloudTrailEvent`: the schemas that `discover` prints
//! declare all of them, and those of the published samples are compared one by one with `record_columns.json`, which was
//! written by hand.

use crate::{
    connector::{Connector, DAY, REGION, Run, emulator, now},
    source::files,
};
use cloudtrail_emulator::{Category, DEFAULT_ACCOUNT, Emulator, Event, Generator, generate, samples};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const FORMATS: [&str; 2] = ["string", "object"];

/// The samples, and generated events with all edge cases.
fn events() -> Vec<Event> {
    let (first, last) = (now() - 30 * DAY, now() - 1);
    let insights = Generator { seed: 2, count: 120, category: Category::Insight, ..Generator::new(first, last) };
    let generated = [Generator::new(first, last), insights];
    let samples = samples(first, last, DEFAULT_ACCOUNT, REGION);
    samples.into_iter().chain(generated.iter().flat_map(generate)).collect()
}

/// The streams that `discover` prints in this format, and a read of them.
fn read(emulator: &Emulator, format: &str) -> (Vec<Value>, Run) {
    let connector = Connector::new(emulator).with("cloudtrail_event_format", format);
    let discovered = connector.run(&["discover", "--config", "config.json"]).succeeded();
    let streams = discovered.lines[0]["catalog"]["streams"].as_array().unwrap().clone();
    let configured: Vec<Value> = streams
        .iter()
        .map(|stream| json!({"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}))
        .collect();
    let run = connector.with_catalog(json!({"streams": configured})).read(None).succeeded();
    (streams, run)
}

/// The records of a stream.
fn records<'a>(run: &'a Run, stream: &'a str) -> impl Iterator<Item = &'a Value> {
    let of_stream = run.of_type("RECORD").filter(move |line| line["record"]["stream"] == stream);
    of_stream.map(|line| &line["record"]["data"])
}

#[test]
fn the_discovered_schemas_declare_every_column_of_every_record() {
    let events = events();
    let emulator = emulator(events.clone());
    for format in FORMATS {
        let (streams, run) = read(&emulator, format);
        for (name, category) in [("management_events", Category::Management), ("insight_events", Category::Insight)] {
            let stream = streams.iter().find(|stream| stream["name"] == name).unwrap();
            let mut schema = stream["json_schema"].clone();
            schema["additionalProperties"] = json!(false);
            let validator = jsonschema::validator_for(&schema).unwrap();
            let mut columns: BTreeSet<&String> = BTreeSet::new();
            let mut count = 0;
            for record in records(&run, name) {
                if let Err(error) = validator.validate(record) {
                    panic!("{name}, {format}: {error}: {record}");
                }
                let members = record.as_object().unwrap();
                assert!(members.values().all(|value| !value.is_null()), "{record}");
                columns.extend(members.keys());
                count += 1;
            }
            assert_eq!(count, events.iter().filter(|event| event.category == category).count(), "{name}, {format}");
            if category == Category::Management {
                let declared: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
                assert_eq!(columns, declared, "{name}, {format}: columns without a record that has them");
            }
        }
    }
}

#[test]
fn cloud_trail_event_is_the_event_in_both_formats() {
    let events = events();
    let emulator = emulator(events.clone());
    for format in FORMATS {
        let (_, run) = read(&emulator, format);
        let mut by_id: BTreeMap<&str, &Value> = run.records().map(|record| (id(record), record)).collect();
        for event in &events {
            let record = by_id.remove(event.id().unwrap()).unwrap();
            let expected = event.body.get("CloudTrailEvent").map(|text| match format {
                "object" => serde_json::from_str(text.as_str().unwrap()).unwrap(),
                _ => text.clone(),
            });
            assert_eq!(record.get("CloudTrailEvent"), expected.as_ref(), "{format}");
        }
        assert_eq!(by_id.len(), 0);
    }
}

#[test]
fn each_column_of_the_published_samples_is_as_expected() {
    let emulator = emulator(events());
    let expected: Vec<Value> = serde_json::from_str(include_str!("record_columns.json")).unwrap();
    for format in FORMATS {
        let (_, run) = read(&emulator, format);
        let by_id: BTreeMap<&str, &Value> = run.records().map(|record| (id(record), record)).collect();
        for sample in &expected {
            let columns = sample["columns"].as_object().unwrap();
            let record = by_id[id(&sample["columns"])].as_object().unwrap();
            let names: BTreeSet<&String> = columns.keys().chain(record.keys()).collect();
            for name in names.into_iter().filter(|name| !["CloudTrailEvent", "EventTime"].contains(&name.as_str())) {
                let value = columns.get(name).map(|value| match value["seconds after EventTime"].as_i64() {
                    Some(offset) => iso_8601(record["EventTime"].as_i64().unwrap() + offset),
                    None => value.clone(),
                });
                assert_eq!(record.get(name), value.as_ref(), "{name} of {}", sample["sample"]);
            }
        }
    }
}

#[test]
fn all_published_samples_have_expected_columns() {
    let expected: Vec<Value> = serde_json::from_str(include_str!("record_columns.json")).unwrap();
    let expected: BTreeSet<&str> = expected.iter().map(|sample| id(&sample["columns"])).collect();
    let files = files("integration_tests/emulator/src/generate/samples/published", "json");
    let samples: Vec<Value> =
        files.iter().flat_map(|(_, text)| serde_json::from_str::<Vec<Value>>(text).unwrap()).collect();
    let published: BTreeSet<&str> =
        samples.iter().map(|sample| sample["record"]["eventID"].as_str().unwrap()).collect();
    assert_eq!(expected, published);
}

fn id(record: &Value) -> &str {
    record["EventId"].as_str().unwrap()
}

/// A time as records have it, such as `2015-08-30T12:36:00Z`.
fn iso_8601(second: i64) -> Value {
    let time = chrono::DateTime::from_timestamp(second, 0).unwrap();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}
