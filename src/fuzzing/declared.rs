//! What the JSON of a state says was read of a Region, read plainly: the oracle for what a sync takes as read.

use crate::{
    coverage::event_digest::EventDigest,
    partition::{AccountId, Partition},
    state::sync_settings::{AccountsRead, SyncSettings},
};
use serde_json::{Map, Value};
use std::slice;

/// What was read of a Region.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// The covered seconds, from the first to the last of each range.
    pub(super) covered: Vec<(i64, i64)>,
    /// The loose events.
    pub(super) loose: Vec<(i64, EventDigest)>,
}

impl Declared {
    pub(super) fn covers(&self, second: i64) -> bool {
        self.covered.iter().any(|(first, last)| (*first..=*last).contains(&second))
    }

    /// The newest second that it mentions.
    pub(super) fn last_second(&self) -> Option<i64> {
        let covered = self.covered.iter().map(|(_, last)| *last);
        covered.chain(self.loose.iter().map(|(second, _)| *second)).max()
    }
}

/// What `state`, which a sync like `sync` has accepted, says of `partition`.
pub(super) fn declared(state: &Value, partition: &Partition, sync: &SyncSettings) -> Declared {
    let owner = member(state, "account").and_then(Value::as_str);
    let account = partition.account.as_ref().map(AccountId::as_str);
    let (top, accounts) = (member(state, "regions"), member(state, "accounts"));
    let own = account.and_then(|account| member(member(accounts?, account)?, "regions"));
    let is_own_used = sync.accounts != AccountsRead::One(None);
    let own = own.filter(|_| is_own_used);
    // Entries that are not under an account are those of the owner or, without one, those of the only account.
    let is_owner = match (&sync.accounts, owner) {
        (AccountsRead::One(None), _) => true,
        (_, Some(owner)) => account == Some(owner),
        (AccountsRead::One(Some(_)), None) => own.and_then(Value::as_object).is_none_or(Map::is_empty),
        (AccountsRead::Many, None) => false,
    };
    if top.is_none() && accounts.is_none() {
        // An old state is that of the first Region, up to one lookback before its cursor.
        let is_candidate =
            |first: &&Partition| owner.is_none() || first.account.as_ref().map(AccountId::as_str) == owner;
        let is_first = sync.partitions.iter().find(is_candidate) == Some(partition);
        let cursor = member(state, "EventTime").and_then(epoch_seconds).filter(|_| is_first && is_owner);
        let lookback = i64::try_from(sync.lookback.as_secs()).expect("minutes");
        let last = cursor.map(|cursor| cursor.saturating_sub(lookback).saturating_sub(1));
        return Declared { covered: last.map(|last| (i64::MIN, last)).into_iter().collect(), loose: Vec::new() };
    }
    let entry = match own.and_then(|own| own.get(&partition.region)) {
        Some(entry) => Some(entry),
        None => top.filter(|_| is_owner).and_then(|top| top.get(&partition.region)),
    };
    entry.and_then(of_entry).unwrap_or_default()
}

/// Whether `state` is one that `sync` does not read on from in any Region: its cursor lies in the future.
pub(super) fn is_in_the_future(state: &Value, sync: &SyncSettings) -> bool {
    let cursor = member(state, "EventTime").and_then(epoch_seconds);
    sync.accounts != AccountsRead::Many && cursor.is_some_and(|cursor| cursor > sync.start)
}

/// What an entry declares; none if it is not one that a version of this connector has written.
fn of_entry(entry: &Value) -> Option<Declared> {
    let mut told = Declared { covered: vec![(i64::MIN, epoch_seconds(&entry["EventTime"])?)], loose: Vec::new() };
    for range in member(entry, "covered").map_or(Some(&Vec::new()), Value::as_array)? {
        let [first, last] = &range.as_array()?[..] else { return None };
        told.covered.push((first.as_i64()?, last.as_i64()?));
    }
    for (second, digests) in member(entry, "loose").map_or(Some(&Map::new()), Value::as_object)? {
        let second = second.parse().ok()?;
        for text in digests.as_array().map_or(slice::from_ref(digests), Vec::as_slice) {
            let digests = EventDigest::split(text.as_str()?).ok()?;
            told.loose.extend(digests.into_iter().map(|digest| (second, digest)));
        }
    }
    Some(told)
}

/// A member that is not null.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A cursor: a number or a string of one, which is rounded down.
fn epoch_seconds(cursor: &Value) -> Option<i64> {
    let text = cursor.as_str().map_or_else(|| cursor.to_string(), |text| text.trim().to_owned());
    let finite = || text.parse().ok().filter(|float: &f64| float.is_finite());
    #[allow(clippy::cast_possible_truncation, reason = "what is out of range is as far off as can be")]
    text.parse().ok().or_else(|| Some(finite()?.floor() as i64))
}
