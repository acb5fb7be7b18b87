//! What metadata.yaml tells Airbyte's registry, against what the connector does. Whether Airbyte takes the file at all
//! is for Airbyte's own model to say, in `check_metadata.py`.

use crate::{connector::Connector, networks::refusing_proxy};
use std::{collections::BTreeSet, thread};

const METADATA: &str = include_str!("../metadata.yaml");

/// The value of this key, which is on its line.
fn value(key: &str) -> &'static str {
    METADATA.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": ")).unwrap()
}

/// The items below this key.
fn list(key: &str) -> Vec<&'static str> {
    let below = METADATA.lines().skip_while(|line| line.trim() != format!("{key}:")).skip(1);
    below.map_while(|line| line.trim().strip_prefix("- ")).collect()
}

#[test]
fn it_is_the_connector_that_airbyte_knows() {
    assert_eq!(value("definitionId"), "6ff047c0-f5d5-4ce5-8c81-204a830fa7e1");
    assert_eq!(value("dockerRepository"), "airbyte/source-aws-cloudtrail");
    assert_eq!(value("connectorType"), "source");
    // The platform takes a connector without a language for broken, and one with build options for one in Python.
    assert!(list("tags").contains(&"language:rust"));
    assert!(!METADATA.contains("connectorBuildOptions"));
}

#[test]
fn every_stream_on_offer_is_suggested() {
    let catalog = &Connector::at("").run(&["discover", "--config", "config.json"]).succeeded().lines[0];
    let offered =
        catalog["catalog"]["streams"].as_array().unwrap().iter().map(|stream| stream["name"].as_str().unwrap());
    assert_eq!(list("streams"), offered.collect::<Vec<_>>());
}

/// To which host a check goes first: with a role to AWS STS, else to CloudTrail.
fn first_host(region: &str, role: Option<String>) -> String {
    let (proxy, told) = refusing_proxy();
    let connector = Connector::at("").with("aws_region_name", region).with_environment("HTTPS_PROXY", &proxy);
    role.into_iter().fold(connector, |connector, role| connector.with("role_arn", role)).check();
    told.try_iter().next().unwrap().split([' ', ':']).nth(1).unwrap().to_owned()
}

/// The item of `allowedHosts` that lets the connector go to this host.
fn allowed(host: &str) -> &'static str {
    let allows = |pattern: &&str| {
        pattern.split_once('*').is_some_and(|(start, end)| host.starts_with(start) && host.ends_with(end))
    };
    list("hosts").into_iter().find(allows).unwrap_or_else(|| panic!("{host} is not allowed"))
}

#[test]
fn the_hosts_of_every_partition_are_allowed_and_no_others() {
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
    // Side by side, because each check tries its proxy for a while.
    let used = thread::scope(|scope| {
        let checks = partitions.iter().flat_map(|(region, partition)| {
            let role = format!("arn:{partition}:iam::123456789012:role/reader");
            [None, Some(role)].map(|role| scope.spawn(|| first_host(region, role)))
        });
        let checks: Vec<_> = checks.collect();
        checks.into_iter().map(|check| allowed(&check.join().unwrap())).collect::<BTreeSet<_>>()
    });
    assert_eq!(used, list("hosts").into_iter().collect());
}
