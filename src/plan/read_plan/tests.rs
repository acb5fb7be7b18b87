//! The laws of the plan, for any events, any order of responses and any failures.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

const WINDOW: (i64, i64) = (0, 999);

/// A service that has events at `times`. A token is the number of events of the chain that were returned.
struct Service {
    times: Vec<i64>,
    page_size: usize,
}

impl Service {
    fn page(&self, lookup: &Lookup) -> (Vec<i64>, Option<String>) {
        let returned_before: usize = lookup.token.as_deref().map_or(0, |token| token.parse().unwrap());
        let mut chain: Vec<i64> = self
            .times
            .iter()
            .copied()
            .filter(|time| (lookup.seconds.first()..=lookup.seconds.last()).contains(time))
            .collect();
        chain.sort_unstable_by(|a, b| b.cmp(a));
        let page: Vec<i64> = chain.iter().copied().skip(returned_before).take(self.page_size).collect();
        let returned = returned_before + page.len();
        (page, (returned < chain.len()).then(|| returned.to_string()))
    }
}

#[derive(Clone, Debug)]
enum Turn {
    Request,
    Arrive(usize),
    Fail(usize),
    RejectToken(usize),
    RepeatToken(usize),
    /// The page arrives with a token that the chain has had before.
    Circle(usize),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        5 => Just(Turn::Request),
        4 => any::<usize>().prop_map(Turn::Arrive),
        1 => any::<usize>().prop_map(Turn::Fail),
        1 => any::<usize>().prop_map(Turn::RejectToken),
        1 => any::<usize>().prop_map(Turn::RepeatToken),
        1 => any::<usize>().prop_map(Turn::Circle),
    ];
    prop::collection::vec(turn, 0..200)
}

/// Some hundreds of events, in bursts and alone.
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
    /// A second is passed only once all of its events were returned, and the number of requests is limited.
    #[test]
    fn every_second_is_read_completely(times in times(), turns in turns(), page_size in 1..60_usize) {
        let service = Service { times, page_size };
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
        let mut in_flight: Vec<Lookup> = Vec::new();
        let mut tokens: HashMap<SliceId, Vec<String>> = HashMap::new();
        let mut returned = vec![0_usize; 1000];
        let mut passed = vec![false; 1000];
        let to_the_end = (0..).map(|n| if n % 2 == 0 { Turn::Request } else { Turn::Arrive(0) });
        for (count, turn) in turns.into_iter().chain(to_the_end).enumerate() {
            if plan.is_finished() {
                break;
            }
            prop_assert!(count < 20_000, "the plan has no end");
            let lookup = match &turn {
                Turn::Request => {
                    let oldest = plan.tiling.slices().iter().filter(|slice| !slice.in_flight).map(|slice| slice.first).min();
                    if let Some(lookup) = plan.next_lookup() {
                        let first = plan.tiling.get_mut(lookup.slice).unwrap().first;
                        prop_assert!(oldest.is_none_or(|oldest| oldest == first), "a newer slice went first");
                        in_flight.push(lookup);
                    }
                    prop_assert!(in_flight.len() <= MAX_IN_FLIGHT);
                    None
                }
                Turn::Arrive(at) | Turn::Fail(at) | Turn::RejectToken(at) | Turn::RepeatToken(at) | Turn::Circle(at) => {
                    (!in_flight.is_empty()).then(|| in_flight.remove(at % in_flight.len()))
                }
            };
            let Some(lookup) = lookup else { continue };
            let before = plan.unread();
            let (page, token) = service.page(&lookup);
            match turn {
                Turn::Fail(_) => plan.failed(lookup.slice),
                Turn::RejectToken(_) if lookup.token.is_some() => {
                    plan.token_rejected(lookup.slice);
                    tokens.remove(&lookup.slice);
                }
                Turn::RepeatToken(_) if lookup.token.is_some() && plan.tiling.get_mut(lookup.slice).is_some() => {
                    prop_assert!(plan.arrived(lookup.slice, &page, lookup.token.clone()).is_err());
                    prop_assert_eq!(plan.unread(), before);
                    tokens.remove(&lookup.slice);
                }
                _ => {
                    for time in &page {
                        returned[usize::try_from(*time).unwrap()] += 1;
                    }
                    let earlier = tokens.entry(lookup.slice).or_default();
                    let token = match turn {
                        Turn::Circle(at) if token.is_some() && !earlier.is_empty() => Some(earlier[at % earlier.len()].clone()),
                        _ => token,
                    };
                    let is_new = token.as_ref().is_none_or(|token| !earlier.contains(token));
                    earlier.extend(token.clone());
                    let Ok(seconds) = plan.arrived(lookup.slice, &page, token) else {
                        prop_assert!(!is_new, "no token was repeated");
                        prop_assert_eq!(plan.unread(), before);
                        tokens.remove(&lookup.slice);
                        continue;
                    };
                    for second in seconds.into_iter().flat_map(|range| range.first()..=range.last()) {
                        let expected = service.times.iter().filter(|time| **time == second).count();
                        let second = usize::try_from(second).unwrap();
                        prop_assert!(returned[second] >= expected, "second {} was passed unread", second);
                        passed[second] = true;
                    }
                }
            }
        }
        prop_assert!(passed.into_iter().all(|passed| passed));
    }

    /// However slow the responses are: here, one arrives only when there is nothing left to request.
    #[test]
    fn splits_add_at_most_half_as_many_requests_again(times in times(), arrivals in prop::collection::vec(any::<usize>(), 200)) {
        let service = Service { times, page_size: 50 };
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
        let mut in_flight: Vec<Lookup> = Vec::new();
        let mut requests = 0;
        for arrival in arrivals.into_iter().cycle() {
            while let Some(lookup) = plan.next_lookup() {
                in_flight.push(lookup);
                requests += 1;
            }
            if plan.is_finished() {
                break;
            }
            let lookup = in_flight.remove(arrival % in_flight.len());
            let (page, token) = service.page(&lookup);
            plan.arrived(lookup.slice, &page, token).unwrap();
        }
        let events = service.times.len();
        let max = events.div_ceil(50).max(1) + events / 100;
        prop_assert!(requests <= max, "{} requests for {} events", requests, events);
    }

    /// Once only: the slices are disjoint.
    #[test]
    fn every_unread_second_is_in_one_slice(times in times(), turns in turns()) {
        let service = Service { times, page_size: 50 };
        let mut plan = ReadPlan::new(SecondRange::new(WINDOW.0, WINDOW.1));
        let mut in_flight: Vec<Lookup> = Vec::new();
        let mut passed = std::collections::BTreeSet::new();
        for turn in turns {
            if let Turn::Request = turn {
                in_flight.extend(plan.next_lookup());
            } else if !in_flight.is_empty() {
                let lookup = in_flight.remove(0);
                let (page, token) = service.page(&lookup);
                match turn {
                    Turn::Fail(_) => plan.failed(lookup.slice),
                    Turn::RejectToken(_) => {
                        plan.token_rejected(lookup.slice);
                    }
                    _ => passed.extend(plan.arrived(lookup.slice, &page, token).unwrap().into_iter().flat_map(|range| range.first()..=range.last())),
                }
            }
            prop_assert_eq!(plan.unread().as_secs(), 1_000 - u64::try_from(passed.len()).unwrap());
            let slices: Vec<_> = plan.tiling.slices().iter().map(|slice| (slice.first, slice.last)).collect();
            prop_assert!(slices.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
