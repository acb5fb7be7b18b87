//! Tells people how the read of one Region is going, either in lines of its own or as a part of the whole.

use super::{
    part_report::PartReport, region_report::RegionReport, stream_progress::RegionProgress, stream_writer::RegionWriter,
};
use crate::{pace::elapsed::Elapsed, plan::read_plan::ReadPlan};
use std::{
    io::{self, Write},
    time::Duration,
};

/// What there is to tell about a turn of a Region.
pub(super) enum ProgressReport<'a> {
    /// The Region is one of a few.
    Own(RegionReport),
    /// It is one of many.
    Part(PartReport<'a>),
}

/// The methods that take a writer fail if stdout can't be written.
impl<'a> ProgressReport<'a> {
    /// Starts the report of a read of everything that `writer` has left to read, from `now` on, with at most one request in
    /// each `pace`.
    pub(super) fn start<W: Write>(
        writer: &RegionWriter<'_, '_, W>,
        pace: Duration,
        progress: RegionProgress<'a>,
        now: Elapsed,
    ) -> io::Result<Self> {
        Ok(match progress {
            RegionProgress::Own(display) => Self::Own(RegionReport::start(writer, pace, display)?),
            RegionProgress::Part { whole, number } => Self::Part(PartReport::start(whole, number, pace, now)),
        })
    }

    /// Counts a request.
    pub(super) fn request_sent(&mut self) {
        match self {
            Self::Own(report) => report.request_sent(),
            Self::Part(report) => report.request_sent(),
        }
    }

    /// Counts a request that was throttled.
    pub(super) fn throttled(&mut self) {
        match self {
            Self::Own(report) => report.throttled(),
            Self::Part(report) => report.throttled(),
        }
    }

    /// Counts the `events` of a page.
    pub(super) fn page_arrived(&mut self, events: usize) {
        match self {
            Self::Own(report) => report.page_arrived(events),
            Self::Part(report) => report.page_arrived(events),
        }
    }

    /// Tells that at `now` no page has arrived for `idle`, and why, if a request has failed.
    pub(super) fn no_page<W: Write>(
        &self,
        now: Elapsed,
        writer: &RegionWriter<'_, '_, W>,
        idle: Duration,
        failure: Option<&str>,
    ) -> io::Result<()> {
        match self {
            Self::Own(_) => RegionReport::no_page(writer, idle, failure),
            Self::Part(report) => {
                report.no_page(now, idle, failure);
                Ok(())
            }
        }
    }

    /// Warns that so many `events` were out of order.
    pub(super) fn out_of_order<W: Write>(&self, writer: &RegionWriter<'_, '_, W>, events: usize) -> io::Result<()> {
        match self {
            Self::Own(_) => RegionReport::out_of_order(writer, events),
            Self::Part(report) => report.out_of_order(writer, events),
        }
    }

    /// Shows the progress if that is due at `now`, and warns if the read does not keep up with the events that are
    /// recorded.
    pub(super) fn show<W: Write>(
        &mut self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
    ) -> io::Result<()> {
        match self {
            Self::Own(report) => report.show(now, plan, writer),
            Self::Part(report) => report.show(now, plan, writer),
        }
    }

    /// The turn is over at `now`, and the Region needs another one.
    pub(super) fn turn_ended<W: Write>(&mut self, now: Elapsed, plan: &ReadPlan, writer: &RegionWriter<'_, '_, W>) {
        if let Self::Part(report) = self {
            report.turn_ended(now, plan, writer);
        }
    }

    /// Sums up a read that ended at `now`, with the message of `failure` if it failed.
    pub(super) fn sum_up<W: Write>(
        &mut self,
        now: Elapsed,
        plan: &ReadPlan,
        writer: &RegionWriter<'_, '_, W>,
        failure: Option<&str>,
    ) -> io::Result<()> {
        match self {
            Self::Own(report) => report.sum_up(now, plan, writer, failure),
            Self::Part(report) => report.sum_up(now, plan, writer, failure.is_some()),
        }
    }
}
