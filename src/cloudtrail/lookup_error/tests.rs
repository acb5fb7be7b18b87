//! Each error with its kind, its remedy, its failure type and its sentence.

use super::{
    answers::ErrorAnswer,
    context::{CredentialsSource, RequestContext, Service},
    error::{Evidence, LookupError, Remedy},
    kind::{LookupErrorKind, NoAnswer, NoCredentials, Rejection, RoleRejection},
};
use crate::failure::{
    Failure,
    FailureType::{self, ConfigError, SystemError, TransientError},
};

const NO_CODE: &str = "none";
const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

fn context(service: Service, credentials: CredentialsSource, endpoint_url: Option<&str>) -> RequestContext {
    let endpoint_url = endpoint_url.map(str::to_owned);
    RequestContext { service, region: "us-east-1".to_owned(), endpoint_url, credentials }
}

fn cloudtrail() -> RequestContext {
    context(Service::CloudTrail, CredentialsSource::Config, None)
}

fn sts(credentials: CredentialsSource) -> RequestContext {
    context(Service::Sts, credentials, None)
}

fn answered(code: &str, message: &str, status: u16, context: &RequestContext) -> LookupErrorKind {
    ErrorAnswer { code: (code != NO_CODE).then_some(code), message, status }.kind(context)
}

#[track_caller]
fn assert_reads(kind: LookupErrorKind, context: RequestContext, reads: (Remedy, FailureType, &str)) {
    let (remedy, failure_type, says) = reads;
    let case = format!("{kind:?} of {context}");
    let error = LookupError::new(kind, context);
    assert_eq!(error.remedy(false), remedy, "{case}");
    let sentence = error.to_string();
    let failure = error.with_source(anyhow::anyhow!("the cause")).into_failure(Evidence::default());
    assert_eq!((failure.failure_type, &failure.message), (failure_type, &sentence), "{case}");
    assert!(sentence.contains(says), "{case}: {sentence}");
    assert_eq!(failure.internal_message().as_deref(), Some("the cause"), "{case}");
}

#[test]
fn every_answer_of_cloudtrail_has_its_kind_its_remedy_and_its_sentence() {
    use Remedy::{RestartSlice, Retry, SlowDown, Stop};
    let expired = "Signature expired: 20261122T000000Z is now earlier than 20261122T001000Z";
    let early = "Signature not yet current: 20261122T001000Z is still later than 20261122T000000Z";
    let scope = "Credential should be scoped to a valid region.";
    let denied = "User: arn:aws:iam::1:user/u is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows it";
    for (code, message, status, remedy, failure_type, says) in [
        ("UnrecognizedClientException", "", 400, Stop, ConfigError, "Check aws_key_id"),
        ("InvalidClientTokenId", "", 403, Stop, ConfigError, "Region us-east-1 is enabled"),
        ("InvalidSignatureException", "does not match", 400, Stop, ConfigError, "Check aws_secret_key"),
        ("SignatureDoesNotMatch", "", 403, Stop, ConfigError, "Check aws_secret_key"),
        ("InvalidSignatureException", expired, 400, Stop, ConfigError, "clock is off"),
        ("SignatureDoesNotMatch", early, 403, Stop, ConfigError, "clock is off"),
        ("RequestExpired", "", 400, Stop, ConfigError, "clock is off"),
        ("InvalidSignatureException", scope, 400, Stop, ConfigError, "the endpoint is not in us-east-1"),
        ("ExpiredTokenException", "", 400, Stop, ConfigError, "have expired"),
        ("MissingAuthenticationToken", "", 403, Stop, ConfigError, "without a valid signature"),
        ("AccessDeniedException", denied, 400, Stop, ConfigError, "no identity-based policy allows it"),
        ("OptInRequired", "", 403, Stop, ConfigError, "not signed up"),
        ("SubscriptionRequiredException", "", 400, Stop, ConfigError, "not signed up"),
        ("InvalidLookupAttributesException", "", 400, Stop, ConfigError, "lookup_attributes_filter"),
        ("InvalidEventCategoryException", "", 400, Stop, ConfigError, "Remove the stream insight_events"),
        ("ThrottlingException", "Rate exceeded", 400, SlowDown, TransientError, "another reader"),
        ("Throttling", "Rate exceeded", 400, SlowDown, TransientError, "another reader"),
        ("TooManyRequestsException", "", 429, SlowDown, TransientError, "another reader"),
        ("RequestLimitExceeded", "", 503, SlowDown, TransientError, "another reader"),
        ("ThrottledException", "", 400, SlowDown, TransientError, "another reader"),
        ("Whatever", "", 429, SlowDown, TransientError, "another reader"),
        ("SlowDown", "", 503, SlowDown, TransientError, "another reader"),
        ("InvalidNextTokenException", "", 400, RestartSlice, TransientError, "page tokens"),
        ("InternalFailure", "", 500, Retry, TransientError, "HTTP status 500, which is a fault of the service"),
        ("ServiceUnavailable", "", 503, Retry, TransientError, "HTTP status 503, which is a fault of the service"),
        (NO_CODE, "", 502, Retry, TransientError, "HTTP status 502, which is a fault of the service"),
        (NO_CODE, "", 408, Retry, TransientError, "HTTP status 408, which is a fault of the service"),
        (NO_CODE, "", 425, Retry, TransientError, "HTTP status 425, which is a fault of the service"),
        ("", "", 429, Retry, TransientError, "a proxy or a gateway throttles the requests"),
        ("RequestTimeout", "", 400, Retry, TransientError, "HTTP status 400, which is a fault of the service"),
        ("RequestTimeoutException", "", 408, Retry, TransientError, "HTTP status 408, which is a fault of the service"),
        (NO_CODE, "", 302, Stop, ConfigError, "something other than CloudTrail answers"),
        (NO_CODE, "", 403, Stop, ConfigError, "something other than CloudTrail answers"),
        (NO_CODE, "", 404, Stop, ConfigError, "something other than CloudTrail answers"),
        (NO_CODE, "", 407, Stop, ConfigError, "something other than CloudTrail answers"),
        ("", "", 400, Stop, ConfigError, "without an AWS error code"),
        (" ", "", 400, Stop, ConfigError, "without an AWS error code"),
        ("InvalidMaxResultsException", "", 400, Stop, SystemError, "Report this error"),
    ] {
        let kind = answered(code, message, status, &cloudtrail());
        assert_reads(kind, cloudtrail(), (remedy, failure_type, says));
    }
}

