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
fn an_organization_has_accounts_with_events_roles_and_regions() {
    let arguments = |line: &str| parse(&format!("--events 50 {line}")).unwrap();
    let one = arguments("").events(1_740_000_000);
    let arguments = arguments("--organization 2 --role-external-id seven --region us-east-1 --region me-south-1");
    let events = arguments.events(1_740_000_000);
    assert_eq!(events[..50], one, "a second account does not change the first");
    let settings = arguments.settings(Vec::new());
    let ids = settings.organization.unwrap().account_ids();
    assert_eq!((ids.len(), ids[0].as_str()), (3, DEFAULT_ACCOUNT));
    for id in &ids {
        let of_account = events.iter().filter(|event| event.account == *id);
        assert_eq!(of_account.clone().filter(|event| event.region == "me-south-1").count(), 50);
        assert_eq!(of_account.count(), 100);
        assert!(settings.account_regions[id].contains(&("me-south-1".to_owned(), RegionStatus::Enabled)));
    }
    let role = |id: &str| Role {
        external_id: Some("seven".to_owned()),
        ..Role::new(format!("arn:aws:iam::{id}:role/cloudtrail-reader"))
    };
    assert_eq!(settings.roles, [role(&ids[1]), role(&ids[2])]);
    assert!(parse("--events 1").unwrap().settings(Vec::new()).account_regions.is_empty());
}

#[test]
fn a_command_finds_every_api_that_the_options_are_about() {
    let variables = |line: &str| parse(line).unwrap().endpoint_variables();
    assert_eq!(variables("").len(), 0);
    assert_eq!(variables("--role arn:aws:iam::123456789012:role/reader"), ["AWS_ENDPOINT_URL_STS"]);
    let all = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ORGANIZATIONS", "AWS_ENDPOINT_URL_ACCOUNT"];
    assert_eq!(variables("--organization 1"), all);
    assert_eq!(variables("--organization 1 --role arn:aws:iam::123456789012:role/reader --role-lifetime 5"), all);
    assert!(parse("--role-lifetime 5").is_err());
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
