//! One Region of a read: what to do next, and what to do with each answer. The plan, the pacer, backoff and the writer
//! come together here.
//!
//! Nothing here waits: `read.rs` has the loop that does. Pages are applied in the order in which they arrive, and a stdout
//! that is slow holds everything back.

use super::{
    backlog::Backlog,
    messages::{self, Line, Summary},
    order_check::OrderCheck,
    progress::Progress,
    progress_display::ProgressDisplay,
    read_clock::ReadClock,
    stream_writer::RegionWriter,
};
use crate::{
    airbyte::protocol::Level,
    cloudtrail::{
        lookup::{Event, Page},
        lookup_error::{LookupError, Remedy},
    },
    coverage::seconds::SecondRange,
    failure::{Failure, FailureType, Stopped},
    pace::{backoff::Backoff, elapsed::Elapsed, idle_timeout::IdleTimeout, memory_budget::RegionBudget, pacer::Pacer},
    plan::{
        chain::BrokenChain,
        read_plan::{Lookup, ReadPlan},
        tiling::SliceId,
    },
};
use std::{
    io::{self, Write},
    time::Duration,
};

/// After how many throttled rounds in a row the platform is told: a sync that only shares the quota is not limited.
const ROUNDS_TO_TELL: u32 = 3;

/// Something to wait for.
pub(crate) enum Task {
    /// A page.
    Fetch(Lookup),
    /// The time from which on a request of this slice may be sent again.
    Wait(SliceId, Elapsed),
}

/// What came of a task.
pub(crate) enum Outcome {
    Answered { lookup: Lookup, sent: Elapsed, answer: Result<Page, LookupError> },
    Waited(SliceId),
}

/// The read of one Region.
pub(crate) struct RegionReader<'a, 'b, W: Write> {
    plan: ReadPlan,
    /// Whether the plan may have a request. It has none more until a task ends.
    may_have_request: bool,
    order: OrderCheck,
    was_out_of_order: bool,
    pacer: Pacer,
    backoff: Backoff,
    idle: IdleTimeout,
    /// Why no page has arrived since the last one, if a request has failed.
    last_failure: Option<Failure>,
    memory: RegionBudget<'a>,
    progress: Progress,
    backlog: Backlog,
    writer: RegionWriter<'a, 'b, W>,
    display: ProgressDisplay,
    clock: ReadClock,
}

impl<'a, 'b, W: Write> RegionReader<'a, 'b, W> {
    /// Starts to read everything that `writer` has left to read of its Region, with at most one request in each `pace`.
    ///
    /// # Errors
    ///
    /// Stdout can't be written.
    pub(crate) fn start(
        writer: RegionWriter<'a, 'b, W>,
        pace: Duration,
        memory: RegionBudget<'a>,
        display: ProgressDisplay,
        clock: ReadClock,
    ) -> io::Result<Self> {
        let (region, unread) = (writer.region(), writer.unread());
        let to_read = seconds(unread.iter().copied().map(SecondRange::count).sum());
        let reader = Self {
            plan: ReadPlan::new(unread),
            may_have_request: true,
            order: OrderCheck::default(),
            was_out_of_order: false,
            pacer: Pacer::new(pace),
            backoff: Backoff::default(),
            idle: IdleTimeout::new(clock.now()),
            last_failure: None,
            memory,
            progress: Progress::new(region, pace, to_read),
            backlog: Backlog::new(region, to_read, pace),
            writer,
            display,
            clock,
        };
        reader.log(messages::start(reader.writer.region(), to_read))?;
        Ok(reader)
    }

    /// Whether everything has been read, or as much as the user's limit allows.
    pub(crate) fn is_finished(&self) -> bool {
        self.plan.is_finished() || self.writer.has_reached_limit()
    }

    /// Whether a request may be sent at [`next_request`](Self::next_request): the plan may have one, and memory for its
    /// page is left.
    pub(crate) fn may_send(&self) -> bool {
        self.may_have_request && self.memory.has_room()
    }

    /// When the next request may be sent.
    pub(crate) fn next_request(&self) -> Elapsed {
        self.pacer.next_request()
    }

