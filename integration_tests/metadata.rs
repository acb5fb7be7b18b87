//! What metadata.yaml tells Airbyte's connector registry, compared with the connector, its documents and its icon. The
//! rules are those of Airbyte's published QA checks and of its metadata validator. Airbyte's own model of the file is
//! the business of `check_metadata.py`.

use crate::{connector::Connector, networks::refusing_proxy};
use chrono::{Days, NaiveDate};
use serde_json::Value;
use std::{collections::BTreeSet, thread};

const METADATA: &str = include_str!("../metadata.yaml");
const MIGRATION_GUIDE: &str = include_str!("../docs/aws-cloudtrail-migrations.md");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The value of a key that is on the same line.
fn value(key: &str) -> &'static str {
    value_in(METADATA, key)
}

fn value_in<'a>(yaml: &'a str, key: &str) -> &'a str {
    let value = yaml.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": ")).unwrap();
    value.trim_matches('"')
}

/// The items of the list under a key.
fn list(key: &str) -> Vec<&'static str> {
    let below = METADATA.lines().skip_while(|line| line.trim() != format!("{key}:")).skip(1);
    below.map_while(|line| line.trim().strip_prefix("- ")).collect()
}

/// The versions under `breakingChanges`, in their order, each with its part of the file.
fn breaking_changes() -> Vec<(&'static str, String)> {
    let below = METADATA.lines().skip_while(|line| line.trim() != "breakingChanges:").skip(1);
    let mut changes: Vec<(&str, String)> = Vec::new();
    for line in below.take_while(|line| line.starts_with("      ")) {
        match line.strip_prefix("      ").unwrap().strip_suffix(':') {
            Some(version) if !version.starts_with(' ') => changes.push((version, String::new())),
            _ => changes.last_mut().unwrap().1.extend([line, "\n"]),
        }
    }
    changes
}

#[test]
fn identity_is_that_of_the_published_connector() {
    assert_eq!(value("definitionId"), "6ff047c0-f5d5-4ce5-8c81-204a830fa7e1");
    assert_eq!(value("dockerRepository"), "airbyte/source-aws-cloudtrail");
    assert_eq!(value("connectorType"), "source");
}

#[test]
fn tags_are_pairs_and_name_one_language() {
    let tags = list("tags");
    assert!(tags.iter().all(|tag| tag.contains(':')), "{tags:?}");
    // Airbyte treats a connector without a language as broken, and one with build options as written in Python.
    assert_eq!(tags.iter().filter(|tag| tag.starts_with("language:")).collect::<Vec<_>>(), [&"language:rust"]);
    assert!(!METADATA.contains("connectorBuildOptions"));
}

#[test]
fn license_is_mit_everywhere() {
    assert_eq!(value("license"), "MIT");
    assert_eq!(env!("CARGO_PKG_LICENSE"), "MIT");
    assert!(include_str!("../LICENSE").starts_with("MIT License\n"));
}

#[test]
fn documentation_url_is_that_of_the_spec() {
    let spec: Value = serde_json::from_str(include_str!("../schemas/spec.json")).unwrap();
    assert_eq!(value("documentationUrl"), spec["documentationUrl"]);
    assert_eq!(value("documentationUrl"), "https://docs.airbyte.com/integrations/sources/aws-cloudtrail");
}

#[test]
fn icon_is_a_square_svg() {
    let icon = include_str!("../icon.svg");
    let root = icon.split('>').next().unwrap();
    for attribute in ["<svg ", "width=\"250\"", "height=\"250\"", "viewBox=\"0 0 250 250\""] {
        assert!(root.contains(attribute), "{attribute} is missing in {root}");
    }
}

#[test]
fn version_is_semantic_and_its_breaking_changes_are_declared() {
    let numbers: Vec<u32> = VERSION.split('.').map(|number| number.parse().unwrap()).collect();
    let [_, minor, patch] = numbers[..] else { panic!("{VERSION} is not MAJOR.MINOR.PATCH") };
    let is_declared = breaking_changes().iter().any(|(version, _)| *version == VERSION);
    assert_eq!(is_declared, (minor, patch) == (0, 0), "breakingChanges of {VERSION}");
}

