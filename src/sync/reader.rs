//! The read of one Region: what to wait for next, and what to do with each outcome. Here the plan, the pace and the writer
//! come together.
//!
//! Nothing here waits; the loop that does is in `read.rs`. Pages are applied in the order in which they arrive, and a slow
//! stdout holds everything back.

use super::{
    order_check::OrderCheck,
    progress_report::ProgressReport,
    read_clock::ReadClock,
    region_failures::{RegionError, RegionStopped as Stopped},
    region_pace::RegionPace,
    stream_progress::RegionProgress,
    stream_writer::RegionWriter,
    task::{Outcome, Task},
};
use crate::{
    airbyte::protocol::Level,
    cloudtrail::{
        lookup::{Event, Page},
        lookup_error::error::{Evidence, LookupError, Remedy},
    },
    failure::Failure,
    pace::{backoff::Backoff, elapsed::Elapsed, idle_timeout::IdleTimeout, memory_budget::RegionBudget},
    plan::{
        chain::BrokenChain,
        read_plan::{Lookup, ReadPlan},
        slice::SliceId,
    },
};
use std::io::{self, Write};

/// After how many throttled rounds in a row the platform is told. Fewer are common beside another reader.
const ROUNDS_TO_TELL: u32 = 3;

/// The read of one Region.
pub(crate) struct RegionReader<'a, 'b, W: Write> {
    plan: ReadPlan,
    /// Whether the plan may have a request: once it has none, it has none until a task ends.
    may_have_request: bool,
    order: OrderCheck,
    pace: &'a RegionPace,
    memory: RegionBudget<'a>,
    backoff: Backoff,
    idle: IdleTimeout,
    /// Why no page has arrived since the last one, if a request has failed.
    last_error: Option<LookupError>,
    writer: RegionWriter<'a, 'b, W>,
    report: ProgressReport<'a>,
    clock: ReadClock,
}

/// Each method that returns a result fails if stdout can't be written. Any other failure ends the read of the Region. What
/// has been written stays written.
impl<'a, 'b, W: Write> RegionReader<'a, 'b, W> {
    /// Starts to read everything that `writer` has left to read of its Region, at its `pace`.
    pub(crate) fn start(
        writer: RegionWriter<'a, 'b, W>,
        pace: &'a RegionPace,
        memory: RegionBudget<'a>,
        progress: RegionProgress<'a>,
        clock: ReadClock,
    ) -> io::Result<Self> {
        Ok(Self {
            plan: ReadPlan::new(writer.unread()),
            may_have_request: true,
            order: OrderCheck::default(),
            pace,
            memory,
            backoff: Backoff::default(),
            idle: IdleTimeout::new(clock.now()),
            last_error: None,
            report: ProgressReport::start(&writer, pace.full(), progress, clock.now())?,
            writer,
            clock,
        })
    }

    /// Whether everything has been read, or as much as the user's limit allows.
    pub(crate) fn is_finished(&self) -> bool {
        self.plan.is_finished() || self.writer.has_reached_limit()
    }

    /// Whether another turn would go on from here. Events of the lookback window are read again in each turn, so a turn that
    /// read nothing else would be in vain.
    pub(crate) fn has_advanced(&self) -> bool {
        self.writer.has_covered()
    }

    /// Whether to wait for a turn to send a request: the plan may have one, and there is memory for its page.
    pub(crate) fn may_send(&self) -> bool {
        self.may_have_request && self.memory.has_room()
    }

    /// The request to send now, if the plan has one.
    pub(crate) fn send_request(&mut self) -> Option<Task> {
        let lookup = self.plan.next_lookup();
        self.may_have_request = lookup.is_some();
        if lookup.is_some() {
            self.pace.request_sent();
            self.memory.request_sent();
            self.report.request_sent();
        }
        lookup.map(Task::Fetch)
    }

    /// Applies the outcome of a task. Returns a task that follows from it.
    pub(crate) fn apply(&mut self, outcome: Outcome) -> Result<Option<Task>, Stopped> {
        self.may_have_request = true;
        match outcome {
            Outcome::Waited(slice) => self.plan.failed(slice),
            Outcome::Answered { lookup, answer: Ok(page), .. } => {
                self.memory.request_ended(Some(page.weight()));
                self.page_arrived(&lookup, &page)?;
            }
            Outcome::Answered { lookup, sent, answer: Err(error) } => {
                self.memory.request_ended(None);
                return self.request_failed(lookup.slice, sent, error);
            }
        }
        Ok(None)
    }

    /// When to call [`check_idle`](Self::check_idle), unless a page arrives before.
    pub(crate) fn next_idle_check(&self) -> Elapsed {
        self.idle.next_check()
    }

    /// Tells the user that no page arrives, and fails if that has lasted for too long.
    pub(crate) fn check_idle(&mut self) -> Result<(), Stopped> {
        let idle = self.idle.checked(self.now());
        let region = self.writer.region();
        if self.idle.is_expired() {
            let seconds = idle.as_secs();
            let no_page = || {
                Failure::transient(format!(
                    "CloudTrail in {region} has sent no complete page for {seconds} seconds. Check the network connection to the endpoint, or try again later."
                ))
            };
            return Err(self.last_error.take().map_or_else(|| no_page().into(), Stopped::from));
        }
        let why = self.last_error.as_ref().map(|error| self.message(error));
        Ok(self.report.no_page(self.now(), &self.writer, idle, why.as_deref())?)
    }

