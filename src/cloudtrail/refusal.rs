//! What it means when no page comes: every error is classified once, here, into what to do about it.
//!
//! AWS's errors are told apart by their code, not by the HTTP status: a throttle is a 400, as a wrong key is.

use crate::failure::Failure;

/// No page came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to do.
    pub remedy: Remedy,
    /// What to tell the user if that does not help.
    pub failure: Failure,
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
    /// If a page has come before, ask again: the name service has lost its way for a while. If none has, stop.
    FindHost,
    /// Stop: asking again can't help.
    Stop,
}

/// Where a request went, in the user's words.
#[derive(Clone, Debug)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The endpoint that was configured, where it is not AWS's own endpoint of the Region.
    pub endpoint_url: Option<String>,
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
    /// An answer that is none: cut off, or not what the API describes.
    Garbled,
}

impl Refusal {
    /// Classifies what was `seen`; `internal` is all that is known about it, for whoever looks into it.
    #[must_use]
    pub fn classify(seen: &Seen, place: &Place, internal: impl Into<String>) -> Self {
        let (remedy, failure) = match seen {
            Seen::Answer { code, message, status } => answered(code.as_deref(), message, *status, place),
            Seen::Nothing(causes) => unanswered(causes, place),
            Seen::Unsendable => (
                Remedy::Stop,
                Failure::config(format!(
                    "No request can be made of what is configured for {place}: look for stray characters in aws_key_id, aws_secret_key, aws_session_token and the endpoint."
                )),
            ),
            Seen::TimedOut => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "{place} did not answer in time: check the network between here and there, or try again later."
                )),
            ),
            Seen::Garbled => (
                Remedy::TryAgain,
                Failure::transient(format!(
                    "{place} sent answers that are cut off or are not CloudTrail's: look at what stands between here and there, such as a proxy, or try again later."
                )),
            ),
        };
        Self { remedy, failure: failure.with_internal(internal) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.endpoint_url {
            None => write!(f, "CloudTrail in {}", self.region),
            Some(url) => write!(f, "CloudTrail in {}, asked at {url},", self.region),
        }
    }
}

/// The table of what AWS answers. Source: AWS, "Common error types", and the errors of LookupEvents.
fn answered(code: Option<&str>, message: &str, status: u16, place: &Place) -> (Remedy, Failure) {
    let region = &place.region;
    let stop = |sentence: String| (Remedy::Stop, Failure::config(sentence));
    match code {
        Some("UnrecognizedClientException" | "InvalidClientTokenId") => stop(format!(
            "AWS does not know the access key in {region}: check aws_key_id, aws_session_token if the key is a temporary one, and that the Region {region} is enabled in the account."
        )),
        Some("InvalidSignatureException" | "SignatureDoesNotMatch") if is_about_time(message) => stop(wrong_clock()),
        Some("RequestExpired" | "RequestTimeTooSkewed") => stop(wrong_clock()),
        Some("InvalidSignatureException" | "SignatureDoesNotMatch") => {
            stop("The secret key does not belong to the access key: check aws_secret_key.".to_owned())
        }
        Some("ExpiredTokenException" | "ExpiredToken") => stop(
            "The temporary credentials have expired: put in a new aws_key_id, aws_secret_key and aws_session_token."
                .to_owned(),
        ),
        Some("AccessDeniedException" | "AccessDenied") => stop(format!(
            "The credentials may not look up events in {region}: allow them the action cloudtrail:LookupEvents on the resource \"*\". AWS says: \"{message}\""
        )),
        Some("OptInRequired" | "SubscriptionRequiredException") => stop(format!(
            "The AWS account is not signed up for CloudTrail in {region}: complete the account's registration with AWS. AWS says: \"{message}\""
        )),
        Some("InvalidLookupAttributesException") => {
            stop(format!("CloudTrail refuses the filter: check lookup_attributes_filter. AWS says: \"{message}\""))
        }
        Some(
            "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignature"
            | "IncompleteSignatureException",
        ) => stop(format!(
            "{place} received a request without a valid signature: look at what stands between here and there, such as a proxy that drops headers."
        )),
        Some(
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown",
        ) => (
            Remedy::SlowDown,
            Failure::transient(format!(
                "{place} keeps answering \"Rate exceeded\": another reader is using this account's 2 requests per second in {region}. Stop or slow down the other reader, or let this sync run at another time."
            )),
        ),
        Some("InvalidNextTokenException") => (
            Remedy::StartAnew,
            Failure::transient(format!("{place} keeps refusing its own page tokens: try again later.")),
        ),
        _ if status >= 500 => (
            Remedy::TryAgain,
            Failure::transient(format!(
                "{place} answers with HTTP status {status}, a fault of its own or of something in between: try again later."
            )),
        ),
        Some(code) => (
            Remedy::Stop,
            Failure::system(format!(
                "{place} refused a request with the error {code}, which this connector does not expect: please report it. AWS says: \"{message}\""
            )),
        ),
        None => stop(format!(
            "{place} answered HTTP status {status} without an AWS error code: something other than CloudTrail answers there; check endpoint_url and any proxy."
        )),
    }
}

