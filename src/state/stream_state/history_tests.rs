//! The law of a state of several accounts: over any history of syncs with other accounts, other Regions and other modes,
//! with late events, states without room and kills, every event is committed once. Only events of a state that does not
//! say whose it is are committed again, when several accounts are read.
//!
//! The state is the real one. The service and the destination are models.

use super::*;
use crate::state::sync_settings::MAX_STATE_BYTES;
use proptest::{prelude::*, test_runner::TestCaseError};
use serde::Deserialize;
use serde_json::Value;

const BASE: i64 = 1_795_000_000;
const LOOKBACK: i64 = 60;
/// How late an event becomes visible, at most.
const LATEST: i64 = LOOKBACK;
const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

#[derive(Clone, Debug)]
struct Event {
    account: usize,
    region: usize,
    second: i64,
    visible: i64,
}

/// Whose events a sync reads.
#[derive(Clone, Debug)]
enum Mode {
    /// Those of an account whose ID the role has.
    Role(usize),
    /// Those of the account that the credentials belong to. An earlier version does not learn which one it is.
    Credentials {
        account: usize,
        is_learned: bool,
    },
    Many(Vec<usize>),
}

/// What happens next in a sync.
#[derive(Clone, Debug)]
enum Turn {
    /// All events of some seconds are read.
    Read {
        partition: usize,
        place: usize,
    },
    /// Some events are read, of seconds that go on in the next page.
    Glance {
        partition: usize,
        place: usize,
    },
    Save,
}

#[derive(Clone, Debug)]
struct Sync {
    mode: Mode,
    regions: Vec<usize>,
    /// How long after the one before.
    later: i64,
    lookback: i64,
    max_bytes: usize,
    turns: Vec<Turn>,
    /// It is killed after its turns, unless it finishes.
    is_finished: bool,
}

fn mode() -> impl Strategy<Value = Mode> {
    let account = || 0..ACCOUNTS.len();
    let many = prop::sample::subsequence((0..ACCOUNTS.len()).collect::<Vec<_>>(), 1..=ACCOUNTS.len()).prop_shuffle();
    prop_oneof![
        2 => account().prop_map(Mode::Role),
        3 => (account(), prop::bool::weighted(0.7)).prop_map(|(account, is_learned)| Mode::Credentials { account, is_learned }),
        4 => many.prop_map(Mode::Many),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => (any::<usize>(), any::<usize>()).prop_map(|(partition, place)| Turn::Read { partition, place }),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(partition, place)| Turn::Glance { partition, place }),
        2 => Just(Turn::Save),
    ]
}

fn sync() -> impl Strategy<Value = Sync> {
    let regions = prop::sample::subsequence(vec![0, 1], 1..=REGIONS.len()).prop_shuffle();
    // For no loose event, for some, for all of them.
    let max_bytes = prop_oneof![Just(0), 0..2_000_usize, Just(MAX_STATE_BYTES)];
    let turns = prop::collection::vec(turn(), 0..12);
    (mode(), regions, 1..500_i64, LOOKBACK..200, max_bytes, turns, any::<bool>()).prop_map(
        |(mode, regions, later, lookback, max_bytes, turns, is_finished)| Sync {
            mode,
            regions,
            later,
            lookback,
            max_bytes,
            turns,
            is_finished,
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..ACCOUNTS.len(), 0..REGIONS.len(), 0..1_500_i64, 0..=LATEST);
    let event = event.prop_map(|(account, region, second, late)| {
        let second = BASE + second / 10 * 10;
        Event { account, region, second, visible: second + late }
    });
    prop::collection::vec(event, 0..80)
}

fn account_id(account: usize) -> AccountId {
    AccountId::parse(ACCOUNTS[account]).unwrap()
}

fn digest(id: usize) -> EventDigest {
    EventDigest::of(&id.to_string())
}

/// What a destination has committed, and the state that belongs to it.
#[derive(Default)]
struct Destination {
    /// How often each event was committed.
    committed: Vec<u32>,
    /// How often it may have been.
    allowed: Vec<u32>,
    /// Whether the state tells of it.
    told: Vec<bool>,
    state: Option<Value>,
    /// The account whose state it is if the state does not say so.
    unnamed: Option<usize>,
}

impl Destination {
    fn saved(&self) -> Option<SavedState<'static>> {
        self.state.as_ref().map(|state| SavedState::deserialize(state).unwrap())
    }

    /// Whether the state says that `event` was committed, read plainly.
    fn tells_of(&self, id: usize, event: &Event) -> bool {
        let Some(state) = &self.state else { return false };
        let (account, region) = (ACCOUNTS[event.account], REGIONS[event.region]);
        let is_top =
            state["account"] == account || (state.get("account").is_none() && self.unnamed == Some(event.account));
        let top = Some(&state["regions"][region]).filter(|entry| is_top && entry.is_object());
        let own = Some(&state["accounts"][account]["regions"][region]).filter(|entry| entry.is_object());
        assert!(top.is_none() || own.is_none(), "two entries of {region} in {account}: {state}");
        let Some(entry) = top.or(own) else { return false };
        let is_in = |range: &Value| (range[0].as_i64().unwrap()..=range[1].as_i64().unwrap()).contains(&event.second);
        let loose = entry["loose"][event.second.to_string()].as_str().map(|ids| EventDigest::split(ids).unwrap());
        event.second <= entry["EventTime"].as_i64().unwrap()
            || entry["covered"].as_array().unwrap().iter().any(is_in)
            || loose.is_some_and(|ids| ids.contains(&digest(id)))
    }
}

