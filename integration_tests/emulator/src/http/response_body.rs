//! Response bodies, including those that arrive at one byte a second or are too large for memory, and headers that
//! arrive at one byte a second.

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::{
    convert::Infallible,
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::{Interval, interval},
};

/// The time between two bytes that trickle.
const BYTE_INTERVAL: Duration = Duration::from_secs(1);
/// White space: the largest part of an oversized body that is in memory at a time.
static SPACES: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// The body of a response.
#[derive(Debug)]
pub(super) enum ResponseBody {
    Complete(Full<Bytes>),
    /// One byte a second, the first one immediately.
    Trickled {
        rest: Bytes,
        clock: Interval,
    },
    /// White space, between two parts of the body. There is no `Content-Length`.
    Padded {
        before: Bytes,
        spaces: u64,
        after: Bytes,
    },
}

impl ResponseBody {
    pub(super) fn complete(body: String) -> Self {
        Self::Complete(Full::from(body))
    }

    pub(super) fn trickled(body: String) -> Self {
        Self::Trickled { rest: body.into(), clock: interval(BYTE_INTERVAL) }
    }

    /// A JSON object, padded to `length` bytes with white space before its last brace. A longer one stays as it is.
    pub(super) fn padded(mut body: String, length: u64) -> Self {
        let spaces = length.saturating_sub(body.len().try_into().unwrap_or(u64::MAX));
        let after = body.split_off(body.len().saturating_sub(1));
        Self::Padded { before: body.into(), spaces, after: after.into() }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Complete(body) => return Pin::new(body).poll_frame(context),
            Self::Trickled { rest, clock } if !rest.is_empty() => {
                ready!(clock.poll_tick(context));
                rest.split_to(1)
            }
            Self::Trickled { .. } => Bytes::new(),
            Self::Padded { before, .. } if !before.is_empty() => mem::take(before),
            Self::Padded { spaces, after, .. } if *spaces == 0 => mem::take(after),
            Self::Padded { spaces, .. } => {
                let length = usize::try_from(*spaces).map_or(SPACES.len(), |spaces| spaces.min(SPACES.len()));
                *spaces -= length as u64;
                Bytes::from_static(&SPACES[..length])
            }
        };
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Complete(body) => body.size_hint(),
            Self::Trickled { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Padded { .. } => SizeHint::default(),
        }
    }
}

/// Writes one byte a second, the first one immediately.
///
/// # Errors
///
/// The client has disconnected.
pub(super) async fn trickle(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let mut clock = interval(BYTE_INTERVAL);
    for byte in bytes {
        clock.tick().await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, duplex};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_trickled_body_arrives_at_one_byte_a_second() {
        let mut body = ResponseBody::trickled("abc".to_owned());
        assert_eq!(body.size_hint().exact(), Some(3));
        let started = Instant::now();
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            seen.push((started.elapsed().as_secs(), frame.unwrap().into_data().unwrap()));
        }
        assert_eq!(seen, [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_trickle_until_the_client_disconnects() {
        let (mut server, mut client) = duplex(64);
        let started = Instant::now();
        let writer = tokio::spawn(async move { (trickle(&mut server, b"HTTP/1.1").await, started.elapsed()) });
        let mut seen = [0; 4];
        client.read_exact(&mut seen).await.unwrap();
        assert_eq!((&seen, started.elapsed().as_secs()), (b"HTTP", 3));
        drop(client);
        let (result, after) = writer.await.unwrap();
        assert_eq!((result.unwrap_err().kind(), after.as_secs()), (io::ErrorKind::BrokenPipe, 4));
    }

    #[tokio::test]
    async fn a_padded_body_is_the_same_json() {
        let page = json!({"Events": [], "NextToken": "t"});
        for (length, expected) in [(3_000_000, 3_000_000), (0, page.to_string().len())] {
            let body = ResponseBody::padded(page.to_string(), length);
            assert_eq!(body.size_hint().exact(), None);
            let bytes = body.collect().await.unwrap().to_bytes();
            assert_eq!(bytes.len(), expected);
            assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), page);
        }
    }
}
