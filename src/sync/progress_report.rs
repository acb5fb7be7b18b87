//! Tells people how the read of one Region is going, either in lines of its own or as a part of the whole.

use super::{
    part_report::PartReport,
    region_report::RegionReport,
    stream_progress::{RegionProgress, WholeReport},
    stream_writer::RegionWriter,
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
            RegionProgress::Part(whole, number) => Self::Part(PartReport::start(whole, number, pace, now)),
        })
    }

    /// Counts a request.
    pub(super) fn request_sent(&mut self) {
        match self {
            Self::Own(report) => report.request_sent(),
            Self::Part(report) => report.request_sent(),
        }
    }
}
