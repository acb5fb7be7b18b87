//! Warnings that many Regions can have. The first few are told at once, each in a line of its own; the others are summed up
//! at the end. Pure.

use super::{messages, names::Names};

/// How many warnings of a kind are told at once.
const AT_ONCE: u32 = 3;

/// The warnings of the Regions of a stream.
#[derive(Debug, Default)]
pub(super) struct SharedWarnings {
    out_of_order: Told,
    backlog: Told,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Topic {
    /// Events were out of order.
    OutOfOrder,
    /// The read does not keep up with the events that are recorded.
    Backlog,
}

/// The Regions that have a warning.
#[derive(Debug, Default)]
struct Told {
    at_once: u32,
    later: Names,
}

impl SharedWarnings {
    /// Whether to tell the warning about `topic` in the Region `label` now. If not, it is among those that
    /// [`at_end`](Self::at_end) sums up.
    pub(super) fn is_told_now(&mut self, topic: Topic, label: &str) -> bool {
        let told = match topic {
            Topic::OutOfOrder => &mut self.out_of_order,
            Topic::Backlog => &mut self.backlog,
        };
        if told.at_once < AT_ONCE {
            told.at_once += 1;
            return true;
        }
        told.later.add(label);
        false
    }

    /// The warnings that are left for the end.
    pub(super) fn at_end(&self) -> impl Iterator<Item = String> {
        let out_of_order =
            (self.out_of_order.later.count() > 0).then(|| messages::out_of_order_in_more(&self.out_of_order.later));
        let backlog = (self.backlog.later.count() > 0).then(|| messages::backlog_in_more(&self.backlog.later));
        out_of_order.into_iter().chain(backlog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_told_at_once_and_the_others_together_at_the_end() {
        let mut warnings = SharedWarnings::default();
        let told = (0..8).filter(|nth| warnings.is_told_now(Topic::OutOfOrder, &format!("r{nth}")));
        assert_eq!(told.collect::<Vec<_>>(), [0, 1, 2]);
        assert!(warnings.is_told_now(Topic::Backlog, "r0"), "each kind counts by itself");
        let out_of_order = "CloudTrail returned events out of order in 5 more Regions: r3, r4, r5 and 2 more. They were written, and the rest of their time spans was read again.";
        assert_eq!(warnings.at_end().collect::<Vec<_>>(), [out_of_order]);
        let told = (0..3).filter(|nth| warnings.is_told_now(Topic::Backlog, &format!("r{nth}")));
        assert_eq!(told.count(), 2);
        let backlog = "This sync can't keep up, or barely keeps up, in 1 more Region: r2. About as many events";
        assert!(warnings.at_end().last().unwrap().starts_with(backlog), "{:?}", warnings.at_end().last());
    }
}
