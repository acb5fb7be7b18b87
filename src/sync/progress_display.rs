//! Shows people the progress of a read, of one Region or of many: a LOG line every 30 s, or a progress bar if stderr is a terminal.

use super::progress::Snapshot;
use crate::pace::elapsed::Elapsed;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

/// How often there is a LOG line: often enough to show that the sync works, without filling the platform's log.
const TIME_PER_LINE: Duration = Duration::from_secs(30);
/// How often the bar of many Regions changes.
const TIME_PER_CHANGE: Duration = Duration::from_secs(1);
/// The length of the bar, in thousandths.
const BAR_LENGTH: u64 = 1_000;

/// The progress bars, one below the other; none if stderr is not a terminal.
pub(crate) struct ProgressBars(Option<MultiProgress>);

impl ProgressBars {
    /// Bars if stderr is a terminal.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self(stderr().is_terminal().then(MultiProgress::new))
    }

    /// Bars on `terminal`.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn on(terminal: &indicatif::InMemoryTerm) -> Self {
        let target = indicatif::ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        Self(Some(MultiProgress::with_draw_target(target)))
    }

    /// Adds one more display: a bar, or LOG lines.
    #[must_use]
    pub(crate) fn add(&self) -> ProgressDisplay {
        let Some(bars) = &self.0 else { return ProgressDisplay::Lines(Elapsed::START + TIME_PER_LINE) };
        let bar = bars.add(ProgressBar::new(BAR_LENGTH));
        // A message that is too long for the line is cut. If our template were wrong, the default bar would do, too.
        let style = ProgressStyle::with_template("[{bar:10}] {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        ProgressDisplay::Bar(bar)
    }
}

/// How the progress of the read of one Region, or of many as a whole, is shown.
pub(crate) enum ProgressDisplay {
    /// LOG lines; the next one is due at this time.
    Lines(Elapsed),
    /// A bar on stderr.
    Bar(ProgressBar),
}

impl ProgressDisplay {
    /// Whether to show a snapshot at `now`.
    #[must_use]
    pub(super) fn is_due(&self, now: Elapsed) -> bool {
        match self {
            Self::Lines(next) => now >= *next,
            Self::Bar(_) => true,
        }
    }

    /// When to show a snapshot after `now` if nothing happens before: the next LOG line, or the next change of a bar.
    #[must_use]
    pub(super) fn due(&self, now: Elapsed) -> Elapsed {
        match self {
            Self::Lines(next) => *next,
            Self::Bar(_) => now + TIME_PER_CHANGE,
        }
    }

    /// Shows `snapshot`. Returns the line to log, if there is no bar.
    pub(super) fn show(&mut self, snapshot: Snapshot, now: Elapsed) -> Option<String> {
        match self {
            Self::Lines(next) => {
                *next = now + TIME_PER_LINE;
                Some(snapshot.line)
            }
            Self::Bar(bar) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1,000")]
                bar.set_position((snapshot.part_read * 1_000.0) as u64);
                bar.set_message(snapshot.short);
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
    use indicatif::InMemoryTerm;

    fn snapshot(part_read: f64) -> Snapshot {
        let short = "ap-southeast-1: 1234567 events, 100/s, 2:46:40 left, 123 throttled".to_owned();
        Snapshot { part_read, line: format!("us-east-1: {part_read} of it"), short }
    }

    #[test]
    fn a_terminal_shows_a_bar_for_each_region_and_is_left_as_it_was() {
        // On a narrower terminal, each bar is still one line.
        for (columns, shown) in [
            (80, "ap-southeast-1: 1234567 events, 100/s, 2:46:40 left, 123 throttled"),
            (60, "ap-southeast-1: 1234567 events, 100/s, 2:46:40"),
        ] {
            let terminal = InMemoryTerm::new(5, columns);
            let bars = ProgressBars::on(&terminal);
            let (mut first, mut second) = (bars.add(), bars.add());
            assert_eq!(first.show(snapshot(0.5), Elapsed::START), None);
            assert_eq!(second.show(snapshot(1.0), Elapsed::START), None);
            let lines: Vec<String> = terminal.contents().lines().map(str::to_owned).collect();
            assert_eq!(lines, [format!("[=====>    ] {shown}"), format!("[==========] {shown}")]);
            drop((first, second));
            assert_eq!(terminal.contents(), "");
        }
    }

    #[test]
    fn without_a_terminal_there_is_a_line_every_half_minute() {
        let mut lines = ProgressBars(None).add();
        let at = |millis| Elapsed::START + Duration::from_millis(millis);
        assert!(!lines.is_due(at(29_999)) && lines.is_due(at(30_000)));
        assert_eq!(lines.show(snapshot(0.5), at(30_000)), Some("us-east-1: 0.5 of it".to_owned()));
        assert!(!lines.is_due(at(59_999)) && lines.is_due(at(60_000)));
    }
}