    /// Shows the progress if that is due.
    pub(crate) fn show_progress(&mut self) -> io::Result<()> {
        self.report.show(self.clock.now(), &self.plan, &self.writer)
    }

    /// Ends the turn, after which the Region needs another one.
    pub(crate) fn end_turn(mut self) {
        self.report.turn_ended(self.now(), &self.plan, &self.writer);
    }

    /// Sums up the read, which has ended with `error` or without one. Returns whether the Region works: a page has
    /// arrived, or nothing failed.
    pub(crate) fn finish(mut self, error: Option<&RegionError>) -> io::Result<bool> {
        let has_worked = self.pace.has_page();
        let failure = error.map(|error| error.message(has_worked));
        self.report.sum_up(self.now(), &self.plan, &self.writer, failure.as_deref())?;
        Ok(has_worked || error.is_none())
    }

    fn now(&self) -> Elapsed {
        self.clock.now()
    }

    /// What the user reads about `error`, as far as is known by now.
    fn message(&self, error: &LookupError) -> String {
        error.message(Evidence { has_worked: self.pace.has_page(), others_work: false })
    }

    fn page_arrived(&mut self, lookup: &Lookup, page: &Page) -> Result<(), Stopped> {
        let (now, slice) = (self.now(), lookup.slice);
        self.backoff.reset();
        self.pace.page_arrived();
        self.idle = IdleTimeout::new(now);
        self.last_error = None;
        self.report.page_arrived(page.events.len());
        let mut out_of_order = self.order.find_out_of_order(slice, lookup.token.is_none(), page);
        // In seconds that are not covered, the order does not matter: coverage knows each of their events.
        out_of_order.retain(|event| event.event_time.is_some_and(|time| self.writer.covers(time)));
        if !out_of_order.is_empty() {
            return self.out_of_order(slice, &out_of_order);
        }
        let times: Vec<i64> = page.events.iter().filter_map(|event| event.event_time).collect();
        let arrived = self.plan.arrived(slice, &times, page.next_token.clone());
        self.order.retain(|slice| self.plan.has(slice));
        match arrived {
            Ok(passed) => Ok(self.writer.write_page(page, passed, now)?),
            Err(BrokenChain::Restarted) => Ok(self.writer.log(
                Level::Debug,
                "CloudTrail's page tokens repeat or do not end. Reading the rest of the slice again.",
            )?),
            Err(BrokenChain::RestartsExhausted) => {
                let region = self.writer.region();
                Err(Failure::transient(format!(
                    "CloudTrail in {region} keeps returning page tokens that repeat or do not end, without any progress. Try again later."
                ))
                .into())
            }
        }
    }

    /// Writes events that are out of order, and reads the rest of their slice again. The second time in a Region, the read
    /// fails, because other events of the seconds that were passed before could be missing.
    fn out_of_order(&mut self, slice: SliceId, events: &[&Event]) -> Result<(), Stopped> {
        let is_first = self.writer.write_out_of_order(events)?;
        let region = self.writer.region();
        if !is_first {
            return Err(Failure::transient(format!(
                "CloudTrail in {region} returned events out of order more than once, so some of them could be missed. Try again later. If it happens again, contact AWS Support."
            ))
            .into());
        }
        self.report.out_of_order(&self.writer, events.len())?;
        self.plan.token_rejected(slice);
        Ok(())
    }

    fn request_failed(&mut self, slice: SliceId, sent: Elapsed, error: LookupError) -> Result<Option<Task>, Stopped> {
        let (remedy, retry_after) = (error.remedy(self.pace.has_page()), error.retry_after);
        let now = self.now();
        match remedy {
            Remedy::Stop => return Err(error.into()),
            Remedy::RestartSlice => {
                return if self.plan.token_rejected(slice) == BrokenChain::RestartsExhausted {
                    Err(error.into())
                } else {
                    Ok(None)
                };
            }
            Remedy::SlowDown | Remedy::Retry => {}
        }
        self.writer.log(Level::Debug, &format!("Retrying. {}", self.message(&error)))?;
        let (pace, random) = (self.pace.full(), fastrand::f64());
        let wait = match remedy {
            Remedy::SlowDown => self.backoff.throttled(sent, now, pace, random),
            _ => self.backoff.failed(sent, now, pace, random),
        };
        if self.backoff.is_exhausted() {
            return Err(error.into());
        }
        self.last_error = Some(error);
        let wait = wait.max(retry_after.unwrap_or_default());
        if remedy != Remedy::SlowDown && retry_after.is_none() {
            return Ok(Some(Task::Wait(slice, now + wait)));
        }
        let until = self.pace.throttled(sent, wait);
        self.report.throttled();
        self.plan.failed(slice);
        if self.backoff.failed_rounds() >= ROUNDS_TO_TELL && !wait.is_zero() {
            self.writer.rate_limited(until - now)?;
        }
        Ok(None)
    }
}
