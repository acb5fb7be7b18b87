//! Chains of pages that lead back to where they were: which `NextToken` closes the circle.

use std::collections::HashMap;

/// What has to be known of each chain, by what its tokens are bound to.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    chains: HashMap<String, Chain>,
}

#[derive(Debug)]
struct Chain {
    /// The token that the first page bore.
    first: String,
    /// One that leads to the first page, which no page has by itself; it stays the same so that a circle is one.
    home: Option<String>,
}

impl Circles {
    /// A chain begins: its first page bears this token.
    pub(crate) fn begin(&mut self, binding: &str, first: &str) {
        self.chains.insert(binding.to_owned(), Chain { first: first.to_owned(), home: None });
    }

    /// The token that leads back from the page of `token`: the one that the first page bore. On the page that this one
    /// leads to, it would be the request's own token; there it is one that leads to the first page, made by `issue`.
    pub(crate) fn back(&mut self, binding: &str, token: &str, issue: impl FnOnce() -> String) -> String {
        match self.chains.get_mut(binding) {
            Some(chain) if chain.first == token => chain.home.get_or_insert_with(issue).clone(),
            Some(chain) => chain.first.clone(),
            None => issue(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_a_circle_from_every_page() {
        let mut made = 0;
        let mut circles = Circles::default();
        circles.begin("x", "a");
        circles.begin("y", "other");
        let mut back = |token: &str| {
            circles.back("x", token, || {
                made += 1;
                format!("home {made}")
            })
        };
        for _ in 0..3 {
            assert_eq!(back("e"), "a");
            assert_eq!(back("a"), "home 1");
            assert_eq!(back("home 1"), "a");
        }
        circles.begin("x", "b");
        assert_eq!(circles.back("x", "a", String::new), "b");
    }
}
