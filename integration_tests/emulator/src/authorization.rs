//! Who signed a request, and whether the signature holds: the checks of AWS in the order of AWS, each with its own
//! error. The clock is passed in.

use std::time::Duration;

use hyper::HeaderMap;

use crate::calendar::{amz_date, parse_amz_date};
use crate::caller::Caller;
use crate::signature::{Scope, Signable, sign};
use crate::wire_error::WireError;

/// An API that checks signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    CloudTrail,
    Sts,
}

impl Api {
    /// The service that a signature has to be for.
    fn service(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Sts => "sts",
        }
    }

    /// How far the clock of a client may be off, either way.
    fn tolerance(self) -> Duration {
        match self {
            Self::CloudTrail => Duration::from_mins(5),
            Self::Sts => Duration::from_mins(15),
        }
    }
}

/// What the `Authorization` header claims.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) scope: Scope,
    signed_headers: Vec<String>,
    signature: String,
    amz_date: String,
}

impl Claim {
    /// # Errors
    /// When the header is missing or lacks a part.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, WireError> {
        let header = text(headers, "authorization").unwrap_or_default();
        let Some(rest) = header.strip_prefix("AWS4-HMAC-SHA256") else {
            return Err(WireError::missing_authentication());
        };
        let part = |name: &str| {
            rest.split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(found, value)| (found == name).then(|| value.to_owned()))
                .filter(|value| !value.is_empty())
        };
        let (credential, signed, signature) = (part("Credential"), part("SignedHeaders"), part("Signature"));
        let amz_date = text(headers, "x-amz-date");
        let (Some(credential), Some(signed), Some(signature), Some(amz_date)) =
            (&credential, &signed, &signature, amz_date)
        else {
            let lacking: Vec<String> = [
                ("'Credential' parameter.", credential.is_none()),
                ("'Signature' parameter.", signature.is_none()),
                ("'SignedHeaders' parameter.", signed.is_none()),
                ("existence of either a 'X-Amz-Date' or a 'Date' header.", amz_date.is_none()),
            ]
            .iter()
            .filter(|(_, lacks)| *lacks)
            .map(|(what, _)| format!("Authorization header requires {what}"))
            .collect();
            return Err(WireError::incomplete_signature(lacking.join(" ")));
        };
        let mut parts = credential.rsplitn(5, '/');
        let (terminator, service, region, day, access_key) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some("aws4_request"), Some(service), Some(region), Some(day), Some(access_key)) =
            (terminator, service, region, day, access_key)
        else {
            return Err(WireError::incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, \
                 e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        Ok(Self {
            access_key: access_key.to_owned(),
            session_token: text(headers, "x-amz-security-token").map(str::to_owned),
            scope: Scope { day: day.to_owned(), region: region.to_owned(), service: service.to_owned() },
            signed_headers: signed.split(';').map(str::to_lowercase).collect(),
            signature: signature.clone(),
            amz_date: amz_date.to_owned(),
        })
    }

    /// Checks that this caller signed the request for this API, around the server's time `now`.
    ///
    /// # Errors
    /// When a check fails.
    pub(crate) fn prove(&self, request: &Signable<'_>, caller: &Caller, api: Api, now: i64) -> Result<(), WireError> {
        self.check_scope(api)?;
        self.check_time(api, now)?;
        let right = sign(request, &self.signed_headers, &self.amz_date, &self.scope, &caller.secret_key);
        if right == self.signature { Ok(()) } else { Err(WireError::wrong_signature()) }
    }

    fn check_scope(&self, api: Api) -> Result<(), WireError> {
        for name in ["host", "x-amz-date"] {
            if !self.signed_headers.iter().any(|signed| signed == name) {
                return Err(WireError::invalid_signature(format!(
                    "'{name}' must be a 'SignedHeader' in the AWS Authorization."
                )));
            }
        }
        let service = api.service();
        if self.scope.service != service {
            return Err(WireError::invalid_signature(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if !is_region(&self.scope.region) {
            return Err(WireError::invalid_signature("Credential should be scoped to a valid region."));
        }
        Ok(())
    }

    fn check_time(&self, api: Api, now: i64) -> Result<(), WireError> {
        let (signed, day) = (self.amz_date.as_str(), self.scope.day.as_str());
        let Some(second) = parse_amz_date(signed) else {
            return Err(WireError::incomplete_signature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{signed}'."
            )));
        };
        if !signed.starts_with(&format!("{day}T")) {
            return Err(WireError::invalid_signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{day}' != '{}', from '{signed}'.",
                &signed[..8]
            )));
        }
        let (now_text, tolerance) = (amz_date(now), api.tolerance());
        let (earliest, latest) = (now - tolerance.as_secs().cast_signed(), now + tolerance.as_secs().cast_signed());
        if second < earliest {
            let earliest = amz_date(earliest);
            Err(WireError::signature_expired(signed, &earliest, &now_text, tolerance))
        } else if second > latest {
            let latest = amz_date(latest);
            Err(WireError::signature_not_yet_current(signed, &latest, &now_text, tolerance))
        } else {
            Ok(())
        }
    }
}

/// Whether it has the form of a Region's name, such as `us-east-1` or `us-gov-west-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let lower = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    parts.len() >= 3
        && parts[..parts.len() - 1].iter().all(lower)
        && parts[parts.len() - 1].bytes().all(|byte| byte.is_ascii_digit())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests;
