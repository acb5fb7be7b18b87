//! Bodies that do not come in one piece, a byte a second or without an end in sight, and headers that come so slowly.

use std::convert::Infallible;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Interval, interval};

/// The time between two bytes of what trickles.
const PER_BYTE: Duration = Duration::from_secs(1);
/// White space, a piece of which is all of an oversized body that is ever in memory.
static SPACES: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Payload {
    Whole(Full<Bytes>),
    /// A byte a second, the first one at once.
    Trickle {
        rest: Bytes,
        clock: Interval,
    },
    /// So much white space, with something before and after it. Its length is not announced.
    Padded {
        before: Bytes,
        spaces: u64,
        after: Bytes,
    },
}

impl Payload {
    pub(crate) fn whole(body: String) -> Self {
        Self::Whole(Full::from(body))
    }

    pub(crate) fn trickle(body: String) -> Self {
        Self::Trickle { rest: body.into(), clock: interval(PER_BYTE) }
    }

    /// An object of JSON with white space before its last brace, `length` bytes of it all if that is longer.
    pub(crate) fn padded(mut body: String, length: u64) -> Self {
        let spaces = length.saturating_sub(body.len().try_into().unwrap_or(u64::MAX));
        let after = body.split_off(body.len().saturating_sub(1));
        Self::Padded { before: body.into(), spaces, after: after.into() }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Whole(body) => return Pin::new(body).poll_frame(context),
            Self::Trickle { rest, clock } if !rest.is_empty() => {
                ready!(clock.poll_tick(context));
                rest.split_to(1)
            }
            Self::Trickle { .. } => Bytes::new(),
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
            Self::Whole(body) => body.size_hint(),
            Self::Trickle { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Padded { .. } => SizeHint::default(),
        }
    }
}

/// Writes a byte a second, the first one at once.
///
/// # Errors
/// When the other side has left.
pub(crate) async fn trickle(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let mut clock = interval(PER_BYTE);
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
    async fn a_body_trickles_a_byte_a_second() {
        let mut body = Payload::trickle("abc".to_owned());
        assert_eq!(body.size_hint().exact(), Some(3));
        let started = Instant::now();
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            seen.push((started.elapsed().as_secs(), frame.unwrap().into_data().unwrap()));
        }
        assert_eq!(seen, [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_trickle_into_a_stream_until_the_reader_leaves() {
        let (mut ours, mut theirs) = duplex(64);
        let started = Instant::now();
        let writer = tokio::spawn(async move { (trickle(&mut ours, b"HTTP/1.1").await, started.elapsed()) });
        let mut seen = [0; 4];
        theirs.read_exact(&mut seen).await.unwrap();
        assert_eq!((&seen, started.elapsed().as_secs()), (b"HTTP", 3));
        drop(theirs);
        let (ended, after) = writer.await.unwrap();
        assert_eq!((ended.unwrap_err().kind(), after.as_secs()), (io::ErrorKind::BrokenPipe, 4));
    }

    #[tokio::test]
    async fn an_oversized_body_is_the_same_json() {
        let page = json!({"Events": [], "NextToken": "t"});
        for (length, expected) in [(3_000_000, 3_000_000), (0, page.to_string().len())] {
            let body = Payload::padded(page.to_string(), length);
            assert_eq!(body.size_hint().exact(), None);
            let bytes = body.collect().await.unwrap().to_bytes();
            assert_eq!(bytes.len(), expected);
            assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), page);
        }
    }
}
