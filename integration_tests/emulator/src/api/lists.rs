//! What the lists of Organizations and Account Management have in common: pages of items, whose tokens are valid only
//! for the same list.

use crate::history::{position::Position, token::TokenIssuer};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a request asks for.
#[derive(Debug)]
pub(super) struct PageRequest<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) size: usize,
    /// Whether there is an empty page before each page of items.
    pub(super) empty_pages: bool,
    /// What the token must have been issued for.
    pub(super) scope: String,
    pub(super) now: Duration,
}

/// A page of a list, and the token of the next one. `None` if the token of this one is invalid.
pub(super) fn page<T>(
    items: Vec<T>,
    request: &PageRequest<'_>,
    tokens: &mut TokenIssuer,
) -> Option<(Vec<T>, Option<String>)> {
    let PageRequest { token, size, empty_pages, scope, now } = request;
    let from = token.map_or(Some(Position::Newest), |token| tokens.redeem(token, scope, *now))?;
    let start = match from {
        Position::Newest if *empty_pages => {
            return Some((Vec::new(), Some(tokens.issue(Position::Skip(0), scope, *now))));
        }
        Position::Skip(count) => count,
        // An empty page comes before this one. The token can't name it by its number of items, which is the same.
        Position::After { number, .. } => {
            let next = Position::Skip(usize::try_from(number).unwrap_or(usize::MAX));
            return Some((Vec::new(), Some(tokens.issue(next, scope, *now))));
        }
        Position::Newest => 0,
    };
    let end = start.saturating_add(*size);
    let next = (end < items.len()).then(|| {
        let next = if *empty_pages {
            Position::After { second: 0, number: u64::try_from(end).unwrap_or(u64::MAX) }
        } else {
            Position::Skip(end)
        };
        tokens.issue(next, scope, *now)
    });
    Some((items.into_iter().skip(start).take(*size).collect(), next))
}

/// The members of the body, if it is a JSON object.
pub(super) fn members(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// An optional member of a type that the function reads.
///
/// # Errors
///
/// It has another type.
pub(super) fn member<'a, T>(
    members: &'a Map<String, Value>,
    name: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, ()> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages of a list of ten numbers.
    fn pages(size: usize, empty_pages: bool) -> Vec<Vec<u8>> {
        let mut tokens = TokenIssuer::new(1, None);
        let mut token: Option<String> = None;
        let mut pages = Vec::new();
        loop {
            let (token_of_page, scope) = (token.take(), "list".to_owned());
            let request =
                PageRequest { token: token_of_page.as_deref(), size, empty_pages, scope, now: Duration::ZERO };
            let (page, next) = super::page((0..10).collect(), &request, &mut tokens).unwrap();
            pages.push(page);
            token = next;
            if token.is_none() {
                return pages;
            }
        }
    }

    #[test]
    fn pages_have_all_items_in_order() {
        assert_eq!(pages(10, false), [(0..10).collect::<Vec<_>>()]);
        assert_eq!(pages(4, false), [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
        assert_eq!(pages(5, true), [vec![], vec![0, 1, 2, 3, 4], vec![], vec![5, 6, 7, 8, 9]]);
    }

    #[test]
    fn a_token_is_valid_for_its_list_only() {
        let mut tokens = TokenIssuer::new(1, None);
        let mut first = |token: Option<&str>, scope: &str| {
            let request =
                PageRequest { token, size: 1, empty_pages: false, scope: scope.to_owned(), now: Duration::ZERO };
            super::page(vec![1, 2], &request, &mut tokens)
        };
        let token = first(None, "a").unwrap().1.unwrap();
        assert_eq!(first(Some(&token), "a"), Some((vec![2], None)));
        assert_eq!(first(Some(&token), "b"), None);
        assert_eq!(first(Some("x"), "a"), None);
    }
}
