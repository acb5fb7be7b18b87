//! How far an unread stretch is known to be even, so that it can be read from its oldest end.
//!
//! To begin at the oldest end of a stretch that turns out to be empty costs a request for each part, so it takes more
//! than a belief: pages far apart that are alike, with no silence before them.

use super::density::float;

/// The second since which, counted backwards, a slice has been about as full as on its last page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evenness {
    since: i64,
    density: f64,
}

impl Evenness {
    /// By how many times two densities may differ that pass for the same.
    const ALIKE: f64 = 4.0;

    /// That of a slice whose newest second is `last`, and of which nothing is known.
    pub(super) fn unknown(last: i64) -> Self {
        Self { since: last, density: 0.0 }
    }

    /// Events a second on the last page.
    pub(super) fn density(self) -> f64 {
        self.density
    }

    /// How many seconds above `last` are known to be alike.
    pub(super) fn seconds(self, last: i64) -> i64 {
        self.since.saturating_sub(last)
    }

    /// Adds a page with events at `times`, newest first, of a chain that was at the second `from`.
    ///
    /// A first page that is as dense as the pages above the slice, from the slice's very end on, shows that all
    /// between is like that. Two bursts don't pass for it: the silence between them makes the page reach far down.
    pub(super) fn read(&mut self, from: i64, times: &[i64], is_first: bool) {
        let (Some(&newest), Some(&oldest)) = (times.first(), times.last()) else { return };
        let density = float(times.len()) / float((newest - oldest + 1).max(1));
        let with_silence = float(times.len()) / float((from - oldest + 1).max(1));
        let is_alike = density < self.density * Self::ALIKE && self.density < with_silence * Self::ALIKE;
        if is_first && !is_alike {
            self.since = newest;
        }
        self.density = density;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_page_is_alike_only_without_a_silence_before_it() {
        let page = |newest: i64| -> Vec<i64> { (newest - 49..=newest).rev().collect() };
        let mut evenness = Evenness::unknown(20_000);
        evenness.read(20_000, &page(20_000), true);
        let (mut silent, mut alike) = (evenness, evenness);
        alike.read(15_000, &page(15_000), true);
        assert_eq!(alike.seconds(14_951), 5_049);
        silent.read(15_000, &page(14_800), true);
        assert_eq!(silent.seconds(14_751), 49);
    }
}
