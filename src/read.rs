//! The story of a sync, from top to bottom: each stream, all Regions side by side, and the pages of each Region.
//!
//! These functions only say what comes after what, and they do all the waiting. What to ask, when, and what to do with
//! an answer is decided below them, in `sync/`, `plan/` and `pace/`.

use crate::{
    airbyte::{
        output::Output,
        protocol::{Level, StreamStatus},
        stream::Stream,
    },
    clock,
    cloudtrail::{lookup::LookupEvents, sdk::client::CloudTrail},
    config::resolved_config::Config,
    failure::Failure,
    pace::memory_budget::{MemoryBudget, RegionBudget},
    state::{
        input_state::InputState,
        saved_filter::SavedFilter,
        stream_state::StreamState,
        sync_settings::{MAX_LOOSE_BYTES, SyncSettings},
    },
    stopped::Stopped,
    sync::{
        progress_display::ProgressBars,
        read_clock::ReadClock,
        reader::RegionReader,
        region_failures::{self, RegionResult, RegionStopped},
        stream_writer::{RegionWriter, StreamWriter},
    },
};
use futures_util::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use std::{
    cell::RefCell,
    io::{self, Write},
    time::Duration,
};

/// How often to look at when the next STATE is due, at least: a state that becomes smaller is due earlier.
const STATE_CHECK: Duration = Duration::from_mins(1);

/// Reads `streams` one after the other, each from its state to the start of the sync, with one request in each `pace` in
/// every Region. Returns whether all of them are complete. Those that are not have been reported as INCOMPLETE, with what
/// failed.
///
/// # Errors
///
/// There are no credentials, a state can't be used, or stdout can't be written.
pub(crate) async fn sync_streams<W: Write>(
    config: &Config,
    streams: &[Stream],
    mut states: InputState,
    pace: Duration,
    output: &mut Output<W>,
) -> Result<bool, Stopped> {
    let regions = CloudTrail::connect(config, output.mask()).await?;
    if let Some(source) = regions.first().and_then(CloudTrail::credentials_source_name)
        && !streams.is_empty()
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let mut are_complete = true;
    for stream in streams {
        let settings = sync_settings(config, output);
        let (state, messages) = StreamState::open(states.take(*stream), settings).map_err(Failure::from)?;
        output.status(*stream, StreamStatus::Started)?;
        for (level, message) in messages {
            output.log(level, &message)?;
        }
        let writer = RefCell::new(StreamWriter::new(output, *stream, state, config.records_limit));
        let failures = read_regions(&regions, pace, &writer).await?;
        for failure in &failures {
            output.failure(failure, Some(*stream))?;
        }
        let is_complete = failures.is_empty();
        output.status(*stream, if is_complete { StreamStatus::Complete } else { StreamStatus::Incomplete })?;
        are_complete &= is_complete;
    }
    Ok(are_complete)
}

/// Reads everything that `writer` has left to read from `regions` side by side, each with one request in each `pace`. A
/// Region that fails does not stop the others. Returns what failed. The last STATE covers everything that was read.
///
/// # Errors
///
/// Stdout can't be written.
pub async fn read_regions<S: LookupEvents, W: Write>(
    regions: &[S],
    pace: Duration,
    writer: &RefCell<StreamWriter<'_, W>>,
) -> io::Result<Vec<Failure>> {
    let clock = ReadClock::start();
    let (bars, memory) = (ProgressBars::new(), MemoryBudget::default());
    let reads = regions.iter().map(async |source| {
        let writer = RegionWriter::new(writer, source.region());
        let mut reader = RegionReader::start(writer, pace, RegionBudget::new(&memory), bars.add(), clock)?;
        let result = match read_region(source, &mut reader, clock).await {
            Err(RegionStopped::Unwritable(error)) => return Err(error),
            Err(RegionStopped::Failed(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        let worked = reader.finish(result.as_ref().err())?;
        Ok(RegionResult { region: source.region(), worked, result })
    });
    let results = tokio::select! {
        results = try_join_all(reads) => results?,
        error = write_due_states(writer, clock) => return Err(error),
    };
    let failures = region_failures::failures(results);
    writer.borrow_mut().write_last_state(clock.now(), failures.is_empty())?;
    Ok(failures)
}

/// Reads one Region: waits for the pacer, asks the plan for requests, fetches pages, and hands them to `reader`, which
/// writes their records, covers the seconds that they complete, and writes a STATE if one is due.
async fn read_region<S: LookupEvents, W: Write>(
    source: &S,
    reader: &mut RegionReader<'_, '_, W>,
    clock: ReadClock,
) -> Result<(), RegionStopped> {
    let mut in_flight = FuturesUnordered::new();
    while !reader.is_finished() {
        let next = tokio::select! {
            biased;
            Some(outcome) = in_flight.next() => reader.apply(outcome)?,
            () = clock.sleep_until(reader.next_request()), if reader.may_send() => reader.send_request(),
            () = clock.sleep_until(reader.next_idle_check()) => {
                reader.check_idle()?;
                None
            }
        };
        in_flight.extend(next.map(|task| task.perform(source, clock)));
        reader.show_progress()?;
    }
    Ok(())
}

/// Writes a STATE whenever one is due, also while no page arrives. Returns the error when stdout can't be written.
async fn write_due_states<W: Write>(writer: &RefCell<StreamWriter<'_, W>>, clock: ReadClock) -> io::Error {
    loop {
        let due = writer.borrow().state_due_by();
        clock.sleep_until(due.min(clock.now() + STATE_CHECK)).await;
        if let Err(error) = writer.borrow_mut().write_state_if_due(clock.now()) {
            return error;
        }
    }
}

/// The settings of a sync that starts now.
fn sync_settings<W: Write>(config: &Config, output: &Output<W>) -> SyncSettings {
    let filter = config.filter.as_ref();
    SyncSettings {
        start: clock::epoch_seconds(),
        read_from: config.start,
        lookback: config.lookback,
        filter: filter.map(|filter| SavedFilter::new(filter, output.mask().hides(&filter.value))),
        regions: config.regions.clone(),
        max_loose_bytes: MAX_LOOSE_BYTES,
    }
}

#[cfg(test)]
mod tests;
