//! States in the forms of old connectors and other clients, states of the future, and no state at all.

use crate::connector::{Connector, DAY, REGION, assert_each_once, emulator, events, now};
use cloudtrail_emulator::Event;
use serde_json::{Value, json};

fn message(state: &Value) -> Value {
    json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": "management_events"}, "stream_state": state}})
}

#[test]
fn states_of_the_old_connector_are_accepted_in_every_form() {
    let data = events(600, 20, 1);
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator);
    let cursor = now() - 10 * DAY;
    let since: Vec<Event> = data.into_iter().filter(|event| event.second >= cursor - 900).collect();
    let float: Value = serde_json::from_str(&format!("{cursor}.0")).unwrap();
    for event_time in [json!(cursor), float, json!(cursor.to_string())] {
        let state = json!({"EventTime": event_time});
        for form in [json!([message(&state)]), message(&state), json!({"management_events": state})] {
            let run = connector.read_with_state_file(&form.to_string()).succeeded();
            assert_each_once(run.records(), &since);
        }
    }
}

#[test]
fn a_cursor_older_than_the_history_reads_all_and_names_the_gap() {
    let data = events(200, 80, 2);
    let emulator = emulator(data.clone());
    for event_time in [json!(1_623_346_856), json!(1_623_346_856.0), json!("1623346856")] {
        let run = Connector::new(&emulator).read(Some(&message(&json!({"EventTime": event_time})))).succeeded();
        assert_each_once(run.records(), &data);
        assert!(run.logs().any(|line| line.contains("2021-06-10T") && line.contains("no longer in the event history")));
    }
}

#[test]
fn no_state_in_any_form_reads_all() {
    let data = events(60, 80, 3);
    let emulator = emulator(data.clone());
    for none in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"management_events": {}}"#,
        r#"[{"type":"STREAM","stream":{"stream_descriptor":{"name":"management_events"},"stream_state":{"__ab_no_cursor_state_message":true}}}]"#,
    ] {
        let run = Connector::new(&emulator).read_with_state_file(none).succeeded();
        assert_each_once(run.records(), &data);
    }
}

#[test]
fn a_state_or_start_in_the_future_reads_nothing_and_leaves_the_state() {
    let emulator = emulator(events(60, 80, 4));
    let connector = Connector::new(&emulator);
    for future in [json!({"EventTime": 33_333_333_333_i64}), json!({"EventTime": "33333333333", "more": [1]})] {
        let run = connector.read(Some(&message(&future))).succeeded();
        assert_eq!((run.records().count(), run.statuses()), (0, vec!["STARTED", "COMPLETE"]));
        assert_eq!(run.last_state().unwrap()["stream"]["stream_state"], future);
    }
    let run = connector.with("start_date", "2999-01-01").read(None).succeeded();
    assert_eq!(run.records().count(), 0);
    assert_eq!(run.last_state().unwrap()["stream"]["stream_state"], json!({}));
    assert_eq!(emulator.journal().len(), 0);
}

/// The form that README promises.
#[test]
fn a_state_has_the_promised_form() {
    let data = events(50, 80, 5);
    let emulator = emulator(data);
    let run = Connector::new(&emulator).with("lookback_window_minutes", 1440).read(None).succeeded();
    let state = &run.last_state().unwrap()["stream"]["stream_state"];
    let region = &state["regions"]["us-east-1"];
    assert_eq!(state["EventTime"], region["EventTime"]);
    assert!((now() - DAY - 60..now() - DAY).contains(&state["EventTime"].as_i64().unwrap()));
    assert_eq!(region["covered"], json!([]));
    let loose: Vec<(&String, &Value)> = region["loose"].as_object().unwrap().iter().collect();
    let young: Vec<i64> = run
        .records()
        .map(|record| record["EventTime"].as_i64().unwrap())
        .filter(|time| *time > state["EventTime"].as_i64().unwrap())
        .collect();
    assert_eq!(loose.len(), young.len());
    assert!(
        loose.iter().all(|(second, ids)| young.contains(&second.parse().unwrap()) && ids.as_str().unwrap().len() == 11)
    );
}

#[test]
fn a_changed_filter_is_logged() {
    let emulator = emulator(events(60, 80, 6));
    let filter = json!({"attribute_key": "ReadOnly", "attribute_value": "true"});
    let filtered = Connector::new(&emulator).with("lookup_attributes_filter", filter).read(None).succeeded();
    let run = Connector::new(&emulator).read(filtered.last_state()).succeeded();
    assert!(run.logs().any(|line| line.contains("The filter changed from ReadOnly=true to no filter.")));
    assert_eq!(run.last_state().unwrap()["stream"]["stream_state"]["regions"][REGION].get("filter"), None);
}

#[test]
fn the_sample_files_work() {
    let emulator = emulator(events(60, 80, 7));
    let connector = Connector::new(&emulator);
    for state in [include_str!("sample_state.json"), include_str!("abnormal_state.json")] {
        let run = connector.read_with_state_file(state).succeeded();
        assert!(run.states().count() > 0);
    }
    let config = |text: &str| {
        let config: Value = serde_json::from_str(text).unwrap();
        let connector = Connector::at(&emulator.url());
        config.as_object().unwrap().iter().fold(connector, |connector, (key, value)| connector.with(key, value.clone()))
    };
    let status = |connector: Connector| connector.check().lines[0]["connectionStatus"]["status"].clone();
    assert_eq!(status(config(include_str!("sample_config.json"))), "SUCCEEDED");
    assert_eq!(status(config(include_str!("invalid_config.json"))), "FAILED");
    let full_refresh = serde_json::from_str(include_str!("configured_catalog_full_refresh.json")).unwrap();
    let run = Connector::new(&emulator).with_catalog(full_refresh).read(None).succeeded();
    assert_eq!(run.records().count(), 60);
}
