//! What it means when no page comes: every error is classified once, here, into what to do about it.
//!
//! AWS's errors are told apart by their code, not by the HTTP status: a throttle is a 400, as a wrong key is. Here are
//! the forms and what it means when no answer comes; `refusal/answers.rs` has what CloudTrail answers, and
//! `refusal/credentials.rs` what becomes of credentials that have to be fetched first.

mod answers;
mod credentials;

use crate::failure::Failure;
use std::time::Duration;

/// No page came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to do.
    pub remedy: Remedy,
    /// What to tell the user if that does not help.
    pub failure: Failure,
    /// How long to wait with it, at least, where whoever answered asks for that.
    pub retry_after: Option<Duration>,
}

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Ask again, and let everybody ask more slowly.
    SlowDown,
    /// Ask again a little later.
    TryAgain,
    /// Ask for the unread rest of the slice, without the token.
    StartAnew,
    /// If a page has come before, ask again: what is missing, such as a host's name, may be back in a while, and what
    /// answers in CloudTrail's place may be gone. If none has, stop.
    StopAtFirst,
    /// Stop: asking again can't help.
    Stop,
}

/// Where a request went and who signed it, in the user's words.
#[derive(Clone, Debug)]
pub struct Place {
    /// What was asked.
    pub service: Service,
    /// The Region.
    pub region: String,
    /// The endpoint that was configured, where it is not AWS's own endpoint of the Region.
    pub endpoint_url: Option<String>,
    /// Whose credentials signed the request.
    pub signer: Signer,
}

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Which has the events.
    CloudTrail,
    /// Which gives out the credentials of roles.
    Sts,
}

/// Whose credentials sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The config's access key.
    Key,
    /// The machine's own credentials; whether they are renewed before they expire.
    Machine {
        /// They are: they say when they expire.
        are_renewed: bool,
    },
    /// The role of this ARN; its credentials are renewed.
    Role(String),
    /// Nobody: a token of the machine's web identity stands for a signature.
    WebIdentity,
}

/// What was seen in the place of a page.
#[derive(Clone, Debug)]
pub enum Seen {
    /// An error that the service answered.
    Answer {
        /// The error code, without its namespace.
        code: Option<String>,
        /// The service's own words.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// No request could be made, or no answer came: the causes, outermost first, in the words of those who saw it.
    Nothing(String),
    /// A request that can't even be written down, because of what is configured.
    Unsendable,
    /// No answer in time.
    TimedOut,
    /// An answer that is cut off, larger than any page, or not what the API describes.
    Garbled,
    /// The machine has no credentials.
    NoCredentials,
    /// Where the machine's credentials should come from is set up wrongly: what was said about it.
    WrongCredentials(String),
    /// The machine's credentials could not be fetched: what was said about it.
    LostCredentials(String),
}

impl Refusal {
    /// Classifies what was `seen`; `internal` is all that is known about it, for whoever looks into it.
    #[must_use]
    pub fn classify(seen: &Seen, place: &Place, internal: impl Into<String>) -> Self {
        let (remedy, failure) = match seen {
            Seen::Answer { code, message, status } => {
                let code = code.as_deref().map(str::trim).filter(|code| !code.is_empty());
                match place.service {
                    Service::CloudTrail => answers::meaning(code, message, *status, place),
                    Service::Sts => credentials::sts_meaning(code, message, *status, place),
                }
            }
            Seen::Nothing(causes) => unanswered(causes, place),
            Seen::Unsendable => stop(format!(
                "No request can be made of what is configured for {place}: look for stray characters in the credentials and the endpoint."
            )),
            Seen::TimedOut => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "{place} did not answer in time: check the network between here and there, or try again later."
                )),
            ),
            Seen::Garbled => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "{place} sent answers that are cut off, larger than any page, or not {}'s: check any proxy on the way, or try again later.",
                    place.service
                )),
            ),
            Seen::NoCredentials => (Remedy::StopAtFirst, Failure::config(credentials::NONE)),
            Seen::WrongCredentials(said) => stop(credentials::wrong(said)),
            Seen::LostCredentials(said) => (Remedy::TryAgain, Failure::transient(credentials::lost(said))),
        };
        Self { remedy, failure: failure.with_internal(internal), retry_after: None }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.endpoint_url {
            None => write!(f, "{} in {}", self.service, self.region),
            Some(url) => write!(f, "{} in {}, asked at {url},", self.service, self.region),
        }
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CloudTrail => "CloudTrail",
            Self::Sts => "AWS STS",
        })
    }
}

