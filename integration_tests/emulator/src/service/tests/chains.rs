//! Chains of pages: how tokens lead from one to the next, and the faults that lead astray.

use super::*;
use crate::fault::RandomFaults;

#[test]
fn pages_follow_their_tokens_and_tokens_their_parameters() {
    let mut bench = Bench::with_faults(Vec::new());
    let (ids, token) = read(&bench.ask(&json!({"MaxResults": 2}))).unwrap();
    assert_eq!(ids, "01");
    let (ids, token) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(ids, "23");
    assert_eq!(code(&bench.ask(&json!({"MaxResults": 3, "NextToken": token}))), "InvalidNextTokenException");
    assert_eq!(read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))), Ok(("4".to_owned(), None)));
}

#[test]
fn a_full_last_page_has_a_token_only_if_set_so() {
    let sizes = |full_last_page_has_token| {
        let mut bench = Bench::new(Settings { events: events(4), full_last_page_has_token, ..Settings::default() });
        let (mut sizes, mut token) = (Vec::new(), None);
        loop {
            let (ids, next) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
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
fn an_empty_page_with_a_token_goes_on_at_the_same_place() {
    for nth in [0, 1] {
        let mut bench = Bench::with_faults(vec![(nth, Fault::EmptyPageWithToken)]);
        let (mut ids, mut token, mut pages) = (String::new(), None, 0);
        while pages == 0 || token.is_some() {
            let (more, next) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
            assert_eq!(more.is_empty(), pages == nth);
            ids += &more;
            (token, pages) = (next, pages + 1);
        }
        assert_eq!((ids.as_str(), pages), ("01234", 4));
    }
}

#[test]
fn faults_about_a_token_meet_the_first_request_that_has_one() {
    let first = |bench: &mut Bench| read(&bench.ask(&json!({"MaxResults": 2}))).unwrap().1;
    let mut bench = Bench::with_faults(vec![(0, Fault::RepeatedToken)]);
    let token = first(&mut bench);
    let repeated = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(repeated, ("23".to_owned(), token));
    let mut bench = Bench::with_faults(vec![(0, Fault::TokenCircle)]);
    let token = first(&mut bench);
    let (ids, home) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": token}))).unwrap();
    assert_eq!(ids, "23");
    assert_eq!(read(&bench.ask(&json!({"MaxResults": 2, "NextToken": home}))).unwrap().0, "01");
    let mut bench = Bench::with_faults(vec![(0, Fault::InvalidNextToken)]);
    let token = first(&mut bench);
    let form = bench.ask(&json!({"MaxResults": 2, "NextToken": token}));
    assert_eq!(code(&form), "InvalidNextTokenException");
}

/// Twenty pages of a chain over five events, and their tokens, when each request meets this fault.
fn chain_under(fault: Fault) -> (Vec<String>, Vec<String>) {
    let random_faults = Some(RandomFaults { seed: 1, probability: 1.0, faults: vec![fault] });
    let settings = Settings { events: events(5), rate: None, random_faults, ..Settings::default() };
    let mut bench = Bench { pace: Duration::ZERO, ..Bench::new(settings) };
    let (mut pages, mut tokens) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let (ids, token) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": tokens.last()}))).unwrap();
        pages.push(ids);
        tokens.push(token.expect("the chain goes on"));
    }
    (pages, tokens)
}

#[test]
fn empty_pages_without_end_have_ever_new_tokens() {
    let (pages, tokens) = chain_under(Fault::EmptyPageWithToken);
    assert!(pages.iter().all(String::is_empty), "{pages:?}");
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 20);
}

#[test]
fn a_circle_of_tokens_leads_around_for_ever() {
    let (pages, tokens) = chain_under(Fault::TokenCircle);
    assert_eq!(pages[..4], ["01", "23", "01", "23"]);
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 2);
    assert!(tokens.iter().skip(2).zip(&tokens).all(|(later, earlier)| later == earlier), "{tokens:?}");
}

#[test]
fn a_circle_on_the_last_page_leads_back_to_the_second() {
    let mut bench = Bench::with_faults(vec![(2, Fault::TokenCircle)]);
    let (mut pages, mut tokens) = (Vec::new(), Vec::<Option<String>>::new());
    while tokens.last().is_none_or(Option::is_some) {
        let (ids, token) = read(&bench.ask(&json!({"MaxResults": 2, "NextToken": tokens.last()}))).unwrap();
        pages.push(ids);
        tokens.push(token);
    }
    assert_eq!(pages, ["01", "23", "4", "23", "4"]);
    assert_eq!(tokens[2], tokens[0]);
    let faults: Vec<_> = bench.service.journal.iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [None, None, Some("TokenCircle"), None, None]);
}
