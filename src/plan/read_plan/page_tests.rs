//! What one page after the other does to a chain, and when it counts as broken.

use super::super::chain::{MOST_EMPTY_PAGES, MOST_PAGES, MOST_REFUSALS};
use super::*;

#[test]
fn an_empty_window_costs_one_request() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 90 * 86_400));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.ask(), None);
    assert_eq!(plan.arrived(lookup.slice, &[], None), Ok(Some(lookup.seconds)));
    assert!(plan.is_finished());
}

/// Else the second page would never be asked for, and what is between the two lost.
#[test]
fn events_that_were_not_asked_for_do_not_move_the_chain() {
    let mut plan = ReadPlan::new(SecondRange::new(100, 200));
    let lookup = plan.ask().unwrap();
    let passed = plan.arrived(lookup.slice, &[i64::MAX, 150, 3, i64::MIN], Some("more".to_owned()));
    assert_eq!(passed, Ok(SecondRange::new(151, 200)));
    assert_eq!(plan.ask().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    assert_eq!(plan.arrived(lookup.slice, &[5], Some("yet more".to_owned())), Ok(None));
    assert_eq!(plan.unread(), 51);
}

#[test]
fn an_empty_page_with_a_token_passes_nothing() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[], Some("more".to_owned())), Ok(None));
    assert_eq!(plan.ask(), Some(Lookup { token: Some("more".to_owned()), ..lookup }));
}

#[test]
fn the_last_second_of_a_page_is_not_passed_and_is_asked_for_anew() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[8, 7, 7], Some("more".to_owned())), Ok(SecondRange::new(8, 9)));
    plan.ask();
    assert_eq!(plan.token_refused(lookup.slice), BrokenChain::StartedAnew);
    assert_eq!(
        plan.ask().map(|lookup| (lookup.seconds, lookup.token)),
        SecondRange::new(0, 7).map(|rest| (rest, None))
    );
}

#[test]
fn a_chain_whose_tokens_are_all_refused_is_given_up() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 9));
    let mut anew = 0;
    loop {
        let lookup = plan.ask().unwrap();
        plan.arrived(lookup.slice, &[9, 9], Some("more".to_owned())).unwrap();
        let lookup = plan.ask().unwrap();
        if plan.token_refused(lookup.slice) == BrokenChain::GivenUp {
            break;
        }
        anew += 1;
    }
    assert_eq!(anew, MOST_REFUSALS);
}

#[test]
fn a_second_of_progress_makes_up_for_what_was_refused() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 99));
    for second in (50..100).rev() {
        let lookup = plan.ask().unwrap();
        plan.arrived(lookup.slice, &[second, second], Some("more".to_owned())).unwrap();
        plan.ask();
        assert_eq!(plan.token_refused(lookup.slice), BrokenChain::StartedAnew, "second {second}");
    }
}

/// What comes of a plan for one second, which can't be split, whose pages all have `times` and tokens from `tokens`: how many pages are asked
/// for until the chain is found to be broken, each time.
fn pages_between_breaks(times: &[i64], mut tokens: impl Iterator<Item = String>) -> Vec<u32> {
    let mut plan = ReadPlan::new(SecondRange::new(9, 9));
    let (mut breaks, mut pages) = (Vec::new(), 0);
    loop {
        let lookup = plan.ask().unwrap();
        pages += 1;
        assert!(pages < 10_000, "the chain is followed for ever");
        match plan.arrived(lookup.slice, times, tokens.next()) {
            Ok(_) => continue,
            Err(BrokenChain::StartedAnew) => {
                let anew = plan.ask().unwrap();
                assert_eq!((anew.seconds, anew.token), (lookup.seconds, None));
                plan.failed(anew.slice);
            }
            Err(BrokenChain::GivenUp) => {
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
fn tokens_in_a_circle_are_given_up_like_repeated_ones() {
    let tries = usize::try_from(MOST_REFUSALS).unwrap() + 1;
    for (tokens, pages) in [("a", 2), ("ab", 3), ("abc", 4)] {
        assert_eq!(pages_between_breaks(&[9, 9], circle(tokens)), vec![pages; tries], "{tokens}");
        assert_eq!(pages_between_breaks(&[], circle(tokens)), vec![pages; tries], "{tokens}, empty");
    }
}

#[test]
fn ever_new_tokens_without_progress_are_given_up_the_second_time() {
    let new = || (0..).map(|nth: u64| nth.to_string());
    assert_eq!(pages_between_breaks(&[], new()), [MOST_EMPTY_PAGES + 1; 2]);
    assert_eq!(pages_between_breaks(&[9, 9], new()), [MOST_PAGES + 1; 2]);
}

#[test]
fn a_second_may_have_a_hundred_thousand_events() {
    for pages in [200, MOST_PAGES] {
        let mut plan = ReadPlan::new(SecondRange::new(0, 9));
        for nth in 1..=pages {
            let lookup = plan.ask().unwrap();
            let token = (nth < pages).then(|| nth.to_string());
            assert!(plan.arrived(lookup.slice, &[9; 50], token).is_ok(), "page {nth} of {pages}");
            // Parts that are split off below the second.
            while let Some(part) = plan.ask().filter(|part| part.token.is_none() && part.slice != lookup.slice) {
                plan.arrived(part.slice, &[], None).unwrap();
            }
            plan.failed(lookup.slice);
        }
        assert!(plan.is_finished(), "{plan:?}");
    }
}