/// No answer at all: told apart by the words of the layers below, because they have no codes.
fn unanswered(causes: &str, place: &Place) -> (Remedy, Failure) {
    let region = &place.region;
    let has = |any: &[&str]| any.iter().any(|words| causes.contains(words));
    if has(&["failed to lookup address information", "Name or service not known", "dns error"]) {
        let known = !has(&["Temporary failure in name resolution"]);
        return match &place.endpoint_url {
            Some(url) => (
                Remedy::FindHost,
                Failure::config(format!(
                    "There is no host of the name in the endpoint {url}: check endpoint_url, or the environment's AWS_ENDPOINT_URL, and the network's name service."
                )),
            ),
            None if known => (
                Remedy::FindHost,
                Failure::config(format!(
                    "There is no host for CloudTrail in a Region named {region}: check aws_region_name or, if that is right, this machine's network and name service."
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
    if has(&["invalid peer certificate", "UnknownIssuer", "certificate"]) {
        return (
            Remedy::Stop,
            Failure::config(format!(
                "The certificate of {place} is not trusted here: add the certificate of the authority that signed it to this machine, or name a file that has it in SSL_CERT_FILE; if that is set, check that the file is there and has it."
            )),
        );
    }
    (
        Remedy::TryAgain,
        Failure::transient(format!(
            "{place} can't be reached: check the network between here and there{}.",
            place.endpoint_url.as_ref().map_or("", |_| ", and the endpoint")
        )),
    )
}

fn is_about_time(message: &str) -> bool {
    ["Signature expired", "Signature not yet current"].iter().any(|words| message.contains(words))
}

fn wrong_clock() -> String {
    "This machine's clock is off by more than 5 minutes, so AWS refuses its requests: set the clock, best by NTP."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureType::{ConfigError, SystemError, TransientError};

    fn at(endpoint_url: Option<&str>) -> Place {
        Place { region: "us-east-1".to_owned(), endpoint_url: endpoint_url.map(str::to_owned) }
    }

    fn answer(code: &str, message: &str, status: u16) -> Seen {
        let code = (!code.is_empty()).then(|| code.to_owned());
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
            (answer("", "", 502), Remedy::TryAgain, TransientError, "fault of its own"),
            (answer("", "", 404), Remedy::Stop, ConfigError, "other than CloudTrail"),
            (answer("InvalidMaxResultsException", "", 400), Remedy::Stop, SystemError, "please report"),
            (Seen::Unsendable, Remedy::Stop, ConfigError, "stray characters"),
            (Seen::TimedOut, Remedy::TryAgain, TransientError, "did not answer in time"),
            (Seen::Garbled, Remedy::TryAgain, TransientError, "cut off"),
            (nothing(no_host), Remedy::FindHost, ConfigError, "no host for CloudTrail in a Region named us-east-1"),
            (nothing("tcp connect error: Connection refused"), Remedy::TryAgain, TransientError, "can't be reached"),
            (nothing("invalid peer certificate: UnknownIssuer"), Remedy::Stop, ConfigError, "SSL_CERT_FILE"),
        ] {
            let refusal = Refusal::classify(&seen, &at(None), "seen");
            let Refusal { remedy: is, failure } = &refusal;
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
