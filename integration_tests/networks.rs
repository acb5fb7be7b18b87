//! The connection to AWS: host names, TLS and proxies.

use crate::{
    connector::{Connector, assert_each_once, emulator, events},
    fake_server::answering,
};
use cloudtrail_emulator::{Emulator, Role, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    net::TcpListener,
    sync::{Arc, mpsc},
    thread,
};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, crypto::aws_lc_rs::default_provider, pki_types::PrivateKeyDer,
};

/// A proxy that refuses every connection, and the heads of the requests that it receives.
pub(crate) fn refusing_proxy() -> (String, mpsc::Receiver<Vec<String>>) {
    answering(403, "")
}

/// The hosts that a check of `regions` connects to.
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
    let connect = told.try_iter().map(|head| head[0].split(' ').nth(1).unwrap().to_owned());
    connect.collect()
}

#[test]
fn each_partition_has_its_host_names() {
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
fn the_environment_selects_fips_and_dual_stack_endpoints() {
    let with = |variable| hosts(&["us-east-1"], &[(variable, "true")]);
    assert_eq!(with("AWS_USE_FIPS_ENDPOINT"), ["cloudtrail-fips.us-east-1.amazonaws.com:443".to_owned()].into());
    assert_eq!(with("AWS_USE_DUALSTACK_ENDPOINT"), ["cloudtrail.us-east-1.api.aws:443".to_owned()].into());
}

#[test]
fn a_role_is_assumed_in_the_sts_of_its_region_and_partition() {
    for (region, partition, host) in [
        ("eu-west-1", "aws", "sts.eu-west-1.amazonaws.com"),
        ("us-east-1", "aws", "sts.us-east-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "sts.eusc-de-east-1.amazonaws.eu"),
    ] {
        let (proxy, told) = refusing_proxy();
        let connector = Connector::at("").with("aws_region_name", region).with_environment("HTTPS_PROXY", &proxy);
        connector.with("role_arn", format!("arn:{partition}:iam::123456789012:role/reader")).check();
        assert_eq!(told.try_iter().next().unwrap()[0], format!("CONNECT {host}:443 HTTP/1.1"));
    }
}

/// An emulator that serves HTTPS with a certificate of its own CA.
fn with_tls(settings: Settings) -> Emulator {
    Emulator::start(Settings { tls: Some(Vec::new()), rate: None, ..settings }).unwrap()
}

#[test]
fn a_certificate_of_a_private_ca_is_trusted_if_the_environment_names_its_file() {
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
fn a_certificate_of_an_unknown_ca_is_rejected() {
    let emulator = with_tls(Settings::default());
    let connector = Connector::new(&emulator);
    let missing = connector.again().with_environment("SSL_CERT_FILE", "missing.pem");
    for connector in [connector, missing] {
        let run = connector.check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.contains("is not trusted.") && message.contains("SSL_CERT_FILE"), "{message}");
        let read = connector.read(None);
        assert_eq!((read.code, read.errors()[0]["failure_type"].as_str()), (Some(1), Some("config_error")));
    }
    assert_eq!(emulator.journal().len(), 0);
}

/// A server whose certificate is a CA certificate, such as `openssl req -x509` makes, and that certificate.
fn with_a_ca_certificate() -> (String, String) {
    let mut authority = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that does not trust the certificate ends the handshake.
            let _ = ServerConnection::new(Arc::clone(&config)).unwrap().complete_io(&mut stream.unwrap());
        }
    });
    (url, pem)
}

/// Unlike for a certificate that is not trusted, naming the file does not help.
#[test]
fn a_ca_certificate_as_a_server_certificate_has_its_own_sentence() {
    let (url, pem) = with_a_ca_certificate();
    let connector = Connector::at(&url).with_environment("SSL_CERT_FILE", "authority.pem");
    fs::write(connector.path("authority.pem"), pem).unwrap();
    let run = connector.check();
    let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
    assert!(message.contains("presented a CA certificate as its server certificate"), "{message}");
    assert_eq!(connector.read(None).errors()[0]["failure_type"], "config_error");
}

#[test]
fn an_answer_in_another_protocol_has_its_own_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    for (scheme, says) in [
        ("http", "is not HTTP, so something else listens there"),
        ("https", "is not TLS, so something else listens there"),
    ] {
        let run = Connector::at(&format!("{scheme}://{address}")).check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("The answer of CloudTrail in us-east-1 (http") && message.contains(says),
            "{message}"
        );
    }
}

#[test]
fn a_star_in_no_proxy_matches_every_host() {
    let data = events(100, 80, 1);
    let emulator = emulator(data.clone());
    let (proxy, told) = refusing_proxy();
    let through =
        Connector::new(&emulator).with_environment("HTTP_PROXY", &proxy).with_environment("ALL_PROXY", &proxy);
    for name in ["NO_PROXY", "no_proxy"] {
        let run = through.again().with_environment(name, "*").read(None).succeeded();
        assert_each_once(run.records(), &data);
    }
    assert_eq!(told.try_iter().count(), 0);
    assert_eq!(through.check().lines[0]["connectionStatus"]["status"], "FAILED");
    assert!(told.try_iter().count() > 0, "without the variable, the proxy is used");
}

#[test]
fn a_malformed_proxy_is_named_and_not_bypassed() {
    let emulator = emulator(vec![]);
    for (name, url) in [
        ("HTTPS_PROXY", "http://user:hush@proxy:99999"),
        ("http_proxy", "http:/user:hush@proxy"),
        ("ALL_PROXY", "socks5://user:hush@proxy:1080"),
    ] {
        let connector = Connector::new(&emulator).with_environment(name, url);
        let run = connector.check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("{name} is not the URL of an HTTP proxy. Write it as")), "{message}");
        assert!(!message.contains("hush"), "{message}");
        assert_eq!(connector.read(None).errors()[0]["failure_type"], "config_error");
    }
    assert_eq!(emulator.journal().len(), 0);
}

#[test]
fn a_proxy_that_does_not_work_is_named() {
    let (refusing, _told) = refusing_proxy();
    for proxy in ["http://127.0.0.1:1", "http://no-such-proxy.invalid:3128", &refusing] {
        let run = Connector::at("").with_environment("HTTPS_PROXY", proxy).check();
        let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
        assert!(message.contains("HTTPS_PROXY"), "{proxy}: {message}");
    }
}