#[test]
fn every_answer_about_accounts_and_regions_has_its_kind_its_remedy_and_its_sentence() {
    use Remedy::{Retry, SlowDown, Stop};
    let organizations = || context(Service::Organizations, CredentialsSource::Config, None);
    let regions = |credentials| context(Service::AccountManagement, credentials, None);
    let role = || CredentialsSource::Role(ROLE.to_owned());
    let denied = "AccessDeniedException";
    for (code, status, context, remedy, failure_type, says) in [
        (denied, 400, organizations(), Stop, ConfigError, "organizations:ListAccounts. Use credentials of"),
        ("AWSOrganizationsNotInUseException", 400, organizations(), Stop, ConfigError, "belong to an organization"),
        ("TooManyRequestsException", 400, organizations(), SlowDown, TransientError, "keeps throttling requests"),
        ("ServiceException", 500, organizations(), Retry, TransientError, "HTTP status 500"),
        ("UnrecognizedClientException", 400, organizations(), Stop, ConfigError, "Check aws_key_id"),
        (denied, 403, regions(role()), Stop, ConfigError, "reader does not allow account:ListRegions"),
        (denied, 403, regions(CredentialsSource::Config), Stop, ConfigError, "the credentials don't allow account:"),
        ("UnknownOperationException", 404, regions(role()), Stop, ConfigError, "does not support ListRegions"),
        ("TooManyRequestsException", 429, regions(role()), SlowDown, TransientError, "keeps throttling requests"),
        (NO_CODE, 404, regions(role()), Stop, ConfigError, "something other than AWS Account Management answers"),
    ] {
        let kind = answered(code, "", status, &context);
        assert_reads(kind, context, (remedy, failure_type, says));
    }
    assert_reads(
        NoAnswer::HostNotFound.into(),
        regions(role()),
        (Stop, ConfigError, "The AWS Account Management endpoint for Region us-east-1 does not resolve. Turn off"),
    );
}

