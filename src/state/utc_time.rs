//! Points in time in the form that users read.

use chrono::DateTime;

/// A second since the epoch as a UTC time, such as `2026-01-31T23:59:59Z`.
pub(crate) fn utc_time(epoch_seconds: i64) -> String {
    formatted(epoch_seconds, "%Y-%m-%dT%H:%M:%SZ")
}

/// The UTC date of a second since the epoch, in the form of `start_date`.
pub(super) fn utc_date(epoch_seconds: i64) -> String {
    formatted(epoch_seconds, "%Y-%m-%d")
}

/// A second that lies outside of all calendars is written as a number.
fn formatted(epoch_seconds: i64, format: &str) -> String {
    DateTime::from_timestamp(epoch_seconds, 0)
        .map_or_else(|| epoch_seconds.to_string(), |time| time.format(format).to_string())
}
