//! The law of whole syncs, tested with the real read of several Regions: whatever the service, the clocks, the network and
//! the destination do, every event of every Region is committed exactly once, and each STATE covers exactly the records
//! that were written before it.
//!
//! Time is tokio's, paused, so hours pass at once. `SYNCS=5000` tests that many histories. Proptest prints one that fails.

mod clock;
mod destination;
mod service;

use destination::Destination;
use fastrand::Rng;
use proptest::{prelude::*, sample::subsequence, test_runner::TestCaseError};
use serde_json::Value;
use service::{Account, BASE, Conditions, Event, REGIONS, Source, Tokens};
use source_aws_cloudtrail::{
    airbyte::{output::Output, stream::Stream},
    coverage::event_digest::EventDigest,
    pace::pacer::FULL_PACE,
    partition::Partition,
    read::read_partitions,
    state::{
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
    sync::{record_settings::RecordSettings, resources::SyncResources, stream_writer::StreamWriter},
};
use std::{cell::RefCell, time::Duration};
use tokio::time::{sleep, timeout};

/// How long after its second, in seconds, an event may become visible.
const MAX_DELAY: i64 = 60;
/// Over how many seconds the events are spread.
const SPAN: i64 = 4_000;

/// Events of one Region that are close together.
#[derive(Clone, Debug)]
struct Burst {
    region: &'static str,
    first: i64,
    count: usize,
    width: i64,
    seed: u64,
}

/// One sync, and what happens to it.
#[derive(Clone, Debug)]
struct Attempt {
    /// How long after the end of the one before it starts.
    pause: Duration,
    regions: Vec<&'static str>,
    /// How far the local clock is ahead of the service's, in seconds.
    ahead: i64,
    /// Whether answers have a `Date`. Without one, a local clock that is ahead can't be noticed.
    is_dated: bool,
    lookback: i64,
    limit: Option<u64>,
    room: usize,
    pace: Duration,
    conditions: Conditions,
    page_size: usize,
    killed_after: Option<Duration>,
    /// After which line its output is cut, modulo the number of lines.
    cut: Option<usize>,
    seed: u64,
}

fn bursts() -> impl Strategy<Value = Vec<Burst>> {
    let size = prop_oneof![
        12 => (1..120_usize, 1..60_i64),
        3 => (1..40_usize, 1..SPAN),
        3 => (100..500_usize, 1..3_i64),
        1 => (2_500..3_000_usize, 1..200_i64),
    ];
    let burst = (prop::sample::select(&REGIONS[..]), 0..SPAN, size, any::<u64>());
    let burst = burst.prop_map(|(region, first, (count, width), seed)| Burst { region, first, count, width, seed });
    prop::collection::vec(burst, 1..20)
}

/// The events of `bursts`. Half of them are visible at once, some at the last moment.
fn events(bursts: &[Burst]) -> Vec<Event> {
    let longest = (MAX_DELAY + 1) * 1_000;
    let mut events = Vec::new();
    for burst in bursts {
        let mut random = Rng::with_seed(burst.seed);
        for _ in 0..burst.count {
            let second = BASE + burst.first + random.i64(0..burst.width);
            let delay =
                [random.i64(0..1_000), random.i64(0..1_000), random.i64(0..=longest), longest][random.usize(0..4)];
            let id = format!("{:04x}-{}", random.u16(..), events.len());
            let (region, digest) = (burst.region, EventDigest::of(&id));
            events.push(Event { region, second, id, visible: second * 1_000 + delay, digest });
        }
    }
    events
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let slowest = prop_oneof![4 => 100..5_000_u64, 1 => 5_000..70_000_u64].prop_map(Duration::from_millis);
    let throttled = prop_oneof![2 => Just(0), 2 => 0..30_u32, 1 => 30..97_u32];
    let some = || prop_oneof![1 => Just(0), 1 => 0..25_u32];
    let denied = prop_oneof![4 => Just(0), 1 => 1..6_u32];
    (slowest, throttled, some(), some(), some(), some(), some(), denied).prop_map(
        |(slowest, throttled, garbled, timed_out, rejected_tokens, repeated_tokens, short_pages, denied)| Conditions {
            slowest,
            throttled,
            garbled,
            timed_out,
            rejected_tokens,
            repeated_tokens,
            short_pages,
            denied,
        },
    )
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let times = (
        1..900_u64,
        prop_oneof![Just(0), -200..=290_i64],
        any::<bool>(),
        prop_oneof![Just(MAX_DELAY), MAX_DELAY..3 * MAX_DELAY],
    );
    let limits = (
        prop::option::weighted(0.2, 0..1_000_u64),
        // Room for no loose event, for some, for all of them.
        prop_oneof![Just(0), 0..6_000_usize, Just(MAX_STATE_BYTES)],
        prop::sample::select(vec![FULL_PACE, FULL_PACE * 4, FULL_PACE * 16]),
    );
    let ends =
        (prop::option::weighted(0.2, prop_oneof![1..30_u64, 30..400_u64]), prop::option::weighted(0.4, any::<usize>()));
    let regions = subsequence(&REGIONS[..], 1..=REGIONS.len()).prop_shuffle();
    (times, regions, limits, conditions(), 1..=50_usize, ends, any::<u64>()).prop_map(
        |(
            (pause, ahead, dated, lookback),
            regions,
            (limit, room, pace),
            conditions,
            page_size,
            (killed, cut),
            seed,
        )| {
            let (pause, killed_after) = (Duration::from_secs(pause), killed.map(Duration::from_secs));
            let is_dated = dated || ahead > 0;
            Attempt {
                pause,
                regions,
                ahead,
                is_dated,
                lookback,
                limit,
                room,
                pace,
                conditions,
                page_size,
                killed_after,
                cut,
                seed,
            }
        },
    )
}

/// A sync of all Regions that is not disturbed, long after all events.
fn last() -> Attempt {
    Attempt {
        pause: Duration::from_secs(20_000),
        regions: REGIONS.to_vec(),
        ahead: 0,
        is_dated: true,
        lookback: MAX_DELAY,
        limit: None,
        room: 0,
        pace: FULL_PACE,
        conditions: Conditions::default(),
        page_size: 50,
        killed_after: None,
        cut: None,
        seed: 0,
    }
}

impl Attempt {
    fn partitions(&self) -> Vec<Partition> {
        let partition = |region: &&str| Partition { account: None, region: (*region).to_owned() };
        self.regions.iter().map(partition).collect()
    }

    /// Runs the sync. Returns whether it completed.
    async fn run(&self, account: &Account, destination: &mut Destination) -> Result<bool, TestCaseError> {
        sleep(self.pause).await;
        fastrand::seed(self.seed);
        let settings = SyncSettings {
            start: account.now() + self.ahead,
            read_from: Some(BASE),
            lookback: Duration::from_secs(self.lookback.unsigned_abs()),
            filter: None,
            accounts: AccountsRead::One(None),
            partitions: self.partitions(),
            max_bytes: self.room,
        };
        let (state, _) = StreamState::open(destination.state(), settings.clone()).unwrap();
        let mut random = Rng::with_seed(self.seed);
        let source = |partition| Source {
            account,
            partition,
            conditions: self.conditions,
            is_dated: self.is_dated,
            page_size: self.page_size,
            random: RefCell::new(random.fork()),
        };
        let sources: Vec<Source<'_>> = self.partitions().into_iter().map(source).collect();
        let mut bytes = Vec::new();
        let output = Output::new(&mut bytes, None);
        let records = RecordSettings { limit: self.limit, ..RecordSettings::default() };
        let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, records));
        let resources = SyncResources::new(self.pace);
        let open = |partition: &Partition| sources.iter().find(|source| source.partition == *partition).unwrap();
        let partitions = self.partitions();
        let read = read_partitions(&partitions, open, false, &resources, &writer);
        let ended = timeout(self.killed_after.unwrap_or(Duration::MAX), read).await;
        let ended = ended.map(|ended| ended.unwrap().failures);
        drop(writer);
        drop(output);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if let Ok(failures) = &ended {
            let last = |kind: &str| lines.iter().rposition(|line| line["type"] == kind);
            prop_assert!(last("RECORD") <= last("STATE"), "the last STATE does not tell of all records");
            prop_assert!(!failures.is_empty() || last("STATE").is_some(), "no STATE at all");
        }
        let received = self.cut.map_or(lines.len(), |cut| cut % (lines.len() + 1));
        destination.receive(&lines[..received], account.events(), &settings)?;
        Ok(ended.is_ok_and(|failures| failures.is_empty()))
    }
}

/// Runs one history of syncs to its end.
async fn history(events: Vec<Event>, tokens: Tokens, attempts: &[Attempt]) -> Result<(), TestCaseError> {
    let account = Account::new(events, tokens);
    let mut destination = Destination::default();
    for attempt in attempts {
        attempt.run(&account, &mut destination).await?;
    }
    prop_assert!(last().run(&account, &mut destination).await?, "the last sync did not complete");
    for event in account.events() {
        prop_assert!(destination.has(event), "{event:?} is lost");
    }
    Ok(())
}

fn histories() -> u32 {
    std::env::var("SYNCS").ok().map_or(250, |count| count.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    #[test]
    fn every_event_is_committed_exactly_once_and_each_state_covers_what_was_written(
        bursts in bursts(),
        tokens in prop_oneof![Just(Tokens::Position), Just(Tokens::Offset)],
        attempts in prop::collection::vec(attempt(), 0..8),
    ) {
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        paused.block_on(history(events(&bursts), tokens, &attempts))?;
    }
}
