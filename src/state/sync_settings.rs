//! What a state has to know of the sync that it is for.

use super::saved_filter::SavedFilter;
use crate::partition::{AccountId, Partition};
use std::time::Duration;

/// How many bytes a stream's state may have before events are held back. That is room for 90,000 loose events of one
/// Region, which are 100 a second for the default lookback. The rest of 1 MiB is for events whose seconds are about to be
/// covered: they are never held back.
pub const MAX_STATE_BYTES: usize = 960 << 10;

/// Whose events a sync reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsRead {
    /// Those of one account; none if it is not known yet which one.
    One(Option<AccountId>),
    /// Those of the accounts of all partitions.
    Many,
}

/// The settings of a sync that decide what becomes of its state.
#[derive(Clone, Debug)]
pub struct SyncSettings {
    /// When the sync starts, in seconds since the epoch.
    pub start: i64,
    /// The first second to read, in seconds since the epoch; none for all of the event history.
    pub read_from: Option<i64>,
    /// How late an event may show up.
    pub lookback: Duration,
    /// The filter, if there is one.
    pub filter: Option<SavedFilter>,
    /// Whose events are read.
    pub accounts: AccountsRead,
    /// The Regions to read. The old connectors' states belong to the first one. Each names its account if several accounts
    /// are read.
    pub partitions: Vec<Partition>,
    /// How many bytes the state may have: [`MAX_STATE_BYTES`], except in tests.
    pub max_bytes: usize,
}

impl SyncSettings {
    /// Whose entries in a state the one of `partition` is among: those of the account, or those at the top level.
    pub(super) fn account_in_state<'a>(&self, partition: &'a Partition) -> Option<&'a AccountId> {
        match self.accounts {
            AccountsRead::One(_) => None,
            AccountsRead::Many => partition.account.as_ref(),
        }
    }

    /// `partition` as the log names it.
    pub(super) fn name(&self, partition: &Partition) -> String {
        self.account_in_state(partition).map_or_else(|| partition.region.clone(), |_| partition.to_string())
    }
}
