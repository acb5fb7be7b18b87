//! Reads one Region to its end: the thin shell around plan, pacer, backoff and delivery.
//!
//! One task holds all requests under way; pages are applied in the order in which they arrive, and a stdout that is
//! slow holds everything back.

use super::{
    backlog::Backlog,
    order_check::OrderCheck,
    progress::Progress,
    progress_display::ProgressDisplay,
    region_failures::{RegionError, RegionStopped as Stopped},
    stream_writer::RegionWriter,
};
use crate::{
    airbyte::protocol::Level,
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query},
        lookup_error::error::{LookupError, Remedy},
    },
    coverage::seconds::SecondRange,
    failure::Failure,
    pace::{
        backoff::Backoff,
        idle_timeout::IdleTimeout,
        memory_budget::{MemoryBudget, RegionBudget},
        pacer::Pacer,
    },
    plan::{
        chain::BrokenChain,
        read_plan::{Lookup, ReadPlan},
        tiling::SliceId,
    },
    state::notes::written,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{io::Write, time::Duration};
use tokio::time::{Instant, sleep_until};

/// After how many throttled rounds in a row the platform is told.
const ROUNDS_TO_TELL: u32 = 3;

/// Reads all that `delivery` has left to read of its Region from `source`, with one request a `pace` at the most, and
/// says how that went. `began` is when the read of all Regions did, and `budget` what they have in common.
///
/// # Errors
///
/// Where the service refuses for good, ten rounds of requests or three minutes came to nothing, or stdout was closed.
/// What has been delivered stays delivered.
pub(super) async fn read<S: LookupEvents, W: Write>(
    source: &S,
    pace: Duration,
    delivery: &mut RegionWriter<'_, '_, W>,
    meter: ProgressDisplay,
    began: Instant,
    budget: &MemoryBudget,
) -> Result<(), Stopped> {
    let unread = delivery.unread();
    let seconds = unread.iter().copied().map(SecondRange::count).sum();
    let region = source.region();
    delivery.log(Level::Info, &format!("Reading {region}: {}.", span(seconds)))?;
    let mut reader = Reader {
        plan: ReadPlan::new(unread),
        order: OrderCheck::default(),
        was_out_of_order: false,
        pacer: Pacer::new(pace),
        backoff: Backoff::default(),
        silence: IdleTimeout::new(began.elapsed()),
        last_error: None,
        share: RegionBudget::new(budget),
        progress: Progress::new(region, pace, seconds),
        backlog: Backlog::new(region, seconds, pace),
        delivery,
        meter,
        began,
    };
    match reader.run(source).await {
        Err(Stopped::Unwritable(error)) => Err(error.into()),
        Err(Stopped::Failed(error)) => {
            reader.sum_up(Some(&error))?;
            Err(error.into())
        }
        Ok(()) => reader.sum_up(None),
    }
}

fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days} days, {hours} hours and {minutes} minutes are left to read")
}

struct Reader<'a, 'b, 'c, W: Write> {
    plan: ReadPlan,
    order: OrderCheck,
    was_out_of_order: bool,
    pacer: Pacer,
    backoff: Backoff,
    silence: IdleTimeout,
    /// Why no page has come since the last one, where a request failed.
    last_error: Option<LookupError>,
    share: RegionBudget<'a>,
    progress: Progress,
    backlog: Backlog,
    delivery: &'a mut RegionWriter<'b, 'c, W>,
    meter: ProgressDisplay,
    began: Instant,
}

/// The query for the page that the plan asks for.
fn query(lookup: &Lookup) -> Query {
    Query { seconds: Some(lookup.seconds), token: lookup.token.clone(), page_size: 50 }
}

/// What the reader waits for.
enum Task {
    Fetch(Lookup),
    Wait(SliceId, Instant),
}

/// What came of it.
enum Outcome {
    Answered { slice: SliceId, is_first: bool, sent: Duration, answer: Result<Page, LookupError> },
    Waited(SliceId),
}

