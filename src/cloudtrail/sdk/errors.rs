//! What the SDK's errors mean. Matches the wording of hyper, rustls and aws-config where they have no type.

use super::retry_after;
use crate::{
    clock,
    cloudtrail::lookup_error::{
        answers::ErrorAnswer,
        context::{CredentialsSource, RequestContext},
        error::LookupError,
        kind::{LookupErrorKind, NoAnswer, NoCredentials},
    },
};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudtrail::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use aws_sdk_sts::operation::{
    assume_role::AssumeRoleError, assume_role_with_web_identity::AssumeRoleWithWebIdentityError,
};
use std::{
    error::Error,
    io::{self, ErrorKind},
    iter,
    sync::Arc,
    time::Duration,
};
use thiserror::Error;

/// hyper-util, when a proxy does not open a tunnel; its type is private.
const TUNNEL: &str = "tunnel error";
const TUNNEL_UNAUTHORIZED: &str = "authorization required";
const TUNNEL_UNCONNECTED: &str = "underlying connection";
/// hyper-util and the standard library, when a host name does not resolve; neither has a type for it.
const DNS: [&str; 2] = ["dns error", "failed to lookup address information"];
/// The same, when the DNS server does not answer, by glibc and by musl.
const DNS_UNAVAILABLE: [&str; 2] = ["Temporary failure in name resolution", "Try again"];
/// hyper, when bytes arrive before the request is sent; it has no predicate for this kind of its error.
const EARLY_ANSWER: &str = "received unexpected message from connection";
/// rustls-webpki, whose error is opaque to rustls.
const CA_AS_SERVER_CERTIFICATE: &str = "CaUsedAsEndEntity";
/// aws-config, which only has text if a profile leads to these errors.
const NO_SUCH_PROFILE: &str = "was not defined";
const UNSUPPORTED_PROFILE: &str = "cargo feature";

/// There are no credentials. The cause is found once, for all requests that wait for it.
#[derive(Clone, Debug, Error)]
#[error("no credentials")]
pub(super) struct CredentialsUnavailable {
    kind: LookupErrorKind,
    context: RequestContext,
    source: Arc<CredentialsError>,
}

impl CredentialsUnavailable {
    /// `sts` is where the credentials of a role are requested, if the config `has_role`.
    pub(super) fn new(error: CredentialsError, sts: RequestContext, has_role: bool) -> Self {
        // That of another role, which assumes this one.
        if let Some(unavailable) = Self::find(&error) {
            return unavailable.clone();
        }
        // The error of a role may be that of the credentials that assume it.
        let cause = chain(&error).filter_map(|error| error.downcast_ref::<CredentialsError>()).last().unwrap_or(&error);
        let web_identity = RequestContext { credentials: CredentialsSource::WebIdentity, ..sts.clone() };
        let (kind, context) = if let Some(error) = find::<SdkError<AssumeRoleError>>(cause) {
            (kind(error, &sts), sts)
        } else if let Some(error) = find::<SdkError<AssumeRoleWithWebIdentityError>>(cause) {
            (kind(error, &web_identity), web_identity)
        } else if has_role && matches!(cause, CredentialsError::ProviderTimedOut(_)) {
            (NoAnswer::TimedOut.into(), sts)
        } else {
            (no_credentials(cause).into(), sts)
        };
        Self { kind, context, source: Arc::new(error) }
    }

    /// This error among the causes of `error`.
    pub(super) fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        find(error)
    }

    pub(super) fn lookup_error(&self) -> LookupError {
        LookupError::new(self.kind.clone(), self.context.clone()).with_source(self.clone())
    }
}

/// The error of any service in answer to the request of this `context`.
pub(super) fn lookup_error<E>(error: SdkError<E>, context: RequestContext) -> LookupError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(unavailable) = CredentialsUnavailable::find(&error) {
        return unavailable.lookup_error();
    }
    let kind = kind(&error, &context);
    // Not the body, which may be from anyone and contain anything.
    let status = error.raw_response().map(|response| response.status().as_u16());
    let retry_after = error.raw_response().and_then(retry_after);
    let id = error.request_id().unwrap_or("unknown").to_owned();
    let source = anyhow::Error::new(error);
    let source = match status {
        Some(status) => source.context(format!("HTTP status {status}, request ID {id}")),
        None => source,
    };
    LookupError::new(kind, context).with_source(source).with_retry_after(retry_after)
}

