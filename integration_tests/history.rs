//! The law of the whole connector: every event is committed exactly once, over any history of syncs. They have late
//! events, different lookback windows, states without room, kills, rejected tokens, lost responses, responses in any
//! order, and events that were not requested.
//!
//! Plan, coverage and state are the real ones. The service, the clock and the destination are models, so that
//! thousands of histories can be tested. Proptest prints the seed of one that fails.

use crate::connector::REGION;
use proptest::prelude::*;
use serde::Deserialize;
use source_aws_cloudtrail::{
    coverage::{event_digest::EventDigest, region_coverage::Emission},
    partition::Partition,
    plan::{
        chain::BrokenChain,
        read_plan::{Lookup, ReadPlan},
    },
    state::{
        saved_state::SavedState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
};
use std::{collections::BTreeMap, time::Duration};

const BASE: i64 = 1_795_000_000;
const LOOKBACK: i64 = 60;
/// How many seconds late an event becomes visible, at most.
const LATEST: i64 = LOOKBACK;

#[derive(Clone, Debug)]
struct Event {
    id: usize,
    second: i64,
    visible: i64,
}

/// What the tokens of the service contain.
#[derive(Clone, Copy, Debug)]
enum Tokens {
    /// The event returned last.
    Position,
    /// How many events were returned. An event that becomes visible later shifts the rest.
    Offset,
}

struct Service {
    events: Vec<Event>,
    page_size: usize,
    tokens: Tokens,
    /// Whether pages also have older and newer events that were not requested.
    has_strays: bool,
}

impl Service {
    /// The page for a lookup at the time `now`, newest first, in a stable order within a second.
    fn page(&self, lookup: &Lookup, now: i64) -> (Vec<Event>, Option<String>) {
        let range = lookup.seconds.first()..=lookup.seconds.last();
        let visible = self.events.iter().filter(|event| event.visible <= now && range.contains(&event.second));
        let mut chain: Vec<&Event> = visible.collect();
        chain.sort_by_key(|event| (-event.second, event.id));
        let (second, position) = lookup.token.as_deref().and_then(|token| token.split_once('/')).unwrap_or(("", "0"));
        let position: usize = position.parse().unwrap();
        let returned_before = match (self.tokens, second.parse::<i64>()) {
            (Tokens::Position, Ok(second)) => {
                chain.partition_point(|event| (-event.second, event.id) <= (-second, position))
            }
            _ => position,
        };
        let page: Vec<Event> =
            chain.iter().skip(returned_before).take(self.page_size).map(|event| (*event).clone()).collect();
        let returned = returned_before + page.len();
        let token = page.last().filter(|_| returned < chain.len()).map(|last| match self.tokens {
            Tokens::Position => format!("{}/{}", last.second, last.id),
            Tokens::Offset => format!("/{returned}"),
        });
        (self.with_strays(page, lookup, now), token)
    }

    fn with_strays(&self, mut page: Vec<Event>, lookup: &Lookup, now: i64) -> Vec<Event> {
        let stray = &self.events[usize::try_from(now).unwrap() % self.events.len()];
        if self.has_strays && stray.visible <= now {
            if stray.second < lookup.seconds.first() {
                page.push(stray.clone());
            } else if stray.second > lookup.seconds.last() {
                page.insert(0, stray.clone());
            }
        }
        page
    }
}

/// What happens next in a sync.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Request,
    Arrive(usize),
    Lose(usize),
    RejectToken(usize),
    RepeatToken(usize),
    Checkpoint,
    Kill,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        16 => Just(Turn::Request),
        16 => any::<usize>().prop_map(Turn::Arrive),
        2 => any::<usize>().prop_map(Turn::Lose),
        2 => any::<usize>().prop_map(Turn::RejectToken),
        1 => any::<usize>().prop_map(Turn::RepeatToken),
        4 => Just(Turn::Checkpoint),
        1 => Just(Turn::Kill),
    ]
}

/// What a destination has committed, and the state that belongs to it.
#[derive(Default)]
struct Committed {
    records: BTreeMap<usize, u32>,
    state: Option<serde_json::Value>,
}

impl Committed {
    fn commit(&mut self, records: &mut Vec<usize>, state: &StreamState) {
        for id in records.drain(..) {
            *self.records.entry(id).or_default() += 1;
        }
        self.state = serde_json::to_value(state).ok();
    }
}

/// What is read.
fn partition() -> Partition {
    Partition { account: None, region: REGION.to_owned() }
}

