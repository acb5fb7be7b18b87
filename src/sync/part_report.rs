//! Tells how the read of one Region of many is going, as a part of the whole.

use super::{
    messages,
    shared_warnings::Topic,
    stream_progress::WholeReport,
    stream_writer::RegionWriter,
    whole_progress::{End, WholeProgress},
};
use crate::{airbyte::protocol::Level, pace::elapsed::Elapsed, plan::read_plan::ReadPlan};
use std::{
    cell::RefMut,
    io::{self, Write},
    time::Duration,
};

/// What there is to tell about one turn of one Region.
pub(super) struct PartReport<'a> {
    whole: &'a WholeReport,
    /// The Region's number in the whole.
    number: usize,
    /// How many records of this turn have been counted.
    records: u64,
}

/// The methods that return a result fail if stdout can't be written.
impl<'a> PartReport<'a> {
    /// Starts the report of a turn that begins at `now`, with at most one request in each `pace`.
    pub(super) fn start(whole: &'a WholeReport, number: usize, pace: Duration, now: Elapsed) -> Self {
        whole.progress().turn_began(number, now, pace);
        Self { whole, number, records: 0 }
    }

    /// Counts a request.
    pub(super) fn request_sent(&self) {
        self.progress().request_sent();
    }

    /// Counts a request that was throttled.
    pub(super) fn throttled(&self) {
        self.progress().throttled();
    }

    /// Counts the `events` of a page.
    pub(super) fn page_arrived(&self, events: usize) {
        self.progress().page_arrived(self.number, events);
    }

    /// Tells that at `now` no page has arrived for `idle`, and why, if a request has failed.
    pub(super) fn no_page(&self, now: Elapsed, idle: Duration, failure: Option<&str>) {
        self.progress().no_page(self.number, now, idle, failure);
    }

    /// Warns that so many `events` were out of order.
    pub(super) fn out_of_order<W: Write>(&self, writer: &RegionWriter<'_, '_, W>, events: usize) -> io::Result<()> {
        self.warn(Topic::OutOfOrder, writer, |label| messages::out_of_order(label, events))
    }

    /// Counts what has been written and read by `now`, and warns if the read does not keep up with the events that are
    /// recorded. The whole shows itself.
    pub(super) fn show<W: Write>(
        &mut self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
    ) -> io::Result<()> {
        self.count(plan, writer);
        let Some(oldest) = plan.oldest_unread() else { return Ok(()) };
        let (unread, edge) = (plan.unread(), writer.oldest_kept(now));
        match self.progress().backlog_warning_near_the_edge(self.number, now, unread, oldest, edge) {
            Some(warning) => self.warn(Topic::Backlog, writer, |_| warning),
            None => Ok(()),
        }
    }

    /// The turn is over at `now`, and the Region needs another one.
    pub(super) fn turn_ended<W: Write>(&mut self, now: Elapsed, plan: &ReadPlan, writer: &RegionWriter<'_, '_, W>) {
        self.count(plan, writer);
        self.progress().turn_ended(self.number, now);
    }

    /// The read of the Region has ended at `now`.
    pub(super) fn sum_up<W: Write>(
        &mut self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
        has_failed: bool,
    ) -> io::Result<()> {
        self.count(plan, writer);
        let end = match writer.complete_up_to() {
            _ if has_failed => End::Failed,
            Some(up_to) if plan.is_finished() => End::Read(up_to),
            _ => End::Limited,
        };
        let warning = self.progress().ended(self.number, now, end);
        warning.map_or(Ok(()), |warning| self.warn(Topic::Backlog, writer, |_| warning))
    }

    fn progress(&self) -> RefMut<'a, WholeProgress> {
        self.whole.progress()
    }

    /// Counts what has been written and read since the last time.
    fn count<W: Write>(&mut self, plan: &ReadPlan, writer: &RegionWriter<'_, '_, W>) {
        let new = writer.records() - std::mem::replace(&mut self.records, writer.records());
        self.progress().advanced(self.number, new, plan.unread(), writer.held_back());
    }

    /// Logs the warning about the Region, unless there have been enough of them, so that it waits for the end.
    fn warn<W: Write>(
        &self,
        topic: Topic,
        writer: &RegionWriter<'_, '_, W>,
        warning: impl FnOnce(&str) -> String,
    ) -> io::Result<()> {
        let label = writer.label();
        let is_told_now = self.whole.warnings().is_told_now(topic, &label);
        if is_told_now { writer.log(Level::Warn, &warning(&label)) } else { Ok(()) }
    }
}
