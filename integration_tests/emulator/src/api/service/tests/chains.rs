//! Chains of pages: how tokens lead from one page to the next, and the faults of tokens.

use super::*;
use crate::faults::fault::RandomFaults;

#[test]
fn a_token_leads_to_the_next_page_and_requires_the_same_parameters() {
    let mut bench = Bench::with_faults(Vec::new());
    let (ids, token) = page(&bench.look_up(&json!({"MaxResults": 2}))).unwrap();
    assert_eq!(ids, "01");
    let (ids, token) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(ids, "23");
    assert_eq!(code(&bench.look_up(&json!({"MaxResults": 3, "NextToken": token}))), "InvalidNextTokenException");
    assert_eq!(page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))), Ok(("4".to_owned(), None)));
}

#[test]
fn a_full_last_page_has_a_token_only_with_that_setting() {
    let sizes = |full_last_page_has_token| {
        let mut bench = Bench::new(Settings { events: events(4), full_last_page_has_token, ..Settings::default() });
        let (mut sizes, mut token) = (Vec::new(), None);
        loop {
            let (ids, next) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
            sizes.push(ids.len());
            if next.is_none() {
                return sizes;
            }
            token = next;
        }
    };
    assert_eq!(sizes(false), [2, 2]);
    assert_eq!(sizes(true), [2, 2, 0]);
}

#[test]
fn an_empty_page_with_a_token_continues_at_the_same_position() {
    for nth in [0, 1] {
        let mut bench = Bench::with_faults(vec![(nth, Fault::EmptyPageWithToken)]);
        let (mut ids, mut token, mut pages) = (String::new(), None, 0);
        while pages == 0 || token.is_some() {
            let (more, next) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
            assert_eq!(more.is_empty(), pages == nth);
            ids += &more;
            (token, pages) = (next, pages + 1);
        }
        assert_eq!((ids.as_str(), pages), ("01234", 4));
    }
}

#[test]
fn faults_of_tokens_wait_for_a_request_with_a_token() {
    let first = |bench: &mut Bench| page(&bench.look_up(&json!({"MaxResults": 2}))).unwrap().1;
    let mut bench = Bench::with_faults(vec![(0, Fault::RepeatedToken)]);
    let token = first(&mut bench);
    let repeated = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(repeated, ("23".to_owned(), token));
    let mut bench = Bench::with_faults(vec![(0, Fault::TokenCircle)]);
    let token = first(&mut bench);
    let (ids, to_first) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(ids, "23");
    assert_eq!(page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": to_first}))).unwrap().0, "01");
    let mut bench = Bench::with_faults(vec![(0, Fault::InvalidNextToken)]);
    let token = first(&mut bench);
    let form = bench.look_up(&json!({"MaxResults": 2, "NextToken": token}));
    assert_eq!(code(&form), "InvalidNextTokenException");
}

/// The first twenty pages of a chain and their tokens, if this fault occurs in each request.
fn chain_with(fault: Fault) -> (Vec<String>, Vec<String>) {
    let random_faults = Some(RandomFaults { seed: 1, probability: 1.0, faults: vec![fault] });
    let settings = Settings { events: events(5), rate: None, random_faults, ..Settings::default() };
    let mut bench = Bench { interval: Duration::ZERO, ..Bench::new(settings) };
    let (mut pages, mut tokens) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let (ids, token) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": tokens.last()}))).unwrap();
        pages.push(ids);
        tokens.push(token.expect("the chain does not end"));
    }
    (pages, tokens)
}

#[test]
fn endless_empty_pages_have_new_tokens() {
    let (pages, tokens) = chain_with(Fault::EmptyPageWithToken);
    assert!(pages.iter().all(String::is_empty), "{pages:?}");
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 20);
}

#[test]
fn a_circle_of_tokens_never_ends() {
    let (pages, tokens) = chain_with(Fault::TokenCircle);
    assert_eq!(pages[..4], ["01", "23", "01", "23"]);
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 2);
    assert!(tokens.iter().skip(2).zip(&tokens).all(|(later, earlier)| later == earlier), "{tokens:?}");
}

#[test]
fn a_circle_on_the_last_page_leads_back_to_the_second() {
    let mut bench = Bench::with_faults(vec![(2, Fault::TokenCircle)]);
    let (mut pages, mut tokens) = (Vec::new(), Vec::<Option<String>>::new());
    while tokens.last().is_none_or(Option::is_some) {
        let (ids, token) = page(&bench.look_up(&json!({"MaxResults": 2, "NextToken": tokens.last()}))).unwrap();
        pages.push(ids);
        tokens.push(token);
    }
    assert_eq!(pages, ["01", "23", "4", "23", "4"]);
    assert_eq!(tokens[2], tokens[0]);
    let faults: Vec<_> = bench.service.cloudtrail.journal.iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [None, None, Some("TokenCircle"), None, None]);
}
