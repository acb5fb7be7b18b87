//! Every way in which a signature can be wrong, and the error that AWS has for it.

use std::time::{Duration, UNIX_EPOCH};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::{Api, Claim};
use crate::calendar::{amz_date, parse_amz_date};
use crate::caller::Caller;
use crate::principal::Principals;
use crate::settings::Settings;
use crate::signature::{Scope, Signable, sign};
use crate::wire_error::WireError;

const NOW: i64 = 1_740_000_000;

/// A request as a client signs it, with its ways to go wrong.
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

const RIGHT: Attempt = Attempt {
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

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
}

impl Attempt {
    /// The account that it gets into, or the error's code and message.
    fn result(&self) -> Result<String, (String, String)> {
        self.with(|_| (), b"{}")
    }

    fn with(&self, change: impl Fn(&mut HeaderMap), body: &[u8]) -> Result<String, (String, String)> {
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
        let request = Signable { method: "POST", path: "/", query: "", headers: &headers, body: b"{}" };
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
        let request = Signable { method: "POST", path: "/", query: "", headers: &headers, body };
        let principals = Principals::new(&Settings { callers: Caller::examples(), ..Settings::default() });
        let now = UNIX_EPOCH + Duration::from_secs(NOW.cast_unsigned());
        Claim::read(&headers)
            .and_then(|claim| principals.identify(&claim, &request, self.api, now).cloned())
            .map(|principal| principal.caller.account)
            .map_err(|WireError { code, message, .. }| (code, message))
    }
}

fn code(attempt: &Attempt) -> String {
    attempt.result().unwrap_err().0
}

#[test]
fn a_right_signature_is_accepted() {
    assert_eq!(RIGHT.result(), Ok("123456789012".to_owned()));
    let session = Attempt { access_key: "ASIAIOSFODNN7EXAMPLE", session_token: Some("example-session-token"), ..RIGHT };
    assert!(session.result().is_ok());
}

#[test]
fn an_unknown_key_or_token_is_not_recognized() {
    let unknown = "UnrecognizedClientException";
    let session = "ASIAIOSFODNN7EXAMPLE";
    assert_eq!(code(&Attempt { access_key: "AKIAUNKNOWN", ..RIGHT }), unknown);
    assert_eq!(code(&Attempt { session_token: Some("x"), ..RIGHT }), unknown);
    assert_eq!(code(&Attempt { access_key: session, ..RIGHT }), unknown);
    assert_eq!(code(&Attempt { access_key: session, session_token: Some("x"), ..RIGHT }), unknown);
}

#[test]
fn an_expired_token_is_told_so() {
    let expired = Attempt { access_key: "ASIAEXPIREDTKEXAMPLE", session_token: Some("example-expired-token"), ..RIGHT };
    assert_eq!(code(&expired), "ExpiredTokenException");
}

#[test]
fn a_wrong_secret_or_a_changed_request_does_not_match() {
    let (code, message) = Attempt { secret_key: "wrong", ..RIGHT }.result().unwrap_err();
    assert_eq!(code, "InvalidSignatureException");
    assert!(message.starts_with("The request signature we calculated does not match"), "{message}");
    assert!(RIGHT.with(|_| (), b"{ }").is_err());
    assert!(RIGHT.with(|headers| set(headers, "host", "elsewhere"), b"{}").is_err());
    assert!(RIGHT.with(|headers| set(headers, "unsigned", "x"), b"{}").is_ok());
}

#[test]
fn a_clock_may_be_five_minutes_off_and_no_more() {
    assert!(Attempt { signed_at: NOW - 300, ..RIGHT }.result().is_ok());
    assert!(Attempt { signed_at: NOW + 300, ..RIGHT }.result().is_ok());
    let late = Attempt { signed_at: NOW - 301, ..RIGHT }.result().unwrap_err();
    assert_eq!(late.0, "InvalidSignatureException");
    assert_eq!(
        late.1,
        "Signature expired: 20250219T211459Z is now earlier than 20250219T211500Z (20250219T212000Z - 5 min.)"
    );
    let early = Attempt { signed_at: NOW + 301, ..RIGHT }.result().unwrap_err();
    assert!(early.1.starts_with("Signature not yet current: 20250219T212501Z"), "{}", early.1);
    assert_eq!(parse_amz_date("20250219T212000Z"), Some(NOW));
}

#[test]
fn sts_takes_signatures_for_itself_and_a_quarter_of_an_hour() {
    let sts = Attempt { service: "sts", api: Api::Sts, ..RIGHT };
    assert!(sts.result().is_ok());
    assert!(Attempt { signed_at: NOW - 900, service: "sts", api: Api::Sts, ..RIGHT }.result().is_ok());
    let late = Attempt { signed_at: NOW - 901, service: "sts", api: Api::Sts, ..RIGHT }.result().unwrap_err();
    assert!(late.1.ends_with("(20250219T212000Z - 15 min.)"), "{}", late.1);
    let other = Attempt { api: Api::Sts, ..RIGHT }.result().unwrap_err();
    assert_eq!(other.1, "Credential should be scoped to correct service: 'sts'.");
}

#[test]
fn the_scope_has_to_fit() {
    let wrong = "InvalidSignatureException";
    assert_eq!(code(&Attempt { service: "sts", ..RIGHT }), wrong);
    assert_eq!(code(&Attempt { region: "nowhere", ..RIGHT }), wrong);
    assert_eq!(code(&Attempt { day: Some("20250218"), ..RIGHT }), wrong);
    assert!(Attempt { region: "us-gov-west-1", ..RIGHT }.result().is_ok());
}

#[test]
fn host_and_date_have_to_be_signed() {
    for signed_headers in [&["host"] as &[_], &["x-amz-date"]] {
        assert_eq!(code(&Attempt { signed_headers, ..RIGHT }), "InvalidSignatureException");
    }
}

#[test]
fn an_authorization_that_lacks_parts_is_incomplete() {
    let read = |authorization: &str| {
        let mut headers = HeaderMap::new();
        set(&mut headers, "authorization", authorization);
        Claim::read(&headers).unwrap_err()
    };
    assert_eq!(Claim::read(&HeaderMap::new()).unwrap_err(), WireError::missing_authentication());
    assert_eq!(read("Bearer x"), WireError::missing_authentication());
    assert_eq!(
        read("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request").message,
        "Authorization header requires 'Signature' parameter. Authorization header requires \
         'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header."
    );
    let short = RIGHT.with(
        |headers| {
            let text = "AWS4-HMAC-SHA256 Credential=key/aws4_request, SignedHeaders=host, Signature=0";
            set(headers, "authorization", text);
        },
        b"{}",
    );
    assert_eq!(short.unwrap_err().0, "IncompleteSignatureException");
}
