//! How far the read of many Regions is, as a whole: how many are read, how fast, what slows it down, and which one is the
//! slowest. There is a long line for logs, a short one for the progress bar, and a summary at the end.
//!
//! A Region may be read in several turns, between which it waits. Pure: it is told the time.

use super::{
    backlog::Backlog,
    counts::{in_groups, regions},
    messages,
    names::Names,
    progress::{Snapshot, UNKNOWN_TIME_LEFT, part_read, time_left},
    rate::Rates,
    time_spans::{about, countdown, in_words},
};
use crate::{airbyte::protocol::Level, pace::elapsed::Elapsed, state::utc_time::utc_time};
use std::{cmp::Reverse, time::Duration};

/// A Region that has been read for less has just begun: that nothing of it is read says nothing yet.
const JUST_BEGUN: Duration = Duration::from_secs(30);
/// How many Regions say, at least, how long the others take.
const LEAST_SAMPLE: u32 = 8;

/// The progress of the read of many Regions. Each has a number.
#[derive(Debug)]
pub(super) struct WholeProgress {
    /// How many Regions there are, as people read it.
    name: String,
    regions: Vec<Region>,
    records: u64,
    requests: u64,
    throttles: u64,
    rates: Rates,
}

/// The progress of one of them.
#[derive(Debug)]
struct Region {
    label: String,
    /// The length of the time span to read.
    to_read: Duration,
    unread: Duration,
    /// How long the turns took that are over.
    turns: Duration,
    stage: Stage,
    /// Since when no page has arrived, and why, if that has lasted long enough to be told.
    silence: Option<(Elapsed, Option<String>)>,
    backlog: Option<Backlog>,
    /// How many events the state had no room for, in the turn that had the most of them, since each turn meets them again.
    held_back: u64,
}

/// Where the read of a Region is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// It waits for its first turn, or for another one.
    Waiting,
    /// Its turn began at this time.
    Reading(Elapsed),
    Ended(End),
}

/// How the read of a Region ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// All was read, and all events up to this second, in seconds since the epoch, have been written.
    Read(i64),
    /// It failed.
    Failed,
    /// The user's limit of records was reached before.
    Limited,
}

impl WholeProgress {
    /// The progress of the read of the Regions that `name` sums up. Each has a label, and a time span to read of this length.
    #[must_use]
    pub(super) fn new(name: String, regions: impl IntoIterator<Item = (String, Duration)>) -> Self {
        let region = |(label, to_read)| Region {
            label,
            to_read,
            unread: to_read,
            turns: Duration::ZERO,
            stage: Stage::Waiting,
            silence: None,
            backlog: None,
            held_back: 0,
        };
        let regions = regions.into_iter().map(region).collect();
        Self { name, regions, records: 0, requests: 0, throttles: 0, rates: Rates::default() }
    }

    /// The length of the longest time span to read.
    #[must_use]
    pub(super) fn longest_to_read(&self) -> Duration {
        self.regions.iter().map(|region| region.to_read).max().unwrap_or_default()
    }

    /// A turn of the Region `number` begins, with at most one request in each `pace`.
    pub(super) fn turn_began(&mut self, number: usize, now: Elapsed, pace: Duration) {
        let region = &mut self.regions[number];
        region.stage = Stage::Reading(now);
        region.backlog.get_or_insert_with(|| Backlog::new(&region.label, region.to_read, pace));
    }

    /// The turn of the Region `number` is over, and it waits for another one.
    pub(super) fn turn_ended(&mut self, number: usize, now: Elapsed) {
        self.leave(number, now, Stage::Waiting);
    }

    /// The read of the Region `number` ended. Returns the warning, if all was read, that it does not keep up with the events
    /// that are recorded.
    pub(super) fn ended(&mut self, number: usize, now: Elapsed, end: End) -> Option<String> {
        self.leave(number, now, Stage::Ended(end));
        let region = &self.regions[number];
        region.backlog.as_ref().filter(|_| region.is_read())?.warning_at_end(region.turns)
    }

    fn leave(&mut self, number: usize, now: Elapsed, stage: Stage) {
        let region = &mut self.regions[number];
        region.turns = region.time_taken(now);
        region.silence = None;
        region.stage = stage;
    }

    /// Counts a request.
    pub(super) fn request_sent(&mut self) {
        self.requests += 1;
    }

    /// Counts a request that was throttled.
    pub(super) fn throttled(&mut self) {
        self.throttles += 1;
    }

    /// Counts the `events` of a page of the Region `number`.
    pub(super) fn page_arrived(&mut self, number: usize, events: usize) {
        let region = &mut self.regions[number];
        region.silence = None;
        region.backlog.iter_mut().for_each(|backlog| backlog.events_arrived(events));
    }

