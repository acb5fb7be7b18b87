//! How many of something there are per second. Pure.

use std::time::Duration;

/// How many a second `count` in `time` are. A `time` of zero counts as the shortest one there is.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below the precision of f64")]
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn a_count_over_a_time_is_a_rate() {
        assert_eq!(per_second(90, Duration::from_mins(1)), 1.5);
        assert_eq!(per_second(0, Duration::ZERO), 0.0);
    }
}
