//! Generated events are the same for the same seed, have the range, shape and size that they should, and include the
//! edge cases.

use super::generate;
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

#[test]
fn insights_come_in_pairs_of_start_and_end() {
    let events = generate(&Generator { count: 20, category: Category::Insight, ..Generator::new(FIRST, LAST) });
    let mut pairs: HashMap<String, Vec<(String, i64, String)>> = HashMap::new();
    for event in &events {
        assert_eq!(event.category, Category::Insight);
        let record = record(event);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let state = (text(&record["insightDetails"]["state"]), event.second, text(&record["eventID"]));
        pairs.entry(text(&record["sharedEventID"])).or_default().push(state);
    }
    assert_eq!(pairs.len(), 10);
    for pair in pairs.values_mut() {
        pair.sort_by_key(|(state, _, _)| state == "End");
        let [(start, began, id), (end, ended, other)] = pair.as_slice() else { panic!("{pair:?}") };
        assert_eq!((start.as_str(), end.as_str()), ("Start", "End"));
        assert!(began <= ended && id != other);
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
