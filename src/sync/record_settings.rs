//! What the config says of the records of a stream. Pure.

use crate::{airbyte::event_format::EventFormat, cloudtrail::lookup::Event};
use std::collections::BTreeSet;

/// What the config says of the records of a stream.
#[derive(Clone, Debug, Default)]
pub struct RecordSettings {
    /// After how many records to stop.
    pub limit: Option<u64>,
    /// How `CloudTrailEvent` is delivered.
    pub format: EventFormat,
    /// The names of the events that are left out.
    pub excluded_event_names: BTreeSet<String>,
}

impl RecordSettings {
    /// Whether the user wants to leave out `event`. For coverage, there is no such event.
    #[must_use]
    pub(super) fn excludes(&self, event: &Event) -> bool {
        event.event_name.as_ref().is_some_and(|name| self.excluded_event_names.contains(name.text().as_ref()))
    }

    /// What to log about the events that are left out, if any are.
    pub(crate) fn excluded_message(&self) -> Option<String> {
        let names: Vec<&str> = self.excluded_event_names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("Excluded event names: {}.", names.join(", ")))
    }
}
