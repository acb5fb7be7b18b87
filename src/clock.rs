//! The one place where the wall clock is read.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in milliseconds since the epoch; 0 for a clock set before 1970.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn epoch_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Now, in whole seconds since the epoch.
#[must_use]
pub fn epoch_seconds() -> i64 {
    epoch_millis() / 1000
}
