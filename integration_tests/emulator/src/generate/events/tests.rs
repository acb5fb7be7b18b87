//! Generated events are the same for the same seed, have the range, shape and size that they should, and include the
//! edge cases.

use super::{generate, generate_each};
use crate::{
    generate::generator::{Generator, Shape},
    history::event::{Category, Event},
    wire::timestamp::iso_8601,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const FIRST: i64 = 1_740_000_000;
const LAST: i64 = FIRST + 7 * 86_400;
const SHAPES: [Shape; 6] = [Shape::Uniform, Shape::Bursty, Shape::Office, Shape::Recent, Shape::Old, Shape::OneSecond];

fn record(event: &Event) -> Value {
    serde_json::from_str(event.body["CloudTrailEvent"].as_str().unwrap()).unwrap()
}

fn count(events: &[Event], matches: impl Fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| matches(event)).count()
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let generator = Generator { count: 100, ..Generator::new(FIRST, LAST) };
    let other = Generator { seed: 2, ..generator.clone() };
    assert_eq!(generate(&generator), generate(&generator));
    let ids: HashSet<String> = generate(&generator).iter().filter_map(|event| event.id().map(str::to_owned)).collect();
    assert_eq!(ids.len(), 100);
    assert!(generate(&other).iter().all(|event| !ids.contains(event.id().unwrap())));
}

#[test]
fn every_shape_stays_in_the_range() {
    for shape in SHAPES {
        for (first, last) in [(FIRST, LAST), (FIRST, FIRST + 10), (FIRST, FIRST)] {
            let events = generate(&Generator { count: 100, shape, ..Generator::new(first, last) });
            assert_eq!(events.len(), 100);
            assert!(events.iter().all(|event| (first..=last).contains(&event.second)), "{shape:?}");
        }
    }
}

#[test]
fn every_shape_is_as_its_name_says() {
    let seconds = |shape| {
        let events = generate(&Generator { shape, ..Generator::new(FIRST, LAST) });
        events.iter().map(|event| event.second).collect::<Vec<_>>()
    };
    assert!(seconds(Shape::Recent).iter().all(|second| *second > LAST - 3600));
    assert!(seconds(Shape::Old).iter().all(|second| *second < FIRST + 3600));
    assert!(seconds(Shape::OneSecond).iter().all(|second| *second == LAST));
    let bursty = seconds(Shape::Bursty);
    assert!(bursty.iter().max().unwrap() - bursty.iter().min().unwrap() < 3600);
    let middle = |seconds: Vec<i64>| seconds.iter().filter(|second| **second < FIRST + (LAST - FIRST) / 2).count();
    assert!((400..600).contains(&middle(seconds(Shape::Uniform))));
    let in_office_hours =
        seconds(Shape::Office).iter().filter(|second| (8..=18).contains(&(*second % 86_400 / 3600))).count();
    assert!(in_office_hours > 800, "{in_office_hours}");
}

#[test]
fn more_than_a_page_of_events_shares_a_second() {
    let mut in_second: HashMap<i64, usize> = HashMap::new();
    for event in generate(&Generator::new(FIRST, LAST)) {
        *in_second.entry(event.second).or_default() += 1;
    }
    assert!(in_second.values().any(|count| *count > 50));
}

#[test]
fn an_event_and_its_record_agree() {
    let generator =
        Generator { account: "210987654321".to_owned(), region: "eu-west-1".to_owned(), ..Generator::new(FIRST, LAST) };
    for event in generate(&generator) {
        let record = record(&event);
        assert_eq!(record["eventID"], event.body["EventId"]);
        assert_eq!(record["eventName"], event.body["EventName"]);
        assert_eq!(record["eventTime"], iso_8601(event.second));
        assert_eq!(
            (&record["awsRegion"], &record["recipientAccountId"]),
            (&"eu-west-1".into(), &"210987654321".into())
        );
        assert_eq!((event.region.as_str(), event.account.as_str()), ("eu-west-1", "210987654321"));
        assert!(event.timed && event.body["ReadOnly"].is_string());
    }
}

#[test]
fn sizes_are_as_on_aws() {
    let sizes: Vec<usize> = generate(&Generator { count: 999, ..Generator::new(FIRST, LAST) })
        .iter()
        .map(|event| serde_json::to_string(&event.body).unwrap().len())
        .collect();
    let average = sizes.iter().sum::<usize>() / sizes.len();
    assert!((1500..1900).contains(&average), "{average}");
    let events = generate(&Generator::new(FIRST, LAST));
    let largest = events.iter().map(|event| event.body["CloudTrailEvent"].as_str().unwrap().len()).max();
    assert_eq!(largest, Some(256 * 1024));
}

#[test]
fn every_edge_case_occurs() {
    let events = generate(&Generator { count: 80, ..Generator::new(FIRST, LAST) });
    let resources = |event: &Event| event.body.get("Resources").and_then(Value::as_array).cloned();
    let without = |name| count(&events, |event| !event.body.contains_key(name));
    assert!(without("Username") > 0 && without("AccessKeyId") > 0 && without("Resources") > 0);
    assert!(count(&events, |event| resources(event).is_some_and(|found| found.is_empty())) > 0);
    assert!(count(&events, |event| resources(event).is_some_and(|found| found.len() > 1)) > 0);
    assert!(
        count(&events, |event| resources(event)
            .is_some_and(|found| found.iter().any(|one| one["ResourceType"].is_null())))
            > 0
    );
    for letter in ['\u{0}', '\u{2028}', '"', '\\', 'ü', '\u{10ffff}'] {
        let names =
            |event: &Event| event.body.get("Username").and_then(Value::as_str).unwrap_or_default().contains(letter);
        assert!(count(&events, names) > 0, "{letter:?}");
    }
    assert_eq!(without("EventId"), 0);
}

