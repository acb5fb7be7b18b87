//! What goes wrong on purpose, and when: faults scripted for the n-th request and faults at random from a seed.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// Something that goes wrong with one request, which is otherwise in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 500 with `InternalFailure`.
    Status500,
    /// HTTP 503 with `ServiceUnavailable`.
    Status503,
    /// HTTP 502 with the HTML page of a load balancer.
    Status502Html,
    /// The connection is reset without an answer.
    Reset,
    /// The connection closes in the middle of the body.
    Truncated,
    /// HTTP 200 with a body that is HTML.
    NotJson,
    /// No answer, for as long as the client waits.
    Hang,
    /// `ThrottlingException`, whatever the rate.
    Throttled,
    /// `InvalidNextTokenException`; waits for a request that bears a token.
    InvalidNextToken,
    /// A page without events whose token, a new one each time, goes on at the same place.
    EmptyPageWithToken,
    /// The right page, with the request's own token as its next one; waits for a request that bears a token.
    RepeatedToken,
    /// The right page, with the token that the first page of its chain bore as its next one, so that a client that
    /// follows goes in a circle. On the second page, where this is the request's own token, one that leads to the
    /// first page. Waits for a request that bears a token.
    TokenCircle,
    /// `ExpiredTokenException`: the credentials have run out.
    ExpiredToken,
    /// The right answer, this much later.
    Slow(Duration),
    /// The right answer, a byte a second.
    Trickle {
        /// Whether that begins with the headers, after which the body comes at once; otherwise it begins with the body.
        head: bool,
    },
    /// The right page as JSON of this many bytes, most of them white space, in chunks and with no `Content-Length`.
    Oversized(u64),
    /// Any other error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
        /// The sentence.
        message: String,
    },
}

impl Fault {
    /// The name under which the journal has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status500 => "Status500",
            Self::Status503 => "Status503",
            Self::Status502Html => "Status502Html",
            Self::Reset => "Reset",
            Self::Truncated => "Truncated",
            Self::NotJson => "NotJson",
            Self::Hang => "Hang",
            Self::Throttled => "Throttled",
            Self::InvalidNextToken => "InvalidNextToken",
            Self::EmptyPageWithToken => "EmptyPageWithToken",
            Self::RepeatedToken => "RepeatedToken",
            Self::TokenCircle => "TokenCircle",
            Self::ExpiredToken => "ExpiredToken",
            Self::Slow(_) => "Slow",
            Self::Trickle { .. } => "Trickle",
            Self::Oversized(_) => "Oversized",
            Self::Error { .. } => "Error",
        }
    }

    fn fits(&self, bears_token: bool) -> bool {
        bears_token || !matches!(self, Self::InvalidNextToken | Self::RepeatedToken | Self::TokenCircle)
    }
}

/// Faults at random: each request has one of `faults` with the given probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFaults {
    /// The same seed gives the same faults for the same requests.
    pub seed: u64,
    /// Between 0 and 1.
    pub probability: f64,
    /// What to choose from, each as likely as the others.
    pub faults: Vec<Fault>,
}

/// Which fault is due.
#[derive(Debug)]
pub(crate) struct Mischief {
    script: Vec<(u64, Fault)>,
    random: Option<(RandomFaults, Xoshiro256PlusPlus)>,
    arrived: u64,
}

impl Mischief {
    pub(crate) fn new(script: Vec<(u64, Fault)>, random: Option<RandomFaults>) -> Self {
        let random = random.map(|random| {
            let generator = Xoshiro256PlusPlus::seed_from_u64(random.seed);
            (random, generator)
        });
        let mut mischief = Self { script: Vec::new(), random, arrived: 0 };
        mischief.rewrite(script);
        mischief
    }

    /// Replaces the script and counts requests from 0 again.
    pub(crate) fn rewrite(&mut self, mut script: Vec<(u64, Fault)>) {
        script.sort_by_key(|(nth, _)| *nth);
        self.script = script;
        self.arrived = 0;
    }

    /// Counts a request, whatever becomes of it.
    pub(crate) fn count(&mut self) {
        self.arrived += 1;
    }

    /// The fault of the request counted last, if one is due that fits it. A scripted fault that does not fit, or whose
    /// request was refused before it could fire, stays due for the next request.
    pub(crate) fn due(&mut self, bears_token: bool) -> Option<Fault> {
        let scripted = self.script.iter().position(|(nth, fault)| *nth < self.arrived && fault.fits(bears_token));
        if let Some(place) = scripted {
            return Some(self.script.remove(place).1);
        }
        let (random, generator) = self.random.as_mut()?;
        if random.faults.is_empty() || generator.random::<f64>() >= random.probability {
            return None;
        }
        let choice = generator.random_range(0..random.faults.len());
        Some(random.faults[choice].clone()).filter(|fault| fault.fits(bears_token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(mischief: &mut Mischief, bears_token: &[bool]) -> Vec<Option<&'static str>> {
        bears_token
            .iter()
            .map(|token| {
                mischief.count();
                mischief.due(*token).map(|fault| fault.name())
            })
            .collect()
    }

    #[test]
    fn the_script_fires_at_its_requests_once() {
        let script = vec![(2, Fault::Hang), (0, Fault::Reset)];
        let mut mischief = Mischief::new(script, None);
        assert_eq!(fired(&mut mischief, &[false; 4]), [Some("Reset"), None, Some("Hang"), None]);
    }

    #[test]
    fn a_fault_about_a_token_waits_for_a_token() {
        let mut mischief = Mischief::new(vec![(0, Fault::InvalidNextToken), (1, Fault::Reset)], None);
        assert_eq!(
            fired(&mut mischief, &[false, false, false, true]),
            [None, Some("Reset"), None, Some("InvalidNextToken")]
        );
    }

    #[test]
    fn a_new_script_counts_from_its_own_start() {
        let mut mischief = Mischief::new(vec![(1, Fault::Hang)], None);
        assert_eq!(fired(&mut mischief, &[false]), [None]);
        mischief.rewrite(vec![(1, Fault::Reset)]);
        assert_eq!(fired(&mut mischief, &[false, false]), [None, Some("Reset")]);
    }

    #[test]
    fn random_faults_repeat_with_their_seed() {
        let draw = |seed| {
            let faults = vec![Fault::Reset, Fault::Status500];
            let random = RandomFaults { seed, probability: 0.3, faults };
            fired(&mut Mischief::new(Vec::new(), Some(random)), &[false; 1000])
        };
        let count = draw(7).iter().flatten().count();
        assert!((250..350).contains(&count), "{count}");
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
