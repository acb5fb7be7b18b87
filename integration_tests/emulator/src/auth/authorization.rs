//! The `Authorization` header: which access key signed a request, and whether the signature is valid. The checks are
//! made in AWS's order, and each has its own error. The caller passes the time in.

use super::{
    regions::central_region,
    signature::{Scope, SignableRequest, sign},
};
use crate::wire::{
    aws_error::AwsError,
    timestamp::{amz_date, parse_amz_date},
};
use hyper::HeaderMap;
use std::time::Duration;

/// An API that checks signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    CloudTrail,
    Sts,
    Organizations,
    Account,
}

impl Api {
    /// The service that the scope of a credential must name.
    fn service(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
        }
    }

    /// Whether the scope of a credential may name this Region. Organizations and Account Management have one Region in
    /// each partition. Sources: the endpoint rules of AWS's SDKs.
    fn is_served_in(self, region: &str) -> bool {
        match self {
            Self::CloudTrail | Self::Sts => true,
            Self::Organizations | Self::Account => region == central_region(region),
        }
    }

    /// By how much the clock of a client may be off, in either direction.
    fn tolerance(self) -> Duration {
        match self {
            Self::CloudTrail | Self::Organizations | Self::Account => Duration::from_mins(5),
            Self::Sts => Duration::from_mins(15),
        }
    }
}

/// What the headers of a signed request say about its signature. Nothing in it is verified yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) scope: Scope,
    signed_headers: Vec<String>,
    signature: String,
    amz_date: String,
}

impl Authorization {
    /// # Errors
    ///
    /// The header is missing or incomplete.
    pub(crate) fn parse(headers: &HeaderMap) -> Result<Self, AwsError> {
        let header = text(headers, "authorization").unwrap_or_default();
        let Some(rest) = header.strip_prefix("AWS4-HMAC-SHA256") else {
            return Err(AwsError::missing_authentication());
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
            let missing: Vec<String> = [
                ("'Credential' parameter.", credential.is_none()),
                ("'Signature' parameter.", signature.is_none()),
                ("'SignedHeaders' parameter.", signed.is_none()),
                ("existence of either a 'X-Amz-Date' or a 'Date' header.", amz_date.is_none()),
            ]
            .iter()
            .filter(|(_, is_missing)| *is_missing)
            .map(|(part, _)| format!("Authorization header requires {part}"))
            .collect();
            return Err(AwsError::incomplete_signature(missing.join(" ")));
        };
        let mut parts = credential.rsplitn(5, '/');
        let (terminator, service, region, day, access_key) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some("aws4_request"), Some(service), Some(region), Some(day), Some(access_key)) =
            (terminator, service, region, day, access_key)
        else {
            return Err(AwsError::incomplete_signature(format!(
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

    /// Verifies that the request was signed with this secret key, for this API, and about when the server's clock shows
    /// the second `now`.
    ///
    /// # Errors
    ///
    /// The error of the first check that fails.
    pub(crate) fn verify(
        &self,
        request: &SignableRequest<'_>,
        secret_key: &str,
        api: Api,
        now: i64,
    ) -> Result<(), AwsError> {
        self.check_scope(api)?;
        self.check_time(api, now)?;
        let expected = sign(request, &self.signed_headers, &self.amz_date, &self.scope, secret_key);
        if expected == self.signature { Ok(()) } else { Err(AwsError::wrong_signature()) }
    }

    fn check_scope(&self, api: Api) -> Result<(), AwsError> {
        for name in ["host", "x-amz-date"] {
            if !self.signed_headers.iter().any(|signed| signed == name) {
                return Err(AwsError::invalid_signature(format!(
                    "'{name}' must be a 'SignedHeader' in the AWS Authorization."
                )));
            }
        }
        let service = api.service();
        if self.scope.service != service {
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if !is_region(&self.scope.region) || !api.is_served_in(&self.scope.region) {
            return Err(AwsError::invalid_signature("Credential should be scoped to a valid region."));
        }
        Ok(())
    }

    fn check_time(&self, api: Api, now: i64) -> Result<(), AwsError> {
        let (signed, day) = (self.amz_date.as_str(), self.scope.day.as_str());
        let Some(second) = parse_amz_date(signed) else {
            return Err(AwsError::incomplete_signature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{signed}'."
            )));
        };
        if !signed.starts_with(&format!("{day}T")) {
            return Err(AwsError::invalid_signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{day}' != '{}', from '{signed}'.",
                &signed[..8]
            )));
        }
        let (now_text, tolerance) = (amz_date(now), api.tolerance());
        let (earliest, latest) = (now - tolerance.as_secs().cast_signed(), now + tolerance.as_secs().cast_signed());
        if second < earliest {
            let earliest = amz_date(earliest);
            Err(AwsError::signature_expired(signed, &earliest, &now_text, tolerance))
        } else if second > latest {
            let latest = amz_date(latest);
            Err(AwsError::signature_not_yet_current(signed, &latest, &now_text, tolerance))
        } else {
            Ok(())
        }
    }
}

/// Whether the name has the form of a Region's, such as `us-east-1` or `us-gov-west-1`.
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
