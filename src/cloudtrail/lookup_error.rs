//! What it means when no page comes: every error is classified once, here, into what to do about it.
//!
//! AWS's errors are told apart by their code, not by the HTTP status: a throttle is a 400, as a wrong key is. Here are
//! the forms; `refusal/answers.rs` has what CloudTrail answers, `refusal/unanswered.rs` what it means when no answer
//! comes, and `refusal/credentials.rs` what becomes of credentials that have to be fetched first.

mod answers;
mod authentication;
mod unanswered;

use crate::failure::Failure;
use std::time::Duration;

/// No page came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupError {
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
pub struct RequestContext {
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

impl LookupError {
    /// Classifies what was `seen`; `internal` is all that is known about it, for whoever looks into it.
    #[must_use]
    pub fn classify(seen: &Seen, place: &RequestContext, internal: impl Into<String>) -> Self {
        let (remedy, failure) = match seen {
            Seen::Answer { code, message, status } => {
                let code = code.as_deref().map(str::trim).filter(|code| !code.is_empty());
                match place.service {
                    Service::CloudTrail => answers::meaning(code, message, *status, place),
                    Service::Sts => authentication::sts_meaning(code, message, *status, place),
                }
            }
            Seen::Nothing(causes) => unanswered::meaning(causes, place),
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
            Seen::NoCredentials => (Remedy::StopAtFirst, Failure::config(authentication::NONE)),
            Seen::WrongCredentials(said) => stop(authentication::wrong(said)),
            Seen::LostCredentials(said) => (Remedy::TryAgain, Failure::transient(authentication::lost(said))),
        };
        Self { remedy, failure: failure.with_internal(internal), retry_after: None }
    }
}

impl std::fmt::Display for RequestContext {
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

#[cfg(test)]
mod tests;
