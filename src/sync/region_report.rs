//! Tells people how the read of one Region is going, in lines of its own: its progress, a backlog that grows, and a summary
//! at the end.

use super::{
    backlog::Backlog,
    messages::{self, Summary},
    progress::Progress,
    progress_display::ProgressDisplay,
    stream_writer::RegionWriter,
};
use crate::{
    airbyte::protocol::Level, coverage::seconds::SecondRange, pace::elapsed::Elapsed, plan::read_plan::ReadPlan,
};
use std::{
    io::{self, Write},
    time::Duration,
};

/// What there is to tell about the read of one Region by itself.
pub(super) struct RegionReport {
    progress: Progress,
    backlog: Backlog,
    display: ProgressDisplay,
}

/// The methods that take a writer fail if stdout can't be written.
impl RegionReport {
    /// Starts the report of a read of everything that `writer` has left to read, with at most one request in each `pace`.
    pub(super) fn start<W: Write>(
        writer: &RegionWriter<'_, '_, W>,
        pace: Duration,
        display: ProgressDisplay,
    ) -> io::Result<Self> {
        let (label, unread) = (writer.label(), writer.unread());
        let to_read = unread.into_iter().map(SecondRange::duration).sum();
        writer.log(Level::Info, &messages::start(&label, to_read))?;
        let (progress, backlog) = (Progress::new(&label, pace, to_read), Backlog::new(&label, to_read, pace));
        Ok(Self { progress, backlog, display })
    }

    /// Counts a request.
    pub(super) fn request_sent(&mut self) {
        self.progress.request_sent();
    }

    /// Counts a request that was throttled.
    pub(super) fn throttled(&mut self) {
        self.progress.throttled();
    }

    /// Counts the events of a page.
    pub(super) fn page_arrived(&mut self, events: usize) {
        self.backlog.events_arrived(events);
    }

    /// Tells that no page has arrived for `idle`, and why, if a request has failed.
    pub(super) fn no_page<W: Write>(
        writer: &RegionWriter<'_, '_, W>,
        idle: Duration,
        failure: Option<&str>,
    ) -> io::Result<()> {
        writer.log(Level::Info, &messages::no_page(&writer.label(), idle, failure))
    }

    /// Warns that so many `events` were out of order.
    pub(super) fn out_of_order<W: Write>(writer: &RegionWriter<'_, '_, W>, events: usize) -> io::Result<()> {
        writer.log(Level::Warn, &messages::out_of_order(&writer.label(), events))
    }

    /// Shows the progress if that is due at `now`, and warns if the read does not keep up with the events that are
    /// recorded.
    pub(super) fn show<W: Write>(
        &mut self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
    ) -> io::Result<()> {
        if !self.display.is_due(now) {
            return Ok(());
        }
        let unread = plan.unread();
        let snapshot = self.progress.snapshot(now, writer.records(), unread);
        if let Some(line) = self.display.show(snapshot, now) {
            writer.log(Level::Info, &line)?;
        }
        let Some(oldest) = plan.oldest_unread() else { return Ok(()) };
        match self.backlog.warning_near_the_edge(now.since_start(), unread, oldest, writer.oldest_kept(now)) {
            Some(warning) => writer.log(Level::Warn, &warning),
            None => Ok(()),
        }
    }

    /// Sums up a read that ended at `now`, with the message of `failure` if it failed.
    pub(super) fn sum_up<W: Write>(
        &self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
        failure: Option<&str>,
    ) -> io::Result<()> {
        let summary = Summary {
            region: &writer.label(),
            now,
            progress: &self.progress,
            records: writer.records(),
            complete_up_to: writer.complete_up_to().filter(|_| writer.pages() > 0),
            failure,
            backlog: plan.is_finished().then_some(&self.backlog),
            held_back: writer.held_back(),
        };
        summary.lines().try_for_each(|(level, line)| writer.log(level, &line))
    }
}