#[test]
fn every_answer_of_sts_has_its_kind_its_remedy_and_its_sentence() {
    use Remedy::{Retry, Stop};
    let machine = || sts(CredentialsSource::Machine { are_renewed: false });
    let web_identity = || sts(CredentialsSource::WebIdentity);
    for (code, message, status, context, remedy, failure_type, says) in [
        (
            "AccessDenied",
            "not authorized",
            403,
            machine(),
            Stop,
            ConfigError,
            "attach a policy that allows sts:AssumeRole",
        ),
        ("AccessDenied", "", 403, web_identity(), Stop, ConfigError, "this machine's web identity. Add"),
        ("ValidationError", "too long", 400, machine(), Stop, ConfigError, "AWS says: \"too long\""),
        ("RegionDisabledException", "", 403, machine(), Stop, ConfigError, "AWS STS is not active in us-east-1"),
        ("InvalidIdentityToken", "", 400, web_identity(), Stop, ConfigError, "rejected this machine's web identity"),
        ("IDPRejectedClaim", "", 403, web_identity(), Stop, ConfigError, "rejected this machine's web identity"),
        ("ExpiredTokenException", "Token expired: 1", 400, web_identity(), Stop, ConfigError, "identity has expired"),
        ("ExpiredTokenException", "", 400, machine(), Stop, ConfigError, "temporary AWS credentials have expired"),
        ("IDPCommunicationError", "", 400, web_identity(), Retry, TransientError, "can't provide the role's"),
        ("Throttling", "", 400, machine(), Retry, TransientError, "can't provide the role's"),
        ("InvalidClientTokenId", "", 403, machine(), Stop, ConfigError, "access key of this machine's credentials"),
        (
            "SignatureDoesNotMatch",
            "",
            403,
            machine(),
            Stop,
            ConfigError,
            "secret key of this machine's AWS credentials",
        ),
        ("RequestExpired", "", 400, machine(), Stop, ConfigError, "clock is off"),
        ("ServiceUnavailable", "", 503, machine(), Retry, TransientError, "HTTP status 503"),
        (NO_CODE, "", 404, machine(), Stop, ConfigError, "something other than AWS STS answers"),
        ("SlowDown", "", 400, machine(), Stop, SystemError, "Report this error"),
    ] {
        let kind = answered(code, message, status, &context);
        assert_reads(kind, context, (remedy, failure_type, says));
    }
}

#[test]
fn every_kind_without_an_answer_has_its_remedy_and_its_sentence() {
    use Remedy::{Retry, Stop};
    let reason = || "no route".to_owned();
    for (kind, remedy, failure_type, says) in [
        (NoAnswer::InvalidRequest.into(), Stop, ConfigError, "invalid characters"),
        (NoAnswer::TimedOut.into(), Retry, TransientError, "did not answer in time"),
        (NoAnswer::Garbled.into(), Retry, TransientError, "cut off"),
        (NoAnswer::DnsUnavailable.into(), Retry, TransientError, "The DNS server does not answer"),
        (NoAnswer::HostNotFound.into(), Stop, ConfigError, "endpoint for Region us-east-1 does not resolve"),
        (NoAnswer::Unreachable.into(), Retry, TransientError, "can't be reached. Check the network connection"),
        (NoAnswer::NotHttp.into(), Retry, TransientError, "is not HTTP"),
        (NoAnswer::NotTls.into(), Retry, TransientError, "is not TLS"),
        (NoAnswer::CaAsServerCertificate.into(), Stop, ConfigError, "presented a CA certificate"),
        (NoAnswer::UntrustedCertificate.into(), Stop, ConfigError, "SSL_CERT_FILE"),
        (NoAnswer::ProxyAuthenticationRequired.into(), Stop, ConfigError, "requires a user name and a password"),
        (NoAnswer::ProxyHostNotFound.into(), Stop, ConfigError, "host name of the proxy in HTTPS_PROXY"),
        (NoAnswer::ProxyUnreachable.into(), Retry, TransientError, "the proxy in HTTPS_PROXY can't be reached"),
        (NoAnswer::ProxyRefused.into(), Retry, TransientError, "the proxy in HTTPS_PROXY refused the connection"),
        (NoCredentials::NotFound.into(), Stop, ConfigError, "No AWS credentials found. Enter aws_key_id"),
        (NoCredentials::Misconfigured(reason()).into(), Stop, ConfigError, "are misconfigured (no route)."),
        (NoCredentials::UnsupportedProfile.into(), Stop, ConfigError, "aws configure export-credentials"),
        (NoCredentials::UnreadableFile(reason()).into(), Stop, ConfigError, "can't be read (no route)."),
        (NoCredentials::Unavailable(reason()).into(), Retry, TransientError, "can't be fetched (no route)."),
    ] {
        assert_reads(kind, cloudtrail(), (remedy, failure_type, says));
    }
}