impl<W: Write> Reader<'_, '_, '_, W> {
    async fn run<S: LookupEvents>(&mut self, source: &S) -> Result<(), Stopped> {
        let began = self.began;
        let go = async |errand| match errand {
            Task::Fetch(lookup) => {
                let sent = began.elapsed();
                let answer = source.lookup(query(&lookup)).await;
                Outcome::Answered { slice: lookup.slice, is_first: lookup.token.is_none(), sent, answer }
            }
            Task::Wait(slice, until) => {
                sleep_until(until).await;
                Outcome::Waited(slice)
            }
        };
        let mut under_way = FuturesUnordered::new();
        let mut has_work = true;
        while !self.plan.is_finished() && !self.delivery.is_enough() {
            let may_ask = has_work && self.share.has_room();
            tokio::select! {
                biased;
                Some(outcome) = under_way.next() => {
                    if let Some(errand) = self.take(outcome)? {
                        under_way.push(go(errand));
                    }
                    has_work = true;
                }
                () = sleep_until(began + self.pacer.next()), if may_ask => match self.plan.ask() {
                    Some(lookup) => {
                        self.pacer.sent(self.now());
                        self.progress.asked();
                        self.share.asked();
                        under_way.push(go(Task::Fetch(lookup)));
                    }
                    None => has_work = false,
                },
                () = sleep_until(began + self.silence.next()) => self.no_page()?,
            }
            self.show_progress()?;
        }
        Ok(())
    }

    /// Tells the user that nothing arrives, and gives up where that has been so for too long.
    fn no_page(&mut self) -> Result<(), Stopped> {
        let (region, silence) = (self.delivery.region(), self.silence.goes_on(self.now()).as_secs());
        if self.silence.is_too_long() {
            let silent = || {
                let sentence = format!(
                    "CloudTrail in {region} has sent no complete page for {silence} seconds. Check the network connection to the endpoint, or try again later."
                );
                Failure::transient(sentence)
            };
            return Err(self.last_error.take().map_or_else(|| silent().into(), Stopped::from));
        }
        let why = self.last_error.as_ref().map(ToString::to_string);
        let why = why.unwrap_or_else(|| "Requests are waiting for an answer.".to_owned());
        Ok(self.delivery.log(Level::Info, &format!("{region}: no page for {silence} seconds. {why}"))?)
    }

    fn show_progress(&mut self) -> Result<(), Stopped> {
        let now = self.now();
        if !self.meter.is_due(now) {
            return Ok(());
        }
        let unread = self.plan.unread();
        let standing = self.progress.standing(now, self.delivery.records(), unread);
        if let Some(line) = self.meter.show(standing, now) {
            self.delivery.log(Level::Info, &line)?;
        }
        let Some(oldest) = self.plan.oldest_unread() else { return Ok(()) };
        if let Some(warning) = self.backlog.near_the_edge(now, unread, oldest, self.delivery.oldest_kept(now)) {
            self.delivery.log(Level::Warn, &warning)?;
        }
        Ok(())
    }

    /// Says how the read ended.
    fn sum_up(&self, error: Option<&RegionError>) -> Result<(), Stopped> {
        let (now, delivery) = (self.now(), &self.delivery);
        let sum = self.progress.sum(now, delivery.records());
        let read_up_to = delivery.read_up_to().filter(|_| delivery.pages() > 0);
        let read = read_up_to.map(|second| format!(" All events up to {} are read.", written(second)));
        let read = read.unwrap_or_default();
        match error {
            None => delivery.log(Level::Info, &format!("{sum}.{read}"))?,
            Some(error) => {
                delivery.log(Level::Warn, &format!("{sum}, then it failed.{read} {error}"))?;
            }
        }
        if self.plan.is_finished()
            && let Some(warning) = self.backlog.at_end(now)
        {
            delivery.log(Level::Warn, &warning)?;
        }
        let (region, held_back) = (delivery.region(), delivery.held_back());
        if held_back > 0 {
            let warning = format!(
                "{region}: {held_back} events from within the lookback window are held back, because the state has no room for more event IDs. A later sync delivers them. To get them sooner, decrease lookback_window_minutes."
            );
            delivery.log(Level::Warn, &warning)?;
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn take(&mut self, outcome: Outcome) -> Result<Option<Task>, Stopped> {
        match outcome {
            Outcome::Waited(slice) => self.plan.failed(slice),
            Outcome::Answered { slice, is_first, sent, answer: Ok(mut page) } => {
                self.share.ended(Some(page.weight()));
                // Pages that were asked for before this one may still arrive, but none was before the read began.
                let since = sent.as_secs() + u64::from(sent.subsec_nanos() > 0);
                page.asked_at = page.asked_at.map(|asked_at| asked_at.saturating_sub_unsigned(since));
                self.served(slice, is_first, &page)?;
            }
            Outcome::Answered { slice, sent, answer: Err(error), .. } => {
                self.share.ended(None);
                return self.refused(slice, sent, error);
            }
        }
        Ok(None)
    }

    fn served(&mut self, slice: SliceId, is_first: bool, page: &Page) -> Result<(), Stopped> {
        self.backoff.restored();
        self.pacer.served();
        self.silence = IdleTimeout::new(self.now());
        self.last_error = None;
        self.backlog.served(page.events.len());
        // In seconds that are not covered, order does not matter: coverage knows their events one by one.
        let mut out_of_order = self.order.check(slice, is_first, page);
        out_of_order.retain(|event| event.event_time.is_some_and(|time| self.delivery.covers(time)));
        if !out_of_order.is_empty() {
            return self.out_of_order(slice, &out_of_order);
        }
        let times: Vec<i64> = page.events.iter().filter_map(|event| event.event_time).collect();
        let arrived = self.plan.arrived(slice, &times, page.next_token.clone());
        self.order.retain(|slice| self.plan.has(slice));
        match arrived {
            Ok(passed) => Ok(self.delivery.page(page, passed, self.now())?),
            Err(BrokenChain::StartedAnew) => Ok(self.delivery.log(
                Level::Debug,
                "CloudTrail's page tokens repeat or do not end. Reading the rest of the slice anew.",
            )?),
            Err(BrokenChain::GivenUp) => {
                let region = self.delivery.region();
                let sentence = format!(
                    "CloudTrail in {region} keeps returning page tokens that repeat or do not end, without any progress. Try again later."
                );
                Err(Failure::transient(sentence).into())
            }
        }
    }

    /// Writes events that came out of order, and reads the rest of their slice anew. Once in a read of a Region: what
    /// the seconds that were passed before should have had is not known.
    fn out_of_order(&mut self, slice: SliceId, events: &[&Event]) -> Result<(), Stopped> {
        self.delivery.out_of_order(events)?;
        let region = self.delivery.region();
        if std::mem::replace(&mut self.was_out_of_order, true) {
            return Err(Failure::transient(format!(
                "CloudTrail in {region} returned events out of order more than once, so some of them could be missed. Try again later; if it goes on, contact AWS Support."
            ))
            .into());
        }
        let count = events.len();
        let warning = format!(
            "{region}: CloudTrail returned events out of order ({count}). They are written, and the rest of their time span is read again."
        );
        self.delivery.log(Level::Warn, &warning)?;
        self.plan.token_refused(slice);
        Ok(())
    }

    fn refused(&mut self, slice: SliceId, sent: Duration, error: LookupError) -> Result<Option<Task>, Stopped> {
        let (remedy, retry_after) = (error.remedy(self.delivery.pages() > 0), error.retry_after);
        let now = self.now();
        match remedy {
            Remedy::Stop => return Err(error.into()),
            Remedy::RestartSlice => {
                return if self.plan.token_refused(slice) == BrokenChain::GivenUp {
                    Err(error.into())
                } else {
                    Ok(None)
                };
            }
            Remedy::SlowDown | Remedy::Retry => {}
        }
        self.delivery.log(Level::Debug, &format!("Retrying. {error}"))?;
        let (pace, random) = (self.pacer.full(), fastrand::f64());
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
            return Ok(Some(Task::Wait(slice, self.began + now + wait)));
        }
        let until = self.pacer.throttled(sent, now, wait);
        self.progress.throttled();
        self.plan.failed(slice);
        if self.backoff.failed_rounds() >= ROUNDS_TO_TELL && !wait.is_zero() {
            self.delivery.rate_limited(until.saturating_sub(now))?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