/// What the user has to mend: asking again can't help.
fn stop(sentence: String) -> (Remedy, Failure) {
    (Remedy::Stop, Failure::config(sentence))
}

/// What hyper says of an answer that it can't read, and of one that comes before it is asked for.
const NOT_HTTP: [&str; 4] = [
    "invalid HTTP",
    "invalid content-length parsed",
    "message head is too large",
    "received unexpected message from connection",
];
/// What rustls says of an answer that it can't read.
const NOT_TLS: [&str; 1] = ["corrupt message of type"];

/// No answer at all: told apart by the words of the layers below, because they have no codes.
fn unanswered(causes: &str, place: &Place) -> (Remedy, Failure) {
    let region = &place.region;
    let has = |any: &[&str]| any.iter().any(|words| causes.contains(words));
    // A request in plain HTTP goes through a proxy without a tunnel, of which errors would speak.
    let is_plain = place.endpoint_url.as_ref().is_some_and(|url| url.to_ascii_lowercase().starts_with("http:"));
    let proxy = if is_plain { ", HTTP_PROXY if it is set" } else { "" };
    if has(&["tunnel error"]) {
        return proxied(causes, place);
    }
    if has(&["failed to lookup address information", "Name or service not known", "dns error"]) {
        let known = !has(&["Temporary failure in name resolution"]);
        return match &place.endpoint_url {
            Some(url) => (
                Remedy::StopAtFirst,
                Failure::config(format!(
                    "There is no host of the name in the endpoint {url}: check endpoint_url, or the environment's AWS_ENDPOINT_URL{proxy}, and the network's name service."
                )),
            ),
            None if known => (
                Remedy::StopAtFirst,
                Failure::config(format!(
                    "There is no host for {} in a Region named {region}: check the name of the Region or, if that is right, this machine's network and name service.",
                    place.service
                )),
            ),
            None => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "The name service does not answer, so that {place} can't be found: check this machine's network."
                )),
            ),
        };
    }
    if has(&["CaUsedAsEndEntity"]) {
        return stop(format!(
            "{place} shows a certificate authority's own certificate as its server certificate, which no TLS client accepts. Give the server a certificate of its own, signed by that authority, and name the authority's in SSL_CERT_FILE."
        ));
    }
    if has(&["invalid peer certificate", "UnknownIssuer", "certificate"]) {
        return stop(format!(
            "The certificate of {place} is not trusted here: add the certificate of the authority that signed it to this machine, or name a file that has it in SSL_CERT_FILE; if that is set, check that the file is there and has it."
        ));
    }
    for (protocol, words) in [("HTTP", &NOT_HTTP[..]), ("TLS", &NOT_TLS[..])] {
        if has(words) {
            return (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "The answer of {place} is not {protocol}: something else listens there. Check the host, port and scheme of the endpoint{proxy}, and what stands in between."
                )),
            );
        }
    }
    (
        Remedy::TryAgain,
        Failure::transient(format!(
            "{place} can't be reached: check the network between here and there{proxy}{}.",
            place.endpoint_url.as_ref().map_or("", |_| ", and the endpoint")
        )),
    )
}

