//! Several Regions side by side: each is read by a reader of its own, at a pace of its own, and what goes wrong in one
//! is no reason to stop in the others.

use super::{
    progress_display::ProgressBars,
    reader,
    region_failures::{RegionResult, failures},
    stream_writer::{RegionWriter, StreamWriter},
};
use crate::{
    cloudtrail::lookup::LookupEvents,
    failure::{Failure, Stopped},
    pace::memory_budget::MemoryBudget,
};
use futures_util::future::try_join_all;
use std::{
    cell::RefCell,
    io::{self, Write},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// Reads all that `delivery` has left to read from `sources`, each with one request a `pace`. Returns what went wrong.
/// The last STATE says all that was read.
///
/// # Errors
///
/// When stdout takes no more.
pub async fn read<S: LookupEvents, W: Write>(
    sources: &[S],
    pace: Duration,
    delivery: &RefCell<StreamWriter<'_, W>>,
) -> io::Result<Vec<Failure>> {
    let began = Instant::now();
    let (meters, budget) = (ProgressBars::new(), MemoryBudget::default());
    let readers = sources.iter().map(async |source| {
        let mut part = RegionWriter::new(delivery, source.region());
        let ended = match reader::read(source, pace, &mut part, meters.meter(), began, &budget).await {
            Err(Stopped::Unwritable(error)) => return Err(error),
            Err(Stopped::Failed(failure)) => Err(failure),
            Ok(()) => Ok(()),
        };
        let worked = part.pages() > 0 || ended.is_ok();
        Ok(RegionResult { region: source.region(), worked, result: ended })
    });
    let ended = tokio::select! {
        ended = try_join_all(readers) => ended?,
        error = states(delivery, began) => return Err(error),
    };
    let failures = failures(ended);
    delivery.borrow_mut().finish(began.elapsed(), failures.is_empty())?;
    Ok(failures)
}

/// Writes a STATE whenever one is due, until stdout takes no more.
async fn states<W: Write>(delivery: &RefCell<StreamWriter<'_, W>>, began: Instant) -> io::Error {
    loop {
        // Looked at again each minute, because a state that becomes smaller is due earlier.
        let due = delivery.borrow().state_due_by().min(began.elapsed() + Duration::from_mins(1));
        sleep_until(began + due).await;
        if let Err(error) = delivery.borrow_mut().checkpoint(began.elapsed()) {
            return error;
        }
    }
}
