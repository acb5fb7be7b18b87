//! Which slice is split, and where.

use super::{super::split_credit::EVENTS_PER_SPLIT, *};

/// A plan whose first chain has read one page, fifty events in as many seconds, and waits for the next. It has credit as
/// if it had read much before.
fn plan_after_one_page(seconds: i64) -> ReadPlan {
    let mut plan = ReadPlan::new(SecondRange::new(0, seconds - 1));
    let lookup = plan.next_lookup().unwrap();
    plan.arrived(lookup.slice, &fifty_events_from(seconds - 1), Some("more".to_owned())).unwrap();
    assert_eq!(plan.next_lookup().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    plan.credit = credit(100 * EVENTS_PER_SPLIT);
    plan
}

fn credit(events: usize) -> SplitCredit {
    let mut credit = SplitCredit::default();
    credit.add(events);
    credit
}

/// The slice of the first chain, which reads the newest seconds.
fn newest(plan: &ReadPlan) -> SliceId {
    plan.tiling.slices().last().unwrap().id
}

/// Lets the first chain read `pages` pages in all, without a split.
fn continue_reading(plan: &mut ReadPlan, newest_second: i64, pages: i64) {
    let slice = newest(plan);
    for page in 1..pages {
        plan.arrived(slice, &fifty_events_from(newest_second - 50 * page), Some(page.to_string())).unwrap();
        plan.credit = SplitCredit::default();
        plan.next_lookup();
    }
    plan.credit = credit(100 * EVENTS_PER_SPLIT);
}

fn fifty_events_from(newest: i64) -> Vec<i64> {
    (newest - 49..=newest).rev().collect()
}

fn first_and_width(part: &Lookup) -> (i64, i64) {
    (part.seconds.first(), width_seconds(part.seconds))
}

/// The parts that the plan splits off before it waits: their first seconds and widths.
fn parts(plan: &mut ReadPlan) -> Vec<(i64, i64)> {
    std::iter::from_fn(|| plan.next_lookup()).map(|part| first_and_width(&part)).collect()
}

#[test]
fn a_split_waits_for_two_pages_of_events() {
    let mut plan = plan_after_one_page(1_000_000);
    plan.credit = credit(EVENTS_PER_SPLIT - 1);
    assert_eq!(parts(&mut plan), []);
    plan.credit.add(1);
    assert_eq!(parts(&mut plan).len(), 1);
}

#[test]
fn far_below_the_only_page_the_oldest_three_quarters_are_split_off_at_once() {
    let (first, width) = parts(&mut plan_after_one_page(1_000_000))[0];
    assert_eq!(first, 0);
    assert!((700_000..800_000).contains(&width), "{width}");
}

#[test]
fn after_a_few_empty_parts_a_burst_is_split_inside() {
    let mut plan = plan_after_one_page(1_000_000);
    continue_reading(&mut plan, 999_999, 10);
    let empty_parts = std::iter::from_fn(|| {
        let part = plan.next_lookup()?;
        plan.arrived(part.slice, &[], None).unwrap();
        Some(part.seconds.last())
    });
    let ends: Vec<i64> = empty_parts.take_while(|last| *last < 999_000).collect();
    assert!((1..6).contains(&ends.len()), "{ends:?}");
}

#[test]
fn an_empty_window_below_a_burst_costs_few_requests() {
    let mut plan = plan_after_one_page(90 * 86_400);
    let mut empty = 0;
    while let Some(part) = plan.next_lookup() {
        plan.arrived(part.slice, &[], None).unwrap();
        empty += 1;
    }
    assert!(empty < 12, "{empty} requests");
}

/// Each page arrives before the next request is sent, so a slice is always ready.
#[test]
fn an_even_slice_is_read_from_its_oldest_end() {
    let mut plan = ReadPlan::new(SecondRange::new(0, 99_999));
    for _ in 0..200 {
        let lookup = plan.next_lookup().unwrap();
        let newest = lookup.token.map_or(lookup.seconds.last(), |token| token.parse().unwrap());
        let oldest = (newest - 49).max(lookup.seconds.first());
        let times: Vec<i64> = (oldest..=newest).rev().collect();
        let token = (oldest > lookup.seconds.first()).then(|| (oldest - 1).to_string());
        plan.arrived(lookup.slice, &times, token).unwrap();
    }
    assert!(plan.oldest_unread() >= Some(2_000), "{:?}", plan.oldest_unread());
}

#[test]
fn an_empty_part_of_an_even_slice_makes_the_next_one_wider() {
    let mut plan = plan_after_one_page(60_000);
    continue_reading(&mut plan, 59_999, 500);
    let part = plan.next_lookup().unwrap();
    assert_eq!(first_and_width(&part), (0, 40 * 50));
    plan.arrived(part.slice, &[], None).unwrap();
    assert_eq!(parts(&mut plan)[0], (2_000, 4 * 40 * 50));
}

#[test]
fn the_oldest_even_slice_is_split_and_not_the_fullest() {
    let mut plan = plan_after_one_page(200_000);
    continue_reading(&mut plan, 199_999, 1_500);
    plan.tiling.split(newest(&plan), 30_000);
    plan.credit = SplitCredit::default();
    let older = plan.next_lookup().unwrap();
    plan.arrived(older.slice, &fifty_events_from(29_999), Some("more".to_owned())).unwrap();
    plan.next_lookup();
    plan.credit = credit(EVENTS_PER_SPLIT);
    assert!(plan.tiling.slices()[0].unread_seconds() < plan.tiling.slices()[1].unread_seconds());
    assert_eq!(parts(&mut plan)[0], (0, 40 * 50));
}

#[test]
fn two_pages_are_not_split() {
    assert_eq!(parts(&mut plan_after_one_page(50 + 90)), []);
    assert_ne!(parts(&mut plan_after_one_page(50 + 150)), []);
}
