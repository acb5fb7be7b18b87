//! Which slice is split, and where.

use super::*;

/// A plan whose first chain has seen one page, fifty events in as many seconds, and waits for the next. It has savings
/// as if it had read much before.
fn plan_after_one_page(seconds: i64) -> ReadPlan {
    let mut plan = ReadPlan::new(SecondRange::new(0, seconds - 1));
    let lookup = plan.ask().unwrap();
    plan.arrived(lookup.slice, &fifty_events_from(seconds - 1), Some("more".to_owned())).unwrap();
    assert_eq!(plan.ask().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    plan.savings = 100 * PRICE_OF_A_SPLIT;
    plan
}

/// Lets the first chain read as many pages, without a split.
fn read_on(plan: &mut ReadPlan, newest: i64, pages: i64) {
    for page in 1..pages {
        plan.arrived(SliceId(0), &fifty_events_from(newest - 50 * page), Some(page.to_string())).unwrap();
        plan.savings = 0;
        plan.ask();
    }
    plan.savings = 100 * PRICE_OF_A_SPLIT;
}

fn fifty_events_from(newest: i64) -> Vec<i64> {
    (newest - 49..=newest).rev().collect()
}

/// The slices that the plan splits off before it waits, as first second and width.
fn parts(plan: &mut ReadPlan) -> Vec<(i64, i64)> {
    std::iter::from_fn(|| plan.ask()).map(|part| (part.seconds.first(), part.seconds.count())).collect()
}

#[test]
fn a_split_waits_for_two_pages_worth_of_events() {
    let mut plan = plan_after_one_page(1_000_000);
    plan.savings = PRICE_OF_A_SPLIT - 1;
    assert_eq!(parts(&mut plan), []);
    plan.savings += 1;
    assert_eq!(parts(&mut plan).len(), 1);
}

#[test]
fn of_what_is_far_below_the_only_page_all_but_the_newest_quarter_goes_at_once() {
    let (first, width) = parts(&mut plan_after_one_page(1_000_000))[0];
    assert_eq!(first, 0);
    assert!((700_000..800_000).contains(&width), "{width}");
}

#[test]
fn a_burst_in_a_silence_is_split_inside_after_a_few_empty_parts() {
    let mut plan = plan_after_one_page(1_000_000);
    read_on(&mut plan, 999_999, 10);
    let empty_parts = std::iter::from_fn(|| {
        let part = plan.ask()?;
        plan.arrived(part.slice, &[], None).unwrap();
        Some(part.seconds.last())
    });
    let ends: Vec<i64> = empty_parts.take_while(|last| *last < 999_000).collect();
    assert!((1..6).contains(&ends.len()), "{ends:?}");
}

#[test]
fn where_nothing_is_found_no_more_than_a_few_requests_are_lost() {
    let mut plan = plan_after_one_page(90 * 86_400);
    let mut empty = 0;
    while let Some(part) = plan.ask() {
        plan.arrived(part.slice, &[], None).unwrap();
        empty += 1;
    }
    assert!(empty < 12, "{empty} requests");
}

/// Each answer comes before the next request may go out, so some slice is always ready.
#[test]
fn an_even_stretch_is_read_from_its_oldest_end() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 99_999));
    for _ in 0..200 {
        let lookup = plan.ask().unwrap();
        let newest = lookup.token.map_or(lookup.seconds.last(), |token| token.parse().unwrap());
        let oldest = (newest - 49).max(lookup.seconds.first());
        let times: Vec<i64> = (oldest..=newest).rev().collect();
        let token = (oldest > lookup.seconds.first()).then(|| (oldest - 1).to_string());
        plan.arrived(lookup.slice, &times, token).unwrap();
    }
    assert!(plan.oldest_unread() >= Some(2_000), "{:?}", plan.oldest_unread());
}

#[test]
fn an_empty_part_of_an_even_stretch_makes_the_next_one_wider() {
    let mut plan = plan_after_one_page(60_000);
    read_on(&mut plan, 59_999, 500);
    let part = plan.ask().unwrap();
    assert_eq!((part.seconds.first(), part.seconds.count()), (0, 40 * 50));
    plan.arrived(part.slice, &[], None).unwrap();
    assert_eq!(parts(&mut plan)[0], (2_000, 4 * 40 * 50));
}

#[test]
fn of_even_stretches_the_oldest_is_split_and_not_the_fullest() {
    let mut plan = plan_after_one_page(200_000);
    read_on(&mut plan, 199_999, 1_500);
    plan.tiling.split(SliceId(0), 30_000);
    plan.savings = 0;
    let older = plan.ask().unwrap();
    plan.arrived(older.slice, &fifty_events_from(29_999), Some("more".to_owned())).unwrap();
    plan.ask();
    plan.savings = PRICE_OF_A_SPLIT;
    assert!(plan.tiling.slices()[0].unread() < plan.tiling.slices()[1].unread());
    assert_eq!(parts(&mut plan)[0], (0, 40 * 50));
}

#[test]
fn two_pages_are_not_split() {
    assert_eq!(parts(&mut plan_after_one_page(50 + 90)), []);
    assert_ne!(parts(&mut plan_after_one_page(50 + 150)), []);
}
