//! One chain of pages: how far it has got, and when it counts as broken.
//!
//! A faulty service can answer without end: with the same token again, with tokens in a circle, or with new tokens on
//! pages that bring nothing. Only the seconds that a chain passes show that it makes progress. So each limit here is one
//! of pages without a second of progress, and the counts start again with each second. The tokens stay known: one that
//! leads back to seconds that were passed would bring their events again.

use crate::coverage::seconds::SecondRange;
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    mem,
};

/// How often tokens can be rejected or repeated without a second of progress. Each costs little, and may be temporary.
pub(super) const MAX_TOKEN_FAULTS: u32 = 10;
/// How many pages in a row can be without an event of the slice. A service that filters what it has read may send some.
pub(super) const MAX_EMPTY_PAGES: u32 = 100;
/// How many pages a single second can have: those of 100,000 events. At least as many tokens are remembered, and at most
/// twice as many, in 80 KB.
pub(super) const MAX_PAGES: u32 = 2_000;
/// How often a chain can stall, that is, reach a limit of pages without a second of progress. Each time takes minutes.
pub(super) const MAX_STALLS: u32 = 1;

/// A chain of pages broke: the service rejected the token that it had returned, returned one for the second time, or
/// returns page after page without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// The unread rest of the slice will be requested again, without a token.
    Restarted,
    /// It was restarted as often as allowed, without a second of progress.
    RestartsExhausted,
}

/// A chain of pages, all requested with the same `StartTime` and `EndTime`.
#[derive(Debug)]
pub(super) struct Chain {
    seconds: SecondRange,
    token: Option<String>,
    /// The hashes of the tokens that were returned. The tokens themselves may be long.
    known_tokens: HashSet<u64>,
    /// Those that were returned before them, of which the oldest are forgotten.
    older_tokens: HashSet<u64>,
    empty_pages: u32,
    pages: u32,
    token_faults: u32,
    stalls: u32,
}

impl Chain {
    pub(super) fn new(seconds: SecondRange) -> Self {
        Self {
            seconds,
            token: None,
            known_tokens: HashSet::new(),
            older_tokens: HashSet::new(),
            empty_pages: 0,
            pages: 0,
            token_faults: 0,
            stalls: 0,
        }
    }

    /// `StartTime` and `EndTime`.
    pub(super) fn seconds(&self) -> SecondRange {
        self.seconds
    }

    /// `NextToken` of the next page.
    pub(super) fn token(&self) -> Option<&String> {
        self.token.as_ref()
    }

    /// Continues with the `token` of the page that has arrived.
    ///
    /// # Errors
    ///
    /// If the tokens go in a circle, or if this is one page too many without progress. Then the chain stays where
    /// it is, and must be restarted.
    pub(super) fn advance(
        &mut self,
        token: Option<String>,
        is_progress: bool,
        is_empty: bool,
    ) -> Result<(), ChainFault> {
        if let Some(token) = &token {
            let is_new = !self.older_tokens.contains(&hash(token)) && self.known_tokens.insert(hash(token));
            if !is_new {
                return Err(ChainFault::TokenRepeated);
            }
            self.pages += 1;
            self.empty_pages = if is_empty { self.empty_pages + 1 } else { 0 };
            if !is_progress && (self.empty_pages > MAX_EMPTY_PAGES || self.pages > MAX_PAGES) {
                return Err(ChainFault::Stalled);
            }
        }
        self.token = token;
        Ok(())
    }

    /// A second of the chain was passed: all counts start again.
    pub(super) fn progress(&mut self) {
        if self.known_tokens.len() > MAX_PAGES as usize {
            self.older_tokens = mem::take(&mut self.known_tokens);
        }
        (self.empty_pages, self.pages, self.token_faults, self.stalls) = (0, 0, 0, 0);
    }

