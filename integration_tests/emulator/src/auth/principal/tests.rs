//! Every way in which credentials and signatures can be wrong, and AWS's error for it.

use super::{Api, Authorization, Principals};
use crate::{
    auth::{
        caller::Caller,
        regions::Regions,
        signature::{Scope, SignableRequest, sign},
        test_client::set,
    },
    wire::{
        aws_error::AwsError,
        timestamp::{amz_date, parse_amz_date},
    },
};
use hyper::HeaderMap;
use std::time::{Duration, UNIX_EPOCH};

const NOW: i64 = 1_740_000_000;

/// A signed request, and everything about it that can be wrong.
struct Attempt {
    access_key: &'static str,
    secret_key: &'static str,
    session_token: Option<&'static str>,
    signed_at: i64,
    day: Option<&'static str>,
    region: &'static str,
    service: &'static str,
    api: Api,
    signed_headers: &'static [&'static str],
}

const VALID: Attempt = Attempt {
    access_key: "AKIAIOSFODNN7EXAMPLE",
    secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    session_token: None,
    signed_at: NOW,
    day: None,
    region: "eu-central-1",
    service: "cloudtrail",
    api: Api::CloudTrail,
    signed_headers: &["host", "x-amz-date"],
};

impl Attempt {
    /// The account of the principal that signed it, or the error's code and message.
    fn result(&self) -> Result<String, (String, String)> {
        self.changed(|_| (), b"{}")
    }

    /// The result if the headers and the body change after the request has been signed.
    fn changed(&self, change: impl Fn(&mut HeaderMap), body: &[u8]) -> Result<String, (String, String)> {
        let date = amz_date(self.signed_at);
        let scope = Scope {
            day: self.day.unwrap_or(&date[..8]).to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
        };
        let mut headers = HeaderMap::new();
        set(&mut headers, "host", "localhost:1");
        set(&mut headers, "x-amz-date", &date);
        if let Some(token) = self.session_token {
            set(&mut headers, "x-amz-security-token", token);
        }
        let signed: Vec<String> = self.signed_headers.iter().map(ToString::to_string).collect();
        let request = SignableRequest { method: "POST", path: "/", query: "", headers: &headers, body: b"{}" };
        let signature = sign(&request, &signed, &date, &scope, self.secret_key);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={signature}",
            self.access_key,
            scope.day,
            scope.region,
            scope.service,
            signed.join(";"),
        );
        set(&mut headers, "authorization", &authorization);
        change(&mut headers);
        let request = SignableRequest { method: "POST", path: "/", query: "", headers: &headers, body };
        let principals = Principals::new(Caller::examples(), Regions::default(), 0);
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        Authorization::parse(&headers)
            .and_then(|authorization| principals.authenticate(&authorization, &request, self.api, now).cloned())
            .map(|principal| principal.caller.account)
            .map_err(|AwsError { code, message, .. }| (code, message))
    }
}

fn code(attempt: &Attempt) -> String {
    attempt.result().unwrap_err().0
}

#[test]
fn a_valid_signature_is_accepted() {
    assert_eq!(VALID.result(), Ok("123456789012".to_owned()));
    let session = Attempt { access_key: "ASIAIOSFODNN7EXAMPLE", session_token: Some("example-session-token"), ..VALID };
    assert!(session.result().is_ok());
}

#[test]
fn an_unknown_key_or_token_is_not_recognized() {
    let unrecognized = "UnrecognizedClientException";
    let session = "ASIAIOSFODNN7EXAMPLE";
    assert_eq!(code(&Attempt { access_key: "AKIAUNKNOWN", ..VALID }), unrecognized);
    assert_eq!(code(&Attempt { session_token: Some("x"), ..VALID }), unrecognized);
    assert_eq!(code(&Attempt { access_key: session, ..VALID }), unrecognized);
    assert_eq!(code(&Attempt { access_key: session, session_token: Some("x"), ..VALID }), unrecognized);
}

