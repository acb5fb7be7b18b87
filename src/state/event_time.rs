//! The cursor in a state.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A cursor, in seconds since the epoch. Earlier connectors wrote an integer, a float, or a numeric string; a state that
/// is passed on keeps that form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(super) struct EventTime {
    epoch_seconds: i64,
    form: Value,
}

impl EventTime {
    pub(super) fn epoch_seconds(&self) -> i64 {
        self.epoch_seconds
    }
}

impl TryFrom<Value> for EventTime {
    type Error = &'static str;

    fn try_from(form: Value) -> Result<Self, Self::Error> {
        let epoch_seconds = match &form {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(whole)),
            _ => None,
        };
        let epoch_seconds = epoch_seconds.ok_or("EventTime is not a number of seconds since 1970")?;
        Ok(Self { epoch_seconds, form })
    }
}

impl From<i64> for EventTime {
    fn from(epoch_seconds: i64) -> Self {
        Self { epoch_seconds, form: epoch_seconds.into() }
    }
}

impl From<EventTime> for Value {
    fn from(event_time: EventTime) -> Self {
        event_time.form
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, as it should: a time that is so far off is only compared"
)]
fn whole(number: f64) -> Option<i64> {
    number.is_finite().then(|| number.floor() as i64)
}
