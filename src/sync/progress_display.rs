//! Shows people how a read goes: a LOG line every 30 s, or a live bar where stderr is a terminal.

use super::progress::Snapshot;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

/// How often there is a line.
const TIME_PER_LINE: Duration = Duration::from_secs(30);
/// The length of the bar, which shows thousandths.
const WHOLE: u64 = 1_000;

/// Shows how the reads of several Regions go: bars below each other, if there is a terminal to show them on.
pub(super) struct ProgressBars(Option<MultiProgress>);

impl ProgressBars {
    /// Bars if stderr is a terminal, else lines.
    #[must_use]
    pub(super) fn new() -> Self {
        Self(stderr().is_terminal().then(MultiProgress::new))
    }

    /// The meter of one more Region.
    #[must_use]
    pub(super) fn meter(&self) -> ProgressDisplay {
        let Some(bars) = &self.0 else { return ProgressDisplay::Lines(TIME_PER_LINE) };
        let bar = bars.add(ProgressBar::new(WHOLE));
        // A message that is too long for the line is cut. A template of our own that is wrong would leave the plain bar, which does as well.
        let style = ProgressStyle::with_template("[{bar:10}] {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        ProgressDisplay::Bar(bar)
    }
}

impl Default for ProgressBars {
    fn default() -> Self {
        Self::new()
    }
}

/// The way in which people are shown how the read of a Region goes.
pub(super) enum ProgressDisplay {
    /// Lines, the next one at this time since the read began.
    Lines(Duration),
    /// A bar on stderr.
    Bar(ProgressBar),
}

impl ProgressDisplay {
    /// Whether there is something to show, `now` after the read began.
    #[must_use]
    pub(super) fn is_due(&self, now: Duration) -> bool {
        match self {
            Self::Lines(next) => now >= *next,
            Self::Bar(_) => true,
        }
    }

    /// Shows `standing`. Returns the line that is to be logged, where there is no bar.
    pub(super) fn show(&mut self, standing: Snapshot, now: Duration) -> Option<String> {
        match self {
            Self::Lines(next) => {
                *next = now + TIME_PER_LINE;
                Some(standing.line)
            }
            Self::Bar(bar) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1,000")]
                bar.set_position((standing.share * 1_000.0) as u64);
                bar.set_message(standing.short);
                None
            }
        }
    }
}

impl Drop for ProgressDisplay {
    /// Leaves the terminal as it was.
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    fn standing(share: f64) -> Snapshot {
        let short = "ap-southeast-1: 1234567 events, 100/s, 2:46:40 left, 123 throttled".to_owned();
        Snapshot { share, line: format!("us-east-1: {share} of it"), short }
    }

    #[test]
    fn a_terminal_shows_a_bar_for_each_region_and_is_left_as_it_was() {
        // On a narrower terminal, each is still one line.
        for (columns, shown) in [
            (80, "ap-southeast-1: 1234567 events, 100/s, 2:46:40 left, 123 throttled"),
            (60, "ap-southeast-1: 1234567 events, 100/s, 2:46:40"),
        ] {
            let terminal = InMemoryTerm::new(5, columns);
            let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
            let meters = ProgressBars(Some(MultiProgress::with_draw_target(target)));
            let (mut first, mut second) = (meters.meter(), meters.meter());
            assert_eq!(first.show(standing(0.5), Duration::ZERO), None);
            assert_eq!(second.show(standing(1.0), Duration::ZERO), None);
            let lines: Vec<String> = terminal.contents().lines().map(str::to_owned).collect();
            assert_eq!(lines, [format!("[=====>    ] {shown}"), format!("[==========] {shown}")]);
            drop((first, second));
            assert_eq!(terminal.contents(), "");
        }
    }

    #[test]
    fn without_a_terminal_there_is_a_line_every_half_minute() {
        let mut meter = ProgressBars(None).meter();
        assert!(!meter.is_due(Duration::from_millis(29_999)) && meter.is_due(TIME_PER_LINE));
        assert_eq!(meter.show(standing(0.5), TIME_PER_LINE), Some("us-east-1: 0.5 of it".to_owned()));
        assert!(!meter.is_due(Duration::from_millis(59_999)) && meter.is_due(TIME_PER_LINE * 2));
    }
}