    /// Starts again with the seconds `unread`, because of `fault`. Says whether it may, or has done so too often.
    pub(super) fn restart(&mut self, unread: SecondRange, fault: ChainFault) -> BrokenChain {
        let (mut token_faults, mut stalls) = (self.token_faults, self.stalls);
        match fault {
            ChainFault::TokenRejected | ChainFault::TokenRepeated => token_faults += 1,
            ChainFault::Stalled => stalls += 1,
        }
        *self = Self { token_faults, stalls, ..Self::new(unread) };
        if token_faults > MAX_TOKEN_FAULTS || stalls > MAX_STALLS {
            BrokenChain::RestartsExhausted
        } else {
            BrokenChain::Restarted
        }
    }
}

/// How a chain broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChainFault {
    /// The service rejected the token that it had returned.
    TokenRejected,
    /// The service returned a token that it had returned before.
    TokenRepeated,
    /// The service returns page after page, and no second is passed.
    Stalled,
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

    /// After how many pages without progress a chain whose tokens are all new counts as broken.
    fn pages_until_broken(chain: &mut Chain, is_empty: impl Fn(u32) -> bool) -> (u32, ChainFault) {
        (1..10_000)
            .find_map(|nth| chain.advance(Some(nth.to_string()), false, is_empty(nth)).err().map(|fault| (nth, fault)))
            .unwrap()
    }

    #[test]
    fn a_token_is_not_used_twice_without_progress() {
        for circle in ["aa", "aba", "abca"] {
            let mut chain = chain();
            let broken: Vec<bool> =
                circle.chars().map(|token| chain.advance(Some(token.into()), false, false).is_err()).collect();
            assert!(broken.iter().rposition(|is_broken| !is_broken) == Some(circle.len() - 2), "{circle}: {broken:?}");
        }
    }

    #[test]
    fn pages_without_progress_are_limited() {
        assert_eq!(pages_until_broken(&mut chain(), |_| true), (MAX_EMPTY_PAGES + 1, ChainFault::Stalled));
        assert_eq!(pages_until_broken(&mut chain(), |_| false), (MAX_PAGES + 1, ChainFault::Stalled));
        assert_eq!(pages_until_broken(&mut chain(), |nth| nth % 100 > 0), (MAX_PAGES + 1, ChainFault::Stalled));
    }

    #[test]
    fn a_token_is_not_used_twice_after_progress_either() {
        let mut chain = chain();
        for nth in 0..MAX_PAGES {
            chain.advance(Some(format!("passed {nth}")), true, false).unwrap();
            chain.progress();
        }
        for passed in [0, MAX_PAGES / 2, MAX_PAGES - 1] {
            let token = Some(format!("passed {passed}"));
            assert_eq!(chain.advance(token, true, false), Err(ChainFault::TokenRepeated));
        }
    }

    #[test]
    fn a_limited_number_of_tokens_is_remembered() {
        let mut chain = chain();
        for nth in 0..10 * MAX_PAGES {
            chain.advance(Some(nth.to_string()), true, false).unwrap();
            chain.progress();
            let limit = MAX_PAGES as usize + 1;
            assert!(chain.known_tokens.len() <= limit && chain.older_tokens.len() <= limit);
            for passed in [nth, nth.saturating_sub(MAX_PAGES)] {
                assert_eq!(chain.advance(Some(passed.to_string()), true, false), Err(ChainFault::TokenRepeated));
            }
        }
    }

    #[test]
    fn progress_resets_the_counts_and_keeps_the_next_token() {
        let mut chain = chain();
        chain.restart(SecondRange::new(0, 9).unwrap(), ChainFault::Stalled);
        for nth in 0..MAX_EMPTY_PAGES {
            chain.advance(Some(format!("before {nth}")), false, true).unwrap();
        }
        chain.advance(Some("now".to_owned()), true, true).unwrap();
        chain.progress();
        assert_eq!(chain.token().map(String::as_str), Some("now"));
        assert_eq!(pages_until_broken(&mut chain, |_| true).0, MAX_EMPTY_PAGES + 1);
        assert_eq!(chain.restart(SecondRange::new(0, 9).unwrap(), ChainFault::Stalled), BrokenChain::Restarted);
        assert_eq!(pages_until_broken(&mut chain, |_| true).0, MAX_EMPTY_PAGES + 1);
        assert_eq!(chain.restart(SecondRange::new(0, 9).unwrap(), ChainFault::Stalled), BrokenChain::RestartsExhausted);
    }
}