#[test]
fn the_sentence_is_about_the_credentials_that_signed() {
    use Rejection::{AccessDenied, ExpiredCredentials, UnknownKey, WrongSecretKey};
    let role = || CredentialsSource::Role(ROLE.to_owned());
    let machine = |are_renewed| CredentialsSource::Machine { are_renewed };
    for (rejection, credentials, failure_type, says) in [
        (UnknownKey, machine(false), ConfigError, "access key of this machine's credentials"),
        (UnknownKey, role(), ConfigError, "credentials of the role arn:aws:iam::123456789012:role/reader in us-east-1"),
        (WrongSecretKey, machine(false), ConfigError, "secret key of this machine's AWS credentials"),
        (ExpiredCredentials, machine(false), ConfigError, "temporary AWS credentials have expired"),
        (ExpiredCredentials, machine(true), TransientError, "before they were due for renewal"),
        (ExpiredCredentials, role(), TransientError, "before they were due for renewal"),
        (AccessDenied, machine(true), ConfigError, "the credentials don't allow cloudtrail:LookupEvents in us-east-1"),
        (AccessDenied, role(), ConfigError, "the role arn:aws:iam::123456789012:role/reader does not allow"),
    ] {
        let remedy = if failure_type == ConfigError { Remedy::Stop } else { Remedy::Retry };
        let context = context(Service::CloudTrail, credentials, None);
        assert_reads(rejection.into(), context, (remedy, failure_type, says));
    }
}

#[test]
fn an_endpoint_of_the_users_own_is_named() {
    let url = "https://vpce.example";
    let own = || context(Service::CloudTrail, CredentialsSource::Config, Some(url));
    for no_answer in [NoAnswer::TimedOut, NoAnswer::DnsUnavailable, NoAnswer::HostNotFound, NoAnswer::Unreachable] {
        let sentence = LookupError::new(no_answer, own()).to_string();
        assert!(sentence.contains(url) && !sentence.contains("HTTP_PROXY"), "{sentence}");
    }
    for no_answer in [NoAnswer::HostNotFound, NoAnswer::Unreachable] {
        let plain = context(Service::CloudTrail, CredentialsSource::Config, Some("HTTP://example"));
        assert!(LookupError::new(no_answer, plain).to_string().contains("HTTP_PROXY if it is set"));
    }
}

/// Once a page has come, the config was right.
#[test]
fn what_may_come_back_is_retried_once_a_page_has_come() {
    let lost = |kind: LookupErrorKind| {
        let error = LookupError::new(kind, cloudtrail());
        let remedy = error.remedy(true);
        let Failure { failure_type, message, .. } =
            error.into_failure(Evidence { has_worked: true, others_work: false });
        (remedy, failure_type, message)
    };
    for (kind, says) in [
        (
            NoAnswer::HostNotFound.into(),
            "Connection lost during the sync. The CloudTrail endpoint for Region us-east-1",
        ),
        (NoAnswer::ProxyHostNotFound.into(), "Connection lost during the sync. The host name of the proxy"),
        (NoAnswer::UntrustedCertificate.into(), "Connection lost during the sync. The certificate of CloudTrail"),
        (NoAnswer::CaAsServerCertificate.into(), "Connection lost during the sync. CloudTrail in us-east-1 presented"),
        (Rejection::NoErrorCode(403).into(), "Connection lost during the sync. CloudTrail in us-east-1 answered"),
        (NoCredentials::NotFound.into(), "Credentials lost during the sync. No AWS credentials found"),
    ] {
        let (remedy, failure_type, message) = lost(kind);
        assert_eq!((remedy, failure_type), (Remedy::Retry, TransientError), "{message}");
        assert!(message.starts_with(says), "{message}");
    }
    for kind in [Rejection::UnknownKey.into(), Rejection::AccessDenied.into(), NoAnswer::InvalidRequest.into()] {
        let (remedy, failure_type, message) = lost(kind);
        assert_eq!((remedy, failure_type), (Remedy::Stop, ConfigError), "{message}");
        assert!(!message.contains("lost"), "{message}");
    }
}

#[test]
fn a_role_rejection_keeps_what_aws_says() {
    let (rejection, message) = (RoleRejection::InactiveRegion, "STS is not activated".to_owned());
    let context = sts(CredentialsSource::Config);
    let sentence = LookupError::new(LookupErrorKind::RoleRejected { rejection, message }, context).to_string();
    assert!(sentence.ends_with("AWS says: \"STS is not activated\""), "{sentence}");
}