#[test]
fn an_expired_token_has_its_own_error() {
    let expired = Attempt { access_key: "ASIAEXPIREDTKEXAMPLE", session_token: Some("example-expired-token"), ..VALID };
    assert_eq!(code(&expired), "ExpiredTokenException");
}

#[test]
fn the_signature_of_a_wrong_secret_or_a_changed_request_does_not_match() {
    let (code, message) = Attempt { secret_key: "wrong", ..VALID }.result().unwrap_err();
    assert_eq!(code, "InvalidSignatureException");
    assert!(message.starts_with("The request signature we calculated does not match"), "{message}");
    assert!(VALID.changed(|_| (), b"{ }").is_err());
    assert!(VALID.changed(|headers| set(headers, "host", "elsewhere"), b"{}").is_err());
    assert!(VALID.changed(|headers| set(headers, "unsigned", "x"), b"{}").is_ok());
}

#[test]
fn a_clock_may_be_off_by_at_most_five_minutes() {
    assert!(Attempt { signed_at: NOW - 300, ..VALID }.result().is_ok());
    assert!(Attempt { signed_at: NOW + 300, ..VALID }.result().is_ok());
    let late = Attempt { signed_at: NOW - 301, ..VALID }.result().unwrap_err();
    assert_eq!(late.0, "InvalidSignatureException");
    assert_eq!(
        late.1,
        "Signature expired: 20250219T211459Z is now earlier than 20250219T211500Z (20250219T212000Z - 5 min.)"
    );
    let early = Attempt { signed_at: NOW + 301, ..VALID }.result().unwrap_err();
    assert!(early.1.starts_with("Signature not yet current: 20250219T212501Z"), "{}", early.1);
    assert_eq!(parse_amz_date("20250219T212000Z"), Some(NOW));
}

#[test]
fn sts_accepts_signatures_for_sts_within_fifteen_minutes() {
    let sts = Attempt { service: "sts", api: Api::Sts, ..VALID };
    assert!(sts.result().is_ok());
    assert!(Attempt { signed_at: NOW - 900, service: "sts", api: Api::Sts, ..VALID }.result().is_ok());
    let late = Attempt { signed_at: NOW - 901, service: "sts", api: Api::Sts, ..VALID }.result().unwrap_err();
    assert!(late.1.ends_with("(20250219T212000Z - 15 min.)"), "{}", late.1);
    let other = Attempt { api: Api::Sts, ..VALID }.result().unwrap_err();
    assert_eq!(other.1, "Credential should be scoped to correct service: 'sts'.");
}

#[test]
fn the_scope_must_match_the_request() {
    let wrong = "InvalidSignatureException";
    assert_eq!(code(&Attempt { service: "sts", ..VALID }), wrong);
    assert_eq!(code(&Attempt { region: "nowhere", ..VALID }), wrong);
    assert_eq!(code(&Attempt { day: Some("20250218"), ..VALID }), wrong);
    assert!(Attempt { region: "us-gov-west-1", ..VALID }.result().is_ok());
}

#[test]
fn host_and_date_must_be_signed() {
    for signed_headers in [&["host"] as &[_], &["x-amz-date"]] {
        assert_eq!(code(&Attempt { signed_headers, ..VALID }), "InvalidSignatureException");
    }
}

#[test]
fn an_authorization_with_missing_parts_is_incomplete() {
    let parse = |authorization: &str| {
        let mut headers = HeaderMap::new();
        set(&mut headers, "authorization", authorization);
        Authorization::parse(&headers).unwrap_err()
    };
    assert_eq!(Authorization::parse(&HeaderMap::new()).unwrap_err(), AwsError::missing_authentication());
    assert_eq!(parse("Bearer x"), AwsError::missing_authentication());
    assert_eq!(
        parse("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request").message,
        "Authorization header requires 'Signature' parameter. Authorization header requires \
         'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header."
    );
    let short = VALID.changed(
        |headers| {
            let text = "AWS4-HMAC-SHA256 Credential=key/aws4_request, SignedHeaders=host, Signature=0";
            set(headers, "authorization", text);
        },
        b"{}",
    );
    assert_eq!(short.unwrap_err().0, "IncompleteSignatureException");
}