/// The Insights events, with their records. One of 40 has none.
fn insights(count: usize) -> Vec<(Event, Value)> {
    let events = generate(&Generator { count, category: Category::Insight, ..Generator::new(FIRST, LAST) });
    assert_eq!(events.len(), count);
    assert!(events.iter().all(|event| event.category == Category::Insight));
    let recorded = events.into_iter().filter(|event| event.body.contains_key("CloudTrailEvent"));
    recorded.map(|event| (event.clone(), record(&event))).collect()
}

#[test]
fn insights_come_in_pairs_of_start_and_end_and_some_have_no_end_yet() {
    let mut pairs: HashMap<String, Vec<(String, i64, String)>> = HashMap::new();
    for (event, record) in insights(400) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let state = (text(&record["insightDetails"]["state"]), event.second, text(&record["eventID"]));
        pairs.entry(text(&record["sharedEventID"])).or_default().push(state);
    }
    let mut complete = 0;
    for pair in pairs.values() {
        let [(start, began, id), (end, ended, other)] = pair.as_slice() else { continue };
        assert_eq!((start.as_str(), end.as_str()), ("Start", "End"));
        assert!(began <= ended && id != other);
        complete += 1;
    }
    assert!(complete > 150, "{complete}");
    let unfinished = pairs.values().filter(|pair| matches!(pair.as_slice(), [(state, ..)] if state == "Start"));
    assert!(unfinished.count() >= 20);
}

#[test]
fn the_record_of_an_insights_event_has_the_fields_that_aws_documents() {
    for (event, record) in insights(400) {
        let details = &record["insightDetails"];
        let statistics = &details["insightContext"]["statistics"];
        assert_eq!(
            (&record["eventType"], &record["eventCategory"]),
            (&"AwsCloudTrailInsight".into(), &"Insight".into())
        );
        assert_eq!(record["eventID"], event.body["EventId"]);
        assert_eq!(record["eventTime"], iso_8601(event.second));
        let error_code = details.get("errorCode");
        assert_eq!(details["insightType"] == "ApiErrorRateInsight", error_code.is_some_and(Value::is_string));
        assert!(statistics["insightDuration"].as_i64().unwrap() >= 1);
        assert!(statistics["baselineDuration"].as_i64().unwrap() >= 10_080);
        let attributions = details["insightContext"]["attributions"].as_array().unwrap();
        let attributes: Vec<&Value> = attributions.iter().map(|attribution| &attribution["attribute"]).collect();
        assert_eq!(attributes, ["userIdentityArn", "userAgent", "errorCode"]);
        for (name, member) in [("EventName", "eventName"), ("EventSource", "eventSource")] {
            assert!(event.body.get(name).is_none_or(|value| *value == details[member]), "{name}");
            assert!(record.get(member).is_none(), "only insightDetails has {member}");
        }
    }
}

#[test]
fn every_edge_case_of_insights_events_occurs() {
    let events = generate(&Generator { count: 40, category: Category::Insight, ..Generator::new(FIRST, LAST) });
    for name in ["EventName", "EventSource", "Resources", "CloudTrailEvent", "ReadOnly"] {
        let without = count(&events, |event| !event.body.contains_key(name));
        assert!((1..40).contains(&without), "{without} without {name}");
    }
    assert_eq!(count(&events, |event| !event.body.contains_key("EventId")), 0);
    let average = |event: &Event, place: &str| {
        let record: Value = serde_json::from_str(event.body.get("CloudTrailEvent")?.as_str()?).ok()?;
        Some(record["insightDetails"]["insightContext"]["statistics"][place]["average"].to_string())
    };
    for (place, text) in [("baseline", "0.0000882145"), ("baseline", "2"), ("insight", "664")] {
        assert!(count(&events, |event| average(event, place).as_deref() == Some(text)) > 0, "{place} {text}");
    }
}

#[test]
fn all_events_can_have_the_same_size() {
    let generated = |size| {
        let events = generate(&Generator { size, ..Generator::new(FIRST, LAST) });
        let records = events.iter().map(|event| event.body["CloudTrailEvent"].as_str().unwrap().len());
        (events.iter().map(|event| event.id().unwrap().to_owned()).collect::<Vec<_>>(), records.collect::<Vec<_>>())
    };
    let (ids, sizes) = generated(Some(3_000));
    assert_eq!(sizes, [3_000; 1000]);
    assert_eq!(ids, generated(None).0, "only the sizes differ");
    assert!(generated(Some(1)).1.iter().all(|size| (500..5_000).contains(size)));
}

#[test]
fn each_history_has_events_of_its_own_account_and_region() {
    let histories = [("111122223333", "us-east-1"), ("111122223333", "eu-west-1"), ("210987654321", "us-east-1")]
        .map(|(account, region)| (account.to_owned(), region.to_owned()));
    let generator = Generator { count: 50, seed: u64::MAX, ..Generator::new(1_740_000_000, 1_740_086_399) };
    let events = generate_each(&histories, &generator);
    assert_eq!(events.len(), 150);
    for (history, events) in histories.iter().zip(events.chunks(50)) {
        for event in events {
            let record = record(event);
            assert_eq!((&event.account, &event.region), (&history.0, &history.1));
            assert_eq!(record["recipientAccountId"], history.0.as_str());
            assert_eq!(record["awsRegion"], history.1.as_str());
        }
    }
    let ids: HashSet<&str> = events.iter().filter_map(Event::id).collect();
    assert_eq!(ids.len(), events.iter().filter(|event| event.id().is_some()).count());
}
