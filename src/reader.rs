//! Reads one Region to its end: the thin shell around plan, pacer, patience and delivery.
//!
//! One task holds all requests under way; pages are applied in the order in which they arrive, and a stdout that is
//! slow holds everything back.

use crate::{
    cloudtrail::{LookupEvents, Page, Query, Refusal, Remedy},
    delivery::RegionDelivery,
    failure::{Failure, FailureType, Stopped},
    meter::Meter,
    pacer::Pacer,
    patience::Patience,
    plan::{BrokenChain, Lookup, Plan, SliceId},
    progress::Progress,
    protocol::Level,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{cell::Cell, io::Write, time::Duration};
use tokio::time::{Instant, sleep_until};

/// After how many throttled rounds in a row the platform is told.
const ROUNDS_TO_TELL: u32 = 3;

/// Reads all that `delivery` has left to read of its Region from `source`, as fast as `pacer` lets it. `began` is when
/// the read of all Regions did, and `room` how many more bytes of events may be under way, over all Regions.
///
/// # Errors
///
/// Where the service refuses for good, ten rounds of requests came to nothing, or stdout takes no more. What has been
/// delivered stays delivered.
pub async fn read<S: LookupEvents, W: Write>(
    source: &S,
    pacer: Pacer,
    delivery: &mut RegionDelivery<'_, '_, W>,
    meter: Meter,
    began: Instant,
    room: &Cell<usize>,
) -> Result<(), Stopped> {
    let plan = Plan::new(delivery.unread());
    let progress = Progress::new(delivery.region(), pacer.full(), plan.unread());
    let mut reader = Reader {
        plan,
        pacer,
        patience: Patience::default(),
        heaviest: 0,
        reserved: 0,
        delivery,
        progress,
        meter,
        began,
        room,
    };
    let ended = reader.run(source).await;
    room.set(room.get() + reader.reserved);
    ended
}

struct Reader<'a, 'b, 'c, W: Write> {
    plan: Plan,
    pacer: Pacer,
    patience: Patience,
    /// About how many bytes the heaviest of the last pages has.
    heaviest: usize,
    /// How many bytes the requests under way may bring, by that.
    reserved: usize,
    delivery: &'a mut RegionDelivery<'b, 'c, W>,
    progress: Progress,
    meter: Meter,
    began: Instant,
    room: &'a Cell<usize>,
}

/// What the reader waits for.
enum Errand {
    Fetch(Lookup),
    Wait(SliceId, Instant),
}

/// What came of it.
enum Outcome {
    Answered { slice: SliceId, sent: Duration, answer: Result<Page, Refusal> },
    Waited(SliceId),
}

impl<W: Write> Reader<'_, '_, '_, W> {
    async fn run<S: LookupEvents>(&mut self, source: &S) -> Result<(), Stopped> {
        let began = self.began;
        let go = async |errand| match errand {
            Errand::Fetch(lookup) => {
                let sent = began.elapsed();
                let answer = source.lookup(Query::from(&lookup)).await;
                Outcome::Answered { slice: lookup.slice, sent, answer }
            }
            Errand::Wait(slice, until) => {
                sleep_until(until).await;
                Outcome::Waited(slice)
            }
        };
        let mut under_way = FuturesUnordered::new();
        let mut has_work = true;
        while !self.plan.is_finished() && !self.delivery.is_enough() {
            let may_ask = has_work && self.has_room(under_way.len());
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
                        under_way.push(go(Errand::Fetch(lookup)));
                    }
                    None => has_work = false,
                },
            }
            self.show_progress()?;
        }
        Ok(())
    }

    /// Whether one more request may go out beside so many `under_way`, so that all their pages fit into memory together.
    /// One always may.
    fn has_room(&mut self, under_way: usize) -> bool {
        let room = self.room.get() + self.reserved;
        self.reserved = (under_way * self.heaviest).min(room);
        self.room.set(room - self.reserved);
        under_way == 0 || room - self.reserved >= self.heaviest
    }

    fn show_progress(&mut self) -> Result<(), Stopped> {
        let now = self.now();
        if self.meter.is_due(now) {
            let standing = self.progress.standing(now, self.delivery.records(), self.plan.unread());
            if let Some(line) = self.meter.show(standing, now) {
                self.delivery.log(Level::Info, &line)?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn take(&mut self, outcome: Outcome) -> Result<Option<Errand>, Stopped> {
        match outcome {
            Outcome::Waited(slice) => self.plan.failed(slice),
            Outcome::Answered { slice, answer: Ok(page), .. } => self.served(slice, &page)?,
            Outcome::Answered { slice, sent, answer: Err(refusal) } => return self.refused(slice, sent, refusal),
        }
        Ok(None)
    }

    fn served(&mut self, slice: SliceId, page: &Page) -> Result<(), Stopped> {
        self.patience.restored();
        self.pacer.served();
        let weight = page.events.iter().filter_map(|event| event.cloud_trail_event.as_ref()).map(String::len).sum();
        self.heaviest = (self.heaviest - self.heaviest / 8).max(weight);
        let times: Vec<i64> = page.events.iter().filter_map(|event| event.event_time).collect();
        match self.plan.arrived(slice, &times, page.next_token.clone()) {
            Ok(passed) => Ok(self.delivery.page(page, passed, self.now())?),
            Err(BrokenChain::StartedAnew) => Ok(self
                .delivery
                .log(Level::Debug, "CloudTrail repeated a page token: reading the rest of the slice anew.")?),
            Err(BrokenChain::GivenUp) => {
                Err(Failure::transient("CloudTrail keeps repeating its page tokens: try again later.").into())
            }
        }
    }

    fn refused(&mut self, slice: SliceId, sent: Duration, refusal: Refusal) -> Result<Option<Errand>, Stopped> {
        let Refusal { remedy, mut failure } = refusal;
        let now = self.now();
        match remedy {
            Remedy::Stop => return Err(failure.into()),
            Remedy::StopAtFirst if self.delivery.pages() == 0 => return Err(failure.into()),
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
        self.delivery.log(Level::Debug, &format!("Asking again. {}", failure.message))?;
        let (pace, random) = (self.pacer.full(), fastrand::f64());
        let wait = match remedy {
            Remedy::SlowDown => self.patience.throttled(sent, now, pace, random),
            _ => self.patience.failed(sent, now, pace, random),
        };
        if self.patience.is_exhausted() {
            return Err(failure.into());
        }
        if remedy != Remedy::SlowDown {
            return Ok(Some(Errand::Wait(slice, self.began + now + wait)));
        }
        let until = self.pacer.throttled(sent, now, wait);
        self.progress.throttled();
        self.plan.failed(slice);
        if self.patience.failed_rounds() >= ROUNDS_TO_TELL {
            self.delivery.rate_limited(until.saturating_sub(now))?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
