//! Answers that are cut off, late, endless, or none at all.

use std::io::ErrorKind;

use super::*;

#[test]
fn a_reset_is_a_reset() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Reset)]);
        let (mut stream, _) = connect(&emulator);
        ask(&mut stream);
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let (mut stream, _) = connect(&emulator);
        ask(&mut stream);
        assert!(answer(&mut stream).0.starts_with("http/1.1 200 "));
    }
}

#[test]
fn a_truncated_body_is_half_of_what_its_head_promises() {
    for tls in BOTH {
        let is_plain = tls.is_none();
        let emulator = start(tls, vec![(1, Fault::Truncated)]);
        let (mut stream, _) = connect(&emulator);
        ask(&mut stream);
        let (_, whole) = answer(&mut stream);
        ask(&mut stream);
        let mut text = Vec::new();
        let end = stream.read_to_end(&mut text);
        // Over TLS the connection ends without a farewell, as where a server dies.
        assert_eq!(end.map_err(|error| error.kind()).err(), (!is_plain).then_some(ErrorKind::UnexpectedEof));
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(content_length(&head.to_lowercase()), whole.len());
        assert_eq!(body, &whole[..whole.len() / 2]);
    }
}

#[test]
fn a_hanging_request_gets_nothing_and_does_not_keep_the_emulator_from_stopping() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Hang)]);
        let (mut stream, socket) = connect(&emulator);
        ask(&mut stream);
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        assert_eq!(emulator.journal().len(), 1);
        let (mut other, _) = connect(&emulator);
        ask(&mut other);
        assert!(answer(&mut other).1.contains("only"));
        let address = socket.peer_addr().unwrap();
        drop(emulator);
        assert!(TcpStream::connect(address).is_err());
    }
}

/// A byte that nothing follows for now.
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
fn what_trickles_comes_a_byte_a_second_and_keeps_nobody_else_waiting() {
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Trickle { head: true }), (1, Fault::Trickle { head: false })]);
        let (mut head, head_socket) = connect(&emulator);
        let (mut body, body_socket) = connect(&emulator);
        ask(&mut head);
        assert_eq!(lone_byte(&mut head, &head_socket), b'H');
        ask(&mut body);
        assert!(content_length(&read_head(&mut body)) > 2);
        assert_eq!(lone_byte(&mut body, &body_socket), b'{');
        for (stream, expected) in [(&mut head, b'T'), (&mut body, b'"')] {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            assert_eq!(byte, [expected]);
        }
        let (mut other, _) = connect(&emulator);
        ask(&mut other);
        assert!(answer(&mut other).1.contains("only"));
    }
}

#[test]
fn an_oversized_answer_is_never_in_memory_as_a_whole() {
    const TEBIBYTE: u64 = 1 << 40;
    for tls in BOTH {
        let emulator = start(tls, vec![(0, Fault::Oversized(TEBIBYTE))]);
        let (mut stream, _) = connect(&emulator);
        ask(&mut stream);
        let head = read_head(&mut stream);
        assert!(head.contains("\r\ntransfer-encoding: chunked\r\n") && !head.contains("content-length"), "{head}");
        let mut begin = vec![0; 1_000_000];
        stream.read_exact(&mut begin).unwrap();
        let begin = String::from_utf8(begin).unwrap();
        assert!(begin.contains(r#"{"Events":[{"EventId":"only","#) && begin.ends_with("    "));
        let (mut other, _) = connect(&emulator);
        ask(&mut other);
        assert!(answer(&mut other).1.contains("only"));
    }
}
