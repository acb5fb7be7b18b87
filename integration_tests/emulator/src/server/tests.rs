//! What comes over a real connection, in particular when none of HTTP's usual answers does.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::caller::Caller;
use crate::client::signed;
use crate::emulator::Emulator;
use crate::event::Event;
use crate::fault::Fault;
use crate::settings::Settings;

fn event(second: i64, id: &str) -> Event {
    Event::new(second, json!({"EventId": id}).as_object().unwrap().clone())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

fn start(faults: Vec<(u64, Fault)>) -> Emulator {
    let events = vec![event(now() - 60, "only")];
    Emulator::start(Settings { events, faults, ..Settings::default() }).unwrap()
}

fn connect(emulator: &Emulator) -> TcpStream {
    let stream = TcpStream::connect(emulator.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn ask(stream: &mut TcpStream) {
    let mut request = "POST / HTTP/1.1\r\nContent-Length: 2\r\n".to_owned();
    for (name, value) in &signed("{}", "us-east-1", &Caller::default(), now()) {
        write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    stream.write_all(format!("{request}\r\n{{}}").as_bytes()).unwrap();
}

/// The head of an answer, and as much of its body as `Content-Length` says.
fn answer(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
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
    let emulator = start(Vec::new());
    let mut stream = connect(&emulator);
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

#[test]
fn a_reset_is_a_reset() {
    let emulator = start(vec![(0, Fault::Reset)]);
    let mut stream = connect(&emulator);
    ask(&mut stream);
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let mut stream = connect(&emulator);
    ask(&mut stream);
    assert!(answer(&mut stream).0.starts_with("http/1.1 200 "));
}

#[test]
fn a_truncated_body_is_half_of_what_its_head_promises() {
    let emulator = start(vec![(1, Fault::Truncated)]);
    let mut stream = connect(&emulator);
    ask(&mut stream);
    let (_, whole) = answer(&mut stream);
    ask(&mut stream);
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(content_length(&head.to_lowercase()), whole.len());
    assert_eq!(body, &whole[..whole.len() / 2]);
}

#[test]
fn a_hanging_request_gets_nothing_and_does_not_keep_the_emulator_from_stopping() {
    let emulator = start(vec![(0, Fault::Hang)]);
    let mut stream = connect(&emulator);
    ask(&mut stream);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    assert_eq!(emulator.journal().len(), 1);
    let mut other = connect(&emulator);
    ask(&mut other);
    assert!(answer(&mut other).1.contains("only"));
    let address = emulator.url();
    drop(emulator);
    assert!(TcpStream::connect(address.strip_prefix("http://").unwrap()).is_err());
}
