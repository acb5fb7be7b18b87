//! What the server sends for a request: when, with which headers, and in which form. Some forms are incomplete, and one
//! is no response at all.

use std::time::Duration;

/// The content type of CloudTrail's requests and responses.
pub(crate) const JSON: &str = "application/x-amz-json-1.1";

/// What the server has to do for a request.
#[derive(Debug)]
pub(crate) struct Response {
    /// How long to wait first.
    pub(crate) delay: Duration,
    /// The `Date` header.
    pub(crate) date: String,
    /// The `x-amzn-RequestId` header.
    pub(crate) request_id: String,
    pub(crate) form: Form,
}

/// The forms that a response can take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Complete {
        status: u16,
        content_type: &'static str,
        body: String,
    },
    /// The headers for this body, and half of it.
    Truncated(String),
    /// This body, after headers that arrive byte by byte.
    TrickledHeaders(String),
    /// This body, byte by byte.
    TrickledBody(String),
    /// This body, which is a JSON object, padded with white space to this many bytes.
    Oversized(String, u64),
    /// The connection is reset.
    Reset,
    /// Nothing is sent, and the connection stays open.
    Hang,
}

impl Form {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self::Complete { status, content_type: JSON, body }
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::Complete { status, content_type: "text/html", body: body.to_owned() }
    }

    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::Complete { status, content_type: "text/xml", body }
    }
}
