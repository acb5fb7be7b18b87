//! How many events are believed to be in seconds that nobody has read.
//!
//! Events come in bursts of any length, with silences of any length in between, so no one density holds. What is
//! unread is believed to be one half like what was read next to it, and one half like all that was read: the former
//! knows a burst that goes on, the latter that there are other bursts further down.
//!
//! What was read next to an unread stretch is its mirror: so far below as the burst was above, its like may be. It is
//! stretched to twice its length, because to look too far costs one request, and not to look far enough leaves a long
//! chain for the end. A single page says little of 90 days, so beyond as many seconds as were read at all, four times as
//! many are believed to hold but twice as much.

/// Some seconds that were read, and how many events were in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stretch {
    seconds: f64,
    events: f64,
}

impl Stretch {
    /// Adds what one page has brought.
    pub(super) fn add(&mut self, seconds: i64, events: usize) {
        self.seconds += float(seconds);
        self.events += float(events);
    }

    /// How many events are believed to be in `seconds` that are like these.
    fn within(self, seconds: f64) -> f64 {
        let known = self.seconds.max(1.0);
        if seconds <= known { self.events * seconds / known } else { self.events * (seconds / known).sqrt() }
    }
}

/// What was read above an unread stretch, nearest last, in some dozens of parts: the further away, the longer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History(Vec<Stretch>);

impl History {
    /// Whether nothing was read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a page with events at `times`, newest first, of a chain that was at the second `from`.
    pub(super) fn read(&mut self, from: i64, times: &[i64]) {
        let mut from = from;
        for second in times.chunk_by(|a, b| a == b) {
            // What is newer than the chain's place has been read before.
            self.0.push(Stretch { seconds: float((from - second[0]).max(0)), events: float(second.len()) });
            from = from.min(second[0]);
        }
        self.merge();
    }

    /// Adds seconds in which nothing was found.
    pub(super) fn read_silence(&mut self, seconds: i64) {
        self.0.push(Stretch { seconds: float(seconds), events: 0.0 });
        self.merge();
    }

    /// Adds what is further away: the stretch between here and there has been read.
    pub(super) fn continue_with(&mut self, further: &Self) {
        self.0.splice(..0, further.0.iter().copied());
        self.merge();
    }

    /// The parts, nearest first.
    pub(super) fn nearest_first(&self) -> impl Iterator<Item = Stretch> {
        self.0.iter().rev().copied()
    }

    /// Merges neighbors that are together no longer than all that is nearer, so that lengths double with the distance.
    fn merge(&mut self) {
        let mut merged: Vec<Stretch> = Vec::new();
        let mut nearer = 0.0;
        for next in self.nearest_first() {
            match merged.last_mut() {
                Some(last) if last.seconds + next.seconds <= nearer => {
                    last.seconds += next.seconds;
                    last.events += next.events;
                }
                last => {
                    nearer += last.map_or(0.0, |last| last.seconds);
                    merged.push(next);
                }
            }
        }
        merged.reverse();
        self.0 = merged;
    }
}

/// How many events are believed to be within `seconds` below what was read, `nearest_first`, where `overall` is all
/// that was read anywhere.
pub(super) fn believed(nearest_first: impl Iterator<Item = Stretch>, overall: Stretch, seconds: i64) -> f64 {
    let seconds = float(seconds);
    let mirrored = seconds / 2.0;
    let (mut left, mut events) = (mirrored, 0.0);
    for part in nearest_first {
        if left < part.seconds {
            events += part.events * left / part.seconds;
            left = 0.0;
            break;
        }
        left -= part.seconds;
        events += part.events;
    }
    // Beyond what was read here, the other places say what is there.
    events += overall.within(mirrored) - overall.within(mirrored - left);
    // One half of twice what is in the mirror, and one half of what is usual.
    events + overall.within(seconds) / 2.0
}

/// A count, of seconds or events, as a number to reckon with.
pub(super) fn float(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stretch(seconds: i64, events: usize) -> Stretch {
        let mut stretch = Stretch::default();
        stretch.add(seconds, events);
        stretch
    }

    /// What is believed where three events were read 10, 20 and 30 seconds ago, and nothing since.
    fn after_three_events(seconds: i64) -> f64 {
        let mut history = History::default();
        history.read(130, &[120, 110, 100]);
        believed(history.nearest_first(), Stretch::default(), seconds)
    }

    fn is(events: f64, expected: f64) -> bool {
        (events - expected).abs() < 1e-9
    }

    #[test]
    fn the_seconds_above_are_mirrored_at_twice_their_length() {
        assert!(is(after_three_events(20), 1.0));
        assert!(is(after_three_events(50), 2.5));
        assert!(is(after_three_events(60), 3.0));
        assert!(is(after_three_events(6_000), 3.0));
    }

    #[test]
    fn a_silence_above_a_burst_is_one_below_it() {
        let mut history = History::default();
        history.read_silence(1_000);
        history.read(10, &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let believed = |seconds| believed(history.nearest_first(), Stretch::default(), seconds);
        assert!(is(believed(20), 10.0));
        assert!(is(believed(2_000), 10.0));
    }

    #[test]
    fn other_places_are_half_of_the_belief_and_all_of_it_beyond_the_mirror() {
        let none = History::default();
        assert!(is(believed(none.nearest_first(), stretch(100, 50), 100), 25.0 + 25.0));
        let mut silence = History::default();
        silence.read_silence(1_000);
        assert!(is(believed(silence.nearest_first(), stretch(100, 50), 100), 25.0));
    }

    #[test]
    fn a_little_that_was_read_says_little_of_much() {
        let none = History::default();
        assert!(is(stretch(100, 50).within(400.0), 100.0));
        assert!(is(believed(none.nearest_first(), Stretch::default(), i64::MAX), 0.0));
    }

    proptest! {
        /// However much was read, what is remembered stays small, loses no event, and is finer the nearer it is.
        #[test]
        fn a_history_is_short_and_loses_nothing(gaps in prop::collection::vec(0..100_000_i64, 1..2_000)) {
            let mut history = History::default();
            for gap in &gaps {
                history.read(*gap, &[0]);
            }
            let parts: Vec<Stretch> = history.nearest_first().collect();
            prop_assert!(parts.len() < 64, "{} parts", parts.len());
            let (seconds, events) = parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.seconds, sum.1 + part.events));
            prop_assert!(is(seconds, float(gaps.iter().sum::<i64>())) && is(events, float(gaps.len())));
        }

        /// More seconds are never believed to hold less.
        #[test]
        fn the_belief_grows_with_the_distance(
            gaps in prop::collection::vec(0..10_000_i64, 0..100),
            (seconds, more) in (0..10_000_000_i64, 0..10_000_i64),
            (known, events) in (1..10_000_000_i64, 0..10_000_usize),
        ) {
            let mut history = History::default();
            for gap in gaps {
                history.read(gap, &[0]);
            }
            let believed = |seconds| believed(history.nearest_first(), stretch(known, events), seconds);
            prop_assert!(believed(seconds) <= believed(seconds + more) + 1e-9);
        }
    }
}