impl Sync {
    /// The mode in which the sync reads, with the state of the destination.
    ///
    /// A state that does not say whose it is belongs to one account, which no one can check: it is read with that one.
    fn mode(&self, destination: &Destination) -> Mode {
        match (&self.mode, destination.unnamed) {
            (Mode::Role(_), Some(owner)) => Mode::Role(owner),
            (Mode::Credentials { is_learned, .. }, Some(owner)) => {
                Mode::Credentials { account: owner, is_learned: *is_learned }
            }
            (mode, _) => mode.clone(),
        }
    }

    fn settings(&self, start: i64, mode: &Mode, destination: &Destination) -> SyncSettings {
        let is_named = destination.saved().is_some_and(|saved| saved.names_account());
        let (accounts, read) = match mode {
            Mode::Role(account) => (AccountsRead::One(Some(account_id(*account))), vec![Some(*account)]),
            Mode::Credentials { account, .. } if is_named => {
                (AccountsRead::One(Some(account_id(*account))), vec![Some(*account)])
            }
            Mode::Credentials { .. } => (AccountsRead::One(None), vec![None]),
            Mode::Many(read) => (AccountsRead::Many, read.iter().copied().map(Some).collect()),
        };
        let of_account = |account: Option<usize>| {
            let regions = self.regions.iter();
            regions
                .map(move |region| Partition { account: account.map(account_id), region: REGIONS[*region].to_owned() })
        };
        SyncSettings {
            start,
            read_from: Some(BASE),
            lookback: Duration::from_secs(self.lookback.unsigned_abs()),
            filter: None,
            accounts,
            partitions: read.into_iter().flat_map(of_account).collect(),
            max_bytes: self.max_bytes,
        }
    }

    fn run(&self, start: i64, events: &[Event], destination: &mut Destination) -> Result<(), TestCaseError> {
        let mode = self.mode(destination);
        let settings = self.settings(start, &mode, destination);
        let saved = destination.saved();
        let owner = saved.as_ref().and_then(|saved| saved.account.clone());
        let opened = StreamState::open(saved, settings.clone());
        if let (AccountsRead::One(Some(account)), Some(owner)) = (&settings.accounts, owner)
            && *account != owner
        {
            prop_assert!(opened.is_err(), "the state of {owner} was used for {account}");
            return Ok(());
        }
        let (state, messages) = opened.unwrap();
        let is_dropped = messages.iter().any(|(_, text)| text.starts_with("The state does not name its account"));
        prop_assert_eq!(is_dropped, matches!(mode, Mode::Many(_)) && destination.unnamed.is_some(), "{:?}", messages);
        let mut reading =
            Reading { mode, settings, state, events, now: start, is_dropped, is_learned: false, records: Vec::new() };
        for turn in &self.turns {
            reading.take(turn, destination)?;
        }
        if self.is_finished {
            reading.finish(destination)?;
        }
        Ok(())
    }
}

/// A sync that is under way.
struct Reading<'a> {
    mode: Mode,
    settings: SyncSettings,
    state: StreamState,
    events: &'a [Event],
    now: i64,
    /// Whether entries of the state that it started from are not used, and no state was saved since.
    is_dropped: bool,
    /// Whether the sync has come to know whose the events are.
    is_learned: bool,
    records: Vec<usize>,
}

