//! Chains of pages that go in a circle: which `NextToken` leads back.

use std::collections::HashMap;

/// The chains of pages so far, by the scope of their tokens.
#[derive(Debug, Default)]
pub(crate) struct TokenCircles {
    chains: HashMap<String, Chain>,
}

impl TokenCircles {
    /// Records that a chain begins, and that its first page has the token `from_first`.
    pub(crate) fn begin(&mut self, scope: &str, from_first: &str) {
        self.chains.insert(scope.to_owned(), Chain { from_first: from_first.to_owned(), to_first: None });
    }

    /// The token that leads back from the page that was requested with `token`: the token from the first page. If that
    /// is `token` itself, a token for the first page, which `issue` makes.
    pub(crate) fn token_back(&mut self, scope: &str, token: &str, issue: impl FnOnce() -> String) -> String {
        match self.chains.get_mut(scope) {
            Some(chain) if chain.from_first == token => chain.to_first.get_or_insert_with(issue).clone(),
            Some(chain) => chain.from_first.clone(),
            None => issue(),
        }
    }
}

#[derive(Debug)]
struct Chain {
    /// The token from the first page.
    from_first: String,
    /// A token for the first page. It stays the same, so that the tokens repeat.
    to_first: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_leads_back() {
        let mut issued = 0;
        let mut circles = TokenCircles::default();
        circles.begin("x", "a");
        circles.begin("y", "other");
        let mut back = |token: &str| {
            circles.token_back("x", token, || {
                issued += 1;
                format!("to first {issued}")
            })
        };
        for _ in 0..3 {
            assert_eq!(back("e"), "a");
            assert_eq!(back("a"), "to first 1");
            assert_eq!(back("to first 1"), "a");
        }
        circles.begin("x", "b");
        assert_eq!(circles.token_back("x", "a", String::new), "b");
    }
}
