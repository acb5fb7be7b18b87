//! One chain of pages: where it stands, and when it has to be taken for broken.
//!
//! A service that has lost its way may answer without end: the same token again, tokens in a circle, or ever new ones
//! on pages that bring nothing. Nothing but the seconds that a chain passes shows that it gets anywhere, so each limit
//! here is one of pages without a second of progress, and all that is remembered is forgotten with that second.

use crate::coverage::seconds::SecondRange;
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// How often tokens may be refused or repeated while not one second is passed: each costs little, and may pass.
pub(super) const MOST_REFUSALS: u32 = 10;
/// How many pages in a row may be without an event of the slice: a service that filters what it has read may send some.
pub(super) const MOST_EMPTY_PAGES: u32 = 100;
/// How many pages one second may have: those of 100,000 events. So no more tokens than that are remembered.
pub(super) const MOST_PAGES: u32 = 2_000;
/// How often a chain may reach a limit of pages while not one second is passed: each time takes minutes.
pub(super) const MOST_ENDLESS: u32 = 1;

/// A chain of pages broke: the service refused the token that it had given, gave one for the second time, or gives page
/// after page without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// The unread rest of the slice will be asked for anew.
    StartedAnew,
    /// That was tried often enough, without one second of progress.
    GivenUp,
}

/// A chain of pages, all asked for with the same `StartTime` and `EndTime`.
#[derive(Debug)]
pub(super) struct Chain {
    asked: SecondRange,
    token: Option<String>,
    /// The hashes of the tokens given since the last second of progress; the tokens themselves may be long.
    given: HashSet<u64>,
    empty_pages: u32,
    pages: u32,
    refusals: u32,
    endless: u32,
}

impl Chain {
    pub(super) fn new(asked: SecondRange) -> Self {
        Self { asked, token: None, given: HashSet::new(), empty_pages: 0, pages: 0, refusals: 0, endless: 0 }
    }

    /// `StartTime` and `EndTime`.
    pub(super) fn asked(&self) -> SecondRange {
        self.asked
    }

    /// `NextToken` of the next page.
    pub(super) fn token(&self) -> Option<&String> {
        self.token.as_ref()
    }

    /// Goes on with the `token` of the page that has come.
    ///
    /// # Errors
    ///
    /// Where the chain goes in a circle, or where this is one page too many without progress. Then it does not move,
    /// and has to be started anew.
    pub(super) fn go_on(&mut self, token: Option<String>, is_progress: bool, is_empty: bool) -> Result<(), Broken> {
        if let Some(token) = &token {
            let is_new = self.given.insert(hash(token));
            if !is_new {
                return Err(Broken::Repeated);
            }
            self.pages += 1;
            self.empty_pages = if is_empty { self.empty_pages + 1 } else { 0 };
            if !is_progress && (self.empty_pages > MOST_EMPTY_PAGES || self.pages > MOST_PAGES) {
                return Err(Broken::Endless);
            }
        }
        self.token = token;
        Ok(())
    }

    /// A second of the chain was passed: nothing that was before is held against it.
    pub(super) fn progress(&mut self) {
        let token = self.token.take();
        *self = Self { given: token.iter().map(|token| hash(token)).collect(), token, ..Self::new(self.asked) };
    }

    /// Starts anew with the seconds `unread`, where that has not been tried often enough.
    pub(super) fn start_anew(&mut self, unread: SecondRange, broken: Broken) -> BrokenChain {
        let (mut refusals, mut endless) = (self.refusals, self.endless);
        match broken {
            Broken::Refused | Broken::Repeated => refusals += 1,
            Broken::Endless => endless += 1,
        }
        *self = Self { refusals, endless, ..Self::new(unread) };
        if refusals > MOST_REFUSALS || endless > MOST_ENDLESS { BrokenChain::GivenUp } else { BrokenChain::StartedAnew }
    }
}

/// How a chain broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The service refused the token that it had given.
    Refused,
    /// The service gave a token that it had given before.
    Repeated,
    /// The service gives page after page, and no second is passed.
    Endless,
}

fn hash(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Chain {
        Chain::new(SecondRange::new(0, 9).unwrap())
    }

    /// After how many pages without progress a chain of ever new tokens is found to be broken.
    fn pages_until_broken(chain: &mut Chain, is_empty: impl Fn(u32) -> bool) -> (u32, Broken) {
        (1..10_000)
            .find_map(|nth| chain.go_on(Some(nth.to_string()), false, is_empty(nth)).err().map(|broken| (nth, broken)))
            .unwrap()
    }

    #[test]
    fn a_token_is_not_followed_twice_without_progress() {
        for circle in ["aa", "aba", "abca"] {
            let mut chain = chain();
            let broken: Vec<bool> =
                circle.chars().map(|token| chain.go_on(Some(token.into()), false, false).is_err()).collect();
            assert!(broken.iter().rposition(|is_broken| !is_broken) == Some(circle.len() - 2), "{circle}: {broken:?}");
        }
    }

    #[test]
    fn pages_without_progress_are_limited() {
        assert_eq!(pages_until_broken(&mut chain(), |_| true), (MOST_EMPTY_PAGES + 1, Broken::Endless));
        assert_eq!(pages_until_broken(&mut chain(), |_| false), (MOST_PAGES + 1, Broken::Endless));
        assert_eq!(pages_until_broken(&mut chain(), |nth| nth % 100 > 0), (MOST_PAGES + 1, Broken::Endless));
    }

    #[test]
    fn progress_forgets_all_but_the_token_to_go_on_with() {
        let mut chain = chain();
        chain.start_anew(SecondRange::new(0, 9).unwrap(), Broken::Endless);
        for nth in 0..MOST_EMPTY_PAGES {
            chain.go_on(Some(nth.to_string()), false, true).unwrap();
        }
        chain.go_on(Some("now".to_owned()), true, true).unwrap();
        chain.progress();
        assert_eq!((chain.given.len(), chain.token().map(String::as_str)), (1, Some("now")));
        assert_eq!(chain.go_on(Some("now".to_owned()), true, false), Err(Broken::Repeated));
        assert_eq!(pages_until_broken(&mut chain, |_| true).0, MOST_EMPTY_PAGES + 1);
        assert_eq!(chain.start_anew(SecondRange::new(0, 9).unwrap(), Broken::Endless), BrokenChain::StartedAnew);
        assert_eq!(pages_until_broken(&mut chain, |_| true).0, MOST_EMPTY_PAGES + 1);
        assert_eq!(chain.start_anew(SecondRange::new(0, 9).unwrap(), Broken::Endless), BrokenChain::GivenUp);
    }
}
