//! Many accounts: only some of them are read at a time, and those that take long make room for others.

use super::*;
use crate::sync::turns::{LENGTH, MOST_AT_ONCE};

/// Accounts that `new` returns by number, each with one Region.
fn accounts(count: usize, new: impl Fn(usize) -> Account) -> Vec<Account> {
    let id = |number: usize| AccountId::parse(&format!("{number:012}"));
    let partition = |number| Partition { account: id(number), ..partition() };
    (0..count).map(|number| Account { partition: partition(number), ..new(number) }).collect()
}

/// Reads all of `accounts` from `state` on, with one request in each `interval` in each of them. Returns how many records
/// there are, and how long it took.
async fn read_each(accounts: &[Account], interval: Duration, state: Option<&Value>) -> (usize, Duration) {
    fastrand::seed(2026);
    let partitions: Vec<Partition> = accounts.iter().map(|account| account.partition.clone()).collect();
    let settings = SyncSettings { accounts: AccountsRead::Many, partitions: partitions.clone(), ..sync() };
    let state = state.map(|state| SavedState::deserialize(state).unwrap());
    let (state, _) = StreamState::open(state, settings).unwrap();
    let mut bytes = Vec::new();
    let output = Output::new(&mut bytes, None);
    let writer = RefCell::new(StreamWriter::new(&output, Stream::ManagementEvents, state, RecordSettings::default()));
    let (began, resources) = (Instant::now(), SyncResources::new(interval));
    let open = |partition: &Partition| accounts.iter().find(|account| account.partition == *partition).unwrap();
    let ended = read_partitions(&partitions, open, false, &resources, &writer).await.unwrap();
    assert_eq!(ended.failures, []);
    let took = began.elapsed();
    drop(writer);
    drop(output);
    (String::from_utf8(bytes).unwrap().lines().filter(|line| line.starts_with(r#"{"type":"RECORD""#)).count(), took)
}

#[tokio::test(start_paused = true)]
async fn only_some_are_read_at_a_time_and_the_next_one_starts_when_one_ends() {
    let accounts = accounts(200, |_| Account::new(0, |_| None));
    let (_, took) = read_each(&accounts, FULL_PACE, None).await;
    let mut asked: Vec<Instant> = accounts.iter().flat_map(|account| account.asked.borrow().clone()).collect();
    asked.sort();
    assert_eq!(asked.len(), 200, "an idle account costs one request");
    assert!(asked.windows(MOST_AT_ONCE + 1).all(|some| some[MOST_AT_ONCE] - some[0] >= LATENCY));
    assert!(took < LATENCY * 4 + Duration::from_secs(1), "{took:?}");
}

/// It is the most advanced one, so that it comes last.
#[tokio::test(start_paused = true)]
async fn one_that_waits_gets_its_turn_while_all_others_take_long() {
    let (interval, pages, age) = (Duration::from_secs(100), 20, 20_000);
    let account = |number| {
        let events = if number == MOST_AT_ONCE { 10 } else { pages * 50 };
        Account { first: NOW - age - events, last: NOW - age - 1, ..Account::new(0, |_| None) }
    };
    let accounts = accounts(MOST_AT_ONCE + 1, account);
    let last = &accounts[MOST_AT_ONCE];
    let id = last.partition.account.as_ref().unwrap();
    let entry = json!({"EventTime": NOW - 30_000, "covered": [], "loose": {}});
    let state = json!({"EventTime": NOW - 30_000, "accounts": {id.as_str(): {"regions": {"us-east-1": entry}}}});
    let (records, took) = read_each(&accounts, interval, Some(&state)).await;
    assert_eq!(records, MOST_AT_ONCE * 20 * 50 + 10);
    let waited = last.asked.borrow()[0] - last.began;
    assert!((LENGTH..LENGTH + interval * 2).contains(&waited), "{waited:?}");
    let shortest = interval * 19;
    assert!(took > LENGTH * 3 && took < shortest.mul_f64(1.35), "{took:?} instead of {shortest:?}");
}

/// What is left is the lookback window of all of them, which each turn would read from its start again.
#[tokio::test(start_paused = true)]
async fn a_turn_that_would_be_in_vain_goes_on() {
    let (interval, pages) = (Duration::from_secs(100), 9);
    let accounts = accounts(MOST_AT_ONCE + 1, |_| Account::new(pages * 50, |_| None));
    let (records, _) = read_each(&accounts, interval, None).await;
    assert_eq!(records, (MOST_AT_ONCE + 1) * 9 * 50);
    let asked: usize = accounts.iter().map(|account| account.asked.borrow().len()).sum();
    // A turn that covers the seconds without events may end before it has read the others, but not the turn after it.
    assert!(asked < (MOST_AT_ONCE + 1) * (6 + 9 + 9), "{asked} requests");
}
