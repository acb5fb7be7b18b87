//! Whose the entries of a state are, for a sync of certain accounts.
//!
//! A wrong guess would lose events: what was read of one account would count as read of another. A sync of one account
//! goes on with a state that does not say whose it is, as earlier versions did. A sync of several accounts does not use it.

use super::{
    saved_account::SavedRegions,
    saved_region::{ReadRegion, SavedRegion},
    saved_state::SavedState,
    state_error::{Reason, StateError},
    sync_settings::{AccountsRead, SyncSettings},
};
use crate::{
    coverage::{region_coverage::SavedCoverage, window::before},
    partition::AccountId,
};
use serde_json::Map;
use std::borrow::Cow;

/// Whether a state had entries that are not used, because it does not say whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unnamed {
    Used,
    Dropped,
}

impl SavedState<'static> {
    /// Moves every entry to where a sync with `settings` writes it: those of the account of a sync of one account to the
    /// top level, all others to their accounts.
    ///
    /// # Errors
    ///
    /// It is the state of another account, or it can't be understood.
    pub(super) fn assign(&mut self, settings: &SyncSettings) -> Result<Unnamed, StateError> {
        let top = self.take_top_level(settings)?;
        let owner = self.account.take();
        match (&settings.accounts, owner) {
            (AccountsRead::One(None), owner) => {
                self.account = owner;
                self.regions = Some(top);
            }
            (AccountsRead::One(Some(account)), Some(owner)) if owner != *account => {
                return Err(StateError::other_account(owner, account.clone()));
            }
            (AccountsRead::One(Some(account)), owner) => {
                let own = self.take_account(account).and_then(|account| account.regions).unwrap_or_default();
                let is_other = owner.is_none() && !own.is_empty();
                self.regions = Some(own);
                return Ok(self.add(None, top, is_other));
            }
            (AccountsRead::Many, owner) => {
                self.accounts.get_or_insert_default();
                return Ok(self.add(owner.as_ref(), top, owner.is_none()));
            }
        }
        Ok(Unnamed::Used)
    }

    /// Adds the entries of the Regions of `account` that are not there, unless they are to be dropped.
    fn add(&mut self, account: Option<&AccountId>, added: SavedRegions<'static>, is_dropped: bool) -> Unnamed {
        if added.is_empty() {
            return Unnamed::Used;
        }
        if is_dropped {
            return Unnamed::Dropped;
        }
        let regions = self.regions_of_mut(account);
        for (name, entry) in added {
            regions.entry(name).or_insert(entry);
        }
        Unnamed::Used
    }

    /// Takes out the entries at the top level, each with its filter.
    ///
    /// The cursor of the old connectors is that of the first Region. It says nothing of late events and of events in the
    /// same second, so it counts only up to one lookback before it.
    fn take_top_level(&mut self, settings: &SyncSettings) -> Result<SavedRegions<'static>, Reason> {
        let event_time = self.event_time();
        self.event_time = None;
        self.unknown = Map::new();
        let filter = self.filter.take();
        if let Some(regions) = self.regions.take() {
            let entries = regions.into_iter();
            let with_filter = |entry: Cow<'_, SavedRegion<'static>>| entry.into_owned().or_filter(filter.as_deref());
            return Ok(entries.map(|(name, entry)| (name, Cow::Owned(with_filter(entry)))).collect());
        }
        if self.accounts.is_some() {
            return Ok(SavedRegions::new());
        }
        let event_time = event_time.ok_or(Reason::NoEventTime)?;
        let coverage = SavedCoverage::up_to(before(event_time, settings.lookback).saturating_sub(1));
        let filter = settings.filter.as_ref().map(|filter| Cow::Owned(filter.name().to_owned()));
        let entry = SavedRegion::Read(ReadRegion { coverage, filter });
        let first =
            settings.partitions.iter().find(|partition| self.account.is_none() || partition.account == self.account);
        Ok(first.map(|partition| (partition.region.clone(), Cow::Owned(entry))).into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
