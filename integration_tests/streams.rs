//! Both streams in one sync: each event once, with a state, a status and an end of its own, and one quota.

use crate::connector::{Connector, DAY, Run, assert_each_once, emulator, events, now};
use cloudtrail_emulator::{Category, Emulator, Event, Generator, Latency, Settings, generate};
use serde_json::{Value, json};

const STREAMS: [(&str, Category); 2] =
    [("management_events", Category::Management), ("insight_events", Category::Insight)];

fn insights(count: usize, days: i64, seed: u64) -> Vec<Event> {
    let category = Category::Insight;
    generate(&Generator { count, seed, category, ..Generator::new(now() - days * DAY, now() - 1) })
}

/// Events of the last ten minutes.
fn recent(count: usize, category: Category, seed: u64) -> Vec<Event> {
    generate(&Generator { count, seed, category, ..Generator::new(now() - 600, now()) })
}

fn of_category(events: &[Event], category: Category) -> Vec<Event> {
    events.iter().filter(|event| event.category == category).cloned().collect()
}

/// The last STATE of each stream, as the platform passes them to the next sync: one from `before` if `run` has none.
fn last_states(run: &Run, before: &Value) -> Value {
    let of_stream = |(stream, _): &(&str, Category)| {
        let earlier = before.as_array().into_iter().flatten();
        let mut earlier = earlier.filter(|state| state["stream"]["stream_descriptor"]["name"] == *stream);
        run.of_stream(stream).last_state().or(earlier.next()).cloned()
    };
    STREAMS.iter().filter_map(of_stream).collect()
}

#[test]
fn each_event_of_both_streams_is_read_once_with_a_state_for_each() {
    let data = [events(3_000, 80, 1), insights(300, 80, 2)].concat();
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator).with_insight_events();
    let run = connector.read(None).succeeded();
    for (stream, category) in STREAMS {
        let run = run.of_stream(stream);
        assert_each_once(run.records(), &of_category(&data, category));
        assert_eq!(run.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
        let counted: f64 = run.states().map(|state| state["sourceStats"]["recordCount"].as_f64().unwrap()).sum();
        assert_eq!(counted.to_string(), run.records().count().to_string());
    }
    let new = [recent(70, Category::Management, 3), recent(30, Category::Insight, 4)].concat();
    emulator.add(new.clone());
    let run = connector.read(Some(&last_states(&run, &json!([])))).succeeded();
    for (stream, category) in STREAMS {
        assert_each_once(run.of_stream(stream).records(), &of_category(&new, category));
    }
}

/// AWS delivers Insights events up to half an hour late, so the shortest lookback for them is two hours.
#[test]
fn the_lookback_of_insights_events_is_at_least_two_hours() {
    let emulator = emulator(vec![]);
    for (minutes, [management, insight]) in [(15, [15, 120]), (300, [300, 300])] {
        let connector = Connector::new(&emulator).with_insight_events().with("lookback_window_minutes", minutes);
        let (began, run) = (now(), connector.read(None).succeeded());
        for ((stream, _), expected) in STREAMS.into_iter().zip([management, insight]) {
            let run = run.of_stream(stream);
            let cursor = run.last_state().unwrap()["stream"]["stream_state"]["EventTime"].as_i64().unwrap();
            let lookback = began - cursor - 1;
            assert!((expected * 60 - 10..=expected * 60 + 2).contains(&lookback), "{stream}: {lookback} s");
        }
    }
}

#[test]
fn an_account_without_insights_costs_one_request_more() {
    let emulator = emulator(events(1_000, 80, 5));
    Connector::new(&emulator).with_insight_events().read(None).succeeded();
    let journal = emulator.journal();
    assert_eq!(journal.iter().filter(|entry| entry.category.as_deref() == Some("insight")).count(), 1);
    assert_eq!(journal.iter().filter(|entry| entry.category.is_none()).count(), journal.len() - 1);
}

/// At AWS's rate, which the emulator enforces.
#[test]
fn both_streams_share_the_quota_of_the_region() {
    let data = [events(300, 80, 6), insights(300, 80, 7)].concat();
    let emulator = Emulator::start(Settings { events: data.clone(), ..Settings::default() }).unwrap();
    let run = Connector::new(&emulator).with_insight_events().at_the_real_pace().read(None).succeeded();
    assert_each_once(run.of_stream("insight_events").records(), &of_category(&data, Category::Insight));
    assert_each_once(run.of_stream("management_events").records(), &of_category(&data, Category::Management));
    let journal = emulator.journal();
    assert!(journal.iter().all(|entry| entry.error().is_none()), "{journal:?}");
}

