//! The story of a sync, from top to bottom: all streams side by side, the Regions of all accounts in turns, and the pages of
//! each Region.
//!
//! These functions only say what comes after what, and they do all the waiting. What to ask, when, and what to do with
//! an answer is decided below them, in `sync/`, `plan/` and `pace/`.

use crate::{
    accounts::Accounts,
    airbyte::{
        catalog::ConfiguredStream,
        output::Output,
        protocol::{Level, StreamStatus},
        stream::Stream,
    },
    cloudtrail::{
        lookup::{Event, LookupEvents},
        sdk::aws::Aws,
    },
    config::resolved_config::Config,
    failure::Failure,
    first_events::{FirstEvents, Patience, first_events},
    pace::memory_budget::RegionBudget,
    partition::{AccountId, Partition},
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
        partition_queue::PartitionQueue,
        read_clock::ReadClock,
        reader::RegionReader,
        record_settings::RecordSettings,
        region_failures::{self, RegionResult, RegionStopped, Told},
        region_pace::RegionPace,
        resources::SyncResources,
        stream_progress::{RegionProgress, StreamProgress},
        stream_writer::{RegionWriter, StreamWriter},
        turns,
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
/// How many events to look at to find out whose they are: a page. CloudTrail documents `recipientAccountId` as optional.
const EVENTS_TO_IDENTIFY: i32 = 50;

/// Reads `streams` side by side, each from its state to the start of the sync, with one request in each `pace` in every
/// Region of every account. Returns whether all of them are complete. Those that are not have been reported as INCOMPLETE,
/// with what failed.
///
/// # Errors
///
/// There are no credentials, the accounts can't be listed, or stdout can't be written.
pub(crate) async fn sync_streams<W: Write>(
    config: &Config,
    streams: &[ConfiguredStream],
    mut states: InputState,
    pace: Duration,
    output: &Output<W>,
) -> Result<bool, Stopped> {
    let aws = Aws::connect(config, output.mask()).await?;
    if let Some(source) = aws.credentials_source_name()
        && !streams.is_empty()
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let mut accounts = Accounts::find(config, &aws, usize::MAX).await?;
    let resources = SyncResources::new(pace);
    if accounts.read() == AccountsRead::One(None) && states.name_an_account() {
        accounts.identify(&account_of_credentials(&aws, &accounts, &resources).await?);
    }
    for warning in &accounts.warnings {
        output.log(Level::Warn, warning)?;
    }
    for failure in &accounts.failures {
        output.failure(failure, None)?;
    }
    let sync = Sync { config, aws: &aws, accounts: &accounts, resources: &resources, output };
    let reads = streams.iter().map(|stream| {
        let state = states.take(stream.stream);
        sync.stream(*stream, state)
    });
    let are_complete = try_join_all(reads.collect::<Vec<_>>()).await?;
    Ok(are_complete.into_iter().all(|is_complete| is_complete))
}

/// The account of the credentials, which is the one in whose event history they find any event. The first Region tells it,
/// or else any of the others.
async fn account_of_credentials(
    aws: &Aws,
    accounts: &Accounts,
    resources: &SyncResources,
) -> Result<AccountId, Failure> {
    let (partitions, mut results) = (accounts.partitions(), Vec::new());
    let (first, others) = partitions.split_at(partitions.len().min(1));
    for partitions in [first, others] {
        let asked = partitions.iter().map(async |partition| {
            let pace = resources.pace(partition);
            pace.next_turn().await;
            pace.request_sent();
            let source = accounts.open(aws, partition, Stream::ManagementEvents).of_all_events();
            (partition.clone(), first_events(&source, EVENTS_TO_IDENTIFY, Patience::SYNC).await)
        });
        let mut asked: FuturesUnordered<_> = asked.collect();
        while let Some((partition, answer)) = asked.next().await {
            let result = match answer {
                Ok(FirstEvents::Answered(events)) => match events.iter().find_map(Event::recipient_account) {
                    Some(account) => {
                        // From here on, the pace is that of this account.
                        resources.pace(&partition).next_turn().await;
                        return Ok(account);
                    }
                    None => Ok(()),
                },
                Ok(FirstEvents::Throttled(error)) => Err(error.into()),
                Err(error) => Err(error),
            };
            results.push(RegionResult { partition, worked: result.is_ok(), result });
        }
    }
    Err(region_failures::told(results, false).failures.into_iter().next().unwrap_or_else(|| {
        Failure::transient(
            "The state names an account, but CloudTrail returns no event that shows which account the credentials belong to. Try again later.",
        )
    }))
}

/// A sync, for all of its streams.
struct Sync<'a, W: Write> {
    config: &'a Config,
    aws: &'a Aws,
    accounts: &'a Accounts,
    resources: &'a SyncResources,
    output: &'a Output<W>,
}

