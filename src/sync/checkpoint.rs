//! When a STATE is due.
//!
//! If a sync is stopped, the records after its last STATE are read and written again, so a STATE should be written often.
//! But each one names every loose event, with up to 1 MiB, and the platform stores it. So a large STATE waits until many
//! times its size of records has been written. That keeps states below 5 % of what a long read writes.
//!
//! Pure: it is told the time.

use crate::pace::elapsed::Elapsed;
use std::time::Duration;

/// After how many records a STATE is due: 25 s at CloudTrail's 100 events a second, which is what a kill costs.
const RECORDS_PER_STATE: u64 = 2500;
/// How many times its own size of records a STATE waits for. That alone would be 2.5 %; large states are also written
/// after some time and at the end.
const RECORD_BYTES_PER_STATE_BYTE: usize = 40;
/// After how much time a STATE is due, however few records were written: the platform also takes it as a sign of life.
const TIME_PER_STATE: Duration = Duration::from_mins(1);
/// How many bytes of states may be written in each such time.
const STATE_BYTES_PER_TIME: u32 = 16 << 10;

/// What was written since the last STATE.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    records: u64,
    bytes: usize,
    /// When the last STATE was written, or the read began.
    at: Elapsed,
}

impl Checkpoint {
    /// Counts a record of `bytes`.
    pub(super) fn record_written(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Starts over, because a STATE is written at `now`.
    pub(super) fn state_written(&mut self, now: Elapsed) {
        *self = Self { at: now, ..Self::default() };
    }

    /// Whether a STATE of `size` bytes is due at `now`.
    #[must_use]
    pub(super) fn is_due(&self, size: usize, now: Elapsed) -> bool {
        let has_enough_records =
            self.records >= RECORDS_PER_STATE && self.bytes >= size.saturating_mul(RECORD_BYTES_PER_STATE_BYTE);
        has_enough_records || now >= self.due_by(size)
    }

    /// When a STATE of `size` bytes is due at the latest.
    #[must_use]
    pub(super) fn due_by(&self, size: usize) -> Elapsed {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.at + TIME_PER_STATE.mul_f64((f64::from(size) / f64::from(STATE_BYTES_PER_TIME)).max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: usize = 1_000;
    const MIB: usize = 1 << 20;

    fn after(records: usize, of_bytes: usize) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        (0..records).for_each(|_| checkpoint.record_written(of_bytes));
        checkpoint
    }

    #[test]
    fn a_small_state_is_due_after_2500_records_or_a_minute() {
        let (soon, minute) = (Elapsed::START + Duration::from_secs(59), Elapsed::START + Duration::from_mins(1));
        assert!(!after(2_499, 2_000).is_due(SMALL, soon) && after(2_500, 2_000).is_due(SMALL, soon));
        assert!(after(0, 0).is_due(SMALL, minute));
        let mut checkpoint = after(2_500, 2_000);
        checkpoint.state_written(soon);
        assert!(!checkpoint.is_due(SMALL, minute) && checkpoint.is_due(SMALL, soon + Duration::from_mins(1)));
    }

    #[test]
    fn a_large_state_waits_for_more_records_or_more_time() {
        let minutes = |count| Elapsed::START + Duration::from_mins(count);
        assert!(!after(10_000, 2_300).is_due(MIB, minutes(2)) && after(20_000, 2_300).is_due(MIB, minutes(2)));
        assert!(!after(10, 2_300).is_due(MIB, minutes(63)) && after(10, 2_300).is_due(MIB, minutes(64)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        /// A read of 20,000 records or more, as fast as CloudTrail allows or slower, whose state has some size from the
        /// start and grows with each record: states have at most 5 % of the bytes of records.
        #[test]
        fn states_are_less_than_a_twentieth_of_a_long_read(
            records in 20_000..60_000_usize, of_bytes in 2_000..4_000_usize, known in 0..90_000_usize,
            young in 0..90_000_usize, a_second in 20..100_u64,
        ) {
            let (mut checkpoint, mut states, mut now) = (Checkpoint::default(), 0, Elapsed::START);
            let size = |written: usize| (11 * (known + written.min(young))).min(MIB);
            for written in 1..=records {
                now += Duration::from_secs(1) / u32::try_from(a_second).unwrap();
                checkpoint.record_written(of_bytes);
                if checkpoint.is_due(size(written), now) {
                    states += size(written);
                    checkpoint.state_written(now);
                }
            }
            states += size(records);
            let share = 100 * states / (records * of_bytes);
            prop_assert!(share < 5, "{share} % of states");
        }
    }
}
