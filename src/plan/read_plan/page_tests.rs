//! What pages do to a chain, and when it counts as broken.

use super::super::chain::{MAX_EMPTY_PAGES, MAX_PAGES, MAX_TOKEN_FAULTS};
use super::*;

#[test]
fn an_empty_window_costs_one_request() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 90 * 86_400));
    let lookup = plan.next_lookup().unwrap();
    assert_eq!(plan.next_lookup(), None);
    assert_eq!(plan.arrived(lookup.slice, &[], None), Ok(Some(lookup.seconds)));
    assert!(plan.is_finished());
}

/// Otherwise the second page would never be requested, and the events between the two would be lost.
#[test]
fn events_that_were_not_requested_do_not_advance_the_chain() {
    let mut plan = ReadPlan::new(SecondRange::new(100, 200));
    let lookup = plan.next_lookup().unwrap();
    let passed = plan.arrived(lookup.slice, &[i64::MAX, 150, 3, i64::MIN], Some("more".to_owned()));
    assert_eq!(passed, Ok(SecondRange::new(151, 200)));
    assert_eq!(plan.next_lookup().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    assert_eq!(plan.arrived(lookup.slice, &[5], Some("still more".to_owned())), Ok(None));
    assert_eq!(plan.unread(), Duration::from_secs(51));
}

#[test]
fn an_empty_page_with_a_token_passes_nothing() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let lookup = plan.next_lookup().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[], Some("more".to_owned())), Ok(None));
    assert_eq!(plan.next_lookup(), Some(Lookup { token: Some("more".to_owned()), ..lookup }));
}

#[test]
fn the_last_second_of_a_page_is_not_passed_and_is_requested_again() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let lookup = plan.next_lookup().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[8, 7, 7], Some("more".to_owned())), Ok(SecondRange::new(8, 9)));
    plan.next_lookup();
    assert_eq!(plan.token_rejected(lookup.slice), BrokenChain::Restarted);
    assert_eq!(
        plan.next_lookup().map(|lookup| (lookup.seconds, lookup.token)),
        SecondRange::new(0, 7).map(|rest| (rest, None))
    );
}

#[test]
fn a_chain_whose_tokens_are_all_rejected_is_not_restarted_without_end() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let mut restarts = 0;
    loop {
        let lookup = plan.next_lookup().unwrap();
        plan.arrived(lookup.slice, &[9, 9], Some("more".to_owned())).unwrap();
        let lookup = plan.next_lookup().unwrap();
        if plan.token_rejected(lookup.slice) == BrokenChain::RestartsExhausted {
            break;
        }
        restarts += 1;
    }
    assert_eq!(restarts, MAX_TOKEN_FAULTS);
}

#[test]
fn a_second_of_progress_resets_the_count_of_rejected_tokens() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 99));
    for second in (50..100).rev() {
        let lookup = plan.next_lookup().unwrap();
        plan.arrived(lookup.slice, &[second, second], Some("more".to_owned())).unwrap();
        plan.next_lookup();
        assert_eq!(plan.token_rejected(lookup.slice), BrokenChain::Restarted, "second {second}");
    }
}

/// Reads a plan for one second, which can't be split. All pages have events at `times`, and their tokens are from
/// `tokens`. Returns how many pages are requested until the chain counts as broken, each time.
fn pages_between_breaks(times: &[i64], mut tokens: impl Iterator<Item = String>) -> Vec<u32> {
    let mut plan = ReadPlan::new(SecondRange::new(9, 9));
    let (mut breaks, mut pages) = (Vec::new(), 0);
    loop {
        let lookup = plan.next_lookup().unwrap();
        pages += 1;
        assert!(pages < 10_000, "the chain has no end");
        match plan.arrived(lookup.slice, times, tokens.next()) {
            Ok(_) => continue,
            Err(BrokenChain::Restarted) => {
                let again = plan.next_lookup().unwrap();
                assert_eq!((again.seconds, again.token), (lookup.seconds, None));
                plan.failed(again.slice);
            }
            Err(BrokenChain::RestartsExhausted) => {
                breaks.push(pages);
                return breaks;
            }
        }
        breaks.push(pages);
        pages = 0;
    }
}

fn circle(tokens: &'static str) -> impl Iterator<Item = String> {
    tokens.chars().cycle().map(String::from)
}

#[test]
fn tokens_in_a_circle_count_as_repeated() {
    let tries = usize::try_from(MAX_TOKEN_FAULTS).unwrap() + 1;
    for (tokens, pages) in [("a", 2), ("ab", 3), ("abc", 4)] {
        assert_eq!(pages_between_breaks(&[9, 9], circle(tokens)), vec![pages; tries], "{tokens}");
        assert_eq!(pages_between_breaks(&[], circle(tokens)), vec![pages; tries], "{tokens}, empty");
    }
}

#[test]
fn a_chain_that_stalls_is_restarted_once() {
    let new = || (0..).map(|nth: u64| nth.to_string());
    assert_eq!(pages_between_breaks(&[], new()), [MAX_EMPTY_PAGES + 1; 2]);
    assert_eq!(pages_between_breaks(&[9, 9], new()), [MAX_PAGES + 1; 2]);
}

#[test]
fn a_second_can_have_a_hundred_thousand_events() {
    for pages in [200, MAX_PAGES] {
        let mut plan = ReadPlan::new(SecondRange::new(0, 9));
        for nth in 1..=pages {
            let lookup = plan.next_lookup().unwrap();
            let token = (nth < pages).then(|| nth.to_string());
            assert!(plan.arrived(lookup.slice, &[9; 50], token).is_ok(), "page {nth} of {pages}");
            // Parts that were split off below the second.
            while let Some(part) = plan.next_lookup().filter(|part| part.token.is_none() && part.slice != lookup.slice)
            {
                plan.arrived(part.slice, &[], None).unwrap();
            }
            plan.failed(lookup.slice);
        }
        assert!(plan.is_finished(), "{plan:?}");
    }
}
