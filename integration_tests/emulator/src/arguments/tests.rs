//! The events and settings that command lines select.

use super::*;
use cloudtrail_emulator::Limiter;
use std::collections::HashSet;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(["cloudtrail-emulator"].into_iter().chain(line.split_whitespace()))
}

#[test]
fn each_region_has_its_own_events() {
    let events = |line: &str| parse(line).unwrap().events(1_740_000_000);
    let ids = |events: &[Event]| -> HashSet<String> {
        events.iter().map(|event| event.body["EventId"].as_str().unwrap().to_owned()).collect()
    };
    let one = events("--events 50 --insights 10");
    let two = events("--events 50 --insights 10 --region us-east-1 --region eu-west-1");
    assert_eq!(two[..60], one, "a second Region does not change the first");
    assert!(two[60..].iter().all(|event| event.region == "eu-west-1"));
    assert_eq!(two.len(), 120);
    assert!(ids(&two[60..]).is_disjoint(&ids(&one)));
}

#[test]
fn every_option_for_throttling_changes_its_setting() {
    let settings = |line: &str| parse(line).unwrap().settings(Vec::new());
    let throttling = |line: &str| {
        let Settings { rate, limiter, quota_after_latency, other_reader, random_throttles, .. } = settings(line);
        (rate, limiter, quota_after_latency, other_reader, random_throttles)
    };
    assert_eq!(throttling(""), (Some(2.0), Limiter::Windows, false, None, 0.0));
    assert_eq!(
        throttling("--rate 5 --limiter bucket --burst 7 --quota-after-latency --other-reader 4 --random-throttles 0.1"),
        (Some(5.0), Limiter::Bucket { burst: 7 }, true, Some(4.0), 0.1)
    );
    assert_eq!(throttling("--rate 0 --limiter sliding"), (None, Limiter::SlidingWindow, false, None, 0.0));
    for invalid in ["--random-throttles 1.5", "--random-throttles -0.1", "--random-throttles NaN", "--burst 0"] {
        assert!(parse(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn the_size_of_events_can_be_set() {
    let events = parse("--events 5 --event-size 9000").unwrap().events(1_740_000_000);
    assert!(events.iter().all(|event| event.body["CloudTrailEvent"].as_str().unwrap().len() == 9000));
}

#[test]
fn samples_are_added_to_the_first_region_and_stay_in_the_time_range() {
    let events = |line: &str| parse(line).unwrap().events(1_740_000_000);
    let (line, days) = ("--events 20 --insights 4 --late 60 --region eu-west-1 --region us-east-1", 5);
    let without = events(&format!("{line} --days {days}"));
    let with = events(&format!("{line} --days {days} --samples"));
    assert_eq!(
        with.iter().map(Event::id).take(48).collect::<Vec<_>>(),
        without.iter().map(Event::id).collect::<Vec<_>>()
    );
    let samples = &with[48..];
    assert!(samples.len() > 40, "{}", samples.len());
    let range = 1_740_000_000 - days * 86_400..=1_740_000_000;
    assert!(samples.iter().all(|event| event.region == "eu-west-1" && range.contains(&event.second)));
    assert!(samples.iter().any(|event| event.category == Category::Insight));
    assert_eq!(samples, &events("--events 0 --region eu-west-1 --samples --days 5")[..]);
}
