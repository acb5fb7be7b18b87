//! The laws of the plan, on any data, any order of arrivals and any failures.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

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
    /// A token that the chain was given before.
    Circle(usize),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        5 => Just(Turn::Ask),
        4 => any::<usize>().prop_map(Turn::Arrive),
        1 => any::<usize>().prop_map(Turn::Fail),
        1 => any::<usize>().prop_map(Turn::RefuseToken),
        1 => any::<usize>().prop_map(Turn::RepeatToken),
        1 => any::<usize>().prop_map(Turn::Circle),
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
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
        let mut under_way: Vec<Lookup> = Vec::new();
        let mut given: HashMap<SliceId, Vec<String>> = HashMap::new();
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
                    let oldest = plan.tiling.slices().iter().filter(|slice| !slice.waiting).map(|slice| slice.first).min();
                    if let Some(lookup) = plan.ask() {
                        let first = plan.tiling.get_mut(lookup.slice).unwrap().first;
                        prop_assert!(oldest.is_none_or(|oldest| oldest == first), "a younger slice went first");
                        under_way.push(lookup);
                    }
                    prop_assert!(under_way.len() <= MOST_IN_FLIGHT);
                    None
                }
                Turn::Arrive(at) | Turn::Fail(at) | Turn::RefuseToken(at) | Turn::RepeatToken(at) | Turn::Circle(at) => {
                    (!under_way.is_empty()).then(|| under_way.remove(at % under_way.len()))
                }
            };
            let Some(lookup) = taken else { continue };
            let before = plan.unread();
            let (page, token) = service.page(&lookup);
            match turn {
                Turn::Fail(_) => plan.failed(lookup.slice),
                Turn::RefuseToken(_) if lookup.token.is_some() => {
                    plan.token_refused(lookup.slice);
                    given.remove(&lookup.slice);
                }
                Turn::RepeatToken(_) if lookup.token.is_some() && plan.tiling.get_mut(lookup.slice).is_some() => {
                    prop_assert!(plan.arrived(lookup.slice, &page, lookup.token.clone()).is_err());
                    prop_assert_eq!(plan.unread(), before);
                    given.remove(&lookup.slice);
                }
                _ => {
                    for time in &page {
                        delivered[usize::try_from(*time).unwrap()] += 1;
                    }
                    let earlier = given.entry(lookup.slice).or_default();
                    let token = match turn {
                        Turn::Circle(at) if token.is_some() && !earlier.is_empty() => Some(earlier[at % earlier.len()].clone()),
                        _ => token,
                    };
                    let is_new = token.as_ref().is_none_or(|token| !earlier.contains(token));
                    earlier.extend(token.clone());
                    let Ok(seconds) = plan.arrived(lookup.slice, &page, token) else {
                        prop_assert!(!is_new, "no token was repeated");
                        prop_assert_eq!(plan.unread(), before);
                        given.remove(&lookup.slice);
                        continue;
                    };
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
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
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
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
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
            let slices: Vec<_> = plan.tiling.slices().iter().map(|slice| (slice.first, slice.last)).collect();
            prop_assert!(slices.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