impl Reading<'_> {
    fn take(&mut self, turn: &Turn, destination: &mut Destination) -> Result<(), TestCaseError> {
        self.now += 1;
        match turn {
            Turn::Save => self.save(destination)?,
            Turn::Read { partition, place } | Turn::Glance { partition, place } => {
                let partition = self.settings.partitions[partition % self.settings.partitions.len()].clone();
                let unread = self.state.coverage(&partition).unwrap().uncovered();
                let Some(range) = unread.get(place % unread.len().max(1)).copied() else { return Ok(()) };
                let length = i64::try_from(range.duration().as_secs()).unwrap();
                let first = range.first() + i64::try_from(*place >> 8).unwrap() % length;
                let part = SecondRange::new(first, range.last()).unwrap();
                let is_whole = matches!(turn, Turn::Read { .. });
                self.read(&partition, part, if is_whole { usize::MAX } else { 1 + place % 3 });
                if is_whole {
                    self.state.cover(&partition, part);
                }
            }
        }
        Ok(())
    }

    /// Reads up to `most` of the visible events of `partition` in `seconds`.
    fn read(&mut self, partition: &Partition, seconds: SecondRange, most: usize) {
        let (account, is_learned) = match &self.mode {
            Mode::Role(account) => (*account, true),
            Mode::Credentials { account, is_learned } => (*account, *is_learned),
            Mode::Many(_) => {
                let id = partition.account.as_ref().unwrap().as_str();
                (ACCOUNTS.iter().position(|account| *account == id).unwrap(), true)
            }
        };
        let page = self.events.iter().enumerate().filter(|(_, event)| {
            let is_there = event.account == account && REGIONS[event.region] == partition.region;
            is_there && event.visible <= self.now && (seconds.first()..=seconds.last()).contains(&event.second)
        });
        for (id, event) in page.take(most) {
            if is_learned {
                self.state.learn_account(account_id(account));
                self.is_learned = true;
            }
            if self.state.emit(partition, event.second, digest(id)) == Emission::New {
                self.records.push(id);
            }
        }
    }

    fn finish(&mut self, destination: &mut Destination) -> Result<(), TestCaseError> {
        for partition in self.settings.partitions.clone() {
            for seconds in self.state.coverage(&partition).unwrap().uncovered() {
                self.read(&partition, seconds, usize::MAX);
                self.state.cover(&partition, seconds);
            }
        }
        self.save(destination)
    }

    /// The destination commits the records so far, and the state that tells of them.
    fn save(&mut self, destination: &mut Destination) -> Result<(), TestCaseError> {
        if self.is_dropped {
            let of_owner =
                |(id, event): &(usize, &Event)| destination.unnamed == Some(event.account) && destination.told[*id];
            let again: Vec<usize> = self.events.iter().enumerate().filter(of_owner).map(|(id, _)| id).collect();
            for id in again {
                destination.allowed[id] += 1;
                destination.told[id] = false;
            }
            self.is_dropped = false;
        }
        for id in self.records.drain(..) {
            destination.committed[id] += 1;
            destination.told[id] = true;
            prop_assert!(
                destination.committed[id] <= destination.allowed[id],
                "{} came twice: {:?}",
                id,
                self.events[id]
            );
        }
        let written = serde_json::to_string(&self.state).unwrap();
        prop_assert!(
            written.len() <= self.state.size(),
            "{} bytes, not {}: {written}",
            written.len(),
            self.state.size()
        );
        let state: Value = serde_json::from_str(&written).unwrap();
        let is_single = !matches!(self.mode, Mode::Many(_));
        prop_assert!(!self.is_learned || !is_single || state.get("account").is_some(), "{written}");
        let has_unnamed = state["regions"].as_object().is_some_and(|regions| !regions.is_empty());
        destination.unnamed = match &self.mode {
            Mode::Role(account) | Mode::Credentials { account, .. } => {
                Some(*account).filter(|_| state.get("account").is_none() && has_unnamed)
            }
            Mode::Many(_) => None,
        };
        destination.state = Some(state);
        for (id, event) in self.events.iter().enumerate() {
            let is_told = destination.tells_of(id, event);
            prop_assert_eq!(is_told, destination.told[id], "{} {:?}: {}", id, event, written);
        }
        Ok(())
    }
}

/// A sync of everything that is not disturbed, long after all events.
fn last() -> Sync {
    let (mode, turns) = (Mode::Many(vec![2, 0, 1]), Vec::new());
    Sync { mode, regions: vec![0, 1], later: 10_000, lookback: LOOKBACK, max_bytes: 0, turns, is_finished: true }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_event_of_every_account_is_committed_once_whatever_is_read_in_between(
        events in events(), syncs in prop::collection::vec(sync(), 0..10),
    ) {
        let count = events.len();
        let (committed, allowed, told) = (vec![0; count], vec![1; count], vec![false; count]);
        let mut destination = Destination { committed, allowed, told, ..Destination::default() };
        let mut start = BASE;
        for sync in syncs.iter().chain([&last()]) {
            start += sync.later;
            sync.run(start, &events, &mut destination)?;
        }
        for (id, event) in events.iter().enumerate() {
            prop_assert_eq!(destination.committed[id], destination.allowed[id], "{:?}", event);
        }
    }
}
