//! The laws of the plan, on any data, any order of arrivals and any failures.

use super::*;
use proptest::prelude::*;

const WINDOW: (i64, i64) = (0, 999);

/// A service that holds events at `times`; a token is how many events of the chain were delivered.
struct Service {
    times: Vec<i64>,
    page_size: usize,
}

impl Service {
    fn page(&self, lookup: &Lookup) -> (Vec<i64>, Option<String>) {
        let skipped: usize = lookup.token.as_deref().map_or(0, |token| token.parse().unwrap());
        let mut chain: Vec<i64> = self
            .times
            .iter()
            .copied()
            .filter(|time| (lookup.seconds.first()..=lookup.seconds.last()).contains(time))
            .collect();
        chain.sort_unstable_by(|a, b| b.cmp(a));
        let page: Vec<i64> = chain.iter().copied().skip(skipped).take(self.page_size).collect();
        let delivered = skipped + page.len();
        (page, (delivered < chain.len()).then(|| delivered.to_string()))
    }
}

#[derive(Clone, Debug)]
enum Turn {
    Ask,
    Arrive(usize),
    Fail(usize),
    RefuseToken(usize),
    RepeatToken(usize),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        5 => Just(Turn::Ask),
        4 => any::<usize>().prop_map(Turn::Arrive),
        1 => any::<usize>().prop_map(Turn::Fail),
        1 => any::<usize>().prop_map(Turn::RefuseToken),
        1 => any::<usize>().prop_map(Turn::RepeatToken),
    ];
    prop::collection::vec(turn, 0..200)
}

/// Events in bursts and alone, some hundreds of them.
fn times() -> impl Strategy<Value = Vec<i64>> {
    let burst = (WINDOW.0..=WINDOW.1, 1..80_usize, 1..20_i64);
    prop::collection::vec(burst, 0..12).prop_map(|bursts| {
        let spread = |(start, count, width): (i64, usize, i64)| {
            (0_i64..).take(count).map(move |n| (start + n * 7 % width).min(WINDOW.1))
        };
        bursts.into_iter().flat_map(spread).collect()
    })
}

