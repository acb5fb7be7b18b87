//! The syncs that inputs are tried with.

use crate::{
    config::filter::Filter,
    coverage::window::oldest_kept,
    partition::{AccountId, Partition},
    state::{
        saved_filter::SavedFilter,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
};
use std::time::Duration;

/// When each sync starts, in seconds since the epoch.
pub(super) const START: i64 = 1_795_350_000;
/// The first second that each of them can read.
pub(super) const OLDEST: i64 = oldest_kept(START);

const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";
const ELSEWHERE: &str = "ap-south-1";
const A: &str = "111122223333";
const B: &str = "444455556666";

fn partition(account: Option<&str>, region: &str) -> Partition {
    Partition { account: account.and_then(AccountId::parse), region: region.to_owned() }
}

/// A sync of one Region.
pub(super) fn of_one_region() -> SyncSettings {
    SyncSettings {
        start: START,
        read_from: None,
        lookback: Duration::from_mins(15),
        filter: None,
        accounts: AccountsRead::One(None),
        partitions: vec![partition(None, HERE)],
        max_bytes: MAX_STATE_BYTES,
    }
}

/// Syncs that differ in whose events they read, of which Regions, from when on, and in how much they can remember.
pub(super) fn all() -> [SyncSettings; 4] {
    let filter = Filter { key: "EventName".to_owned(), value: "ConsoleLogin".to_owned() };
    let unnamed = SyncSettings { partitions: vec![partition(None, HERE), partition(None, THERE)], ..of_one_region() };
    let named = SyncSettings {
        lookback: Duration::ZERO,
        filter: Some(SavedFilter::new(&filter, false)),
        accounts: AccountsRead::One(AccountId::parse(A)),
        partitions: vec![partition(Some(A), THERE), partition(Some(A), HERE)],
        ..of_one_region()
    };
    let many = SyncSettings {
        read_from: Some(START - 10 * 86_400),
        lookback: Duration::from_hours(24),
        accounts: AccountsRead::Many,
        partitions: vec![partition(Some(A), HERE), partition(Some(B), HERE), partition(Some(B), THERE)],
        max_bytes: 2_000,
        ..of_one_region()
    };
    let of_the_future = SyncSettings { read_from: Some(START + 1), ..unnamed.clone() };
    [unnamed, named, many, of_the_future]
}

/// What a sync like `sync` could read, too.
pub(super) fn unread(sync: &SyncSettings) -> Vec<Partition> {
    let accounts: &[Option<&str>] = match &sync.accounts {
        AccountsRead::One(None) => &[None],
        AccountsRead::One(Some(_)) => &[Some(A)],
        AccountsRead::Many => &[Some(A), Some(B)],
    };
    let all = accounts.iter().flat_map(|account| [HERE, THERE, ELSEWHERE].map(|region| partition(*account, region)));
    all.filter(|partition| !sync.partitions.contains(partition)).collect()
}
