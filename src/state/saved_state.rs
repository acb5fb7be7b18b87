//! The state of one stream as it is saved: the form that is passed in and written.
//!
//! The form is a promise to users. `EventTime` is for people and for the platform; what counts is in the entries of
//! Regions: in `regions`, which are those of one account, and in `accounts`, which has the entries of others. A state that
//! has neither is one of the old Python connector.

use super::{
    event_time::EventTime,
    saved_account::{SavedAccount, SavedAccounts, SavedRegions, borrowed, regions},
    saved_filter::SavedFilter,
    saved_region::{ReadRegion, SavedRegion},
    state_error::Reason,
    sync_settings::{AccountsRead, SyncSettings},
};
use crate::{
    coverage::window::oldest_kept,
    partition::{AccountId, Partition},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The state of one stream. One that is passed in and not changed is written unchanged, unknown members included;
/// null is the same as absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState<'a> {
    /// The second up to which all Regions have been read, in the form in which it was passed in. It only counts in a
    /// state that has neither `regions` nor `accounts`.
    #[serde(rename = "EventTime", skip_serializing_if = "Option::is_none")]
    pub(super) event_time: Option<Value>,
    /// The account that `regions` are of. A state does not have it until it is known.
    #[serde(default, deserialize_with = "account", skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<AccountId>,
    /// The filter of all Regions. Since version 0.3.0, each Region's entry has its own.
    #[serde(default, deserialize_with = "filter", skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<String>,
    #[serde(default, deserialize_with = "regions", skip_serializing_if = "Option::is_none")]
    pub(super) regions: Option<SavedRegions<'a>>,
    #[serde(default, deserialize_with = "accounts", skip_serializing_if = "Option::is_none")]
    pub(super) accounts: Option<SavedAccounts<'a>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AccountId>, D::Error> {
    Option::deserialize(deserializer)
        .map_err(|error| D::Error::custom(format!("account is not an account ID: {error}")))
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| D::Error::custom(format!("filter is not a string: {error}")))
}

fn accounts<'de, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SavedAccounts<'a>>, D::Error> {
    Option::deserialize(deserializer)
        .map_err(|error| D::Error::custom(format!("accounts is not an object with an entry for each account: {error}")))
}

impl<'a> SavedState<'a> {
    /// The state of a stream that was never read.
    pub(super) fn without_entries() -> Self {
        Self { regions: Some(SavedRegions::new()), ..Self::default() }
    }

    /// Whether it says whose any of it is.
    #[must_use]
    pub(crate) fn names_account(&self) -> bool {
        self.account.is_some() || self.accounts.as_ref().is_some_and(|accounts| !accounts.is_empty())
    }

    /// The cursor, in seconds since the epoch, if it is one.
    pub(super) fn event_time(&self) -> Option<i64> {
        EventTime::try_from(self.event_time.clone()?).ok().map(EventTime::epoch_seconds)
    }

    /// Calls the filter of the sync by its current name wherever the state has the other one.
    pub(super) fn rename_filter(&mut self, current: &SavedFilter) {
        if let Some(filter) = &mut self.filter {
            current.rename(filter);
        }
        let accounts = self.accounts.iter_mut().flat_map(BTreeMap::values_mut).flatten();
        let of_accounts = accounts.filter_map(|account| account.regions.as_mut());
        for entry in self.regions.iter_mut().chain(of_accounts).flat_map(BTreeMap::values_mut) {
            entry.to_mut().rename_filter(current);
        }
    }

    /// The entries of the Regions of `account`, or those at the top level.
    pub(super) fn regions_of(&self, account: Option<&AccountId>) -> Option<&SavedRegions<'a>> {
        match account {
            None => self.regions.as_ref(),
            Some(account) => self.accounts.as_ref()?.get(account)?.as_ref()?.regions.as_ref(),
        }
    }

    /// The same, to change them. They are there from now on.
    pub(super) fn regions_of_mut(&mut self, account: Option<&AccountId>) -> &mut SavedRegions<'a> {
        let regions = match account {
            None => &mut self.regions,
            Some(account) => {
                let accounts = self.accounts.get_or_insert_default();
                &mut accounts.entry(account.clone()).or_default().get_or_insert_default().regions
            }
        };
        regions.get_or_insert_default()
    }

    /// Takes out the entry of `account`.
    pub(super) fn take_account(&mut self, account: &AccountId) -> Option<SavedAccount<'a>> {
        self.accounts.as_mut()?.remove(account)?
    }

    /// What its entry of `partition` says, in a sync with `settings`; none if it has none.
    pub(super) fn read(
        &self,
        partition: &Partition,
        settings: &SyncSettings,
    ) -> Result<Option<ReadRegion<'static>>, Reason> {
        let regions = self.regions_of(settings.account_in_state(partition));
        let entry = regions.and_then(|regions| regions.get(&partition.region));
        entry.map(|entry| entry.read(&settings.name(partition))).transpose().map(Option::flatten)
    }

    /// Keeps the entries of what a sync with `settings` does not read. One that is older than the event history is dropped:
    /// without it, the Region would be read from the same second on. So is an account without any Region.
    pub(super) fn keep_unread<'p>(&mut self, read: impl Iterator<Item = &'p Partition>, settings: &SyncSettings) {
        let read: BTreeSet<_> = read.map(|read| (settings.account_in_state(read), read.region.as_str())).collect();
        let is_old = |name: &str, entry: &SavedRegion<'_>| {
            let read = entry.read(name).ok().flatten();
            read.is_some_and(|region| region.coverage.last_second() < oldest_kept(settings.start))
        };
        let keep = |account: Option<&AccountId>, regions: &mut SavedRegions<'a>| {
            regions.retain(|name, entry| !read.contains(&(account, name.as_str())) && !is_old(name, entry));
        };
        if let Some(regions) = &mut self.regions {
            keep(None, regions);
        }
        if let Some(accounts) = &mut self.accounts {
            accounts.retain(|id, account| {
                let Some(regions) = account.as_mut().and_then(|account| account.regions.as_mut()) else { return false };
                keep(Some(id), regions);
                !regions.is_empty()
            });
        }
        if let AccountsRead::One(_) = settings.accounts {
            self.accounts = self.accounts.take().filter(|accounts| !accounts.is_empty());
        }
    }

    /// The same, without a copy of its entries.
    pub(super) fn borrowed(&self) -> SavedState<'_> {
        let accounts = self.accounts.as_ref().map(|accounts| {
            accounts.iter().map(|(id, account)| (id.clone(), account.as_ref().map(SavedAccount::borrowed))).collect()
        });
        SavedState {
            event_time: self.event_time.clone(),
            account: self.account.clone(),
            filter: self.filter.clone(),
            regions: self.regions.as_ref().map(borrowed),
            accounts,
            unknown: self.unknown.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
