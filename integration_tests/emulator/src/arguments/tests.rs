//! What the words of a command line make of the data.

use std::collections::HashSet;

use super::*;

#[test]
fn every_region_has_events_of_its_own() {
    let events = |line: &str| {
        let words = ["cloudtrail-emulator"].into_iter().chain(line.split_whitespace());
        Arguments::parse_from(words).events(1_740_000_000)
    };
    let ids = |events: &[Event]| -> HashSet<String> {
        events.iter().map(|event| event.body["EventId"].as_str().unwrap().to_owned()).collect()
    };
    let one = events("--events 50 --insights 10");
    let two = events("--events 50 --insights 10 --region us-east-1 --region eu-west-1");
    assert_eq!(two[..60], one, "a second Region changes nothing about the first");
    assert!(two[60..].iter().all(|event| event.region == "eu-west-1"));
    assert_eq!(two.len(), 120);
    assert!(ids(&two[60..]).is_disjoint(&ids(&one)));
}
