//! Which Region of which account is read next.
//!
//! The least advanced one is next, because its unread events are the first to leave CloudTrail's history of 90 days. But one
//! that has had fewer turns comes before it, so that none starves: a new account with years of activity would otherwise hold
//! up all others for as long as it takes to read it.
//!
//! Pure.

use std::collections::BTreeSet;

/// What waits to be read.
#[derive(Debug, Default)]
pub(crate) struct PartitionQueue(BTreeSet<Waiting>);

/// One Region of one account that waits. The order of the fields is that of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waiting {
    /// How many turns it has had.
    pub(crate) turns: u32,
    /// The second up to which all its events have been read, in seconds since the epoch.
    pub(crate) event_time: i64,
    /// Its number in the list of all of them.
    pub(crate) number: usize,
}

impl PartitionQueue {
    /// A queue in which all wait for their first turn, each with its cursor, in the order of their numbers.
    pub(crate) fn new(event_times: impl IntoIterator<Item = i64>) -> Self {
        let waiting = event_times.into_iter().enumerate();
        Self(waiting.map(|(number, event_time)| Waiting { turns: 0, event_time, number }).collect())
    }

    /// Takes out the one whose turn it is.
    pub(crate) fn next(&mut self) -> Option<Waiting> {
        self.0.pop_first()
    }

    /// Puts back the one that has had a `turn` and has been read up to `event_time`.
    pub(crate) fn put_back(&mut self, turn: Waiting, event_time: i64) {
        self.0.insert(Waiting { turns: turn.turns + 1, event_time, ..turn });
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever their cursors are and however they advance, none gets a second turn before all have had a first one, and
        /// among equals the least advanced comes first.
        #[test]
        fn turns_are_equal_and_the_least_advanced_comes_first(
            event_times in prop::collection::vec(0_i64..1_000, 1..40),
            advances in prop::collection::vec(0_i64..1_000, 120),
        ) {
            let mut queue = PartitionQueue::new(event_times.iter().copied());
            let (mut turns, mut cursors) = (vec![0_u32; event_times.len()], event_times);
            for advance in advances {
                let next = queue.next().unwrap();
                prop_assert_eq!(next.event_time, cursors[next.number]);
                let waiting = (0..turns.len()).filter(|number| *number != next.number);
                for other in waiting {
                    prop_assert!((turns[next.number], cursors[next.number]) <= (turns[other], cursors[other]));
                }
                turns[next.number] += 1;
                cursors[next.number] += advance;
                queue.put_back(next, cursors[next.number]);
            }
        }
    }

    #[test]
    fn what_is_not_put_back_is_done() {
        let mut queue = PartitionQueue::new([5, 3, 5]);
        let order: Vec<usize> = std::iter::from_fn(|| queue.next()).map(|next| next.number).collect();
        assert_eq!(order, [1, 0, 2]);
        assert!(queue.is_empty());
    }
}
