//! What the server has to do about a request: when, with which headers, and in which of the forms that an answer, or
//! the lack of one, can take.

use std::time::Duration;

/// The content type of CloudTrail's requests and answers.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What the server has to do.
#[derive(Debug)]
pub(crate) struct Answer {
    /// How long to wait first.
    pub(crate) delay: Duration,
    /// The `Date` header.
    pub(crate) date: String,
    /// The `x-amzn-RequestId` header.
    pub(crate) request_id: String,
    pub(crate) form: Form,
}

/// The forms that an answer can take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole {
        status: u16,
        content_type: &'static str,
        body: String,
    },
    /// The headers of this body, and half of it.
    Truncated(String),
    /// This body, with the headers byte by byte.
    TrickledHead(String),
    /// This body, byte by byte.
    TrickledBody(String),
    /// This body, which is an object of JSON, with white space in it up to so many bytes.
    Oversized(String, u64),
    Reset,
    Hang,
}

impl Form {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self::Whole { status, content_type: CONTENT_TYPE, body }
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::Whole { status, content_type: "text/html", body: body.to_owned() }
    }
}
