//! The receiving end of syncs: a destination that commits the records before the last STATE that it has received, and a
//! simple interpretation of each STATE, which is compared with the records that were written.

use super::service::{Event, REGIONS};
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::Value;
use source_aws_cloudtrail::{
    airbyte::stream::Stream,
    coverage::event_digest::EventDigest,
    state::{input_state::InputState, saved_state::SavedState, stream_state::StreamState, sync_settings::SyncSettings},
};
use std::collections::BTreeSet;

/// What a STATE tells about one Region, interpreted second by second.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The covered ranges, sorted and joined.
    covered: Vec<(i64, i64)>,
    loose: BTreeSet<(i64, EventDigest)>,
}

impl Claim {
    pub(crate) fn of(state: &Value, region: &str) -> Self {
        let entry = &state["regions"][region];
        let until = entry["EventTime"].as_i64().map(|until| (i64::MIN, until));
        let pair = |range: &Value| (range[0].as_i64().unwrap(), range[1].as_i64().unwrap());
        let mut ranges: Vec<(i64, i64)> =
            until.into_iter().chain(entry["covered"].as_array().into_iter().flatten().map(pair)).collect();
        ranges.sort_unstable();
        let mut covered: Vec<(i64, i64)> = Vec::new();
        for (first, last) in ranges {
            match covered.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => covered.push((first, last)),
            }
        }
        let mut loose = BTreeSet::new();
        for (second, ids) in entry["loose"].as_object().into_iter().flatten() {
            let second = second.parse().unwrap();
            loose.extend(EventDigest::split(ids.as_str().unwrap()).unwrap().into_iter().map(|id| (second, id)));
        }
        Self { covered, loose }
    }

    pub(crate) fn covers(&self, second: i64) -> bool {
        self.covered.iter().any(|(first, last)| (*first..=*last).contains(&second))
    }

    fn has(&self, event: &Event) -> bool {
        self.covers(event.second) || self.loose.contains(&(event.second, event.digest))
    }
}

/// The records that were committed, and the last STATE with them.
#[derive(Default)]
pub(crate) struct Destination {
    committed: BTreeSet<String>,
    state: Option<Value>,
}

impl Destination {
    /// The state to start the next sync from.
    pub(crate) fn state(&self) -> Option<SavedState<'static>> {
        self.state.as_ref().and_then(resumed)
    }

    pub(crate) fn has(&self, event: &Event) -> bool {
        self.committed.contains(&event.id)
    }

    /// Receives the messages of one sync, as far as they arrived. Each STATE must tell of exactly the events that were
    /// written before it, in this sync or in those before, and no event may be written twice.
    pub(crate) fn receive(
        &mut self,
        lines: &[Value],
        events: &[Event],
        settings: &SyncSettings,
    ) -> Result<(), TestCaseError> {
        let mut written = self.committed.clone();
        let mut since_state = 0.0;
        for line in lines {
            if let Some(id) = line["record"]["data"]["EventId"].as_str() {
                prop_assert!(written.insert(id.to_owned()), "{id} was written twice");
                since_state += 1.0;
            } else if line["type"] == "STATE" {
                prop_assert_eq!(line["state"]["sourceStats"]["recordCount"].as_f64(), Some(since_state));
                since_state = 0.0;
                check_against_written(line, &written, events)?;
                check_resumed(line, settings)?;
                self.committed.clone_from(&written);
                self.state = Some(line.clone());
            }
        }
        Ok(())
    }
}

fn stream_state(line: &Value) -> &Value {
    &line["state"]["stream"]["stream_state"]
}

/// The state of a STATE message, as the next sync receives it.
fn resumed(line: &Value) -> Option<SavedState<'static>> {
    InputState::parse(&line.to_string()).unwrap().take(Stream::ManagementEvents)
}

fn check_against_written(line: &Value, written: &BTreeSet<String>, events: &[Event]) -> Result<(), TestCaseError> {
    for region in REGIONS {
        let claim = Claim::of(stream_state(line), region);
        for event in events.iter().filter(|event| event.region == region) {
            let is_written = written.contains(&event.id);
            prop_assert_eq!(claim.has(event), is_written, "{:?}, written: {}, in {}", event, is_written, line);
        }
    }
    Ok(())
}

fn check_resumed(line: &Value, settings: &SyncSettings) -> Result<(), TestCaseError> {
    let (state, _) = StreamState::open(resumed(line), settings.clone()).unwrap();
    let again = serde_json::to_value(&state).unwrap();
    for region in REGIONS.iter().filter(|region| stream_state(line)["regions"].get(region).is_some()) {
        prop_assert_eq!(Claim::of(&again, region), Claim::of(stream_state(line), region), "{}", line);
    }
    Ok(())
}
