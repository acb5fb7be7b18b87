//! The state of one stream while it is read: a coverage for each Region of each account.
//!
//! A state stays below 1 MiB, because the platform keeps it in one row of its database and writes it again and again.
//! Most of it is the digests of loose events. When there is no room for more, events of the newest seconds are held
//! back for a later sync.

use super::{
    log_messages::{LogMessage, Note, dropped_entries, lines, start_date_in_the_future, state_in_the_future},
    owner::Unnamed,
    saved_region::{ReadRegion, SavedRegion},
    saved_state::SavedState,
    state_error::StateError,
    sync_settings::{AccountsRead, SyncSettings},
};
use crate::{
    coverage::{
        event_digest::EventDigest,
        region_coverage::{Coverage, Emission},
        seconds::SecondRange,
        window::{Window, oldest_kept},
    },
    partition::{AccountId, Partition},
};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How many bytes a state takes besides its entries.
const BYTES: usize = r#"{"EventTime":1795361200,"account":"111122223333","regions":{},"accounts":{}}"#.len();
/// How many bytes the entry of an account takes besides the entries of its Regions.
const BYTES_PER_ACCOUNT: usize = r#""111122223333":{"regions":{}},"#.len();
/// How many bytes the entry of a Region takes besides its name and its coverage.
const BYTES_PER_REGION: usize = r#""":,"#.len();

/// The state of one stream while it is read. It is serialized in the form that is saved.
#[derive(Debug)]
pub struct StreamState {
    settings: SyncSettings,
    /// Of what is read.
    parts: BTreeMap<Partition, Part>,
    /// The rest of the state: all other entries or, if nothing is read, the whole state unchanged.
    unread: SavedState<'static>,
    /// The least cursor of the partitions to read whose entries lie in the future, so that they are not read.
    future_event_time: Option<i64>,
    /// How many bytes the state takes when each partition has an entry.
    bytes: usize,
}

/// What is read of one partition.
#[derive(Debug)]
struct Part {
    coverage: Coverage,
    /// Whether there is anything to save: an entry was passed in, or a page has arrived. Without an entry, a start date
    /// that is moved to an earlier day still counts.
    is_saved: bool,
}

impl StreamState {
    /// The state of a sync with `settings` that resumes from `saved`, and what to log about it.
    ///
    /// # Errors
    ///
    /// If `saved` can't be understood, or is that of another account.
    pub fn open(
        mut saved: Option<SavedState<'static>>,
        settings: SyncSettings,
    ) -> Result<(Self, Vec<LogMessage>), StateError> {
        if let (Some(saved), Some(filter)) = (&mut saved, &settings.filter) {
            saved.rename_filter(filter);
        }
        let unchanged = saved.clone().unwrap_or_default();
        let mut saved = saved.unwrap_or_else(SavedState::without_entries);
        let unnamed_entries = saved.assign(&settings)?;
        let entries = settings.partitions.iter().map(|partition| saved.read(partition, &settings));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let is_one = settings.accounts != AccountsRead::Many;
        if let Some(future) = unchanged.event_time().filter(|time| is_one && *time > settings.start) {
            return Ok((Self::unread(settings, unchanged), vec![state_in_the_future(future)]));
        }
        let Some(window) = Window::new(settings.start, settings.read_from, settings.lookback) else {
            let message = settings.read_from.map(start_date_in_the_future);
            return Ok((Self::unread(settings, unchanged), message.into_iter().collect()));
        };
        let (mut parts, mut future_event_times, mut notes) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (partition, entry) in settings.partitions.iter().zip(entries) {
            if let Some(ReadRegion { coverage, .. }) = &entry
                && coverage.last_second() > settings.start
            {
                notes.push(Note::in_the_future(partition, coverage.last_second()));
                future_event_times.push(coverage.event_time);
                continue;
            }
            notes.extend(Note::of_start(partition, entry.as_ref(), &settings));
            let is_saved = entry.is_some();
            let coverage = Coverage::new(window, entry.map(|entry| entry.coverage));
            parts.insert(partition.clone(), Part { coverage, is_saved });
        }
        let mut messages = lines(&notes, &settings);
        if parts.is_empty() {
            return Ok((Self::unread(settings, unchanged), messages));
        }
        messages.extend((unnamed_entries == Unnamed::Dropped).then(dropped_entries));
        saved.keep_unread(parts.keys(), &settings);
        let bytes = bytes(&parts, &saved, &settings);
        let future_event_time = future_event_times.into_iter().min();
        Ok((Self { settings, parts, unread: saved, future_event_time, bytes }, messages))
    }

    /// The state of a sync that reads nothing.
    fn unread(settings: SyncSettings, unread: SavedState<'static>) -> Self {
        Self { settings, parts: BTreeMap::new(), unread, future_event_time: None, bytes: 0 }
    }

