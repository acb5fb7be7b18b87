//! The faults: everything that can go wrong with a request.

use std::time::Duration;
use strum::IntoStaticStr;

/// Something that goes wrong with one request that is otherwise valid.
#[derive(Clone, Debug, PartialEq, Eq, IntoStaticStr)]
pub enum Fault {
    /// HTTP 500 with `InternalFailure`.
    Status500,
    /// HTTP 503 with `ServiceUnavailable`.
    Status503,
    /// HTTP 502 with the HTML page of a load balancer.
    Status502Html,
    /// The connection is reset without a response.
    Reset,
    /// The connection closes in the middle of the body.
    Truncated,
    /// HTTP 200 with an HTML page.
    NotJson,
    /// No response, for as long as the client waits.
    Hang,
    /// `ThrottlingException`, regardless of the rate.
    Throttled,
    /// `InvalidNextTokenException`. Waits for a request that has a token.
    InvalidNextToken,
    /// A page without events. Its token, a new one each time, continues at the same position.
    EmptyPageWithToken,
    /// The correct page, with the token of the request itself as its `NextToken`. Waits for a request that has a token.
    RepeatedToken,
    /// The correct page, with the token from the first page of its chain as its `NextToken`, so that a client that
    /// follows it goes in a circle. On the second page, where that is the token of the request itself, a token for the
    /// first page. Waits for a request that has a token.
    TokenCircle,
    /// `ExpiredTokenException`: the credentials have expired.
    ExpiredToken,
    /// The correct response, delayed by this much.
    Slow(Duration),
    /// The correct response, at one byte a second.
    Trickle {
        /// Whether the headers are slow and the body is not; otherwise the body is.
        headers: bool,
    },
    /// The correct page, padded with white space to this many bytes, in chunks and without `Content-Length`.
    Oversized(u64),
    /// Any other error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
        /// The message.
        message: String,
    },
}

impl Fault {
    /// Its name in the journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// Whether it can occur in a request that has a token or has none.
    pub(super) fn fits(&self, has_token: bool) -> bool {
        has_token || !matches!(self, Self::InvalidNextToken | Self::RepeatedToken | Self::TokenCircle)
    }
}

/// Random faults: each request gets one of `faults` with this probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFaults {
    /// The seed. The same seed gives the same faults for the same requests.
    pub seed: u64,
    /// The probability, from 0 to 1.
    pub probability: f64,
    /// The faults to choose from, all equally likely.
    pub faults: Vec<Fault>,
}