    /// At `now`, no page of the Region `number` has arrived for `idle`, and why, if a request has failed.
    pub(super) fn no_page(&mut self, number: usize, now: Elapsed, idle: Duration, failure: Option<&str>) {
        let since = Elapsed::START + now.since_start().saturating_sub(idle);
        self.regions[number].silence = Some((since, failure.map(str::to_owned)));
    }

    /// In a turn of the Region `number`, so many more `records` have been written, a time span of the length `unread` is left
    /// to read, and the state had no room for so many events.
    pub(super) fn advanced(&mut self, number: usize, records: u64, unread: Duration, held_back: u64) {
        self.records += records;
        let region = &mut self.regions[number];
        region.unread = unread;
        region.held_back = region.held_back.max(held_back);
    }

    /// The warning about events that are held back, if there are any.
    #[must_use]
    pub(super) fn held_back_warning(&self) -> Option<String> {
        let with_some = self.regions.iter().filter(|region| region.held_back > 0);
        let events = with_some.clone().map(|region| region.held_back).sum();
        let mut names = Names::default();
        with_some.clone().for_each(|region| names.add(&region.label));
        match with_some.count() {
            0 => None,
            1 => Some(messages::held_back(&names.to_string(), events)),
            _ => Some(messages::held_back_in_many(&names, events)),
        }
    }

    /// The warning, once for each Region, that the Region `number` does not keep up with the events that are recorded.
    /// At `now`, a time span of the length `unread` has not been read yet. Its oldest second is `oldest`, and the event
    /// history reaches back to the second `edge`, in seconds since the epoch.
    pub(super) fn backlog_warning_near_the_edge(
        &mut self,
        number: usize,
        now: Elapsed,
        unread: Duration,
        oldest: i64,
        edge: i64,
    ) -> Option<String> {
        let region = &mut self.regions[number];
        let took = region.time_taken(now);
        region.backlog.as_mut()?.warning_near_the_edge(took, unread, oldest, edge)
    }

    /// The progress at `now`.
    pub(super) fn snapshot(&mut self, now: Elapsed) -> Snapshot {
        let (events, requests) = self.rates.at(now, self.records, self.requests);
        let (read, failed) = (self.count(Region::is_read), self.count(Region::has_failed));
        let (reading, waiting) = (self.count(Region::is_being_read), self.count(Region::is_waiting));
        let left = self.time_left(now);
        let some = |count: u64, what: &str| (count > 0).then(|| format!(", {} {what}", in_groups(count)));
        let line = format!(
            "{name}: {read} read, {reading} being read{waiting}. {records} events, {events:.0} events/s with {requests:.1} requests/s{left}, {throttles} throttled.{slowest}{failed}",
            name = self.name,
            read = in_groups(read),
            reading = in_groups(reading),
            waiting = some(waiting, "waiting").unwrap_or_default(),
            records = in_groups(self.records),
            left = left.map(|left| format!(", {}", about(left))).unwrap_or_default(),
            throttles = in_groups(self.throttles),
            slowest = self.slowest(now).map(|slowest| format!(" Slowest: {slowest}.")).unwrap_or_default(),
            failed = if failed > 0 { format!(" {} failed so far.", regions(failed)) } else { String::new() },
        );
        let short = format!(
            "{read}/{all} Regions, {records} events, {events:.0}/s{left}{failed}{throttled}",
            all = self.regions.len(),
            records = self.records,
            left = left.map(|left| format!(", {} left", countdown(left))).unwrap_or_default(),
            failed = some(failed, "failed").unwrap_or_default(),
            throttled = some(self.throttles, "throttled").unwrap_or_default(),
        );
        Snapshot { part_read: self.part_read(), line, short }
    }

    /// The line about the Regions from which no page arrives, if there are any at `now`.
    #[must_use]
    pub(super) fn silence(&self, now: Elapsed) -> Option<String> {
        let silent = self.regions.iter().filter_map(|region| Some((region, region.silence.as_ref()?)));
        let (region, (since, failure)) = silent.clone().min_by_key(|(_, (since, _))| *since)?;
        let (label, idle, failure) = (&region.label, now - *since, failure.as_deref());
        Some(match silent.count() {
            1 => messages::no_page(label, idle, failure),
            count => messages::no_pages(&self.name, count, label, idle, failure),
        })
    }