proptest! {
    /// Every second is passed, and only once every event in it was delivered; nothing is asked for without end.
    #[test]
    fn reads_every_second_to_its_end(times in times(), turns in turns(), page_size in 1..60_usize) {
        let service = Service { times, page_size };
        let mut plan = Plan::new(Seconds::new(WINDOW.0, WINDOW.1));
        let mut under_way: Vec<Lookup> = Vec::new();
        let mut delivered = vec![0_usize; 1000];
        let mut passed = vec![false; 1000];
        let fair = (0..).map(|n| if n % 2 == 0 { Turn::Ask } else { Turn::Arrive(0) });
        for (count, turn) in turns.into_iter().chain(fair).enumerate() {
            if plan.is_finished() {
                break;
            }
            prop_assert!(count < 20_000, "the plan does not come to an end");
            let taken = match &turn {
                Turn::Ask => {
                    let oldest = plan.slices.values().filter(|slice| !slice.waiting).map(|slice| slice.first).min();
                    if let Some(lookup) = plan.ask() {
                        let first = plan.slices[&lookup.slice].first;
                        prop_assert!(oldest.is_none_or(|oldest| oldest == first), "a younger slice went first");
                        under_way.push(lookup);
                    }
                    prop_assert!(under_way.len() <= MOST_IN_FLIGHT);
                    None
                }
                Turn::Arrive(at) | Turn::Fail(at) | Turn::RefuseToken(at) | Turn::RepeatToken(at) => {
                    (!under_way.is_empty()).then(|| under_way.remove(at % under_way.len()))
                }
            };
            let Some(lookup) = taken else { continue };
            let before = plan.unread();
            let (page, token) = service.page(&lookup);
            match turn {
                Turn::Fail(_) => plan.failed(lookup.slice),
                Turn::RefuseToken(_) if lookup.token.is_some() => drop(plan.token_refused(lookup.slice)),
                Turn::RepeatToken(_) if lookup.token.is_some() && plan.slices.contains_key(&lookup.slice) => {
                    prop_assert!(plan.arrived(lookup.slice, &page, lookup.token.clone()).is_err());
                    prop_assert_eq!(plan.unread(), before);
                }
                _ => {
                    for time in &page {
                        delivered[usize::try_from(*time).unwrap()] += 1;
                    }
                    let Ok(seconds) = plan.arrived(lookup.slice, &page, token) else { panic!("no token was repeated") };
                    for second in seconds.into_iter().flat_map(|range| range.first()..=range.last()) {
                        let held = service.times.iter().filter(|time| **time == second).count();
                        let second = usize::try_from(second).unwrap();
                        prop_assert!(delivered[second] >= held, "second {} was passed unread", second);
                        passed[second] = true;
                    }
                }
            }
        }
        prop_assert!(passed.into_iter().all(|passed| passed));
    }

    /// No read makes more than half as many requests again as its events need, however they lie and however slow the
    /// answers are: here, one comes only when there is nothing left to ask.
    #[test]
    fn splits_cost_at_most_half_again(times in times(), arrivals in prop::collection::vec(any::<usize>(), 200)) {
        let service = Service { times, page_size: 50 };
        let mut plan = Plan::new(Seconds::new(WINDOW.0, WINDOW.1));
        let mut under_way: Vec<Lookup> = Vec::new();
        let mut requests = 0;
        for arrival in arrivals.into_iter().cycle() {
            while let Some(lookup) = plan.ask() {
                under_way.push(lookup);
                requests += 1;
            }
            if plan.is_finished() {
                break;
            }
            let lookup = under_way.remove(arrival % under_way.len());
            let (page, token) = service.page(&lookup);
            plan.arrived(lookup.slice, &page, token).unwrap();
        }
        let events = service.times.len();
        let most = events.div_ceil(50).max(1) + events / 100;
        prop_assert!(requests <= most, "{} requests for {} events", requests, events);
    }

    /// The slices are disjoint, and together they are what is unread.
    #[test]
    fn every_unread_second_is_in_one_slice(times in times(), turns in turns()) {
        let service = Service { times, page_size: 50 };
        let mut plan = Plan::new(Seconds::new(WINDOW.0, WINDOW.1));
        let mut under_way: Vec<Lookup> = Vec::new();
        let mut passed = std::collections::BTreeSet::new();
        for turn in turns {
            if let Turn::Ask = turn {
                under_way.extend(plan.ask());
            } else if !under_way.is_empty() {
                let lookup = under_way.remove(0);
                let (page, token) = service.page(&lookup);
                match turn {
                    Turn::Fail(_) => plan.failed(lookup.slice),
                    Turn::RefuseToken(_) => {
                        plan.token_refused(lookup.slice);
                    }
                    _ => passed.extend(plan.arrived(lookup.slice, &page, token).unwrap().into_iter().flat_map(|range| range.first()..=range.last())),
                }
            }
            prop_assert_eq!(plan.unread(), 1_000 - i64::try_from(passed.len()).unwrap());
            let mut slices: Vec<_> = plan.slices.values().map(|slice| (slice.first, slice.last)).collect();
            slices.sort_unstable();
            prop_assert!(slices.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}

#[test]
fn an_empty_window_costs_one_request() {
    let mut plan = Plan::new(Seconds::new(0, 90 * 86_400));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.ask(), None);
    assert_eq!(plan.arrived(lookup.slice, &[], None), Ok(Some(lookup.seconds)));
    assert!(plan.is_finished());
}

/// Else the second page would never be asked for, and what is between the two lost.
#[test]
fn events_that_were_not_asked_for_do_not_move_the_chain() {
    let mut plan = Plan::new(Seconds::new(100, 200));
    let lookup = plan.ask().unwrap();
    let passed = plan.arrived(lookup.slice, &[i64::MAX, 150, 3, i64::MIN], Some("more".to_owned()));
    assert_eq!(passed, Ok(Seconds::new(151, 200)));
    assert_eq!(plan.ask().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    assert_eq!(plan.arrived(lookup.slice, &[5], Some("yet more".to_owned())), Ok(None));
    assert_eq!(plan.unread(), 51);
}

#[test]
fn an_empty_page_with_a_token_passes_nothing() {
    let mut plan = Plan::new(Seconds::new(0, 9));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[], Some("more".to_owned())), Ok(None));
    assert_eq!(plan.ask(), Some(Lookup { token: Some("more".to_owned()), ..lookup }));
}

#[test]
fn the_last_second_of_a_page_is_not_passed_and_is_asked_for_anew() {
    let mut plan = Plan::new(Seconds::new(0, 9));
    let lookup = plan.ask().unwrap();
    assert_eq!(plan.arrived(lookup.slice, &[8, 7, 7], Some("more".to_owned())), Ok(Seconds::new(8, 9)));
    plan.ask();
    assert_eq!(plan.token_refused(lookup.slice), BrokenChain::StartedAnew);
    assert_eq!(plan.ask().map(|lookup| (lookup.seconds, lookup.token)), Seconds::new(0, 7).map(|rest| (rest, None)));
}

#[test]
fn a_chain_whose_tokens_are_all_refused_is_given_up() {
    let mut plan = Plan::new(Seconds::new(0, 9));
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

/// A plan whose first chain has seen one page, fifty events in as many seconds, and waits for the next. It has savings
/// as if it had read much before.
fn plan_after_one_page(seconds: i64) -> Plan {
    let mut plan = Plan { savings: 100 * PRICE_OF_A_SPLIT, ..Plan::new(Seconds::new(0, seconds - 1)) };
    let lookup = plan.ask().unwrap();
    plan.arrived(lookup.slice, &fifty_events_from(seconds - 1), Some("more".to_owned())).unwrap();
    assert_eq!(plan.ask().map(|lookup| lookup.token), Some(Some("more".to_owned())));
    plan
}

fn fifty_events_from(newest: i64) -> Vec<i64> {
    (newest - 49..=newest).rev().collect()
}

/// The slices that the plan splits off before it waits, as first second and width.
fn parts(plan: &mut Plan) -> Vec<(i64, i64)> {
    std::iter::from_fn(|| plan.ask()).map(|part| (part.seconds.first(), part.seconds.count())).collect()
}

#[test]
fn what_is_far_below_the_only_page_is_one_probe() {
    let mut plan = plan_after_one_page(1_000_000);
    let parts = parts(&mut plan);
    let near = 49 * REACH;
    assert_eq!(parts[0], (0, 999_951 - near));
    assert!(parts.len() > 1 && parts[1..].iter().all(|(first, _)| *first >= 999_951 - near), "{parts:?}");
}

#[test]
fn an_empty_probe_leaves_what_is_near() {
    let mut plan = plan_after_one_page(1_000_000);
    let probe = plan.ask().unwrap();
    plan.arrived(probe.slice, &[], None).unwrap();
    assert_eq!(plan.unread(), 49 * REACH);
    assert_eq!(plan.ask().map(|part| part.seconds.count()), Some(49 * REACH / 2));
}

#[test]
fn a_density_found_again_below_is_believed_further() {
    let mut plan = plan_after_one_page(100_000);
    let probe = plan.ask().unwrap();
    let (end, more) = (probe.seconds.last(), Some("more".to_owned()));
    plan.arrived(probe.slice, &fifty_events_from(end), more).unwrap();
    assert_eq!(plan.ask().map(|lookup| lookup.slice), Some(probe.slice));
    let seen = 99_999 - (end - 49);
    assert_eq!(parts(&mut plan)[0], (0, end - 49 + 1 - seen * REACH));
}

#[test]
fn a_burst_below_a_silence_is_not_taken_for_the_same() {
    let mut plan = plan_after_one_page(20_000);
    let probe = plan.ask().unwrap();
    plan.arrived(probe.slice, &fifty_events_from(15_000), Some("more".to_owned())).unwrap();
    assert_eq!(plan.ask().map(|lookup| lookup.slice), Some(probe.slice));
    assert_eq!(parts(&mut plan)[0], (0, 14_952 - 49 * REACH));
}

#[test]
fn a_stretch_between_two_known_ones_is_read_from_its_oldest_end() {
    let mut plan = plan_after_one_page(500_000);
    for _ in 0..20 {
        let part = plan.ask().unwrap();
        if (part.seconds.first(), part.seconds.count()) == (0, 40 * 50) {
            return;
        }
        plan.arrived(part.slice, &fifty_events_from(part.seconds.last()), Some("more".to_owned())).unwrap();
        plan.ask();
    }
    panic!("no part of forty pages: {:?}", plan.slices);
}

#[test]
fn of_slices_with_plenty_the_oldest_is_split_and_not_the_fullest() {
    let known = |first, last| Slice {
        density: 1.0,
        waiting: true,
        alike_from: last + 1_000_000,
        ..Slice::new(Seconds::new(first, last).unwrap())
    };
    let mut plan = Plan { savings: PRICE_OF_A_SPLIT, ..Plan::new([]) };
    plan.add(known(0, 29_999));
    plan.add(known(30_000, 99_999));
    assert_eq!(plan.ask().map(|part| part.seconds), Seconds::new(0, 1_999));
}

#[test]
fn few_pages_are_split_one_page_at_a_time_and_two_not_at_all() {
    assert_eq!(parts(&mut plan_after_one_page(50 + 130)), [(0, 42)]);
    assert_eq!(parts(&mut plan_after_one_page(50 + 100)), []);
}