/// How long the answer asks to wait, if it has a status that makes it a reason to.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    if !matches!(response.status().as_u16(), 429 | 503) {
        return None;
    }
    let header = |name| response.headers().get(name);
    retry_after::wait(header("retry-after")?, header("date"), clock::epoch_seconds())
}

/// What the error of any service means for the request of this `context`.
fn kind<E>(error: &SdkError<E>, context: &RequestContext) -> LookupErrorKind
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => match answer.raw().status().as_u16() {
            ..300 => NoAnswer::Garbled.into(),
            status => {
                let message = answer.err().message().unwrap_or_default();
                ErrorAnswer { code: answer.err().code(), message, status }.kind(context)
            }
        },
        // The newer clients of the SDK can't read an error without AWS's form. Its body has arrived, and it has a status.
        SdkError::ResponseError(answer) => match (answer.raw().status().as_u16(), answer.raw().body().bytes()) {
            (status @ 300.., Some(_)) => ErrorAnswer { code: None, message: "", status }.kind(context),
            _ => NoAnswer::Garbled.into(),
        },
        SdkError::TimeoutError(_) => NoAnswer::TimedOut.into(),
        SdkError::ConstructionFailure(_) => NoAnswer::InvalidRequest.into(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => NoAnswer::TimedOut.into(),
        SdkError::DispatchFailure(failure) if failure.is_user() => NoAnswer::InvalidRequest.into(),
        _ => no_answer(error).into(),
    }
}

/// Why no answer comes from the network.
fn no_answer(error: &(dyn Error + 'static)) -> NoAnswer {
    let says = |words: &[&str]| chain(error).any(|cause| words.iter().any(|words| cause.to_string().contains(words)));
    if says(&DNS) && says(&DNS_UNAVAILABLE) {
        return NoAnswer::DnsUnavailable;
    }
    if says(&[TUNNEL]) {
        return if says(&[TUNNEL_UNAUTHORIZED]) {
            NoAnswer::ProxyAuthenticationRequired
        } else if says(&DNS) {
            NoAnswer::ProxyHostNotFound
        } else if says(&[TUNNEL_UNCONNECTED]) {
            NoAnswer::ProxyUnreachable
        } else {
            NoAnswer::ProxyRefused
        };
    }
    if says(&DNS) {
        return NoAnswer::HostNotFound;
    }
    match find::<rustls::Error>(error) {
        Some(rustls::Error::InvalidCertificate(error)) if format!("{error:?}").contains(CA_AS_SERVER_CERTIFICATE) => {
            return NoAnswer::CaAsServerCertificate;
        }
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            return NoAnswer::UntrustedCertificate;
        }
        Some(rustls::Error::InvalidMessage(_)) => return NoAnswer::NotTls,
        _ => {}
    }
    // hyper's error may have another as its cause: that of a connection is also the end of a request that waits for it.
    let is_not_http = |error: &hyper::Error| error.is_parse() || error.to_string().contains(EARLY_ANSWER);
    if chain(error).filter_map(|error| error.downcast_ref()).any(is_not_http) {
        NoAnswer::NotHttp
    } else {
        NoAnswer::Unreachable
    }
}

/// Why this machine has no credentials.
fn no_credentials(error: &CredentialsError) -> NoCredentials {
    let reason = error.source().map_or_else(|| error.to_string(), causes);
    let is_about_a_file = |error: &io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied);
    match error {
        // Such as the one in the source_profile of a profile.
        CredentialsError::CredentialsNotLoaded(_) if reason.contains(NO_SUCH_PROFILE) => {
            NoCredentials::Misconfigured(reason)
        }
        CredentialsError::CredentialsNotLoaded(_) => NoCredentials::NotFound,
        CredentialsError::InvalidConfiguration(_) if reason.contains(UNSUPPORTED_PROFILE) => {
            NoCredentials::UnsupportedProfile
        }
        CredentialsError::InvalidConfiguration(_) => NoCredentials::Misconfigured(reason),
        // Networks have other kinds of errors.
        _ if chain(error).filter_map(|error| error.downcast_ref()).any(is_about_a_file) => {
            NoCredentials::UnreadableFile(reason)
        }
        _ => NoCredentials::Unavailable(reason),
    }
}

/// The texts of an error and all its causes, on one line.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// An error and all its causes. An `io::Error` names the causes of the error in it, but not that error.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

#[cfg(test)]
mod tests;
