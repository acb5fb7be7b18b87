//! What a state says of one Region, in the forms that this connector and the ones before it wrote.

use crate::{
    coverage::{loose_events::LooseEvents, region_coverage::SavedCoverage, seconds::SecondRange},
    failure::Failure,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The failure for a state that can't be used because of `what`.
pub(super) fn unusable(what: &str) -> Failure {
    Failure::config(format!(
        "The state can't be used: {what}. Pass a state that this connector wrote, or none to read everything again."
    ))
}

/// The entry of one Region.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What has been emitted.
    pub(super) coverage: SavedCoverage<'static>,
    /// The filter that the events were read with. Up to version 0.2.0, a state had one for all Regions beside them.
    pub(super) filter: Option<String>,
}

impl Entry {
    /// The entry `saved` of the Region `name`. Unknown fields are ignored, and a null is the same as absent.
    ///
    /// # Errors
    ///
    /// A config error where it can't be understood.
    pub(super) fn read(name: &str, saved: &Value) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Form {
            #[serde(rename = "EventTime", default)]
            event_time: Value,
            covered: Option<Vec<SecondRange>>,
            loose: Option<LooseEvents>,
            filter: Option<String>,
        }
        let of_region = |what: &str| unusable(&format!("in what it says of {name}, {what}"));
        if !saved.is_object() {
            return Err(of_region("there is no object"));
        }
        let form = Form::deserialize(saved).map_err(|error| of_region(&error.to_string()))?;
        let coverage = SavedCoverage {
            event_time: event_time(&form.event_time)?,
            covered: form.covered.unwrap_or_default(),
            loose: Cow::Owned(form.loose.unwrap_or_default()),
        };
        Ok(Self { coverage, filter: form.filter })
    }
}

/// The cursor of `state`, the whole or a Region's, where it has one that can be read.
pub(super) fn cursor_of(state: &Map<String, Value>) -> Option<i64> {
    event_time(state.get("EventTime")?).ok()
}

/// A cursor, in the forms that the old connectors wrote: an integer, a float or a numeric text.
pub(super) fn event_time(value: &Value) -> Result<i64, Failure> {
    let number = match value {
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().and_then(seconds), Some),
        Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(seconds)),
        _ => None,
    };
    number.ok_or_else(|| unusable("its EventTime is not a number of seconds since 1970"))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a cast that saturates is what is wanted: any time so far off is just that"
)]
fn seconds(number: f64) -> Option<i64> {
    number.is_finite().then(|| number.floor() as i64)
}
