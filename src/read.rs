//! The story of a sync, from top to bottom: all streams side by side, the Regions of each, and the pages of each Region.
//!
//! These functions only say what comes after what, and they do all the waiting. What to ask, when, and what to do with
//! an answer is decided below them, in `sync/`, `plan/` and `pace/`.

use crate::{
    airbyte::{
        catalog::ConfiguredStream,
        output::Output,
        protocol::{Level, StreamStatus},
        stream::Stream,
    },
    cloudtrail::{lookup::LookupEvents, sdk::client::CloudTrail},
    config::resolved_config::Config,
    failure::Failure,
    pace::memory_budget::RegionBudget,
    partition::Partition,
    state::{
        input_state::InputState,
        log_messages::LogMessage,
        saved_filter::SavedFilter,
        saved_state::SavedState,
        stream_state::StreamState,
        sync_settings::{AccountsRead, MAX_STATE_BYTES, SyncSettings},
    },
    stopped::Stopped,
    sync::{
        read_clock::ReadClock,
        reader::RegionReader,
        record_settings::RecordSettings,
        region_failures::{self, RegionResult, RegionStopped},
        region_pace::RegionPace,
        resources::SyncResources,
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

/// Reads `streams` side by side, each from its state to the start of the sync, with one request in each `pace` in every
/// Region. Returns whether all of them are complete. Those that are not have been reported as INCOMPLETE, with what failed.
///
/// # Errors
///
/// There are no credentials, or stdout can't be written.
pub(crate) async fn sync_streams<W: Write>(
    config: &Config,
    streams: &[ConfiguredStream],
    mut states: InputState,
    pace: Duration,
    output: &Output<W>,
) -> Result<bool, Stopped> {
    let regions = CloudTrail::connect(config, output.mask()).await?;
    if let Some(source) = regions.first().and_then(CloudTrail::credentials_source_name)
        && !streams.is_empty()
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let resources = SyncResources::new(pace);
    let reads = streams.iter().map(|stream| {
        let state = states.take(stream.stream);
        sync_stream(config, *stream, state, &regions, &resources, output)
    });
    let are_complete = try_join_all(reads.collect::<Vec<_>>()).await?;
    Ok(are_complete.into_iter().all(|is_complete| is_complete))
}

/// Reads one stream, from `state` on. Returns whether it is complete. What failed has been reported.
async fn sync_stream<W: Write>(
    config: &Config,
    configured: ConfiguredStream,
    state: Option<SavedState<'static>>,
    regions: &[CloudTrail],
    resources: &SyncResources,
    output: &Output<W>,
) -> io::Result<bool> {
    let stream = configured.stream;
    output.status(stream, StreamStatus::Started)?;
    if let Some(warning) = configured.format_warning(config.event_format) {
        output.log(Level::Warn, &warning)?;
    }
    let failures = match open_stream(config, stream, state, resources.start, output) {
        Ok((state, messages)) => {
            for (level, message) in messages {
                output.log(level, &format!("{}: {message}", stream.name()))?;
            }
            let records = record_settings(config, stream);
            if let Some(line) = records.excluded_message() {
                output.log(Level::Info, &format!("{}: {line}", stream.name()))?;
            }
            let regions: Vec<_> = regions.iter().map(|region| region.reading(stream)).collect();
            let writer = RefCell::new(StreamWriter::new(output, stream, state, records));
            read_regions(&regions, resources, &writer).await?
        }
        Err(failure) => vec![failure],
    };
    for failure in &failures {
        output.failure(failure, Some(stream))?;
    }
    let is_complete = failures.is_empty();
    output.status(stream, if is_complete { StreamStatus::Complete } else { StreamStatus::Incomplete })?;
    Ok(is_complete)
}

/// Reads everything that `writer` has left to read from `regions` side by side, each at its pace in `resources`. A Region
/// that fails does not stop the others. Returns what failed. The last STATE covers everything that was read.
///
/// # Errors
///
/// Stdout can't be written.
pub async fn read_regions<S: LookupEvents, W: Write>(
    regions: &[S],
    resources: &SyncResources,
    writer: &RefCell<StreamWriter<'_, W>>,
) -> io::Result<Vec<Failure>> {
    let clock = resources.clock;
    let reads = regions.iter().map(async |source| {
        let (pace, writer) = (resources.pace(source.region()), RegionWriter::new(writer, source.region()));
        let (memory, bar) = (RegionBudget::new(&resources.memory), resources.bars.add());
        let mut reader = RegionReader::start(writer, &pace, memory, bar, clock)?;
        let result = match read_region(source, &pace, &mut reader, clock).await {
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

/// Reads one Region: waits for its turn in the Region's `pace`, asks the plan for requests, fetches pages, and hands them to
/// `reader`, which writes their records, covers the seconds that they complete, and writes a STATE if one is due.
async fn read_region<S: LookupEvents, W: Write>(
    source: &S,
    pace: &RegionPace,
    reader: &mut RegionReader<'_, '_, W>,
    clock: ReadClock,
) -> Result<(), RegionStopped> {
    let mut in_flight = FuturesUnordered::new();
    while !reader.is_finished() {
        let next = tokio::select! {
            biased;
            Some(outcome) = in_flight.next() => reader.apply(outcome)?,
            () = pace.next_turn(), if reader.may_send() => reader.send_request(),
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

/// Opens `state` for a sync of `stream` that started at `start`. Returns it with what to log about it.
fn open_stream<W: Write>(
    config: &Config,
    stream: Stream,
    state: Option<SavedState<'static>>,
    start: i64,
    output: &Output<W>,
) -> Result<(StreamState, Vec<LogMessage>), Failure> {
    let filter = config.filter_of(stream)?;
    let settings = SyncSettings {
        start,
        read_from: config.start,
        lookback: config.lookback_of(stream),
        filter: filter.map(|filter| SavedFilter::new(filter, output.mask().hides(&filter.value))),
        accounts: AccountsRead::One(None),
        partitions: config.regions.iter().map(|region| Partition { account: None, region: region.clone() }).collect(),
        max_bytes: MAX_STATE_BYTES,
    };
    Ok(StreamState::open(state, settings)?)
}

/// What the config says of the records of `stream`.
fn record_settings(config: &Config, stream: Stream) -> RecordSettings {
    RecordSettings {
        limit: config.records_limit,
        format: config.event_format,
        excluded_event_names: config.excluded_event_names_of(stream),
    }
}

#[cfg(test)]
mod tests;
