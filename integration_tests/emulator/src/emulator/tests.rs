//! What an emulator sends over a real connection.

mod broken;

use super::Emulator;
use crate::{
    api::journal::Entry,
    auth::{
        caller::Caller,
        test_client::{signed, signed_for_account_management, signed_for_organizations},
    },
    faults::fault::Fault,
    history::event::Event,
    settings::Settings,
    throttling::{latency::Latency, quota::Limiter},
};
use hyper::HeaderMap;
use serde_json::json;
use std::{
    fmt::Write as _,
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

fn event(second: i64, id: &str) -> Event {
    Event::new(second, json!({"EventId": id}).as_object().unwrap().clone())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

/// Without TLS and with TLS.
const BOTH: [Option<Vec<String>>; 2] = [None, Some(Vec::new())];

fn start(tls: Option<Vec<String>>, faults: Vec<(u64, Fault)>) -> Emulator {
    let events = vec![event(now() - 60, "only")];
    Emulator::start(Settings { tls, events, faults, ..Settings::default() }).unwrap()
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A connection to the emulator, and a second handle to its socket.
fn connect(emulator: &Emulator) -> (Box<dyn Stream>, TcpStream) {
    let socket = TcpStream::connect(emulator.url().split_once("://").unwrap().1).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let handle = socket.try_clone().unwrap();
    match emulator.certificate_authority() {
        None => (Box::new(socket), handle),
        Some(authority) => (Box::new(secure(socket, authority, "127.0.0.1").unwrap()), handle),
    }
}

/// A TLS connection of a client that trusts this authority and connects to the host `name`.
fn secure(
    mut socket: TcpStream,
    authority: &str,
    name: &'static str,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

fn look_up(stream: &mut dyn Stream) {
    post(stream, "/", &signed("{}", "us-east-1", &Caller::default(), now()));
}

/// Sends a request with these headers and an empty object.
fn post(stream: &mut dyn Stream, path: &str, headers: &HeaderMap) {
    let mut request = format!("POST {path} HTTP/1.1\r\nContent-Length: 2\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    stream.write_all(format!("{request}\r\n{{}}").as_bytes()).unwrap();
}

/// The status line and the headers of a response, in lower case.
fn read_headers(stream: &mut dyn Stream) -> String {
    let mut headers = Vec::new();
    while !headers.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        headers.push(byte[0]);
    }
    String::from_utf8(headers).unwrap().to_lowercase()
}

/// The headers and the body of a response.
fn read_response(stream: &mut dyn Stream) -> (String, String) {
    let headers = read_headers(stream);
    let mut body = vec![0; content_length(&headers)];
    stream.read_exact(&mut body).unwrap();
    (headers, String::from_utf8(body).unwrap())
}

fn content_length(headers: &str) -> usize {
    let line = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.unwrap().parse().unwrap()
}

#[test]
fn one_address_serves_several_apis() {
    let emulator = start(None, Vec::new());
    let (mut stream, _) = connect(&emulator);
    let caller = Caller::default();
    post(&mut stream, "/listRegions", &signed_for_account_management("{}", "us-east-1", &caller, now()));
    let (headers, body) = read_response(&mut stream);
    assert!(headers.starts_with("http/1.1 200 ok\r\n") && body.contains("ENABLED_BY_DEFAULT"), "{headers}{body}");
    assert!(!headers.contains("x-amzn-errortype"), "{headers}");
    post(&mut stream, "/listRegions", &signed_for_account_management("{}", "eu-west-1", &caller, now()));
    let (headers, body) = read_response(&mut stream);
    assert!(headers.starts_with("http/1.1 403 "), "{headers}");
    for header in ["content-type: application/json\r\n", "x-amzn-errortype: invalidsignatureexception\r\n"] {
        assert!(headers.contains(header), "{headers}");
    }
    assert_eq!(body, r#"{"message":"Credential should be scoped to a valid region."}"#);
    post(&mut stream, "/", &signed_for_organizations("{}", "us-east-1", &caller, now()));
    assert!(read_response(&mut stream).1.contains("AWSOrganizationsNotInUseException"));
    let outcomes: Vec<_> = emulator.list_regions_calls().into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Ok(20), Err("InvalidSignatureException".to_owned())]);
    assert_eq!((emulator.list_accounts_calls().len(), emulator.caller_identity_calls().len()), (1, 0));
    assert!(emulator.journal().is_empty());
}

#[test]
fn a_connection_serves_several_requests() {
    for tls in BOTH {
        let emulator = start(tls, Vec::new());
        let (mut stream, _) = connect(&emulator);
        look_up(&mut stream);
        let (headers, body) = read_response(&mut stream);
        assert!(headers.starts_with("http/1.1 200 ok\r\n"), "{headers}");
        for header in ["content-type: application/x-amz-json-1.1\r\n", "\r\ndate: ", "\r\nx-amzn-requestid: "] {
            assert!(headers.contains(header), "{headers}");
        }
        assert!(body.contains(r#"{"EventId":"only","EventTime":"#), "{body}");
        emulator.add(vec![event(now() - 30, "added")]);
        emulator.set_faults(vec![(1, Fault::Status503)]);
        look_up(&mut stream);
        assert!(read_response(&mut stream).1.contains("added"));
        look_up(&mut stream);
        let (headers, body) = read_response(&mut stream);
        assert!(headers.starts_with("http/1.1 503 ") && body.contains("ServiceUnavailable"), "{headers}{body}");
        let journal = emulator.journal();
        assert_eq!(journal.iter().map(Entry::events).collect::<Vec<_>>(), [1, 2, 0]);
        assert!(journal.is_sorted_by_key(|entry| entry.arrived));
    }
}

#[test]
fn the_certificate_is_valid_for_its_names_and_issued_by_its_authority() {
    let name = "cloudtrail.us-east-1.amazonaws.com";
    let emulator = start(Some(vec![name.to_owned()]), Vec::new());
    let other = start(Some(Vec::new()), Vec::new());
    assert!(emulator.url().starts_with("https://127.0.0.1:"), "{}", emulator.url());
    let authority = |emulator: &Emulator| emulator.certificate_authority().unwrap().to_owned();
    let handshake = |authority: &str, name| {
        let socket = TcpStream::connect(emulator.url().strip_prefix("https://").unwrap()).unwrap();
        secure(socket, authority, name).map(drop).map_err(|error| error.to_string())
    };
    for name in [name, "localhost", "127.0.0.1", "::1"] {
        assert_eq!(handshake(&authority(&emulator), name), Ok(()), "{name}");
    }
    let error = handshake(&authority(&emulator), "cloudtrail.eu-west-1.amazonaws.com").unwrap_err();
    assert!(error.contains("certificate not valid for name"), "{error}");
    let error = handshake(&authority(&other), name).unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
    assert!(emulator.journal().is_empty());
    assert_eq!(start(None, Vec::new()).certificate_authority(), None);
}

#[test]
fn a_request_can_be_throttled_after_its_latency_and_counts_if_its_client_disconnects() {
    let latency = Latency { mean: 0.2, sigma: 0.0 };
    let settings =
        Settings { limiter: Limiter::SlidingWindow, latency, quota_after_latency: true, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let (mut disconnecting, _) = connect(&emulator);
    look_up(&mut disconnecting);
    // STS has no latency, so its response shows that the request before it has arrived.
    let (mut stream, _) = connect(&emulator);
    let form = "Content-Type: application/x-www-form-urlencoded";
    write!(stream, "POST / HTTP/1.1\r\n{form}\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert!(read_response(&mut stream).1.contains("InvalidAction"));
    drop(disconnecting);
    let mut clients = [connect(&emulator).0, connect(&emulator).0];
    for stream in &mut clients {
        look_up(stream);
    }
    assert!(emulator.journal().is_empty());
    let throttled = clients.map(|mut stream| read_response(&mut stream).1.contains("ThrottlingException"));
    assert_eq!(throttled.iter().filter(|throttled| **throttled).count(), 1);
    let journal = emulator.journal();
    assert_eq!(journal.iter().filter(|entry| entry.is_page()).count(), 2);
    assert_eq!(journal.len(), 3);
    for entry in &journal {
        assert!(entry.counted >= entry.arrived + Duration::from_millis(200), "{entry:?}");
    }
}