impl<W: Write> Sync<'_, W> {
    /// Reads one stream, from `state` on. Returns whether it is complete. What failed has been reported.
    async fn stream(&self, configured: ConfiguredStream, state: Option<SavedState<'static>>) -> io::Result<bool> {
        let Self { config, output, .. } = self;
        let stream = configured.stream;
        output.status(stream, StreamStatus::Started)?;
        if let Some(warning) = configured.format_warning(config.event_format) {
            output.log(Level::Warn, &warning)?;
        }
        let (failures, warnings) = match self.open_stream(stream, state) {
            Ok((state, messages)) => {
                for (level, message) in messages {
                    output.log(level, &format!("{}: {message}", stream.name()))?;
                }
                let records = record_settings(config, stream);
                if let Some(line) = records.excluded_message() {
                    output.log(Level::Info, &format!("{}: {line}", stream.name()))?;
                }
                let writer = RefCell::new(StreamWriter::new(output, stream, state, records));
                let open = |partition: &Partition| self.accounts.open(self.aws, partition, stream);
                let partitions = self.accounts.partitions();
                let is_tolerant = self.accounts.are_an_organization;
                let ended = read_partitions(&partitions, open, is_tolerant, self.resources, &writer).await?;
                (ended.failures, ended.warnings)
            }
            Err(failure) => (vec![failure], Vec::new()),
        };
        for warning in &warnings {
            output.log(Level::Warn, &format!("{}: {warning}", stream.name()))?;
        }
        for failure in &failures {
            output.failure(failure, Some(stream))?;
        }
        let is_complete = failures.is_empty() && self.accounts.failures.is_empty();
        output.status(stream, if is_complete { StreamStatus::Complete } else { StreamStatus::Incomplete })?;
        Ok(is_complete)
    }

    /// Opens `state` for this sync of `stream`. Returns it with what to log about it.
    fn open_stream(
        &self,
        stream: Stream,
        state: Option<SavedState<'static>>,
    ) -> Result<(StreamState, Vec<LogMessage>), Failure> {
        let Self { config, output, accounts, resources, .. } = self;
        let filter = config.filter_of(stream)?;
        let settings = SyncSettings {
            start: resources.start,
            read_from: config.start,
            lookback: config.lookback_of(stream),
            filter: filter.map(|filter| SavedFilter::new(filter, output.mask().hides(&filter.value))),
            accounts: accounts.read(),
            partitions: accounts.partitions(),
            max_bytes: MAX_STATE_BYTES,
        };
        Ok(StreamState::open(state, settings)?)
    }
}

/// How the read of several Regions ended.
#[derive(Debug)]
pub struct Ended {
    /// What failed.
    pub failures: Vec<Failure>,
    /// What is wrong with single accounts and Regions of an organization.
    pub warnings: Vec<String>,
}

