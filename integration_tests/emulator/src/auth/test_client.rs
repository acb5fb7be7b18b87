//! A client for this crate's tests, which signs requests as the AWS SDKs do.

use super::{
    caller::Caller,
    signature::{Scope, SignableRequest, sign},
};
use crate::wire::{response::JSON, timestamp::amz_date};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

/// The headers of a `LookupEvents` request with this body, signed at the second `now`.
pub(crate) fn signed(body: &str, region: &str, caller: &Caller, now: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", JSON);
    set(&mut headers, "x-amz-target", "CloudTrail_20131101.LookupEvents");
    sign_for("cloudtrail", headers, body, region, caller, now)
}

/// The headers of a request to STS with this body, signed at the second `now`.
pub(crate) fn signed_for_sts(body: &str, region: &str, caller: &Caller, now: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
    sign_for("sts", headers, body, region, caller, now)
}

/// The headers of a `ListAccounts` request with this body, signed at the second `now`.
pub(crate) fn signed_for_organizations(body: &str, region: &str, caller: &Caller, now: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", JSON);
    set(&mut headers, "x-amz-target", "AWSOrganizationsV20161128.ListAccounts");
    sign_for("organizations", headers, body, region, caller, now)
}

/// The headers of a `ListRegions` request with this body, signed at the second `now`.
pub(crate) fn signed_for_account_management(body: &str, region: &str, caller: &Caller, now: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/json");
    sign_for("account", headers, body, region, caller, now)
}

fn sign_for(service: &str, mut headers: HeaderMap, body: &str, region: &str, caller: &Caller, now: i64) -> HeaderMap {
    let date = amz_date(now);
    set(&mut headers, "host", "127.0.0.1");
    set(&mut headers, "x-amz-date", &date);
    if let Some(token) = &caller.session_token {
        set(&mut headers, "x-amz-security-token", token);
    }
    let names: Vec<String> = headers.keys().map(ToString::to_string).collect();
    let scope = Scope { day: date[..8].to_owned(), region: region.to_owned(), service: service.to_owned() };
    let path = if service == "account" { "/listRegions" } else { "/" };
    let request = SignableRequest { method: "POST", path, query: "", headers: &headers, body: body.as_bytes() };
    let mut sorted = names.clone();
    sorted.sort_unstable();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{}/{region}/{service}/aws4_request, SignedHeaders={}, Signature={}",
        caller.access_key,
        scope.day,
        sorted.join(";"),
        sign(&request, &names, &date, &scope, &caller.secret_key),
    );
    set(&mut headers, "authorization", &authorization);
    headers
}

pub(crate) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
}