/// There are enough events for several STATEs of each stream.
#[test]
fn ten_kills_lose_nothing_and_repeat_nothing_in_either_stream() {
    let seed = 2_026;
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let data = [events(7_000, 80, seed), insights(6_000, 80, seed + 1)].concat();
    let latency = Latency { mean: 0.008, sigma: 0.8 };
    let emulator =
        Emulator::start(Settings { events: data.clone(), rate: None, latency, ..Settings::default() }).unwrap();
    let connector = Connector::new(&emulator).with_insight_events();
    let (mut kills, mut resumed_midway) = (0, [0, 0]);
    while kills < 10 {
        let mut committed: [Vec<Value>; 2] = Default::default();
        let mut states = json!([]);
        let mut runs = 2 + random.usize(..3);
        while runs > 0 {
            runs -= 1;
            let mut running = connector.start_reading(Some(&states));
            let run = if runs > 0 {
                running.wait_for_lines(random.usize(..12_000));
                kills += 1;
                running.kill()
            } else {
                running.finish().succeeded()
            };
            for (((stream, _), committed), resumed) in STREAMS.iter().zip(&mut committed).zip(&mut resumed_midway) {
                let run = run.of_stream(stream);
                *resumed += usize::from(!committed.is_empty() && run.records().count() > 0);
                committed.extend(run.records_up_to_state().cloned());
            }
            states = last_states(&run, &states);
        }
        for ((_, category), committed) in STREAMS.into_iter().zip(&committed) {
            assert_each_once(committed, &of_category(&data, category));
        }
    }
    assert!(resumed_midway.iter().all(|count| *count >= 2), "too few reads resumed midway: {resumed_midway:?}");
}

#[test]
fn a_filter_that_insights_do_not_take_fails_their_stream_alone() {
    let data = [events(500, 80, 8), insights(50, 80, 9)].concat();
    let emulator = emulator(data.clone());
    let filter = |key: &str, value: &str| json!({"attribute_key": key, "attribute_value": value});
    let connector = Connector::new(&emulator).with_insight_events();
    let run = connector.again().with("lookup_attributes_filter", filter("Username", "alice")).read(None);
    assert_eq!(run.code, Some(1));
    let [management, insight] = STREAMS.map(|(stream, _)| run.of_stream(stream));
    assert_eq!(management.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
    let of_alice = |event: &Event| event.body.get("Username") == Some(&json!("alice"));
    let alice: Vec<Event> = of_category(&data, Category::Management).into_iter().filter(of_alice).collect();
    assert_each_once(management.records(), &alice);
    assert_eq!(insight.statuses(), ["STARTED", "INCOMPLETE"]);
    assert_eq!(insight.errors()[0]["failure_type"], "config_error");
    assert!(insight.errors()[0]["message"].as_str().unwrap().contains("can't look up Insights events by Username"));
    assert!(emulator.journal().iter().all(|entry| entry.category.is_none()));

    let name = of_category(&data, Category::Insight)[0].body["EventName"].as_str().unwrap().to_owned();
    let run = connector.with("lookup_attributes_filter", filter("EventName", &name)).read(None).succeeded();
    let named = |event: &Event| event.body.get("EventName") == Some(&json!(name));
    for (stream, category) in STREAMS {
        let named: Vec<Event> = of_category(&data, category).into_iter().filter(named).collect();
        assert_each_once(run.of_stream(stream).records(), &named);
    }
}

/// It doesn't know which streams will be read.
#[test]
fn check_says_that_insights_cannot_be_filtered_that_way() {
    let emulator = emulator(vec![]);
    for (key, is_possible) in [("Username", false), ("ReadOnly", false), ("EventSource", true), ("EventId", true)] {
        let filter = json!({"attribute_key": key, "attribute_value": "true"});
        let run = Connector::new(&emulator).with("lookup_attributes_filter", filter).check().succeeded();
        let status = &run.of_type("CONNECTION_STATUS").next().unwrap()["connectionStatus"];
        assert_eq!(status["status"], "SUCCEEDED");
        let message = status["message"].as_str();
        assert_eq!(message.is_none(), is_possible, "{message:?}");
        assert!(message.is_none_or(|message| message.contains("insight_events")), "{message:?}");
    }
}

#[test]
fn a_state_that_cannot_be_used_fails_its_stream_alone() {
    let data = [events(300, 80, 10), insights(50, 80, 11)].concat();
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator).with_insight_events();
    for (bad, good) in [(0, 1), (1, 0)] {
        let state = json!([{"type": "STREAM", "stream": {
            "stream_descriptor": {"name": STREAMS[bad].0}, "stream_state": {"EventTime": "yesterday"}
        }}]);
        let run = connector.read(Some(&state));
        assert_eq!(run.code, Some(1));
        let of_bad = run.of_stream(STREAMS[bad].0);
        assert_eq!((of_bad.statuses().as_slice(), of_bad.errors().len()), (["STARTED", "INCOMPLETE"].as_slice(), 1));
        assert_eq!(of_bad.states().count(), 0, "the platform keeps the state that it has");
        let of_good = run.of_stream(STREAMS[good].0);
        assert_eq!(of_good.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
        assert_each_once(of_good.records(), &of_category(&data, STREAMS[good].1));
    }
}

/// For everything but the records, there are no such events.
#[test]
fn excluded_events_are_left_out_of_management_events_only() {
    let mut data = [events(3_000, 80, 12), recent(300, Category::Management, 13), insights(100, 80, 14)].concat();
    data.iter_mut().filter(|event| event.category == Category::Insight).for_each(|event| {
        event.body.insert("EventName".to_owned(), json!("Decrypt"));
    });
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator)
        .with_insight_events()
        .with("exclude_event_names", json!(["Decrypt", " AssumeRole ", ""]));
    let run = connector.read(None).succeeded();
    let [management, insight] = STREAMS.map(|(stream, _)| run.of_stream(stream));
    assert_each_once(insight.records(), &of_category(&data, Category::Insight));
    let is_kept = |event: &Event| !["Decrypt", "AssumeRole"].contains(&event.body["EventName"].as_str().unwrap());
    let kept: Vec<Event> = of_category(&data, Category::Management).into_iter().filter(is_kept).collect();
    assert_each_once(management.records(), &kept);
    assert!(run.logs().any(|line| line == "management_events: Excluded event names: AssumeRole, Decrypt."));
    assert_eq!(connector.read(Some(&last_states(&run, &json!([])))).succeeded().records().count(), 0);
}