/// The settings of a sync that begins at `start`.
fn settings(start: i64, lookback: i64, max_bytes: usize) -> SyncSettings {
    let (lookback, partitions) = (Duration::from_secs(lookback.unsigned_abs()), vec![partition()]);
    SyncSettings {
        start,
        read_from: Some(BASE),
        lookback,
        filter: None,
        accounts: AccountsRead::One(None),
        partitions,
        max_bytes,
    }
}

/// One sync, in which `turns` happen. It is killed after the last one.
fn sync(service: &Service, settings: SyncSettings, turns: impl Iterator<Item = Turn>, committed: &mut Committed) {
    let start = settings.start;
    let saved = committed.state.as_ref().map(|state| SavedState::deserialize(state).unwrap());
    let (mut state, _) = StreamState::open(saved, settings).unwrap();
    let mut plan = ReadPlan::new(state.coverage(&partition()).unwrap().uncovered());
    let mut in_flight: Vec<Lookup> = Vec::new();
    let mut records = Vec::new();
    let mut now = start;
    for (nth, turn) in turns.enumerate() {
        if plan.is_finished() {
            committed.commit(&mut records, &state);
            return;
        }
        now += i64::from(nth % 8 == 0);
        let lookup = match turn {
            Turn::Kill => return,
            Turn::Checkpoint => {
                committed.commit(&mut records, &state);
                continue;
            }
            Turn::Request => {
                in_flight.extend(plan.next_lookup());
                continue;
            }
            Turn::Arrive(at) | Turn::Lose(at) | Turn::RejectToken(at) | Turn::RepeatToken(at) => {
                if in_flight.is_empty() {
                    continue;
                }
                in_flight.remove(at % in_flight.len())
            }
        };
        let (page, token) = service.page(&lookup, now);
        let token = match turn {
            Turn::Lose(_) => {
                plan.failed(lookup.slice);
                continue;
            }
            Turn::RejectToken(_) if lookup.token.is_some() => {
                plan.token_rejected(lookup.slice);
                continue;
            }
            Turn::RepeatToken(_) if lookup.token.is_some() => lookup.token.clone(),
            _ => token,
        };
        let times: Vec<i64> = page.iter().map(|event| event.second).collect();
        let passed = match plan.arrived(lookup.slice, &times, token) {
            Ok(passed) => passed,
            Err(BrokenChain::Restarted | BrokenChain::RestartsExhausted) => continue,
        };
        for event in page {
            if state.emit(&partition(), event.second, EventDigest::of(&event.id.to_string())) == Emission::New {
                records.push(event.id);
            }
        }
        if let Some(passed) = passed {
            state.cover(&partition(), passed);
        }
    }
}

/// Turns that finish any sync.
fn to_the_end() -> impl Iterator<Item = Turn> {
    (0..200_000).map(|nth| if nth % 2 == 0 { Turn::Request } else { Turn::Arrive(nth) })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let burst = (0..2_000_i64, 1..70_usize, 1..40_i64, any::<u64>());
    prop::collection::vec(burst, 1..12).prop_map(|bursts| {
        let mut events = Vec::new();
        for (start, count, width, late) in bursts {
            for nth in 0..i64::try_from(count).unwrap() {
                let second = BASE + start + nth * 7 % width;
                let lateness = i64::try_from(late.rotate_left(u32::try_from(nth).unwrap()) % 64).unwrap();
                events.push(Event { id: events.len(), second, visible: second + lateness.min(LATEST) });
            }
        }
        events
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]
    #[test]
    fn every_event_is_committed_exactly_once(
        events in events(),
        page_size in 1..60_usize,
        tokens in prop_oneof![Just(Tokens::Position), Just(Tokens::Offset)],
        has_strays in any::<bool>(),
        // For no loose event, for some, for all of them.
        rooms in prop::collection::vec(prop_oneof![Just(0), 0..3_000_usize, Just(MAX_STATE_BYTES)], 8),
        syncs in prop::collection::vec((1..700_i64, LOOKBACK..200, prop::collection::vec(turn(), 0..150), any::<bool>()), 0..8),
    ) {
        let service = Service { events, page_size, tokens, has_strays };
        let mut committed = Committed::default();
        let mut start = BASE;
        for ((later, lookback, turns, is_finished), room) in syncs.into_iter().zip(rooms) {
            start += later;
            let rest = to_the_end().take(if is_finished { usize::MAX } else { 0 });
            sync(&service, settings(start, lookback, room), turns.into_iter().chain(rest), &mut committed);
        }
        sync(&service, settings(BASE + 10_000, LOOKBACK, 0), to_the_end(), &mut committed);
        for event in &service.events {
            prop_assert_eq!(committed.records.get(&event.id), Some(&1), "{:?}", event);
        }
    }
}