    /// Decides what becomes of the event `id` of `second` in `partition`; one that is new counts as emitted from here on.
    pub fn emit(&mut self, partition: &Partition, second: i64, id: EventDigest) -> Emission {
        let free_bytes = self.settings.max_bytes.saturating_sub(self.bytes);
        let emission = self.change(partition, |part| {
            let emission = part.coverage.emit(second, id, free_bytes);
            part.is_saved |= emission == Emission::New;
            emission
        });
        emission.unwrap_or(Emission::Duplicate)
    }

    /// Every event in the seconds `passed` of `partition` that the service has returned so far has been emitted. Returns
    /// whether any second became covered.
    pub fn cover(&mut self, partition: &Partition, passed: SecondRange) -> bool {
        let has_covered = self.change(partition, |part| {
            part.is_saved = true;
            part.coverage.cover(passed)
        });
        has_covered.unwrap_or_default()
    }

    /// Corrects the window of `partition` before any second becomes covered: its first page was requested at `asked_at`,
    /// by the service's clock.
    pub(crate) fn asked_at(&mut self, partition: &Partition, asked_at: i64) {
        self.change(partition, |part| part.coverage.asked_at(asked_at));
    }

    /// The coverage to read `partition` by; none if nothing of it is read.
    #[must_use]
    pub fn coverage(&self, partition: &Partition) -> Option<&Coverage> {
        self.parts.get(partition).map(|part| &part.coverage)
    }

    /// The account that a sync of one account reads, once it is known.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match &self.settings.accounts {
            AccountsRead::One(account) => account.as_ref().or(self.unread.account.as_ref()),
            AccountsRead::Many => None,
        }
    }

    /// The events of a sync of one account are those of `account`. Nothing changes if it is known whose they are.
    pub fn learn_account(&mut self, account: AccountId) {
        if self.settings.accounts == AccountsRead::One(None) && self.unread.account.is_none() {
            self.settings.accounts = AccountsRead::One(Some(account));
        }
    }

    /// The oldest second that CloudTrail keeps, `elapsed` after the sync started.
    pub(crate) fn oldest_kept(&self, elapsed: Duration) -> i64 {
        oldest_kept(self.settings.start.saturating_add_unsigned(elapsed.as_secs()))
    }

    /// How many bytes the saved state has, at most. A partition that has no entry yet counts as if it had one.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    /// Changes what is read of `partition`, and keeps track of the size.
    fn change<T>(&mut self, partition: &Partition, change: impl FnOnce(&mut Part) -> T) -> Option<T> {
        let part = self.parts.get_mut(partition)?;
        let before = part.coverage.size();
        let result = change(part);
        self.bytes = self.bytes - before + part.coverage.size();
        Some(result)
    }

    /// The state in the form that is saved, for a sync that reads something.
    fn saved(&self) -> SavedState<'_> {
        let mut saved = self.unread.borrowed();
        let filter = self.settings.filter.as_ref().map(|filter| Cow::Borrowed(filter.name()));
        for (partition, part) in self.parts.iter().filter(|(_, part)| part.is_saved) {
            let entry = SavedRegion::Read(ReadRegion { coverage: part.coverage.saved(), filter: filter.clone() });
            let regions = saved.regions_of_mut(self.settings.account_in_state(partition));
            regions.insert(partition.region.clone(), Cow::Owned(entry));
        }
        let cursors = self.parts.values().map(|part| part.coverage.event_time()).chain(self.future_event_time);
        saved.event_time = cursors.min().map(Value::from);
        saved.account = self.account().cloned();
        saved
    }
}

/// How many bytes the state of a sync that reads `parts` and leaves `unread` has when each part has an entry.
fn bytes(parts: &BTreeMap<Partition, Part>, unread: &SavedState<'_>, settings: &SyncSettings) -> usize {
    let filter = settings.filter.as_ref().map_or(0, |filter| written_bytes(&json!({"filter": filter.name()})));
    let of_part = |(partition, part): (&Partition, &Part)| {
        BYTES_PER_REGION + partition.region.len() + filter + part.coverage.size()
    };
    let accounts: BTreeSet<_> = parts.keys().filter_map(|partition| settings.account_in_state(partition)).collect();
    let entries: usize = parts.iter().map(of_part).sum();
    BYTES + written_bytes(unread) + accounts.len() * BYTES_PER_ACCOUNT + entries
}

/// How many bytes `part` of a state has.
fn written_bytes(part: &impl Serialize) -> usize {
    serde_json::to_vec(part).map_or(0, |written| written.len())
}

impl Serialize for StreamState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.parts.is_empty() { self.unread.serialize(serializer) } else { self.saved().serialize(serializer) }
    }
}

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod tests;