    /// The request to send now, if the plan has one.
    pub(crate) fn send_request(&mut self) -> Option<Task> {
        let lookup = self.plan.ask();
        self.may_have_request = lookup.is_some();
        if lookup.is_some() {
            self.pacer.request_sent(self.now());
            self.progress.request_sent();
            self.memory.request_sent();
        }
        lookup.map(Task::Fetch)
    }

    /// Takes the outcome of a task. Returns a task that follows from it.
    ///
    /// # Errors
    ///
    /// The read of the Region failed for good, or stdout can't be written. What has been written stays written.
    pub(crate) fn take(&mut self, outcome: Outcome) -> Result<Option<Task>, Stopped> {
        self.may_have_request = true;
        match outcome {
            Outcome::Waited(slice) => self.plan.failed(slice),
            Outcome::Answered { lookup, sent, answer: Ok(page) } => {
                self.memory.request_ended(Some(page.weight()));
                self.page_arrived(&lookup, &at_start(page, sent))?;
            }
            Outcome::Answered { lookup, sent, answer: Err(refusal) } => {
                self.memory.request_ended(None);
                return self.refused(lookup.slice, sent, refusal);
            }
        }
        Ok(None)
    }

    /// When to call [`check_idle`](Self::check_idle), unless a page arrives before.
    pub(crate) fn next_idle_check(&self) -> Elapsed {
        self.idle.next_check()
    }

