//! The cursor in a state.

use serde::Deserialize;
use serde_json::Value;

/// A cursor, in seconds since the epoch. Earlier connectors wrote an integer, a float, or a numeric string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct EventTime {
    epoch_seconds: i64,
}

impl EventTime {
    pub(super) fn epoch_seconds(self) -> i64 {
        self.epoch_seconds
    }
}

impl TryFrom<Value> for EventTime {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let epoch_seconds = match &value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(whole)),
            _ => None,
        };
        let epoch_seconds = epoch_seconds.ok_or("EventTime is not a number of seconds since 1970")?;
        Ok(Self { epoch_seconds })
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, as it should: a time that is so far off is only compared"
)]
fn whole(number: f64) -> Option<i64> {
    number.is_finite().then(|| number.floor() as i64)
}
