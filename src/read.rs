//! `read`: every configured stream, from its state to the start of the sync.

use crate::{
    clock,
    cloudtrail::sdk::CloudTrail,
    config::Config,
    delivery::Delivery,
    failure::Stopped,
    output::Output,
    pacer::Pacer,
    protocol::{Level, StreamStatus},
    reader,
    seconds::Seconds,
    state::{InputState, StreamState, Sync},
    stream::Stream,
};
use std::{io::Write, time::Duration};

/// Reads `streams`, one after the other, with one request each `pace`.
///
/// # Errors
///
/// At the first stream that could not be read to its end. Where that was while reading, it has been reported as
/// INCOMPLETE; else its state can't be used, or stdout takes no more.
pub async fn read<W: Write>(
    config: &Config,
    streams: &[Stream],
    state: &InputState,
    pace: Duration,
    output: &mut Output<W>,
) -> Result<(), Stopped> {
    let source = CloudTrail::connect(config).await;
    for stream in streams {
        let sync = Sync {
            start: clock::epoch_seconds(),
            read_from: config.start,
            lookback: config.lookback,
            filter: config.filter.as_ref().map(ToString::to_string),
            region: config.region.clone(),
        };
        let (state, notes) = StreamState::open(state.of(*stream), sync)?;
        output.status(*stream, StreamStatus::Started)?;
        for (level, note) in notes {
            output.log(level, &note)?;
        }
        let mut delivery = Delivery::new(output, *stream, state, config.records_limit);
        let unread: i64 = delivery.unread().into_iter().map(Seconds::count).sum();
        delivery.log(Level::Info, &format!("Reading {} in {}: {}.", stream.name(), config.region, span(unread)))?;
        let ended = reader::read(&source, &config.region, Pacer::new(pace), &mut delivery).await;
        let failure = match ended {
            Err(Stopped::Failed(failure)) => Some(failure),
            ended => ended.map(|()| None)?,
        };
        let (records, pages, forgotten) = (delivery.records(), delivery.pages(), delivery.forgotten());
        output.log(
            Level::Info,
            &format!("Read {} in {}: {records} records from {pages} pages.", stream.name(), config.region),
        )?;
        if forgotten > 0 {
            output.log(Level::Warn, &format!(
                "More events are younger than the lookback window than a state can name: {forgotten} of them may come once more and are removed by the primary key. A shorter lookback_window_minutes avoids that."
            ))?;
        }
        if let Some(failure) = failure {
            output.failure(&failure, Some(*stream))?;
            output.status(*stream, StreamStatus::Incomplete)?;
            return Err(Stopped::Reported);
        }
        output.status(*stream, StreamStatus::Complete)?;
    }
    Ok(())
}

fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days} days, {hours} hours and {minutes} minutes are left to read")
}
