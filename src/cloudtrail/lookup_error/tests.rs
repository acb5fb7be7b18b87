//! Each error with its remedy and its sentence.

use super::*;
use crate::failure::FailureType::{ConfigError, SystemError, TransientError};

const NO_CODE: &str = "none";

fn at(endpoint_url: Option<&str>) -> RequestContext {
    RequestContext {
        service: Service::CloudTrail,
        region: "us-east-1".to_owned(),
        endpoint_url: endpoint_url.map(str::to_owned),
        signer: Signer::Key,
    }
}

fn answer(code: &str, message: &str, status: u16) -> Seen {
    let code = (code != NO_CODE).then(|| code.to_owned());
    Seen::Answer { code, message: message.to_owned(), status }
}

#[test]
fn every_error_has_its_remedy_and_its_sentence() {
    let expired = "Signature expired: 20261122T000000Z is now earlier than 20261122T001000Z";
    let denied = "User: arn:aws:iam::1:user/u is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows it";
    let no_host = "dns error: failed to lookup address information: Name or service not known";
    let nothing = |causes: &str| Seen::Nothing(causes.to_owned());
    for (seen, remedy, failure_type, says) in [
        (answer("UnrecognizedClientException", "", 400), Remedy::Stop, ConfigError, "check aws_key_id"),
        (answer("InvalidClientTokenId", "", 403), Remedy::Stop, ConfigError, "Region us-east-1 is enabled"),
        (answer("InvalidSignatureException", "does not match", 400), Remedy::Stop, ConfigError, "check aws_secret_key"),
        (answer("SignatureDoesNotMatch", "", 403), Remedy::Stop, ConfigError, "check aws_secret_key"),
        (answer("InvalidSignatureException", expired, 400), Remedy::Stop, ConfigError, "clock"),
        (answer("RequestExpired", "", 400), Remedy::Stop, ConfigError, "clock"),
        (answer("ExpiredTokenException", "", 400), Remedy::Stop, ConfigError, "have expired"),
        (answer("AccessDeniedException", denied, 400), Remedy::Stop, ConfigError, "no identity-based policy allows it"),
        (answer("OptInRequired", "", 403), Remedy::Stop, ConfigError, "not signed up"),
        (answer("SubscriptionRequiredException", "", 400), Remedy::Stop, ConfigError, "not signed up"),
        (answer("InvalidLookupAttributesException", "", 400), Remedy::Stop, ConfigError, "lookup_attributes_filter"),
        (answer("ThrottlingException", "Rate exceeded", 400), Remedy::SlowDown, TransientError, "another reader"),
        (answer("Throttling", "Rate exceeded", 400), Remedy::SlowDown, TransientError, "another reader"),
        (answer("TooManyRequestsException", "", 429), Remedy::SlowDown, TransientError, "another reader"),
        (answer("RequestLimitExceeded", "", 503), Remedy::SlowDown, TransientError, "another reader"),
        (answer("ThrottledException", "", 400), Remedy::SlowDown, TransientError, "another reader"),
        (answer("Whatever", "", 429), Remedy::SlowDown, TransientError, "another reader"),
        (answer("SlowDown", "", 503), Remedy::SlowDown, TransientError, "another reader"),
        (answer("InvalidNextTokenException", "", 400), Remedy::StartAnew, TransientError, "page tokens"),
        (answer("InternalFailure", "", 500), Remedy::TryAgain, TransientError, "HTTP status 500, a fault of its own"),
        (answer("ServiceUnavailable", "", 503), Remedy::TryAgain, TransientError, "fault of its own"),
        (answer(NO_CODE, "", 502), Remedy::TryAgain, TransientError, "fault of its own"),
        (answer(NO_CODE, "", 408), Remedy::TryAgain, TransientError, "HTTP status 408, a fault of its own"),
        (answer(NO_CODE, "", 425), Remedy::TryAgain, TransientError, "HTTP status 425, a fault of its own"),
        (answer("", "", 429), Remedy::TryAgain, TransientError, "something in between limits the requests"),
        (answer("RequestTimeout", "", 400), Remedy::TryAgain, TransientError, "HTTP status 400, a fault of its own"),
        (answer("RequestTimeoutException", "", 408), Remedy::TryAgain, TransientError, "fault of its own"),
        (answer(NO_CODE, "", 302), Remedy::StopAtFirst, ConfigError, "other than CloudTrail"),
        (answer(NO_CODE, "", 403), Remedy::StopAtFirst, ConfigError, "other than CloudTrail"),
        (answer(NO_CODE, "", 404), Remedy::StopAtFirst, ConfigError, "other than CloudTrail"),
        (answer(NO_CODE, "", 407), Remedy::StopAtFirst, ConfigError, "other than CloudTrail"),
        (answer("", "", 400), Remedy::StopAtFirst, ConfigError, "without an AWS error code"),
        (answer(" ", "", 400), Remedy::StopAtFirst, ConfigError, "without an AWS error code"),
        (answer("InvalidMaxResultsException", "", 400), Remedy::Stop, SystemError, "please report"),
        (Seen::Unsendable, Remedy::Stop, ConfigError, "stray characters"),
        (Seen::TimedOut, Remedy::TryAgain, TransientError, "did not answer in time"),
        (Seen::Garbled, Remedy::TryAgain, TransientError, "cut off"),
        (nothing(no_host), Remedy::StopAtFirst, ConfigError, "no host for CloudTrail in a Region named us-east-1"),
        (nothing("tcp connect error: Connection refused"), Remedy::TryAgain, TransientError, "can't be reached"),
        (nothing("client error: invalid HTTP version parsed"), Remedy::TryAgain, TransientError, "is not HTTP:"),
        (
            nothing("received corrupt message of type InvalidContentType"),
            Remedy::TryAgain,
            TransientError,
            "is not TLS:",
        ),
        (
            nothing("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"),
            Remedy::StopAtFirst,
            ConfigError,
            "presented a CA certificate",
        ),
        (nothing("tunnel error: proxy authorization required"), Remedy::Stop, ConfigError, "user name and a password"),
        (nothing("tunnel error: dns error: no host"), Remedy::StopAtFirst, ConfigError, "name of the proxy"),
        (
            nothing("tunnel error: dns error: Temporary failure in name resolution"),
            Remedy::TryAgain,
            TransientError,
            "name service does not answer",
        ),
        (nothing("tunnel error: unsuccessful"), Remedy::TryAgain, TransientError, "opens no way there"),
        (nothing("invalid peer certificate: UnknownIssuer"), Remedy::StopAtFirst, ConfigError, "SSL_CERT_FILE"),
    ] {
        let refusal = LookupError::classify(&seen, &at(None), "seen");
        let LookupError { remedy: is, failure, .. } = &refusal;
        assert_eq!((*is, failure.failure_type), (remedy, failure_type), "{seen:?}: {}", failure.message);
        assert!(failure.message.contains(says), "{seen:?}: {}", failure.message);
        assert_eq!(failure.internal_message.as_deref(), Some("seen"));
    }
}

#[test]
fn an_endpoint_of_the_users_own_is_named() {
    let passing = Seen::Nothing("dns error: Temporary failure in name resolution".to_owned());
    let refusal = LookupError::classify(&passing, &at(Some("https://vpce.example")), "");
    assert_eq!((refusal.remedy, refusal.failure.failure_type), (Remedy::TryAgain, TransientError));
    for seen in [Seen::TimedOut, Seen::Nothing("dns error".to_owned()), Seen::Nothing("refused".to_owned())] {
        let failure = LookupError::classify(&seen, &at(Some("https://vpce.example")), "").failure;
        assert!(failure.message.contains("https://vpce.example"), "{}", failure.message);
    }
}