/// The proxy did not let the request through.
fn proxied(causes: &str, place: &Place) -> (Remedy, Failure) {
    if causes.contains("authorization required") {
        return stop(
            "The proxy in HTTPS_PROXY demands a user name and a password, or refuses those that it was given: write them into the variable, as http://user:password@host:port, with special characters as %XX.".to_owned(),
        );
    }
    if causes.contains("dns error") {
        let sentence = "There is no host of the name of the proxy in HTTPS_PROXY: check the variable and this machine's name service.";
        return (Remedy::StopAtFirst, Failure::config(sentence));
    }
    let what = if causes.contains("underlying connection") { "can't be reached" } else { "opens no way there" };
    (
        Remedy::TryAgain,
        Failure::transient(format!(
            "{place} can't be reached because the proxy in HTTPS_PROXY {what}: check the variable, with any user and password in it, what the proxy allows, and whether the host belongs into NO_PROXY."
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureType::{ConfigError, SystemError, TransientError};

    const NO_CODE: &str = "none";

    fn at(endpoint_url: Option<&str>) -> Place {
        Place {
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
            (
                answer("InvalidSignatureException", "does not match", 400),
                Remedy::Stop,
                ConfigError,
                "check aws_secret_key",
            ),
            (answer("SignatureDoesNotMatch", "", 403), Remedy::Stop, ConfigError, "check aws_secret_key"),
            (answer("InvalidSignatureException", expired, 400), Remedy::Stop, ConfigError, "clock"),
            (answer("RequestExpired", "", 400), Remedy::Stop, ConfigError, "clock"),
            (answer("ExpiredTokenException", "", 400), Remedy::Stop, ConfigError, "have expired"),
            (
                answer("AccessDeniedException", denied, 400),
                Remedy::Stop,
                ConfigError,
                "no identity-based policy allows it",
            ),
            (answer("OptInRequired", "", 403), Remedy::Stop, ConfigError, "not signed up"),
            (answer("SubscriptionRequiredException", "", 400), Remedy::Stop, ConfigError, "not signed up"),
            (
                answer("InvalidLookupAttributesException", "", 400),
                Remedy::Stop,
                ConfigError,
                "lookup_attributes_filter",
            ),
            (answer("ThrottlingException", "Rate exceeded", 400), Remedy::SlowDown, TransientError, "another reader"),
            (answer("Throttling", "Rate exceeded", 400), Remedy::SlowDown, TransientError, "another reader"),
            (answer("TooManyRequestsException", "", 429), Remedy::SlowDown, TransientError, "another reader"),
            (answer("RequestLimitExceeded", "", 503), Remedy::SlowDown, TransientError, "another reader"),
            (answer("SlowDown", "", 503), Remedy::SlowDown, TransientError, "another reader"),
            (answer("InvalidNextTokenException", "", 400), Remedy::StartAnew, TransientError, "page tokens"),
            (
                answer("InternalFailure", "", 500),
                Remedy::TryAgain,
                TransientError,
                "HTTP status 500, a fault of its own",
            ),
            (answer("ServiceUnavailable", "", 503), Remedy::TryAgain, TransientError, "fault of its own"),
            (answer(NO_CODE, "", 502), Remedy::TryAgain, TransientError, "fault of its own"),
            (answer(NO_CODE, "", 408), Remedy::TryAgain, TransientError, "HTTP status 408, a fault of its own"),
            (answer(NO_CODE, "", 425), Remedy::TryAgain, TransientError, "HTTP status 425, a fault of its own"),
            (answer("", "", 429), Remedy::TryAgain, TransientError, "something in between limits the requests"),
            (
                answer("RequestTimeout", "", 400),
                Remedy::TryAgain,
                TransientError,
                "HTTP status 400, a fault of its own",
            ),
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
                Remedy::Stop,
                ConfigError,
                "a certificate authority's own certificate",
            ),
            (
                nothing("tunnel error: proxy authorization required"),
                Remedy::Stop,
                ConfigError,
                "user name and a password",
            ),
            (nothing("tunnel error: dns error: no host"), Remedy::StopAtFirst, ConfigError, "name of the proxy"),
            (nothing("tunnel error: unsuccessful"), Remedy::TryAgain, TransientError, "opens no way there"),
            (nothing("invalid peer certificate: UnknownIssuer"), Remedy::Stop, ConfigError, "SSL_CERT_FILE"),
        ] {
            let refusal = Refusal::classify(&seen, &at(None), "seen");
            let Refusal { remedy: is, failure, .. } = &refusal;
            assert_eq!((*is, failure.failure_type), (remedy, failure_type), "{seen:?}: {}", failure.message);
            assert!(failure.message.contains(says), "{seen:?}: {}", failure.message);
            assert_eq!(failure.internal_message.as_deref(), Some("seen"));
        }
    }

    #[test]
    fn an_endpoint_of_the_users_own_is_named() {
        for seen in [Seen::TimedOut, Seen::Nothing("dns error".to_owned()), Seen::Nothing("refused".to_owned())] {
            let failure = Refusal::classify(&seen, &at(Some("https://vpce.example")), "").failure;
            assert!(failure.message.contains("https://vpce.example"), "{}", failure.message);
        }
    }
}