    /// Tells the user that no page arrives, and gives up if that has lasted for too long.
    ///
    /// # Errors
    ///
    /// It has lasted for too long, or stdout can't be written.
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
            return Err(self.last_failure.take().unwrap_or_else(no_page).into());
        }
        let why = self.last_failure.as_ref().map(|failure| failure.message.as_str());
        Ok(self.log(messages::no_page(region, idle, why))?)
    }

    /// Shows the progress if that is due, and warns if the read does not keep up with the events that are recorded.
    ///
    /// # Errors
    ///
    /// Stdout can't be written.
    pub(crate) fn show_progress(&mut self) -> io::Result<()> {
        let now = self.now();
        if !self.display.is_due(now) {
            return Ok(());
        }
        let unread = seconds(self.plan.unread());
        let snapshot = self.progress.snapshot(now, self.writer.records(), unread);
        if let Some(line) = self.display.show(snapshot, now) {
            self.log((Level::Info, line))?;
        }
        let Some(oldest) = self.plan.oldest_unread() else { return Ok(()) };
        let edge = self.writer.oldest_kept(now);
        match self.backlog.warning_near_the_edge(now, unread, oldest, edge) {
            Some(warning) => self.log((Level::Warn, warning)),
            None => Ok(()),
        }
    }

    /// Sums up a read that has ended. Returns whether the Region works, because a page has arrived or nothing failed.
    ///
    /// # Errors
    ///
    /// Stdout can't be written.
    pub(crate) fn finish(self, failure: Option<&Failure>) -> io::Result<bool> {
        let has_pages = self.writer.pages() > 0;
        let summary = Summary {
            region: self.writer.region(),
            now: self.now(),
            progress: &self.progress,
            records: self.writer.records(),
            complete_up_to: self.writer.complete_up_to().filter(|_| has_pages),
            failure: failure.map(|failure| failure.message.as_str()),
            backlog: self.plan.is_finished().then_some(&self.backlog),
            held_back: self.writer.held_back(),
        };
        summary.lines().try_for_each(|line| self.log(line))?;
        Ok(has_pages || failure.is_none())
    }

    fn now(&self) -> Elapsed {
        self.clock.now()
    }

    fn log(&self, (level, message): Line) -> io::Result<()> {
        self.writer.log(level, &message)
    }

    fn page_arrived(&mut self, lookup: &Lookup, page: &Page) -> Result<(), Stopped> {
        let now = self.now();
        self.backoff.reset();
        self.pacer.page_arrived();
        self.idle = IdleTimeout::new(now);
        self.last_failure = None;
        self.backlog.events_arrived(page.events.len());
        let slice = lookup.slice;
        // In seconds that are not covered, the order does not matter: coverage knows each of their events.
        let mut out_of_order = self.order.find_out_of_order(slice, lookup.token.is_none(), page);
        out_of_order.retain(|event| event.event_time.is_some_and(|time| self.writer.covers(time)));
        if !out_of_order.is_empty() {
            return self.out_of_order(slice, &out_of_order);
        }
        let times: Vec<i64> = page.events.iter().filter_map(|event| event.event_time).collect();
        let arrived = self.plan.arrived(slice, &times, page.next_token.clone());
        self.order.retain(|slice| self.plan.has(slice));
        match arrived {
            Ok(passed) => Ok(self.writer.write_page(page, passed, now)?),
            Err(BrokenChain::StartedAnew) => Ok(self.writer.log(
                Level::Debug,
                "CloudTrail's page tokens repeat or do not end. Reading the rest of the slice again.",
            )?),
            Err(BrokenChain::GivenUp) => {
                let region = self.writer.region();
                Err(Failure::transient(format!(
                    "CloudTrail in {region} keeps returning page tokens that repeat or do not end, without any progress. Try again later."
                ))
                .into())
            }
        }
    }

    /// Writes events that are out of order, and reads the rest of their slice again. This happens once in a read of a
    /// Region: which events the seconds that were passed before should have had is not known.
    fn out_of_order(&mut self, slice: SliceId, events: &[&Event]) -> Result<(), Stopped> {
        self.writer.write_out_of_order(events)?;
        let region = self.writer.region();
        if self.was_out_of_order {
            return Err(Failure::transient(format!(
                "CloudTrail in {region} returned events out of order more than once, so some of them could be missed. Try again later. If it happens again, contact AWS Support."
            ))
            .into());
        }
        self.log(messages::out_of_order(region, events.len()))?;
        self.was_out_of_order = true;
        self.plan.token_refused(slice);
        Ok(())
    }

    fn refused(&mut self, slice: SliceId, sent: Elapsed, refusal: LookupError) -> Result<Option<Task>, Stopped> {
        let LookupError { remedy, mut failure, retry_after } = refusal;
        let now = self.now();
        match remedy {
            Remedy::Stop => return Err(failure.into()),
            Remedy::StopAtFirst if self.writer.pages() == 0 => return Err(failure.into()),
            Remedy::StartAnew => {
                return if self.plan.token_refused(slice) == BrokenChain::GivenUp {
                    Err(failure.into())
                } else {
                    Ok(None)
                };
            }
            Remedy::StopAtFirst => {
                failure.failure_type = FailureType::TransientError;
                failure.message = format!("This worked before and does not now. {}", failure.message);
            }
            Remedy::SlowDown | Remedy::TryAgain => {}
        }
        self.writer.log(Level::Debug, &format!("Asking again. {}", failure.message))?;
        let (pace, random) = (self.pacer.full(), fastrand::f64());
        let wait = match remedy {
            Remedy::SlowDown => self.backoff.throttled(sent, now, pace, random),
            _ => self.backoff.failed(sent, now, pace, random),
        };
        if self.backoff.is_exhausted() {
            return Err(failure.into());
        }
        self.last_failure = Some(failure);
        let wait = wait.max(retry_after.unwrap_or_default());
        if remedy != Remedy::SlowDown && retry_after.is_none() {
            return Ok(Some(Task::Wait(slice, now + wait)));
        }
        let until = self.pacer.throttled(sent, now, wait);
        self.progress.throttled();
        self.plan.failed(slice);
        if self.backoff.failed_rounds() >= ROUNDS_TO_TELL && !wait.is_zero() {
            self.writer.rate_limited(until - now)?;
        }
        Ok(None)
    }
}

/// `page`, as if it had been asked for when the read began, which no page was before: one that was asked for earlier than
/// this one may still arrive. So the time since then, in whole seconds rounded up, is taken off.
fn at_start(page: Page, sent: Elapsed) -> Page {
    let since = sent.since_start();
    let since = since.as_secs() + u64::from(since.subsec_nanos() > 0);
    Page { asked_at: page.asked_at.map(|asked_at| asked_at.saturating_sub_unsigned(since)), ..page }
}

/// So many seconds as an interval.
fn seconds(count: i64) -> Duration {
    Duration::from_secs(count.unsigned_abs())
}
