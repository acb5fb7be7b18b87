//! Responses that are truncated, slow, oversized, or missing.

use super::*;
use std::io::ErrorKind;

#[test]
fn a_reset_closes_the_connection_without_a_response() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Reset)]);
        let (mut stream, _) = connect(&emulator);
        look_up(&mut stream);
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let (mut stream, _) = connect(&emulator);
        look_up(&mut stream);
        assert!(read_response(&mut stream).0.starts_with("http/1.1 200 "));
    }
}

#[test]
fn a_truncated_body_is_half_as_long_as_its_headers_say() {
    for tls in BOTH {
        let is_plain = tls.is_none();
        let emulator = start(tls, vec![(1, Fault::Truncated)]);
        let (mut stream, _) = connect(&emulator);
        look_up(&mut stream);
        let (_, whole) = read_response(&mut stream);
        look_up(&mut stream);
        let mut text = Vec::new();
        let end = stream.read_to_end(&mut text);
        // TLS ends without `close_notify`, as if the server had crashed.
        assert_eq!(end.map_err(|error| error.kind()).err(), (!is_plain).then_some(ErrorKind::UnexpectedEof));
        let text = String::from_utf8(text).unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(content_length(&headers.to_lowercase()), whole.len());
        assert_eq!(body, &whole[..whole.len() / 2]);
    }
}

#[test]
fn a_hanging_request_gets_no_response_and_does_not_keep_the_emulator_running() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Hang)]);
        let (mut stream, socket) = connect(&emulator);
        look_up(&mut stream);
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        assert_eq!(emulator.journal().len(), 1);
        let (mut other, _) = connect(&emulator);
        look_up(&mut other);
        assert!(read_response(&mut other).1.contains("only"));
        let address = socket.peer_addr().unwrap();
        drop(emulator);
        assert!(TcpStream::connect(address).is_err());
    }
}

/// A byte that is not immediately followed by another one.
fn lone_byte(stream: &mut dyn Stream, socket: &TcpStream) -> u8 {
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    byte[0]
}

#[test]
fn a_trickled_response_arrives_at_one_byte_a_second_and_does_not_block_others() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Trickle { headers: true }), (1, Fault::Trickle { headers: false })]);
        let (mut headers, headers_socket) = connect(&emulator);
        let (mut body, body_socket) = connect(&emulator);
        look_up(&mut headers);
        assert_eq!(lone_byte(&mut headers, &headers_socket), b'H');
        look_up(&mut body);
        assert!(content_length(&read_headers(&mut body)) > 2);
        assert_eq!(lone_byte(&mut body, &body_socket), b'{');
        for (stream, expected) in [(&mut headers, b'T'), (&mut body, b'"')] {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            assert_eq!(byte, [expected]);
        }
        let (mut other, _) = connect(&emulator);
        look_up(&mut other);
        assert!(read_response(&mut other).1.contains("only"));
    }
}

#[test]
fn an_oversized_response_is_never_in_memory_as_a_whole() {
    const TEBIBYTE: u64 = 1 << 40;
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Oversized(TEBIBYTE))]);
        let (mut stream, _) = connect(&emulator);
        look_up(&mut stream);
        let headers = read_headers(&mut stream);
        assert!(
            headers.contains("\r\ntransfer-encoding: chunked\r\n") && !headers.contains("content-length"),
            "{headers}"
        );
        let mut beginning = vec![0; 1_000_000];
        stream.read_exact(&mut beginning).unwrap();
        let beginning = String::from_utf8(beginning).unwrap();
        assert!(beginning.contains(r#"{"Events":[{"EventId":"only","#) && beginning.ends_with("    "));
        let (mut other, _) = connect(&emulator);
        look_up(&mut other);
        assert!(read_response(&mut other).1.contains("only"));
    }
}