#[test]
fn each_breaking_change_links_to_its_section_of_the_migration_guide() {
    for (version, change) in breaking_changes() {
        let anchor = format!("-migrations#upgrading-to-{}.", version.replace('.', ""));
        let link = format!("{}{anchor}", value("documentationUrl"));
        assert!(change.contains("message: >-\n") && change.contains(&link), "{version}: {link} is missing");
        value_in(&change, "upgradeDeadline").parse::<NaiveDate>().unwrap();
    }
}

#[test]
fn migration_guide_has_a_section_for_each_breaking_change_newest_first() {
    let title = format!("# {} Migration Guide", value("name"));
    assert_eq!(MIGRATION_GUIDE.lines().next(), Some(&*title));
    let sections = MIGRATION_GUIDE.lines().filter_map(|line| line.strip_prefix("## Upgrading to "));
    let versions = breaking_changes().into_iter().map(|(version, _)| version);
    assert_eq!(sections.collect::<Vec<_>>(), versions.collect::<Vec<_>>());
}

/// Airbyte compares the deadline with the day of publication, which is the date in the changelog at the earliest.
#[test]
fn users_have_two_weeks_for_a_breaking_upgrade() {
    let heading = format!("## [{VERSION}] - ");
    let released = include_str!("../CHANGELOG.md").lines().find_map(|line| line.strip_prefix(&*heading)).unwrap();
    let earliest = released.parse::<NaiveDate>().unwrap() + Days::new(14);
    for (_, change) in breaking_changes().into_iter().filter(|(version, _)| *version == VERSION) {
        let deadline: NaiveDate = value_in(&change, "upgradeDeadline").parse().unwrap();
        assert!(deadline >= earliest, "{deadline} is less than two weeks after {released}");
    }
}

/// Insights events are left out: most accounts have none, and few filters apply to them.
#[test]
fn management_events_are_the_suggested_stream() {
    let catalog = &Connector::at("").run(&["discover", "--config", "config.json"]).succeeded().lines[0];
    let streams = catalog["catalog"]["streams"].as_array().unwrap();
    let names: Vec<&str> = streams.iter().map(|stream| stream["name"].as_str().unwrap()).collect();
    assert_eq!(
        (names.as_slice(), list("streams").as_slice()),
        (["management_events", "insight_events"].as_slice(), ["management_events"].as_slice())
    );
}

/// The host that `check` connects to first: AWS STS with a role, CloudTrail without one. Only requests over HTTPS go
/// through this proxy.
fn first_host(region: &str, role: Option<String>) -> String {
    let (proxy, told) = refusing_proxy();
    let connector = Connector::at("").with("aws_region_name", region).with_environment("HTTPS_PROXY", &proxy);
    role.into_iter().fold(connector, |connector, role| connector.with("role_arn", role)).check();
    told.try_iter().next().unwrap()[0].split([' ', ':']).nth(1).unwrap().to_owned()
}

/// The item of `allowedHosts` that allows a host.
fn allowed(host: &str) -> &'static str {
    let allows = |pattern: &&str| {
        pattern.split_once('*').is_some_and(|(start, end)| host.starts_with(start) && host.ends_with(end))
    };
    list("hosts").into_iter().find(allows).unwrap_or_else(|| panic!("{host} is not allowed"))
}

#[test]
fn allowed_hosts_are_those_of_all_partitions_over_https() {
    let partitions = [
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
    ];
    // In parallel, because each check retries its proxy for a while.
    let used = thread::scope(|scope| {
        let checks = partitions.iter().flat_map(|(region, partition)| {
            let role = format!("arn:{partition}:iam::123456789012:role/reader");
            [None, Some(role)].map(|role| scope.spawn(|| first_host(region, role)))
        });
        let checks: Vec<_> = checks.collect();
        checks.into_iter().map(|check| allowed(&check.join().unwrap())).collect::<BTreeSet<_>>()
    });
    // The hosts of AWS Organizations and AWS Account Management have the form of those of AWS STS.
    let sts = used.iter().filter_map(|host| host.strip_prefix("sts."));
    let global = sts.flat_map(|end| ["organizations", "account"].map(|service| format!("{service}.{end}")));
    let expected: BTreeSet<String> = global.chain(used.iter().map(|host| (*host).to_owned())).collect();
    assert_eq!(expected, list("hosts").into_iter().map(str::to_owned).collect());
}
