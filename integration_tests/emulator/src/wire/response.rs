//! What the server sends for a request: when, with which headers, and in which form. Some forms are incomplete, and one
//! is no response at all.

use super::aws_error::AwsError;
use std::time::Duration;

/// The content type of CloudTrail's requests and responses.
pub(crate) const JSON: &str = "application/x-amz-json-1.1";

/// The content type of responses in AWS's REST protocol with JSON.
pub(crate) const REST_JSON: &str = "application/json";

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
    /// An error in AWS's REST protocol, which has its code in a header.
    RestError {
        status: u16,
        code: String,
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

    /// A response in AWS's REST protocol.
    pub(crate) fn rest(body: String) -> Self {
        Self::Complete { status: 200, content_type: REST_JSON, body }
    }

    pub(crate) fn rest_error(error: &AwsError) -> Self {
        Self::RestError { status: error.status, code: error.code.clone(), body: error.rest_json() }
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::Complete { status, content_type: "text/html", body: body.to_owned() }
    }

    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::Complete { status, content_type: "text/xml", body }
    }
}