    /// What the read took up to `now`, at which it has ended.
    #[must_use]
    pub(super) fn summary(&self, now: Elapsed) -> (Level, String) {
        let (failed, limited) = (self.count(Region::has_failed), self.count(Region::is_limited));
        let some = |count: u64, what: &str| (count > 0).then(|| format!(", {} {what}", in_groups(count)));
        let up_to = self.regions.iter().filter_map(Region::complete_up_to).min();
        let complete = up_to.filter(|_| limited == 0).map(utc_time).map(|time| {
            let but_for = if failed > 0 { "Except in the Regions that failed, all" } else { "All" };
            format!(" {but_for} events up to {time} have been read.")
        });
        let line = format!(
            "{name}: {read} read{failed}{limited}. {records} records from {requests} requests in {time}, {throttles} throttled.{complete}",
            name = self.name,
            read = in_groups(self.count(Region::is_read)),
            failed = some(failed, "failed").unwrap_or_default(),
            limited = some(limited, "stopped at records_limit").unwrap_or_default(),
            records = in_groups(self.records),
            requests = in_groups(self.requests),
            time = in_words(now.since_start()),
            throttles = in_groups(self.throttles),
            complete = complete.unwrap_or_default(),
        );
        (if failed > 0 { Level::Warn } else { Level::Info }, line)
    }

    fn count(&self, is_counted: impl Fn(&Region) -> bool) -> u64 {
        let counted = self.regions.iter().filter(|region| is_counted(region));
        u64::try_from(counted.count()).unwrap_or(u64::MAX)
    }

    /// The part of all time spans that has been read, from 0 to 1, or that nobody reads any more.
    fn part_read(&self) -> f64 {
        let to_read = self.regions.iter().map(|region| region.to_read).sum();
        let open = self.regions.iter().filter(|region| !matches!(region.stage, Stage::Ended(_)));
        part_read(to_read, open.map(|region| region.unread).sum())
    }

    /// How long the read takes from `now` on, if that can be told. Regions that are waiting for their first turn are taken
    /// to need as long as the others on average. As many are read at a time as now.
    ///
    /// It can't be told while none is being read, while too few have been read to tell the average, and while one that is being
    /// read does not get ahead.
    fn time_left(&self, now: Elapsed) -> Option<Duration> {
        let (mut known, mut unknown, mut reading) = (0_u32, 0_u32, 0_u32);
        let (mut needed, mut left, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for region in &self.regions {
            let taken = region.time_taken(now);
            if region.is_being_read() {
                reading += 1;
            }
            let region_left = match region.stage {
                Stage::Ended(End::Failed | End::Limited) => continue,
                Stage::Ended(End::Read(_)) => Some(Duration::ZERO),
                Stage::Waiting | Stage::Reading(_) => region.time_left(now),
            };
            match region_left {
                Some(region_left) => {
                    known += 1;
                    needed = needed.saturating_add(taken).saturating_add(region_left);
                    left = left.saturating_add(region_left);
                    longest = longest.max(region_left);
                }
                None if taken < JUST_BEGUN => unknown += 1,
                None => return None,
            }
        }
        if unknown > 0 {
            let average = needed.checked_div(known).filter(|_| known >= LEAST_SAMPLE)?;
            left = left.saturating_add(average.saturating_mul(unknown));
            longest = longest.max(average);
        }
        Some(longest.max(left.checked_div(reading)?))
    }

    /// The slowest of the Regions that are being read at `now`: the one with the most time left, as far as that is known.
    fn slowest(&self, now: Elapsed) -> Option<String> {
        let being_read = self.regions.iter().enumerate().filter(|(_, region)| region.is_being_read());
        let with_time = being_read.map(|(number, region)| (region.time_left(now), Reverse(number), region));
        let told = with_time.filter(|(left, _, region)| left.is_some() || region.time_taken(now) >= JUST_BEGUN);
        let (left, _, region) = told.max_by_key(|(left, number, _)| (left.unwrap_or(Duration::MAX), *number))?;
        let percent = 100.0 * part_read(region.to_read, region.unread);
        let left = left.map_or_else(|| UNKNOWN_TIME_LEFT.to_owned(), about);
        Some(format!("{}, {percent:.0}% of its time span read, {left}", region.label))
    }
}

impl Region {
    fn is_waiting(&self) -> bool {
        self.stage == Stage::Waiting
    }

    fn is_being_read(&self) -> bool {
        matches!(self.stage, Stage::Reading(_))
    }

    fn is_read(&self) -> bool {
        self.complete_up_to().is_some()
    }

    fn has_failed(&self) -> bool {
        self.stage == Stage::Ended(End::Failed)
    }

    fn is_limited(&self) -> bool {
        self.stage == Stage::Ended(End::Limited)
    }

    fn complete_up_to(&self) -> Option<i64> {
        match self.stage {
            Stage::Ended(End::Read(up_to)) => Some(up_to),
            _ => None,
        }
    }

    /// How long its turns took until `now`.
    fn time_taken(&self, now: Elapsed) -> Duration {
        match self.stage {
            Stage::Reading(since) => self.turns + (now - since),
            Stage::Waiting | Stage::Ended(_) => self.turns,
        }
    }

    /// How long it will take in turns from `now` on; none if nothing of it has been read.
    fn time_left(&self, now: Elapsed) -> Option<Duration> {
        time_left(self.time_taken(now), part_read(self.to_read, self.unread))
    }
}

#[cfg(test)]
mod tests;
