//! Answers that are not from CloudTrail, but from a proxy or a load balancer in between: one of them does not end a sync.

use crate::{
    connector::{Connector, assert_each_once, emulator, events},
    fake_server::answering,
};
use cloudtrail_emulator::{Emulator, Fault};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// A gateway in front of an emulator. It returns the answer that `odd` has for a request, by its number, or else forwards
/// the request.
fn gateway(emulator: &Emulator, odd: impl Fn(usize) -> Option<String> + Send + Sync + 'static) -> Gateway {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let behind = emulator.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (tell, told) = mpsc::channel();
    let shared = Arc::new((odd, AtomicUsize::new(0)));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (tell, behind, shared) = (tell.clone(), behind.clone(), Arc::clone(&shared));
            thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let lines = stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
                let head: Vec<String> = lines.collect();
                let length = head.iter().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ").and_then(|length| length.parse().ok())
                });
                let Some(length) = length else { return };
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let _ = tell.send(Instant::now());
                let forward = || {
                    let mut server = TcpStream::connect(behind).unwrap();
                    write!(server, "{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).unwrap();
                    server.write_all(&body).unwrap();
                    let mut answer = Vec::new();
                    server.read_to_end(&mut answer).unwrap();
                    answer
                };
                let (odd, count) = &*shared;
                let answer = odd(count.fetch_add(1, SeqCst)).map_or_else(forward, String::into_bytes);
                // A client that has left needs no answer.
                let _ = stream.get_mut().write_all(&answer);
            });
        }
    });
    Gateway { url, told }
}

struct Gateway {
    url: String,
    told: mpsc::Receiver<Instant>,
}

impl Gateway {
    /// The longest time without a request since the last call.
    fn longest_pause(&self) -> Duration {
        let arrived: Vec<Instant> = self.told.try_iter().collect();
        arrived.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

/// An answer of a proxy, which has no AWS error code.
fn page(status: u16, headers: &str) -> String {
    let body = "<html><body>It is not allowed.</body></html>";
    format!(
        "HTTP/1.1 {status} Odd\r\nContent-Type: text/html\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_single_odd_answer_after_the_first_page_is_retried() {
    let data = events(1_000, 80, 8);
    let emulator = emulator(data.clone());
    for status in [302, 400, 403, 404, 407, 408, 425, 429] {
        println!("status {status}");
        let gateway = gateway(&emulator, move |nth| matches!(nth, 5 | 9).then(|| page(status, "")));
        let run = Connector::at(&gateway.url).with_environment("LOG_LEVEL", "DEBUG").read(None).succeeded();
        assert_each_once(run.records(), &data);
        assert_eq!(run.logs().filter(|line| line.contains(&format!("HTTP status {status}"))).count(), 2);
    }
}

#[test]
fn an_odd_answer_that_stays_ends_the_sync_with_a_transient_error() {
    let data = events(1_000, 80, 9);
    let emulator = emulator(data.clone());
    let gateway = gateway(&emulator, |nth| (nth >= 8).then(|| page(403, "")));
    let run = Connector::at(&gateway.url).read(None);
    let [error] = run.errors()[..] else { panic!("{:?}", run.errors()) };
    assert_eq!(error["failure_type"], "transient_error");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Connection lost during the sync. CloudTrail in us-east-1 (http"), "{message}");
    assert!(message.contains("HTTP status 403 and without an AWS error code"), "{message}");
    let rest = Connector::new(&emulator).read(run.last_state()).succeeded();
    assert_each_once(run.records().chain(rest.records()), &data);
}

/// The answer has the form of an AWS error.
#[test]
fn an_answer_with_an_empty_code_counts_as_one_without_a_code() {
    let data = events(1_000, 80, 10);
    let emulator = emulator(data.clone());
    let odd = Fault::Error { status: 403, code: String::new(), message: "It is not allowed.".to_owned() };
    emulator.set_faults(vec![(6, odd.clone())]);
    assert_each_once(Connector::new(&emulator).read(None).succeeded().records(), &data);
    emulator.set_faults(vec![(0, odd)]);
    let run = Connector::new(&emulator).check();
    let message = run.lines[0]["connectionStatus"]["message"].as_str().unwrap();
    assert!(message.contains("answered with HTTP status 403 and without an AWS error code"), "{message}");
}

#[test]
fn retry_after_is_respected() {
    let data = events(1_000, 80, 11);
    let emulator = emulator(data.clone());
    let dates = "Date: Wed, 25 Nov 2026 03:00:59 GMT\r\nRetry-After: Wed, 25 Nov 2026 03:01:00 GMT\r\n";
    for (status, headers, waits) in [
        (429, "Retry-After: 1\r\n", true),
        (503, "Retry-After: 1\r\n", true),
        (503, dates, true),
        (408, "Retry-After: 600\r\n", false),
    ] {
        let answer = page(status, headers);
        let gateway = gateway(&emulator, move |nth| (nth == 5).then(|| answer.clone()));
        let began = Instant::now();
        assert_each_once(Connector::at(&gateway.url).read(None).succeeded().records(), &data);
        let pause = gateway.longest_pause();
        assert_eq!(pause > Duration::from_millis(950), waits, "{status} {headers}: {pause:?}");
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn check_does_not_wait_as_long_as_retry_after_says() {
    let emulator = emulator(vec![]);
    let gateway = gateway(&emulator, |_| Some(page(503, "Retry-After: 60\r\n")));
    let began = Instant::now();
    let run = Connector::at(&gateway.url).check();
    assert!(run.lines[0]["connectionStatus"]["message"].as_str().unwrap().contains("HTTP status 503"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// The SDK takes it as a page without events, and so as the end of the history.
#[test]
fn an_answer_without_events_is_not_the_last_page() {
    for body in ["{}", r#"{"NextToken": ""}"#] {
        let (url, _asked) = answering(200, body);
        let run = Connector::at(&url).read(None);
        assert_eq!(run.code, Some(1), "{body}");
        assert_eq!(run.errors()[0]["failure_type"], "transient_error");
        assert!(run.errors()[0]["message"].as_str().unwrap().contains("cut off"), "{body}");
        assert_eq!(run.records_up_to_state().count(), 0);
    }
}
