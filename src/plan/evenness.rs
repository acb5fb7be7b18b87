//! How far an unread slice is known to be even, so that it can be read from its oldest end.
//!
//! To begin at the oldest end of a slice that turns out to be empty costs a request for each part. So an estimate is not
//! enough to do so: it takes pages far apart that are alike, with no silence before them.

use super::density::float;

/// By how many times two densities can differ and still count as alike.
const MAX_RATIO: f64 = 4.0;
/// How many times as long as the seconds that are known to be alike the even seconds below can be.
const MAX_EXTRAPOLATION: i64 = 2;

/// The second down from which a slice has been about as dense as on its last page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evenness {
    since: i64,
    density: f64,
}

impl Evenness {
    /// That of a slice whose newest second is `last`, before its first page.
    pub(super) fn unknown(last: i64) -> Self {
        Self { since: last, density: 0.0 }
    }

    /// Events per second on the last page.
    pub(super) fn density(self) -> f64 {
        self.density
    }

    /// Whether the `seconds` from `last` down count as even.
    pub(super) fn extends_over(self, last: i64, seconds: i64) -> bool {
        seconds <= self.seconds(last).saturating_mul(MAX_EXTRAPOLATION)
    }

    /// Adds a page with events at `times`, newest first, of a chain that has been read down to the second `from`.
    ///
    /// A first page that is as dense as the pages above the slice, beginning at the slice's newest second, shows that all
    /// seconds in between are alike. Two bursts don't look like that: the silence between them makes the page reach far
    /// down.
    pub(super) fn add_page(&mut self, from: i64, times: &[i64], is_first: bool) {
        let (Some(&newest), Some(&oldest)) = (times.first(), times.last()) else { return };
        let density = float(times.len()) / float((newest - oldest + 1).max(1));
        let with_silence = float(times.len()) / float((from - oldest + 1).max(1));
        let is_alike = density < self.density * MAX_RATIO && self.density < with_silence * MAX_RATIO;
        if is_first && !is_alike {
            self.since = newest;
        }
        self.density = density;
    }

    /// How many seconds above `last` are known to be alike.
    fn seconds(self, last: i64) -> i64 {
        self.since.saturating_sub(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(newest: i64) -> Vec<i64> {
        (newest - 49..=newest).rev().collect()
    }

    #[test]
    fn a_first_page_is_alike_only_without_a_silence_before_it() {
        let mut evenness = Evenness::unknown(20_000);
        evenness.add_page(20_000, &page(20_000), true);
        let (mut silent, mut alike) = (evenness, evenness);
        alike.add_page(15_000, &page(15_000), true);
        assert_eq!(alike.seconds(14_951), 5_049);
        silent.add_page(15_000, &page(14_800), true);
        assert_eq!(silent.seconds(14_751), 49);
    }

    #[test]
    fn evenness_extends_over_twice_the_seconds_that_are_known() {
        let mut evenness = Evenness::unknown(20_000);
        assert!(!evenness.extends_over(20_000, 1));
        evenness.add_page(20_000, &page(20_000), true);
        assert!(evenness.extends_over(19_951, 98) && !evenness.extends_over(19_951, 99));
    }
}
