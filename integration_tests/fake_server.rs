//! An HTTP server whose responses are up to the test: a proxy, a container's endpoint, the metadata service of an
//! instance, an STS.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

/// A server that responds to the head of each request with what `respond` returns, and the heads that it receives.
pub(crate) fn serve(respond: impl Fn(&[String]) -> String + Send + 'static) -> (String, mpsc::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let lines = stream.by_ref().lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            if head.is_empty() {
                continue;
            }
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let response = respond(&head);
            let _ = sender.send(head);
            // A client that has disconnected needs no response.
            let _ = io::copy(&mut stream.by_ref().take(length), &mut io::sink());
            let _ = stream.get_mut().write_all(response.as_bytes());
        }
    });
    (url, received)
}

/// A server that responds to every request with this status and body, and the heads that it receives.
pub(crate) fn answering(status: u16, body: &str) -> (String, mpsc::Receiver<Vec<String>>) {
    let response = response(status, "", body);
    serve(move |_| response.clone())
}

/// A response with these `headers`, of which each ends its line.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} \r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}
