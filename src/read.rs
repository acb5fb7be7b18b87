//! `read`: every configured stream, from its state to the start of the sync.

use crate::{
    airbyte::{
        output::Output,
        protocol::{Level, StreamStatus},
        stream::Stream,
    },
    clock,
    cloudtrail::sdk::client::CloudTrail,
    config::Config,
    failure::Stopped,
    state::{
        input_state::InputState,
        saved_filter::SavedFilter,
        stream_state::StreamState,
        sync_settings::{MAX_LOOSE_BYTES, SyncSettings},
    },
    sync::{regions, stream_writer::StreamWriter},
};
use std::{cell::RefCell, io::Write, time::Duration};

/// Reads `streams`, one after the other, with one request each `pace` in every Region. Returns whether all of them were
/// read to their end; those that were not have been reported, with what went wrong, as INCOMPLETE.
///
/// # Errors
///
/// Where there are no credentials, a state can't be used, or stdout takes no more.
pub(crate) async fn read<W: Write>(
    config: &Config,
    streams: &[Stream],
    mut state: InputState,
    pace: Duration,
    output: &mut Output<W>,
) -> Result<bool, Stopped> {
    let sources = CloudTrail::connect(config, output.mask()).await?;
    if let Some(source) = sources.first().and_then(CloudTrail::credentials_source)
        && !streams.is_empty()
    {
        output.log(Level::Info, &format!("AWS credentials: {source}."))?;
    }
    let mask = output.mask();
    let saved = config.filter.as_ref().map(|filter| SavedFilter::new(filter, mask.hides(&filter.value)));
    let mut is_whole = true;
    for stream in streams {
        let sync = SyncSettings {
            start: clock::epoch_seconds(),
            read_from: config.start,
            lookback: config.lookback,
            filter: saved.clone(),
            regions: config.regions.clone(),
            room: MAX_LOOSE_BYTES,
        };
        let (state, notes) = StreamState::open(state.take(*stream), sync)?;
        output.status(*stream, StreamStatus::Started)?;
        for (level, note) in notes {
            output.log(level, &note)?;
        }
        let delivery = RefCell::new(StreamWriter::new(output, *stream, state, config.records_limit));
        let failures = regions::read(&sources, pace, &delivery).await?;
        drop(delivery);
        for failure in &failures {
            output.failure(failure, Some(*stream))?;
        }
        let status = if failures.is_empty() { StreamStatus::Complete } else { StreamStatus::Incomplete };
        output.status(*stream, status)?;
        is_whole &= failures.is_empty();
    }
    Ok(is_whole)
}
