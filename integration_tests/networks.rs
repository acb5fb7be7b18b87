//! The way to AWS: hosts, TLS and proxies.

use crate::connector::{Connector, assert_each_once, events};
use cloudtrail_emulator::{Emulator, Role, Settings};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

/// A proxy that refuses every connection and tells to which hosts they were to go.
pub(crate) fn refusing_proxy() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let Some(first) = lines.next() else { continue };
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            let _ = tell.send(first);
            let _ = write!(&stream, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (url, told)
}

/// To which hosts a check of `regions` wants to go.
fn hosts(regions: &[&str], environment: &[(&str, &str)]) -> BTreeSet<String> {
    let (proxy, told) = refusing_proxy();
    let connector = Connector::at("")
        .with("aws_region_name", regions[0])
        .with("additional_regions", json!(regions[1..]))
        .with_environment("HTTPS_PROXY", &proxy);
    let connector =
        environment.iter().fold(connector, |connector, (name, value)| connector.with_environment(name, value));
    let run = connector.check();
    assert_eq!(run.lines[0]["connectionStatus"]["status"], "FAILED");
    let connect = told.try_iter().map(|line| line.split(' ').nth(1).unwrap().to_owned());
    connect.collect()
}

#[test]
fn each_partitions_regions_have_their_hosts() {
    let table = [
        ("us-east-1", "cloudtrail.us-east-1.amazonaws.com"),
        ("ap-southeast-4", "cloudtrail.ap-southeast-4.amazonaws.com"),
        ("me-central-1", "cloudtrail.me-central-1.amazonaws.com"),
        ("cn-north-1", "cloudtrail.cn-north-1.amazonaws.com.cn"),
        ("cn-northwest-1", "cloudtrail.cn-northwest-1.amazonaws.com.cn"),
        ("us-gov-west-1", "cloudtrail.us-gov-west-1.amazonaws.com"),
        ("us-gov-east-1", "cloudtrail.us-gov-east-1.amazonaws.com"),
        ("eusc-de-east-1", "cloudtrail.eusc-de-east-1.amazonaws.eu"),
    ];
    for (region, host) in table {
        assert_eq!(hosts(&[region], &[]), [format!("{host}:443")].into());
    }
}

#[test]
fn fips_and_dual_stack_endpoints_are_chosen_by_the_environment() {
    let with = |variable| hosts(&["us-east-1"], &[(variable, "true")]);
    assert_eq!(with("AWS_USE_FIPS_ENDPOINT"), ["cloudtrail-fips.us-east-1.amazonaws.com:443".to_owned()].into());
    assert_eq!(with("AWS_USE_DUALSTACK_ENDPOINT"), ["cloudtrail.us-east-1.api.aws:443".to_owned()].into());
}

#[test]
fn a_role_is_asked_for_in_the_sts_of_its_region_and_partition() {
    for (region, partition, host) in [
        ("eu-west-1", "aws", "sts.eu-west-1.amazonaws.com"),
        ("us-east-1", "aws", "sts.us-east-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "sts.eusc-de-east-1.amazonaws.eu"),
    ] {
        let (proxy, told) = refusing_proxy();
        let connector = Connector::at("").with("aws_region_name", region).with_environment("HTTPS_PROXY", &proxy);
        connector.with("role_arn", format!("arn:{partition}:iam::123456789012:role/reader")).check();
        assert_eq!(told.try_iter().next(), Some(format!("CONNECT {host}:443 HTTP/1.1")));
    }
}

/// An emulator that serves HTTPS with a certificate of its own authority.
fn with_tls(settings: Settings) -> Emulator {
    Emulator::start(Settings { tls: Some(Vec::new()), rate: None, ..settings }).unwrap()
}

#[test]
fn a_certificate_of_an_authority_of_ones_own_is_trusted_where_the_file_is_named() {
    let data = events(1_000, 80, 1);
    let arn = "arn:aws:iam::123456789012:role/reader";
    let emulator = with_tls(Settings { events: data.clone(), roles: vec![Role::new(arn)], ..Settings::default() });
    let connector = Connector::new(&emulator).with_environment("SSL_CERT_FILE", "authority.pem");
    fs::write(connector.path("authority.pem"), emulator.certificate_authority().unwrap()).unwrap();
    assert_each_once(connector.read(None).succeeded().records(), &data);
    let connector = connector.with("role_arn", arn).with_environment("AWS_ENDPOINT_URL_STS", &emulator.url());
    assert_eq!(connector.check().lines[0]["connectionStatus"], json!({"status": "SUCCEEDED"}));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let emulator = with_tls(Settings::default());
    let connector = Connector::new(&emulator);
    let missing = connector.again().with_environment("SSL_CERT_FILE", "missing.pem");
    for connector in [connector, missing] {
        let run = connector.check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.contains("is not trusted here") && message.contains("SSL_CERT_FILE"), "{message}");
        let read = connector.read(None);
        assert_eq!((read.code, read.errors()[0]["failure_type"].as_str()), (Some(1), Some("config_error")));
    }
    assert_eq!(emulator.journal().len(), 0);
}

#[test]
fn a_proxy_in_the_way_is_named() {
    let (refusing, _told) = refusing_proxy();
    for proxy in ["http://127.0.0.1:1", "http://no-such-proxy.invalid:3128", &refusing] {
        let run = Connector::at("").with_environment("HTTPS_PROXY", proxy).check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.contains("HTTPS_PROXY"), "{proxy}: {message}");
    }
}