/// Reads everything that `writer` has left to read of `partitions`, some of them at a time, each at its pace in `resources`
/// and with the source that `open` returns. One that fails does not stop the others, and, if the read `is_tolerant`, is
/// only a warning if its account or Region is to blame. The last STATE covers everything that was read.
///
/// # Errors
///
/// Stdout can't be written.
pub async fn read_partitions<S: LookupEvents, W: Write>(
    partitions: &[Partition],
    open: impl Fn(&Partition) -> S,
    is_tolerant: bool,
    resources: &SyncResources,
    writer: &RefCell<StreamWriter<'_, W>>,
) -> io::Result<Ended> {
    let event_time = |partition| writer.borrow().event_time(partition).unwrap_or(i64::MAX);
    let queue = RefCell::new(PartitionQueue::new(partitions.iter().map(event_time)));
    let progress = StreamProgress::start(partitions, writer, &resources.bars)?;
    let results = RefCell::new(Vec::new());
    let read_in_turns = async || {
        while !queue.borrow().is_empty() {
            let _turn = resources.turns.next().await;
            let Some(next) = queue.borrow_mut().next() else { break };
            let partition = &partitions[next.number];
            let others_wait = || !queue.borrow().is_empty() || resources.turns.are_awaited();
            match take_turn(&open(partition), resources, writer, progress.of(next.number), others_wait).await? {
                Some(result) => results.borrow_mut().push(result),
                None => queue.borrow_mut().put_back(next, event_time(partition)),
            }
        }
        Ok::<(), io::Error>(())
    };
    let turns = (0..turns::MOST_AT_ONCE.min(partitions.len())).map(|_| read_in_turns());
    tokio::select! {
        biased;
        ended = try_join_all(turns) => ended?,
        error = write_due_states(writer, resources.clock) => return Err(error),
        error = progress.show_when_due(writer, resources.clock) => return Err(error),
    };
    progress.sum_up(resources.clock.now(), writer)?;
    let Told { failures, warnings } = region_failures::told(results.into_inner(), is_tolerant);
    writer.borrow_mut().write_last_state(resources.clock.now(), failures.is_empty())?;
    Ok(Ended { failures, warnings })
}

/// Reads the partition of `source` to its end or, if `others_wait`, until its turn is over. Returns how it ended; none if it
/// needs another turn.
async fn take_turn<S: LookupEvents, W: Write>(
    source: &S,
    resources: &SyncResources,
    writer: &RefCell<StreamWriter<'_, W>>,
    progress: RegionProgress<'_>,
    others_wait: impl Fn() -> bool,
) -> io::Result<Option<RegionResult<()>>> {
    let (clock, partition) = (resources.clock, source.partition());
    let (pace, writer) = (resources.pace(partition), RegionWriter::new(writer, partition));
    let memory = RegionBudget::new(&resources.memory);
    let mut reader = RegionReader::start(writer, &pace, memory, progress, clock)?;
    let end = clock.now() + turns::LENGTH;
    let is_over = || clock.now() >= end && others_wait();
    let result = match read_region(source, &pace, &mut reader, clock, is_over).await {
        Err(RegionStopped::Unwritable(error)) => return Err(error),
        Err(RegionStopped::Failed(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    if result.is_ok() && !reader.is_finished() {
        reader.end_turn();
        return Ok(None);
    }
    let worked = reader.finish(result.as_ref().err())?;
    Ok(Some(RegionResult { partition: partition.clone(), worked, result }))
}

/// Reads one Region, to its end or until the turn `is_over`: waits for its time in the Region's `pace`, asks the plan for
/// requests, fetches pages, and hands them to `reader`, which writes their records, covers the seconds that they complete,
/// and writes a STATE if one is due.
async fn read_region<S: LookupEvents, W: Write>(
    source: &S,
    pace: &RegionPace,
    reader: &mut RegionReader<'_, '_, W>,
    clock: ReadClock,
    is_over: impl Fn() -> bool,
) -> Result<(), RegionStopped> {
    let mut in_flight = FuturesUnordered::new();
    while !reader.is_finished() {
        let is_over = is_over() && reader.has_advanced();
        if is_over && in_flight.is_empty() {
            break;
        }
        let next = tokio::select! {
            biased;
            Some(outcome) = in_flight.next() => reader.apply(outcome)?,
            () = pace.next_turn(), if !is_over && reader.may_send() => reader.send_request(),
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
