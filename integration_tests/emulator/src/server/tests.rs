//! What comes over a real connection.

mod broken;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::caller::Caller;
use crate::client::signed;
use crate::emulator::Emulator;
use crate::event::Event;
use crate::fault::Fault;
use crate::latency::Latency;
use crate::rate::Limiter;
use crate::settings::Settings;

fn event(second: i64, id: &str) -> Event {
    Event::new(second, json!({"EventId": id}).as_object().unwrap().clone())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

/// Over plain TCP and over TLS.
const BOTH: [Option<Vec<String>>; 2] = [None, Some(Vec::new())];

fn start(tls: Option<Vec<String>>, faults: Vec<(u64, Fault)>) -> Emulator {
    let events = vec![event(now() - 60, "only")];
    Emulator::start(Settings { tls, events, faults, ..Settings::default() }).unwrap()
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A connection to the emulator, and a second handle on its socket.
fn connect(emulator: &Emulator) -> (Box<dyn Stream>, TcpStream) {
    let socket = TcpStream::connect(emulator.url().split_once("://").unwrap().1).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let handle = socket.try_clone().unwrap();
    match emulator.certificate_authority() {
        None => (Box::new(socket), handle),
        Some(authority) => (Box::new(secure(socket, authority, "127.0.0.1").unwrap()), handle),
    }
}

/// A TLS connection of one who trusts this authority and wants to talk to `name`.
fn secure(
    mut socket: TcpStream,
    authority: &str,
    name: &'static str,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

fn ask(stream: &mut dyn Stream) {
    let mut request = "POST / HTTP/1.1\r\nContent-Length: 2\r\n".to_owned();
    for (name, value) in &signed("{}", "us-east-1", &Caller::default(), now()) {
        write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    stream.write_all(format!("{request}\r\n{{}}").as_bytes()).unwrap();
}

/// The head of an answer, in lowercase letters.
fn read_head(stream: &mut dyn Stream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

/// The head of an answer, and as much of its body as `Content-Length` says.
fn answer(stream: &mut dyn Stream) -> (String, String) {
    let head = read_head(stream);
    let mut body = vec![0; content_length(&head)];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_connection_serves_request_after_request() {
    for tls in BOTH {
        let emulator = start(tls, Vec::new());
        let (mut stream, _) = connect(&emulator);
        ask(&mut stream);
        let (head, body) = answer(&mut stream);
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
        for header in ["content-type: application/x-amz-json-1.1\r\n", "\r\ndate: ", "\r\nx-amzn-requestid: "] {
            assert!(head.contains(header), "{head}");
        }
        assert!(body.contains(r#"{"EventId":"only","EventTime":"#), "{body}");
        emulator.add(vec![event(now() - 30, "added")]);
        emulator.set_faults(vec![(1, Fault::Status503)]);
        ask(&mut stream);
        assert!(answer(&mut stream).1.contains("added"));
        ask(&mut stream);
        let (head, body) = answer(&mut stream);
        assert!(head.starts_with("http/1.1 503 ") && body.contains("ServiceUnavailable"), "{head}{body}");
        let journal = emulator.journal();
        assert_eq!(journal.iter().map(crate::Entry::events).collect::<Vec<_>>(), [1, 2, 0]);
        assert!(journal.is_sorted_by_key(|entry| entry.arrived));
    }
}

#[test]
fn the_certificate_is_for_its_names_and_of_its_own_authority() {
    let name = "cloudtrail.us-east-1.amazonaws.com";
    let emulator = start(Some(vec![name.to_owned()]), Vec::new());
    let other = start(Some(Vec::new()), Vec::new());
    assert!(emulator.url().starts_with("https://127.0.0.1:"), "{}", emulator.url());
    let authority = |emulator: &Emulator| emulator.certificate_authority().unwrap().to_owned();
    let shake = |authority: &str, name| {
        let socket = TcpStream::connect(emulator.url().strip_prefix("https://").unwrap()).unwrap();
        secure(socket, authority, name).map(drop).map_err(|error| error.to_string())
    };
    for name in [name, "localhost", "127.0.0.1", "::1"] {
        assert_eq!(shake(&authority(&emulator), name), Ok(()), "{name}");
    }
    let refused = shake(&authority(&emulator), "cloudtrail.eu-west-1.amazonaws.com").unwrap_err();
    assert!(refused.contains("certificate not valid for name"), "{refused}");
    let refused = shake(&authority(&other), name).unwrap_err();
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    assert!(emulator.journal().is_empty());
    assert_eq!(start(None, Vec::new()).certificate_authority(), None);
}

#[test]
fn a_request_counted_after_its_latency_is_throttled_only_then_and_counts_without_its_client() {
    let latency = Latency { mean: 0.2, sigma: 0.0 };
    let settings =
        Settings { limiter: Limiter::SlidingWindow, latency, quota_after_latency: true, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let (mut leaver, _) = connect(&emulator);
    ask(&mut leaver);
    // STS has no latency: its answer shows that the request before has arrived.
    let (mut stream, _) = connect(&emulator);
    let form = "Content-Type: application/x-www-form-urlencoded";
    write!(stream, "POST / HTTP/1.1\r\n{form}\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert!(answer(&mut stream).1.contains("InvalidAction"));
    drop(leaver);
    let mut clients = [connect(&emulator).0, connect(&emulator).0];
    for stream in &mut clients {
        ask(stream);
    }
    assert!(emulator.journal().is_empty());
    let throttled = clients.map(|mut stream| answer(&mut stream).1.contains("ThrottlingException"));
    assert_eq!(throttled.iter().filter(|throttled| **throttled).count(), 1);
    let journal = emulator.journal();
    assert_eq!(journal.iter().filter(|entry| entry.is_page()).count(), 2);
    assert_eq!(journal.len(), 3);
    for entry in &journal {
        assert!(entry.counted >= entry.arrived + Duration::from_millis(200), "{entry:?}");
    }
}