#[test]
fn an_event_that_is_no_object_is_delivered_as_text_and_a_schema_of_another_format_is_warned_about() {
    let mut data = events(300, 80, 15);
    for event in data.iter_mut().step_by(100) {
        event.body.insert("CloudTrailEvent".to_owned(), json!("not JSON"));
    }
    let emulator = emulator(data);
    let mut catalog: Value = serde_json::from_str(include_str!("configured_catalog.json")).unwrap();
    catalog["streams"][0]["stream"]["json_schema"] =
        json!({"properties": {"CloudTrailEvent": {"type": ["null", "string"]}}});
    let connector = Connector::new(&emulator).with_catalog(catalog).with("cloudtrail_event_format", "object");
    let run = connector.read(None).succeeded();
    assert!(run.records().all(|record| record["CloudTrailEvent"].is_object()));
    let unparsed: Vec<&Value> = run
        .of_type("RECORD")
        .map(|line| &line["record"])
        .filter(|record| record["data"]["CloudTrailEvent"] == json!({"unparsed": "not JSON"}))
        .collect();
    assert_eq!(unparsed.len(), 3);
    let change = json!({"field": "CloudTrailEvent", "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"});
    assert!(unparsed.iter().all(|record| record["meta"] == json!({"changes": [change]})));
    assert_eq!(run.of_type("RECORD").filter(|line| !line["record"]["meta"].is_null()).count(), 3);
    for warning in ["can't be delivered as an object", "Refresh the source schema of the connection."] {
        assert_eq!(run.logs().filter(|line| line.contains(warning)).count(), 1, "{warning}");
    }
}

#[test]
fn the_log_tells_the_streams_apart() {
    let emulator = emulator(vec![]);
    let run = Connector::new(&emulator).with_insight_events().read(None).succeeded();
    for start in ["us-east-1: 0 records from 1 requests", "us-east-1 (Insights events): 0 records from 1 requests"] {
        assert_eq!(run.logs().filter(|line| line.starts_with(start)).count(), 1, "{start}");
    }
}
