//! When a STATE is due.
//!
//! What was written after the last STATE comes again if a sync is stopped, so states should be frequent. But each one
//! names every loose event, up to 1 MiB of them, and the platform stores it. So a large state has to wait until many
//! times its size of records has been written, which keeps states below 5 % of what a long read writes.
//!
//! Pure: it is told the time, as the time since the read began.

use std::time::Duration;

/// After how many records a STATE is due.
const RECORDS: u64 = 2500;
/// How many times its own size of records a STATE waits for. 2.5 %, because large states also come by time and at the
/// end.
const TIMES_ITS_SIZE: usize = 40;
/// After how much time a STATE is due, whatever was written: the platform takes one for a sign of life, too.
const TIME: Duration = Duration::from_mins(1);
/// How many bytes of states may be written for each such time.
const SIZE_FOR_TIME: u32 = 16 << 10;

/// What was written since the last STATE.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    records: u64,
    bytes: usize,
    /// When the last STATE was written, or the read began.
    at: Duration,
}

impl Checkpoint {
    /// Counts a record of so many bytes.
    pub(super) fn record_written(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Starts anew, because a STATE is written at `now`.
    pub(super) fn state_written(&mut self, now: Duration) {
        *self = Self { at: now, ..Self::default() };
    }

    /// Whether a STATE of `size` bytes is due at `now`.
    #[must_use]
    pub(super) fn is_due(&self, size: usize, now: Duration) -> bool {
        let is_paid_for = self.records >= RECORDS && self.bytes >= size.saturating_mul(TIMES_ITS_SIZE);
        is_paid_for || now >= self.due_by(size)
    }

    /// When a STATE of `size` bytes is due at the latest.
    #[must_use]
    pub(super) fn due_by(&self, size: usize) -> Duration {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.at + TIME.mul_f64((f64::from(size) / f64::from(SIZE_FOR_TIME)).max(1.0))
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
        let (soon, minute) = (Duration::from_secs(59), Duration::from_mins(1));
        assert!(!after(2_499, 2_000).is_due(SMALL, soon) && after(2_500, 2_000).is_due(SMALL, soon));
        assert!(after(0, 0).is_due(SMALL, minute));
        let mut checkpoint = after(2_500, 2_000);
        checkpoint.state_written(soon);
        assert!(!checkpoint.is_due(SMALL, minute) && checkpoint.is_due(SMALL, soon + minute));
    }

    #[test]
    fn a_large_state_waits_for_records_or_longer() {
        let minutes = |count| Duration::from_mins(count);
        assert!(!after(10_000, 2_300).is_due(MIB, minutes(2)) && after(20_000, 2_300).is_due(MIB, minutes(2)));
        assert!(!after(10, 2_300).is_due(MIB, minutes(63)) && after(10, 2_300).is_due(MIB, minutes(64)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        /// A read as fast as CloudTrail allows, or slower, of 20,000 records and more, whose state has some size from
        /// the start and grows by each record: states are at most 5 % of the bytes of records.
        #[test]
        fn states_are_a_twentieth_of_a_long_read(
            records in 20_000..60_000_usize, of_bytes in 2_000..4_000_usize, known in 0..90_000_usize,
            young in 0..90_000_usize, a_second in 20..100_u64,
        ) {
            let (mut checkpoint, mut states, mut now) = (Checkpoint::default(), 0, Duration::ZERO);
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
